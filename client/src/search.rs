//! What a client finds.

use parlor_domain::{RoomId, Seq, Sort};

use crate::{Client, Found, History, RestError};

impl Client {
    /// A page of messages of the caller's rooms: words, `"phrases"`, `from:`, `in:`,
    /// `before:`, `after:`, `has:`.
    ///
    /// # Errors
    /// See [`RestError`]; `UNPROCESSABLE` where there is nothing to look for, or too
    /// much, and `INVALID_ARGUMENT` where it takes too long.
    pub async fn search(
        &self,
        query: &str,
        sort: Sort,
        cursor: Option<&str>,
    ) -> Result<Found, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.search(&token, query, sort, cursor).await }).await
    }

    /// A message and those around it, ascending.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where the caller may not know of the room.
    pub async fn messages_around(
        &self,
        room: RoomId,
        message: Seq,
        limit: u32,
    ) -> Result<History, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.messages_around(&token, room, message, limit).await })
            .await
    }
}
