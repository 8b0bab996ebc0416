//! What a client does about people and devices.

use parlor_domain::{DeviceId, ProfileChange, RequestId, UserId};

use crate::{Client, DeviceInfo, Page, RestError, RoomInfo, UserInfo};

impl Client {
    /// Changes what others see of the caller. The same `id` again changes nothing
    /// more.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn set_profile(
        &self,
        id: RequestId,
        change: &ProfileChange,
    ) -> Result<UserInfo, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.set_profile(&token, id, change).await }).await
    }

    /// A page of people whose name, or shown name, holds a text: first those with a
    /// word that begins with it.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn find_people(
        &self,
        text: &str,
        cursor: Option<&str>,
    ) -> Result<Page<UserInfo>, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.find_people(&token, text, cursor).await }).await
    }

    /// The direct room of the caller and somebody else, made the first time that
    /// either of them asks. The same `id` again is the same request.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn open_direct(&self, id: RequestId, user: UserId) -> Result<RoomInfo, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.open_direct(&token, id, user).await }).await
    }

    /// A page of the caller's signed-in devices.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn devices(&self, cursor: Option<&str>) -> Result<Page<DeviceInfo>, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.devices(&token, cursor).await }).await
    }

    /// Signs one of the caller's devices out: its tokens and sessions end.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn sign_out_device(&self, device: DeviceId) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.sign_out_device(&token, device).await }).await
    }

    /// Signs all of the caller's devices out but this one.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn sign_out_others(&self) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.sign_out_others(&token).await }).await
    }

    /// Changes the caller's password; all other devices are signed out.
    ///
    /// # Errors
    /// See [`RestError`]; `BAD_CREDENTIALS` where the old one is another.
    pub async fn change_password(&self, old: &str, new: &str) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.change_password(&token, old, new).await }).await
    }
}
