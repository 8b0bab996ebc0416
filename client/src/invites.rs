//! What a client does about invite links.

use parlor_domain::{InviteCode, InviteId, InviteTerms, RequestId, RoomId};

use crate::{Client, InviteInfo, InvitePreview, Page, RestError, RoomInfo};

impl Client {
    /// Makes a link into a room; the same `id` again makes no second one.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller may add members, `CONFLICT`
    /// where the room has 100 links.
    pub async fn create_invite(
        &self,
        id: RequestId,
        room: RoomId,
        terms: InviteTerms,
    ) -> Result<InviteInfo, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.create_invite(&token, id, room, terms).await }).await
    }

    /// A page of the live links into a room that the caller may see: all of them
    /// for owners and admins, for other members those that they made.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn invites(
        &self,
        room: RoomId,
        cursor: Option<&str>,
    ) -> Result<Page<InviteInfo>, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.invites(&token, room, cursor).await }).await
    }

    /// Takes a link back; the same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller runs the room or made it.
    pub async fn revoke_invite(
        &self,
        id: RequestId,
        room: RoomId,
        invite: InviteId,
    ) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.revoke_invite(&token, id, room, invite).await }).await
    }

    /// Where a link leads.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where it holds no longer.
    pub async fn preview_invite(&self, code: InviteCode) -> Result<InvitePreview, RestError> {
        self.rest().preview_invite(code).await
    }

    /// Becomes a member by a link; the same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where it holds no longer.
    pub async fn accept_invite(
        &self,
        id: RequestId,
        code: InviteCode,
    ) -> Result<RoomInfo, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.accept_invite(&token, id, code).await }).await
    }
}
