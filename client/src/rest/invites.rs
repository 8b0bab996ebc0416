//! Invite links over REST.

use http::Method;
use parlor_domain::{InviteCode, InviteId, InviteTerms, RequestId, RoomId};
use serde_json::json;

use super::{InviteInfo, InvitePreview, Page, Rest, RestError, RoomInfo, paged, parse};

impl Rest {
    /// Makes a link into a room; the same `id` again makes no second one.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller may add members, `CONFLICT`
    /// where the room has 100 links.
    pub async fn create_invite(
        &self,
        token: &str,
        id: RequestId,
        room: RoomId,
        terms: InviteTerms,
    ) -> Result<InviteInfo, RestError> {
        let body = json!({
            "expires_in_seconds": terms.lifetime().map(|lifetime| lifetime.as_secs()),
            "max_uses": terms.max_uses(),
        });
        let path = format!("/rooms/{room}/invites");
        parse(&self.call(Method::POST, &path, Some(token), Some(id), Some(&body)).await?)
    }

    /// A page of the live links into a room that the caller may see.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn invites(
        &self,
        token: &str,
        room: RoomId,
        cursor: Option<&str>,
    ) -> Result<Page<InviteInfo>, RestError> {
        self.get(&paged(&format!("/rooms/{room}/invites?"), cursor), Some(token)).await
    }

    /// Takes a link back; the same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller runs the room or made it.
    pub async fn revoke_invite(
        &self,
        token: &str,
        id: RequestId,
        room: RoomId,
        invite: InviteId,
    ) -> Result<(), RestError> {
        let path = format!("/rooms/{room}/invites/{invite}");
        self.call(Method::DELETE, &path, Some(token), Some(id), None).await.map(drop)
    }

    /// Where a link leads; needs no account.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where it holds no longer.
    pub async fn preview_invite(&self, code: InviteCode) -> Result<InvitePreview, RestError> {
        self.get(&format!("/invites/{}", code.expose()), None).await
    }

    /// Becomes a member by a link; the same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where it holds no longer.
    pub async fn accept_invite(
        &self,
        token: &str,
        id: RequestId,
        code: InviteCode,
    ) -> Result<RoomInfo, RestError> {
        let path = format!("/invites/{}/accept", code.expose());
        parse(&self.call(Method::POST, &path, Some(token), Some(id), None).await?)
    }
}
