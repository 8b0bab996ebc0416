//! Search over REST.

use parlor_domain::{RoomId, Seq, Sort};
use serde::Deserialize;

use super::{History, Rest, RestError, UserInfo, model::number, paged, percent_encoded};

/// A page of messages that were found.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Found {
    /// The hits.
    pub items: Vec<Hit>,
    /// Gets the next page; `None` at the end. A page without hits may have one.
    pub next_cursor: Option<String>,
    /// False while old messages are still being made ready to be found.
    pub complete: bool,
    /// Parts of the query that no message can fit: with one of them there are no hits.
    pub unknown: Vec<String>,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Hit {
    /// Its room.
    pub room_id: RoomId,
    /// Its id within the room.
    #[serde(deserialize_with = "number")]
    pub seq: u64,
    /// Who wrote it.
    pub author: UserInfo,
    /// Markdown.
    pub text: String,
    /// What of the text was looked for, in order.
    pub matches: Vec<Place>,
    /// When it was posted, as RFC 3339 says it.
    pub posted_at: String,
    /// When its text was last changed.
    pub edited_at: Option<String>,
}

/// A part of a text, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// The first character.
    pub start: usize,
    /// Behind the last one.
    pub end: usize,
}

impl Rest {
    /// A page of messages of the caller's rooms: words, `"phrases"`, `from:`, `in:`,
    /// `before:`, `after:`, `has:`.
    ///
    /// # Errors
    /// See [`RestError`]; `UNPROCESSABLE` where there is nothing to look for, or too
    /// much, and `INVALID_ARGUMENT` where it takes too long.
    pub async fn search(
        &self,
        token: &str,
        query: &str,
        sort: Sort,
        cursor: Option<&str>,
    ) -> Result<Found, RestError> {
        let sort = match sort {
            Sort::Newest => "newest",
            Sort::Best => "best",
        };
        let path = format!("/search?q={}&sort={sort}&", percent_encoded(query));
        self.get(&paged(&path, cursor), Some(token)).await
    }

    /// A message and those around it, ascending.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where the caller may not know of the room.
    pub async fn messages_around(
        &self,
        token: &str,
        room: RoomId,
        message: Seq,
        limit: u32,
    ) -> Result<History, RestError> {
        let path = format!("/rooms/{room}/messages?around={message}&limit={limit}");
        self.get(&path, Some(token)).await
    }
}
