//! Signing a device out.

use parlor_domain::{DeviceId, Refusal};

use crate::{
    Users, authenticate::unauthenticated, refresh::bad_refresh_token, store_failed,
    tokens::RefreshToken,
};

/// What names the device to sign out.
pub(crate) enum By {
    /// A refresh token of it, used up or not.
    Refresh(RefreshToken),
    /// An access token of it.
    Access(String),
}

impl Users {
    /// Signs the device out; doing so twice is no error.
    pub(crate) async fn sign_out(&self, by: By) -> Result<(), Refusal> {
        let device = match by {
            By::Refresh(token) => {
                let device = self.shared.accounts.device_of_refresh(&token.hash()).await;
                device.map_err(store_failed)?.ok_or_else(bad_refresh_token)?.id
            }
            By::Access(token) => {
                let identity = self.shared.verifier.verify(&token);
                identity.map_err(unauthenticated)?.device
            }
        };
        self.revoke(device).await
    }

    /// Revokes the device and tells everybody, even where it was revoked
    /// before: whoever missed that hears it now.
    pub(crate) async fn revoke(&self, device: DeviceId) -> Result<(), Refusal> {
        let users = self.clone();
        self.unbroken(async move {
            users.shared.writer.revoke_device(device).await.map_err(store_failed)?;
            users.announce_revoked([device]);
            Ok(())
        })
        .await
    }
}
