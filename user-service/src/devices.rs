//! A user's devices: which there are, and signing some of them out.

use parlor_bus::Announcement;
use parlor_domain::{DeviceId, Refusal};
use parlor_store::Device;

use crate::{Users, store_failed};

/// A page of devices that somebody asks for.
pub(crate) struct DevicesAsked {
    pub(crate) access_token: String,
    pub(crate) after: Option<DeviceId>,
    pub(crate) limit: u32,
}

impl Users {
    /// The signed-in devices of whoever asks.
    pub(crate) async fn devices(&self, asked: DevicesAsked) -> Result<Vec<Device>, Refusal> {
        let user = self.authenticate(&asked.access_token).await?.user;
        let now = self.shared.clock.now();
        let devices = self.shared.accounts.devices(user, now, asked.after, asked.limit).await;
        devices.map_err(store_failed)
    }

    /// Signs a device of whoever asks out; doing so twice is no error. Somebody
    /// else's is not there.
    pub(crate) async fn sign_out_device(
        &self,
        access_token: &str,
        device: DeviceId,
    ) -> Result<(), Refusal> {
        let user = self.authenticate(access_token).await?.user;
        let found = self.shared.accounts.device(device).await.map_err(store_failed)?;
        if found.is_none_or(|found| found.user != user) {
            return Err(Refusal::not_found());
        }
        self.revoke(device).await
    }

    /// Signs out every device of whoever asks but the one that asks.
    pub(crate) async fn sign_out_others(&self, access_token: &str) -> Result<(), Refusal> {
        let identity = self.authenticate(access_token).await?;
        let users = self.clone();
        self.unbroken(async move {
            let revoked = users.shared.writer.revoke_others(identity.user, identity.device).await;
            users.announce_revoked(revoked.map_err(store_failed)?);
            Ok(())
        })
        .await
    }

    /// Tells everybody which devices are signed out (C19).
    pub(crate) fn announce_revoked(&self, devices: impl IntoIterator<Item = DeviceId>) {
        for device in devices {
            self.shared.bus.publish(Announcement::DeviceRevoked { device });
        }
    }
}
