//! Search over messages.

use std::{ops::Range, time::Duration};

use parlor_domain::{RoomId, SearchQuery, Seq, Sort, Timestamp, UserId};
use tokio::time::sleep;

use crate::{
    StoreError,
    backend::{Backend, on},
};

/// The messages of the rooms that somebody is in, to be searched. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Search {
    pub(crate) backend: Backend,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its room.
    pub room: RoomId,
    /// Its id within the room.
    pub seq: Seq,
    /// Who wrote it.
    pub author: UserId,
    /// Its text, and below that the text it forwards.
    pub text: String,
    /// What of the text was looked for, in characters; ascending.
    pub ranges: Vec<Range<usize>>,
    /// When it was posted.
    pub posted_at: Timestamp,
    /// When its text was last changed.
    pub edited_at: Option<Timestamp>,
}

/// A page of hits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// In the order asked for.
    pub hits: Vec<Hit>,
    /// Where to go on; `None` where there are no more. May lead to more after a page
    /// without hits.
    pub next: Option<SearchPlace>,
    /// False while messages of before the index was made are not all in it.
    pub complete: bool,
    /// Parts of the query that can fit nothing; with one of them there are no hits.
    pub unknown: Vec<String>,
}

/// Where in its hits a search goes on. Means nothing outside of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchPlace {
    /// Hits are older than this.
    pub(crate) before: i64,
    /// The best of them, so many, were seen.
    pub(crate) seen: u32,
}

impl SearchPlace {
    /// In the form of a cursor.
    pub fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&self.before.to_be_bytes());
        bytes[8..].copy_from_slice(&self.seen.to_be_bytes());
        bytes
    }

    /// What [`Self::to_bytes`] gave.
    pub fn from_bytes(bytes: [u8; 12]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = bytes;
        Self {
            before: i64::from_be_bytes([a, b, c, d, e, f, g, h]),
            seen: u32::from_be_bytes([i, j, k, l]),
        }
    }
}

impl Search {
    /// Messages that fit, of the rooms that `user` is a member of at this moment.
    /// `None` where they were not found within so long; after half of it what is found
    /// is enough.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn messages(
        &self,
        user: UserId,
        query: &SearchQuery,
        sort: Sort,
        from: Option<SearchPlace>,
        limit: u32,
        within: Duration,
    ) -> Result<Option<Hits>, StoreError> {
        on!(&self.backend, search::messages(user, query, sort, from, limit, within))
    }
}

/// Between two pieces of work, so that commits come through.
const FILL_PAUSE: Duration = Duration::from_millis(5);
/// Before the next try where the database is not available.
const FILL_RETRY: Duration = Duration::from_secs(1);

/// Puts messages into the index that are older than it, the newest first, until all
/// are in it. May be given up at any time, and be done by several nodes at once.
pub(crate) async fn fill(backend: Backend) {
    loop {
        let pause = match on!(&backend, search::fill()) {
            Ok(false) => return,
            Ok(true) => FILL_PAUSE,
            Err(error) => {
                tracing::warn!(%error, "the index of messages is not filled yet");
                FILL_RETRY
            }
        };
        sleep(pause).await;
    }
}
