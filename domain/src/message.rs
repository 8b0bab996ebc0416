//! Messages: the projection of a room's log that people read.

use serde::{Deserialize, Serialize};

use crate::{Attachment, Emoji, Mentions, Seq, Timestamp, UserId};

/// A message as it stands after all events so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Seq of the event that posted it: its id within the room.
    pub seq: Seq,
    /// Who wrote it.
    pub author: UserId,
    /// Its text; empty where it was deleted.
    pub text: String,
    /// Whom its text mentions; nobody where it was deleted.
    pub mentions: Mentions,
    /// The message it answers.
    pub reply_to: Option<Seq>,
    /// The files that stand on it, in their order; none where it was deleted.
    pub attachments: Vec<Attachment>,
    /// What it passes on, with its files; nothing where it was deleted.
    pub forwarded: Option<Forwarded>,
    /// When it was posted.
    pub posted_at: Timestamp,
    /// When its text was last changed.
    pub edited_at: Option<Timestamp>,
    /// Only a tombstone is left.
    pub deleted: bool,
    /// It is pinned to the room.
    pub pinned: bool,
    /// In the order in which the emoji came; none where it was deleted.
    pub reactions: Vec<Reaction>,
    /// Seq of the last event that changed it; of two copies of one message the
    /// one with the greater version is newer.
    pub version: Seq,
}

/// What somebody said elsewhere, on a message that passes it on. Nothing is told of
/// where that was: whoever reads this may not know of that room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forwarded {
    /// Who said it first.
    pub author: UserId,
    /// When.
    pub said_at: Timestamp,
    /// Its text as it stood when it was forwarded; may be empty beside files.
    pub text: String,
}

/// One emoji on a message, and who put it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// The emoji.
    pub emoji: Emoji,
    /// How many users put it there.
    pub count: u32,
    /// The first [`crate::limits::REACTION_USERS`] of them, in their order; and
    /// whoever asks, if they are among the others.
    pub users: Vec<UserId>,
}

/// A text that a message has, or had before it was edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Seq of the event that brought it.
    pub seq: Seq,
    /// The text.
    pub text: String,
    /// When it was written.
    pub at: Timestamp,
}

/// A pinned message, as a list of them shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The message.
    pub message: Seq,
    /// Who wrote it.
    pub author: UserId,
    /// Its text.
    pub text: String,
    /// The files that stand on it, in their order.
    pub attachments: Vec<Attachment>,
    /// What it passes on.
    pub forwarded: Option<Forwarded>,
    /// When it was posted.
    pub posted_at: Timestamp,
    /// Who pinned it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}
