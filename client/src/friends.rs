//! What a client does about friends and blocks.

use parlor_domain::{RequestId, Tie, UserId};

use crate::{BlockInfo, Client, FriendInfo, Page, RestError};

impl Client {
    /// A page of those to whom the caller has a tie, or has the tie `only`.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn friends(
        &self,
        only: Option<Tie>,
        cursor: Option<&str>,
    ) -> Result<Page<FriendInfo>, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.friends(&token, only, cursor).await }).await
    }

    /// Asks somebody to be friends, or accepts who has asked; the same `id` again
    /// changes nothing more. Returns what stands between the two now.
    ///
    /// # Errors
    /// See [`RestError`]; `CONFLICT` where the caller blocks them.
    pub async fn befriend(&self, id: RequestId, user: UserId) -> Result<Option<Tie>, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.befriend(&token, id, user).await }).await
    }

    /// Takes the caller's request back, declines theirs, or ends the friendship; the
    /// same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn unfriend(&self, id: RequestId, user: UserId) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.unfriend(&token, id, user).await }).await
    }

    /// A page of those whom the caller blocks.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn blocks(&self, cursor: Option<&str>) -> Result<Page<BlockInfo>, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.blocks(&token, cursor).await }).await
    }

    /// Blocks somebody (`on`), or no longer so: while one of two blocks the other,
    /// neither writes to the other or adds the other to rooms. The same `id` again
    /// changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn block(&self, id: RequestId, user: UserId, on: bool) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.block(&token, id, user, on).await }).await
    }
}
