//! `user.UserService`, as control calls it.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use parlor_domain::{Code, DeviceId, Refusal, UserId, limits};
use parlor_proto::user::{
    self as proto, ChangePasswordRequest, ClaimAdminRequest, DeactivateAccountRequest,
    DeleteAccountRequest, EndDeviceRequest, FindUserRequest, GetKeysRequest, GetUserRequest,
    GetUsersRequest, ListDevicesRequest, LogInRequest, LogOutRequest, MakeResetLinkReply,
    MakeResetLinkRequest, MakeSignUpLinkReply, MakeSignUpLinkRequest, RefreshRequest,
    RegisterRequest, ResetPasswordRequest, SearchUsersRequest, SetAdminRequest, SetDisabledRequest,
    SignOutDeviceRequest, SignOutOthersRequest, Tokens, user_service_client::UserServiceClient,
};
use tonic::{Response, Status, transport::Channel};
use uuid::Uuid;

use crate::{problem::internal, wire};

/// Calls that speak in refusals. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Users {
    client: UserServiceClient<Channel>,
}

/// Somebody who has just signed in, on a device.
pub(crate) struct SignedIn {
    pub user: wire::User,
    pub tokens: Tokens,
}

/// Users, to be looked up.
pub(crate) struct Known(HashMap<Uuid, wire::User>);

impl Known {
    pub(crate) fn get(&self, id: UserId) -> Option<wire::User> {
        self.0.get(&id.uuid()).cloned()
    }
}

impl Users {
    pub(crate) fn new(channel: Channel) -> Self {
        Self { client: UserServiceClient::new(channel) }
    }

    pub(crate) async fn register(&self, request: RegisterRequest) -> Result<SignedIn, Refusal> {
        let reply = answer(self.client.clone().register(request)).await?;
        signed_in(reply.user, reply.tokens)
    }

    pub(crate) async fn log_in(&self, request: LogInRequest) -> Result<SignedIn, Refusal> {
        let reply = answer(self.client.clone().log_in(request)).await?;
        signed_in(reply.user, reply.tokens)
    }

    pub(crate) async fn refresh(&self, request: RefreshRequest) -> Result<SignedIn, Refusal> {
        let reply = answer(self.client.clone().refresh(request)).await?;
        signed_in(reply.user, reply.tokens)
    }

    pub(crate) async fn log_out(&self, request: LogOutRequest) -> Result<(), Refusal> {
        answer(self.client.clone().log_out(request)).await.map(drop)
    }

    pub(crate) async fn change_password(
        &self,
        request: ChangePasswordRequest,
    ) -> Result<(), Refusal> {
        answer(self.client.clone().change_password(request)).await.map(drop)
    }

    pub(crate) async fn set_disabled(&self, request: SetDisabledRequest) -> Result<(), Refusal> {
        answer(self.client.clone().set_disabled(request)).await.map(drop)
    }

    pub(crate) async fn set_admin(&self, request: SetAdminRequest) -> Result<(), Refusal> {
        answer(self.client.clone().set_admin(request)).await.map(drop)
    }

    pub(crate) async fn end_device(&self, request: EndDeviceRequest) -> Result<(), Refusal> {
        answer(self.client.clone().end_device(request)).await.map(drop)
    }

    pub(crate) async fn make_reset_link(
        &self,
        request: MakeResetLinkRequest,
    ) -> Result<MakeResetLinkReply, Refusal> {
        answer(self.client.clone().make_reset_link(request)).await
    }

    pub(crate) async fn make_sign_up_link(
        &self,
        request: MakeSignUpLinkRequest,
    ) -> Result<MakeSignUpLinkReply, Refusal> {
        answer(self.client.clone().make_sign_up_link(request)).await
    }

    pub(crate) async fn claim_admin(&self, request: ClaimAdminRequest) -> Result<(), Refusal> {
        answer(self.client.clone().claim_admin(request)).await.map(drop)
    }

    pub(crate) async fn reset_password(
        &self,
        request: ResetPasswordRequest,
    ) -> Result<(), Refusal> {
        answer(self.client.clone().reset_password(request)).await.map(drop)
    }

    pub(crate) async fn deactivate(
        &self,
        request: DeactivateAccountRequest,
    ) -> Result<(), Refusal> {
        answer(self.client.clone().deactivate_account(request)).await.map(drop)
    }

    pub(crate) async fn delete(&self, request: DeleteAccountRequest) -> Result<(), Refusal> {
        answer(self.client.clone().delete_account(request)).await.map(drop)
    }

    /// The signed-in devices of whoever asks, from the device called `current`.
    pub(crate) async fn devices(
        &self,
        request: ListDevicesRequest,
        current: DeviceId,
    ) -> Result<Vec<wire::Device>, Refusal> {
        let reply = answer(self.client.clone().list_devices(request)).await?;
        let device = |device| wire::Device::new(device, current);
        Ok(reply.devices.into_iter().map(device).collect())
    }

    pub(crate) async fn sign_out_device(
        &self,
        request: SignOutDeviceRequest,
    ) -> Result<(), Refusal> {
        answer(self.client.clone().sign_out_device(request)).await.map(drop)
    }

    pub(crate) async fn sign_out_others(
        &self,
        request: SignOutOthersRequest,
    ) -> Result<(), Refusal> {
        answer(self.client.clone().sign_out_others(request)).await.map(drop)
    }

    /// One user.
    pub(crate) async fn user(&self, id: UserId) -> Result<wire::User, Refusal> {
        let request = GetUserRequest { id: id.as_bytes().to_vec() };
        let reply = answer(self.client.clone().get_user(request)).await?;
        reply.user.map(wire::User::from).ok_or_else(Refusal::not_found)
    }

    /// Those of these users that exist.
    pub(crate) async fn users(&self, ids: &[UserId]) -> Result<Vec<wire::User>, Refusal> {
        let mut users = Vec::with_capacity(ids.len());
        for ids in ids.chunks(limits::PAGE_ITEMS as usize) {
            let ids = ids.iter().map(|id| id.as_bytes().to_vec()).collect();
            let reply = answer(self.client.clone().get_users(GetUsersRequest { ids })).await?;
            users.extend(reply.users.into_iter().map(wire::User::from));
        }
        Ok(users)
    }

    /// The same, to be looked up; an id may stand there more than once.
    pub(crate) async fn known(
        &self,
        ids: impl IntoIterator<Item = UserId>,
    ) -> Result<Known, Refusal> {
        let ids: BTreeSet<UserId> = ids.into_iter().collect();
        let users = self.users(&Vec::from_iter(ids)).await?;
        Ok(Known(users.into_iter().map(|user| (user.id, user)).collect()))
    }

    /// Those whose names hold a text, and the rank of each.
    pub(crate) async fn search(
        &self,
        request: SearchUsersRequest,
    ) -> Result<Vec<(wire::User, u8)>, Refusal> {
        let reply = answer(self.client.clone().search_users(request)).await?;
        let found = reply.found.into_iter().filter_map(|found| {
            Some((found.user?.into(), u8::try_from(found.rank).unwrap_or(u8::MAX)))
        });
        Ok(found.collect())
    }

    /// The user of that name.
    pub(crate) async fn find(&self, name: String) -> Result<wire::User, Refusal> {
        let reply = answer(self.client.clone().find_user(FindUserRequest { name })).await?;
        reply.user.map(wire::User::from).ok_or_else(Refusal::not_found)
    }

    /// The public keys of access tokens, a JSON Web Key Set.
    pub(crate) async fn keys(&self) -> Result<String, Refusal> {
        answer(self.client.clone().get_keys(GetKeysRequest {})).await.map(|reply| reply.jwks_json)
    }
}

/// Waits for an answer, but not for ever.
async fn answer<T>(call: impl Future<Output = Result<Response<T>, Status>>) -> Result<T, Refusal> {
    match tokio::time::timeout(limits::RPC_DEADLINE, call).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => Err(from_status(&status)),
        Err(_) => Err(unavailable()),
    }
}

fn signed_in(user: Option<proto::User>, tokens: Option<Tokens>) -> Result<SignedIn, Refusal> {
    match (user, tokens) {
        (Some(user), Some(tokens)) => Ok(SignedIn { user: user.into(), tokens }),
        _ => {
            tracing::error!("user-service answered without a user or without tokens");
            Err(internal())
        }
    }
}

fn unavailable() -> Refusal {
    Refusal::new(Code::Unavailable, "accounts cannot be reached right now")
        .retry_after(limits::UNAVAILABLE_RETRY)
}

/// The refusal that a status of user-service carries in its metadata. What
/// comes without a code is a failure on the way, not an answer.
fn from_status(status: &Status) -> Refusal {
    let text = |key| status.metadata().get(key).and_then(|value| value.to_str().ok());
    let Some(code) = text("parlor-code").and_then(Code::parse) else {
        tracing::warn!(%status, "user-service failed");
        return match status.code() {
            tonic::Code::Internal | tonic::Code::Unimplemented => internal(),
            _ => unavailable(),
        };
    };
    let wait = text("parlor-retry-after-ms").and_then(|ms| ms.parse().ok());
    Refusal {
        code,
        message: status.message().to_owned(),
        retry_after: wait.map(Duration::from_millis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_survive_the_way_through_grpc() {
        let mut status = Status::resource_exhausted("too many attempts");
        status.metadata_mut().insert("parlor-code", "RATE_LIMITED".parse().unwrap());
        status.metadata_mut().insert("parlor-retry-after-ms", "1500".parse().unwrap());
        let expected = Refusal::new(Code::RateLimited, "too many attempts")
            .retry_after(Duration::from_millis(1_500));
        assert_eq!(from_status(&status), expected);
    }

    #[test]
    fn c5_a_failure_on_the_way_is_an_unknown_outcome() {
        assert_eq!(from_status(&Status::unavailable("connection refused")), unavailable());
        assert_eq!(from_status(&Status::internal("stack trace")).code, Code::Internal);
        assert!(!from_status(&Status::internal("stack trace")).message.contains("stack"));
    }
}
