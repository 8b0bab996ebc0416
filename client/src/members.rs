//! What a client does about members of rooms, and what it wants of a room.

use parlor_domain::{Preferences, PreferencesChange, RequestId, Role, RoomId, UserId, UserName};

use crate::{BanInfo, Client, MemberInfo, Page, RestError};

impl Client {
    /// A page of a room's members.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn members(
        &self,
        room: RoomId,
        cursor: Option<&str>,
    ) -> Result<Page<MemberInfo>, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.members(&token, room, cursor).await }).await
    }

    /// Makes somebody a member; the same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `CONFLICT` where they are a member, or banned.
    pub async fn add_member(
        &self,
        id: RequestId,
        room: RoomId,
        name: &UserName,
    ) -> Result<MemberInfo, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.add_member(&token, id, room, name).await }).await
    }

    /// Takes somebody's membership; the same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller runs the room.
    pub async fn remove_member(
        &self,
        id: RequestId,
        room: RoomId,
        user: UserId,
    ) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.remove_member(&token, id, room, user).await }).await
    }

    /// Makes a member something else; the same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller owns the room, `LAST_OWNER`
    /// where it would have no owner.
    pub async fn set_role(
        &self,
        id: RequestId,
        room: RoomId,
        user: UserId,
        role: Role,
    ) -> Result<MemberInfo, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.set_role(&token, id, room, user, role).await }).await
    }

    /// A page of those who are kept out of a room.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller runs the room.
    pub async fn bans(
        &self,
        room: RoomId,
        cursor: Option<&str>,
    ) -> Result<Page<BanInfo>, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.bans(&token, room, cursor).await }).await
    }

    /// Keeps somebody out of a room (`on`), member or not, or lets them come again.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller runs the room.
    pub async fn ban(
        &self,
        id: RequestId,
        room: RoomId,
        user: UserId,
        on: bool,
    ) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.ban(&token, id, room, user, on).await }).await
    }

    /// Changes what the caller wants of a room. The same `id` again changes nothing
    /// more.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn set_preferences(
        &self,
        id: RequestId,
        room: RoomId,
        change: PreferencesChange,
    ) -> Result<Preferences, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.set_preferences(&token, id, room, change).await })
            .await
    }
}
