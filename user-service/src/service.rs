//! The calls of `user.UserService`, one after the other.

use parlor_domain::{Refusal, Standing};
use parlor_proto::user::{
    ChangePasswordReply, ChangePasswordRequest, ClaimAdminReply, ClaimAdminRequest,
    DeactivateAccountReply, DeactivateAccountRequest, DeleteAccountReply, DeleteAccountRequest,
    EndDeviceReply, EndDeviceRequest, FindUserReply, FindUserRequest, GetKeysReply, GetKeysRequest,
    GetUserReply, GetUserRequest, GetUsersReply, GetUsersRequest, ListDevicesReply,
    ListDevicesRequest, LogInReply, LogInRequest, LogOutReply, LogOutRequest, MakeResetLinkReply,
    MakeResetLinkRequest, MakeSignUpLinkReply, MakeSignUpLinkRequest, RefreshReply, RefreshRequest,
    RegisterReply, RegisterRequest, ResetPasswordReply, ResetPasswordRequest, SearchUsersReply,
    SearchUsersRequest, SetAdminReply, SetAdminRequest, SetDisabledReply, SetDisabledRequest,
    SignOutDeviceReply, SignOutDeviceRequest, SignOutOthersReply, SignOutOthersRequest,
    VerifyTokenReply, VerifyTokenRequest, user_service_server::UserService,
};
use tonic::{Request, Response, Status};

use crate::{
    Users, store_failed,
    wire::{self, UserSearch},
};

type Answer<T> = Result<Response<T>, Status>;

/// Answers with what `work` comes to.
async fn answer<T>(work: impl Future<Output = Result<T, Refusal>>) -> Answer<T> {
    work.await.map(Response::new).map_err(wire::status)
}

#[tonic::async_trait]
impl UserService for Users {
    async fn register(&self, request: Request<RegisterRequest>) -> Answer<RegisterReply> {
        answer(async {
            let registration = wire::registration(request.into_inner())?;
            let (user, tokens) = self.create_account(registration).await?;
            let (user, tokens) = (wire::to_user(user), wire::to_tokens(tokens));
            Ok(RegisterReply { user: Some(user), tokens: Some(tokens) })
        })
        .await
    }

    async fn log_in(&self, request: Request<LogInRequest>) -> Answer<LogInReply> {
        answer(async {
            let (user, tokens) = self.sign_in(wire::login(request.into_inner())?).await?;
            let (user, tokens) = (wire::to_user(user), wire::to_tokens(tokens));
            Ok(LogInReply { user: Some(user), tokens: Some(tokens) })
        })
        .await
    }

    async fn refresh(&self, request: Request<RefreshRequest>) -> Answer<RefreshReply> {
        answer(async {
            let (token, seen) = wire::exchange(request.into_inner())?;
            let (user, tokens) = self.exchange(token, seen).await?;
            let (user, tokens) = (wire::to_user(user), wire::to_tokens(tokens));
            Ok(RefreshReply { user: Some(user), tokens: Some(tokens) })
        })
        .await
    }

    async fn log_out(&self, request: Request<LogOutRequest>) -> Answer<LogOutReply> {
        answer(async {
            self.sign_out(wire::log_out(request.into_inner())?).await?;
            Ok(LogOutReply {})
        })
        .await
    }

    async fn change_password(
        &self,
        request: Request<ChangePasswordRequest>,
    ) -> Answer<ChangePasswordReply> {
        answer(async {
            self.change_password(wire::password_change(request.into_inner())?).await?;
            Ok(ChangePasswordReply {})
        })
        .await
    }

    async fn deactivate_account(
        &self,
        request: Request<DeactivateAccountRequest>,
    ) -> Answer<DeactivateAccountReply> {
        answer(async {
            self.deactivate(wire::deactivation(request.into_inner())?).await?;
            Ok(DeactivateAccountReply {})
        })
        .await
    }

    async fn delete_account(
        &self,
        request: Request<DeleteAccountRequest>,
    ) -> Answer<DeleteAccountReply> {
        answer(async {
            self.delete(wire::deletion(request.into_inner())?).await?;
            Ok(DeleteAccountReply {})
        })
        .await
    }

    async fn list_devices(&self, request: Request<ListDevicesRequest>) -> Answer<ListDevicesReply> {
        answer(async {
            let devices = self.devices(wire::devices_asked(request.into_inner())?).await?;
            Ok(ListDevicesReply { devices: devices.into_iter().map(wire::to_device).collect() })
        })
        .await
    }

    async fn sign_out_device(
        &self,
        request: Request<SignOutDeviceRequest>,
    ) -> Answer<SignOutDeviceReply> {
        answer(async {
            let SignOutDeviceRequest { access_token, device_id } = request.into_inner();
            self.sign_out_device(&access_token, wire::device_id(&device_id)?).await?;
            Ok(SignOutDeviceReply {})
        })
        .await
    }

    async fn sign_out_others(
        &self,
        request: Request<SignOutOthersRequest>,
    ) -> Answer<SignOutOthersReply> {
        answer(async {
            self.sign_out_others(&request.into_inner().access_token).await?;
            Ok(SignOutOthersReply {})
        })
        .await
    }

    async fn get_user(&self, request: Request<GetUserRequest>) -> Answer<GetUserReply> {
        answer(async {
            let id = wire::user_id(&request.into_inner().id)?;
            let user = self.shared.accounts.user(id).await.map_err(store_failed)?;
            let user = user.ok_or_else(Refusal::not_found)?;
            Ok(GetUserReply { user: Some(wire::to_user(user)) })
        })
        .await
    }

    async fn get_users(&self, request: Request<GetUsersRequest>) -> Answer<GetUsersReply> {
        answer(async {
            let ids = wire::user_ids(&request.into_inner().ids)?;
            let users = self.shared.accounts.users(&ids).await.map_err(store_failed)?;
            Ok(GetUsersReply { users: users.into_iter().map(wire::to_user).collect() })
        })
        .await
    }

    async fn search_users(&self, request: Request<SearchUsersRequest>) -> Answer<SearchUsersReply> {
        answer(async {
            let UserSearch { query, after, limit } = wire::user_search(request.into_inner())?;
            let found = self.shared.accounts.search(&query, after, limit).await;
            let found = found.map_err(store_failed)?.into_iter().map(wire::to_found).collect();
            Ok(SearchUsersReply { found })
        })
        .await
    }

    async fn find_user(&self, request: Request<FindUserRequest>) -> Answer<FindUserReply> {
        answer(async {
            let name = wire::user_name(&request.into_inner().name)?;
            let found = self.shared.accounts.credentials(&name).await.map_err(store_failed)?;
            let user = found.ok_or_else(Refusal::not_found)?.user;
            if user.standing != Standing::Active {
                return Err(Refusal::not_found());
            }
            Ok(FindUserReply { user: Some(wire::to_user(user)) })
        })
        .await
    }

    async fn verify_token(&self, request: Request<VerifyTokenRequest>) -> Answer<VerifyTokenReply> {
        answer(async {
            let identity = self.authenticate(&request.into_inner().access_token).await?;
            Ok(wire::to_verified(identity))
        })
        .await
    }

    async fn set_disabled(&self, request: Request<SetDisabledRequest>) -> Answer<SetDisabledReply> {
        answer(async {
            let request = request.into_inner();
            let asked = wire::asked(request.access_token, request.peer)?;
            let user = wire::user_id(&request.user_id)?;
            self.set_disabled(asked, user, request.disabled).await?;
            Ok(SetDisabledReply {})
        })
        .await
    }

    async fn set_admin(&self, request: Request<SetAdminRequest>) -> Answer<SetAdminReply> {
        answer(async {
            let request = request.into_inner();
            let asked = wire::asked(request.access_token, request.peer)?;
            let user = wire::user_id(&request.user_id)?;
            self.set_admin(asked, user, request.admin).await?;
            Ok(SetAdminReply {})
        })
        .await
    }

    async fn end_device(&self, request: Request<EndDeviceRequest>) -> Answer<EndDeviceReply> {
        answer(async {
            let request = request.into_inner();
            let asked = wire::asked(request.access_token, request.peer)?;
            self.end_device(asked, wire::device_id(&request.device_id)?).await?;
            Ok(EndDeviceReply {})
        })
        .await
    }

    async fn make_reset_link(
        &self,
        request: Request<MakeResetLinkRequest>,
    ) -> Answer<MakeResetLinkReply> {
        answer(async {
            let request = request.into_inner();
            let asked = wire::asked(request.access_token, request.peer)?;
            let link = self.make_reset_link(asked, wire::user_id(&request.user_id)?).await?;
            let (code, expires_at_us) = (link.code.expose(), link.expires_at.micros());
            Ok(MakeResetLinkReply { code, expires_at_us })
        })
        .await
    }

    async fn make_sign_up_link(
        &self,
        request: Request<MakeSignUpLinkRequest>,
    ) -> Answer<MakeSignUpLinkReply> {
        answer(async {
            let request = request.into_inner();
            let asked = wire::asked(request.access_token, request.peer)?;
            let link = self.make_sign_up_link(asked).await?;
            let (code, expires_at_us) = (link.code.expose(), link.expires_at.micros());
            Ok(MakeSignUpLinkReply { code, expires_at_us })
        })
        .await
    }

    async fn claim_admin(&self, request: Request<ClaimAdminRequest>) -> Answer<ClaimAdminReply> {
        answer(async {
            let request = request.into_inner();
            let asked = wire::asked(request.access_token, request.peer)?;
            self.claim(asked, wire::one_time_code(&request.code)?).await?;
            Ok(ClaimAdminReply {})
        })
        .await
    }

    async fn reset_password(
        &self,
        request: Request<ResetPasswordRequest>,
    ) -> Answer<ResetPasswordReply> {
        answer(async {
            self.reset_password(wire::password_reset(request.into_inner())?).await?;
            Ok(ResetPasswordReply {})
        })
        .await
    }

    async fn get_keys(&self, _: Request<GetKeysRequest>) -> Answer<GetKeysReply> {
        answer(async { Ok(GetKeysReply { jwks_json: self.shared.signer.jwks() }) }).await
    }
}
