//! Messages: the projection of a room's log that people read.

use crate::{Seq, Timestamp, UserId};

/// A message as it stands after all events so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Seq of the event that posted it: its id within the room.
    pub seq: Seq,
    /// Who wrote it.
    pub author: UserId,
    /// Its text; empty where it was deleted.
    pub text: String,
    /// The message it answers.
    pub reply_to: Option<Seq>,
    /// When it was posted.
    pub posted_at: Timestamp,
    /// When its text was last changed.
    pub edited_at: Option<Timestamp>,
    /// Only a tombstone is left.
    pub deleted: bool,
    /// Seq of the last event that changed it; of two copies of one message the
    /// one with the greater version is newer.
    pub version: Seq,
}
