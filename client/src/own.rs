//! What is a client's own: drafts, and what others may know.

use parlor_domain::{Draft, Privacy, PrivacyChange, RequestId, RoomId};

use crate::{Client, DraftInfo, Page, RestError};

impl Client {
    /// A page of what the caller has begun to write, on any device.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn drafts(&self, cursor: Option<&str>) -> Result<Page<DraftInfo>, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.drafts(&token, cursor).await }).await
    }

    /// Keeps what the caller has begun to write in a room over REST, for programs
    /// without a session; see [`crate::Room::set_draft`].
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn set_draft(
        &self,
        id: RequestId,
        room: RoomId,
        draft: &Draft,
    ) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.set_draft(&token, id, room, draft).await }).await
    }

    /// What the caller lets others know.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn privacy(&self) -> Result<Privacy, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.privacy(&token).await }).await
    }

    /// Changes what the caller lets others know; the same `id` again changes nothing
    /// more.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn set_privacy(
        &self,
        id: RequestId,
        change: PrivacyChange,
    ) -> Result<Privacy, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.set_privacy(&token, id, change).await }).await
    }
}
