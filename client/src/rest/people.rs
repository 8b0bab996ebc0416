//! People and devices over REST.

use http::Method;
use parlor_domain::{
    DeviceId, DisplayName, ProfileChange, RequestId, StatusEmoji, StatusText, UserId,
};
use serde_json::json;

use super::{DeviceInfo, Page, Rest, RestError, RoomInfo, UserInfo, paged, parse, percent_encoded};

impl Rest {
    /// Changes what others see of the caller; the same `id` again changes nothing
    /// more.
    ///
    /// # Errors
    /// See [`RestError`]; `UNPROCESSABLE` where the change is empty.
    pub async fn set_profile(
        &self,
        token: &str,
        id: RequestId,
        change: &ProfileChange,
    ) -> Result<UserInfo, RestError> {
        let ProfileChange { display_name, status_text, status_emoji } = change;
        let mut body = serde_json::Map::new();
        for (field, text) in [
            ("display_name", display_name.as_ref().map(DisplayName::as_str)),
            ("status_text", status_text.as_ref().map(StatusText::as_str)),
            ("status_emoji", status_emoji.as_ref().map(StatusEmoji::as_str)),
        ] {
            body.extend(text.map(|text| (field.to_owned(), text.into())));
        }
        let body = serde_json::Value::Object(body);
        parse(&self.call(Method::PATCH, "/me", Some(token), Some(id), Some(&body)).await?)
    }

    /// A page of people whose name, or shown name, holds a text: first those with a
    /// word that begins with it.
    ///
    /// # Errors
    /// See [`RestError`]; `UNPROCESSABLE` where nobody can be called that.
    pub async fn find_people(
        &self,
        token: &str,
        text: &str,
        cursor: Option<&str>,
    ) -> Result<Page<UserInfo>, RestError> {
        let path = format!("/users?q={}&", percent_encoded(text));
        self.get(&paged(&path, cursor), Some(token)).await
    }

    /// The direct room of the caller and somebody else, made the first time that
    /// either of them asks. The same `id` again is the same request.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where there is no such user.
    pub async fn open_direct(
        &self,
        token: &str,
        id: RequestId,
        user: UserId,
    ) -> Result<RoomInfo, RestError> {
        let path = format!("/users/{user}/direct");
        parse(&self.call(Method::PUT, &path, Some(token), Some(id), None).await?)
    }

    /// A page of the caller's signed-in devices.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn devices(
        &self,
        token: &str,
        cursor: Option<&str>,
    ) -> Result<Page<DeviceInfo>, RestError> {
        self.get(&paged("/me/devices?", cursor), Some(token)).await
    }

    /// Signs one of the caller's devices out: its tokens and sessions end.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where the caller has no such device.
    pub async fn sign_out_device(&self, token: &str, device: DeviceId) -> Result<(), RestError> {
        let path = format!("/me/devices/{device}");
        self.call(Method::DELETE, &path, Some(token), None, None).await.map(drop)
    }

    /// Signs all of the caller's devices out but the one that asks.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn sign_out_others(&self, token: &str) -> Result<(), RestError> {
        self.call(Method::DELETE, "/me/devices", Some(token), None, None).await.map(drop)
    }

    /// Changes the caller's password; all other devices are signed out.
    ///
    /// # Errors
    /// See [`RestError`]; `BAD_CREDENTIALS` where the old one is another.
    pub async fn change_password(
        &self,
        token: &str,
        old: &str,
        new: &str,
    ) -> Result<(), RestError> {
        let body = json!({ "old_password": old, "new_password": new });
        self.call(Method::POST, "/password", Some(token), None, Some(&body)).await.map(drop)
    }
}
