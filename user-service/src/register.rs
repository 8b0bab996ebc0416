//! Making an account.

use parlor_domain::{Code, DeviceId, DeviceName, DisplayName, Password, Refusal, UserId, UserName};
use parlor_store::{CreateUserError, Entry, NewDevice, NewUser, Seen, User};

use crate::{
    Users, store_failed,
    tokens::{RefreshToken, Tokens},
};

/// An account somebody wants.
pub(crate) struct Registration {
    pub(crate) name: UserName,
    pub(crate) display_name: DisplayName,
    pub(crate) password: Password,
    pub(crate) device: DeviceName,
    pub(crate) seen: Seen,
    pub(crate) entry: Entry,
}

impl Users {
    /// Makes the account and signs its first device in.
    pub(crate) async fn create_account(
        &self,
        registration: Registration,
    ) -> Result<(User, Tokens), Refusal> {
        let Registration { name, display_name, password, device, seen, entry } = registration;
        let known = [name.to_string(), display_name.to_string()];
        let password_hash = self.shared.hasher.hash_new(password, known).await?;

        let id = UserId::random();
        let user = NewUser { id, name, display_name, password_hash, entry };
        let refresh = RefreshToken::random();
        let refresh_expires_at = self.refresh_expiry();
        let device = NewDevice {
            id: DeviceId::random(),
            user: id,
            name: device,
            seen,
            refresh: refresh.hash(),
            refresh_expires_at,
        };
        let device_id = device.id;
        let created = self.shared.writer.create_user(user, device).await;
        let user = created.map_err(|error| match error {
            CreateUserError::NameTaken => {
                Refusal::new(Code::NameTaken, "somebody else has that name")
            }
            CreateUserError::SignUpClosed => Refusal::new(
                Code::SignUpClosed,
                "this server takes no new accounts, or only by an invite link",
            ),
            CreateUserError::Store(error) => store_failed(error),
        })?;
        let tokens = self.tokens(user.id, device_id, refresh, refresh_expires_at);
        Ok((user, tokens))
    }
}
