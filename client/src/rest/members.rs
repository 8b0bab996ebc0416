//! Members of rooms over REST, who is kept out, and what the caller wants of a room.

use http::Method;
use parlor_domain::{Preferences, PreferencesChange, RequestId, Role, RoomId, UserId, UserName};
use serde_json::json;

use super::{BanInfo, MemberInfo, Page, Rest, RestError, paged, parse};

impl Rest {
    /// A page of a room's members.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn members(
        &self,
        token: &str,
        room: RoomId,
        cursor: Option<&str>,
    ) -> Result<Page<MemberInfo>, RestError> {
        self.get(&paged(&format!("/rooms/{room}/members?"), cursor), Some(token)).await
    }

    /// Makes somebody a member; the same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `CONFLICT` where they are a member, or banned.
    pub async fn add_member(
        &self,
        token: &str,
        id: RequestId,
        room: RoomId,
        name: &UserName,
    ) -> Result<MemberInfo, RestError> {
        let path = format!("/rooms/{room}/members");
        let body = json!({ "name": name });
        parse(&self.call(Method::POST, &path, Some(token), Some(id), Some(&body)).await?)
    }

    /// Takes somebody's membership; the same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller runs the room.
    pub async fn remove_member(
        &self,
        token: &str,
        id: RequestId,
        room: RoomId,
        user: UserId,
    ) -> Result<(), RestError> {
        let path = format!("/rooms/{room}/members/{user}");
        self.call(Method::DELETE, &path, Some(token), Some(id), None).await.map(drop)
    }

    /// Makes a member something else; the same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller owns the room, `LAST_OWNER`
    /// where it would have no owner.
    pub async fn set_role(
        &self,
        token: &str,
        id: RequestId,
        room: RoomId,
        user: UserId,
        role: Role,
    ) -> Result<MemberInfo, RestError> {
        let path = format!("/rooms/{room}/members/{user}");
        let body = json!({ "role": role });
        parse(&self.call(Method::PATCH, &path, Some(token), Some(id), Some(&body)).await?)
    }

    /// A page of those who are kept out of a room.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller runs the room.
    pub async fn bans(
        &self,
        token: &str,
        room: RoomId,
        cursor: Option<&str>,
    ) -> Result<Page<BanInfo>, RestError> {
        self.get(&paged(&format!("/rooms/{room}/bans?"), cursor), Some(token)).await
    }

    /// Keeps somebody out of a room (`on`), or lets them come again.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller runs the room.
    pub async fn ban(
        &self,
        token: &str,
        id: RequestId,
        room: RoomId,
        user: UserId,
        on: bool,
    ) -> Result<(), RestError> {
        let method = if on { Method::PUT } else { Method::DELETE };
        let path = format!("/rooms/{room}/bans/{user}");
        self.call(method, &path, Some(token), Some(id), None).await.map(drop)
    }

    /// Changes what the caller wants of a room.
    ///
    /// # Errors
    /// See [`RestError`]; `UNPROCESSABLE` where the change is empty.
    pub async fn set_preferences(
        &self,
        token: &str,
        id: RequestId,
        room: RoomId,
        change: PreferencesChange,
    ) -> Result<Preferences, RestError> {
        let PreferencesChange { notify, favourite } = change;
        let mut body = serde_json::Map::new();
        body.extend(notify.map(|notify| ("notify".to_owned(), json!(notify))));
        body.extend(favourite.map(|favourite| ("favourite".to_owned(), json!(favourite))));
        let path = format!("/rooms/{room}/preferences");
        let body = serde_json::Value::Object(body);
        parse(&self.call(Method::PATCH, &path, Some(token), Some(id), Some(&body)).await?)
    }
}
