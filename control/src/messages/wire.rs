//! What messages look like in JSON.

use parlor_domain::UserId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    files::wire::File,
    wire::{Number, Time, User},
};

/// A message as it stands after all events so far.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Message {
    /// Seq of the event that posted it: its id within the room.
    pub seq: Number,
    /// Who wrote it.
    pub author_id: Uuid,
    /// Markdown; empty where deleted, and may be beside attachments or what is forwarded.
    #[schema(example = "See you *tomorrow*")]
    pub text: String,
    /// Members whom the text calls by name (`@ada`).
    pub mention_ids: Vec<Uuid>,
    /// The text calls all members (`@room`).
    pub mentions_room: bool,
    /// The message it answers.
    #[schema(required)]
    pub reply_to: Option<Number>,
    /// The files that stand on it, in their order; none where deleted.
    pub attachments: Vec<File>,
    /// What it passes on, with its files; null where deleted.
    #[schema(required)]
    pub forwarded: Option<Forwarded>,
    /// When it was posted.
    pub posted_at: Time,
    /// When its text was last changed.
    #[schema(required)]
    pub edited_at: Option<Time>,
    /// Only a tombstone is left.
    pub deleted: bool,
    /// It is pinned to the room.
    pub pinned: bool,
    /// In the order in which the emoji came.
    pub reactions: Vec<Reaction>,
    /// Seq of the last event that changed it; of two copies of one message the
    /// one with the greater version is newer.
    pub version: Number,
}

impl From<parlor_domain::Message> for Message {
    fn from(message: parlor_domain::Message) -> Self {
        Self {
            seq: message.seq.into(),
            author_id: message.author.uuid(),
            text: message.text,
            mention_ids: message.mentions.users.into_iter().map(UserId::uuid).collect(),
            mentions_room: message.mentions.room,
            reply_to: message.reply_to.map(Number::from),
            attachments: message.attachments.into_iter().map(File::from).collect(),
            forwarded: message.forwarded.map(Forwarded::from),
            posted_at: Time(message.posted_at),
            edited_at: message.edited_at.map(Time),
            deleted: message.deleted,
            pinned: message.pinned,
            reactions: message.reactions.into_iter().map(Reaction::from).collect(),
            version: message.version.into(),
        }
    }
}

/// What somebody said elsewhere. Nothing is told of where that was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Forwarded {
    /// Who said it first.
    pub author_id: Uuid,
    /// When.
    pub said_at: Time,
    /// Markdown, as it stood when it was forwarded; may be empty beside attachments.
    #[schema(example = "The *lift* is out of order")]
    pub text: String,
}

impl From<parlor_domain::Forwarded> for Forwarded {
    fn from(forwarded: parlor_domain::Forwarded) -> Self {
        Self {
            author_id: forwarded.author.uuid(),
            said_at: Time(forwarded.said_at),
            text: forwarded.text,
        }
    }
}

/// A pinned message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Pin {
    /// The message's seq.
    pub seq: Number,
    /// Who wrote it.
    pub author: User,
    /// Markdown.
    #[schema(example = "The *agenda* of Monday")]
    pub text: String,
    /// The files that stand on it, in their order.
    pub attachments: Vec<File>,
    /// What it passes on, with its files.
    #[schema(required)]
    pub forwarded: Option<Forwarded>,
    /// When it was posted.
    pub posted_at: Time,
    /// Who pinned it.
    pub pinned_by: User,
    /// When.
    pub pinned_at: Time,
}

/// A text that a message has, or had before it was edited.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Version {
    /// Seq of the event that brought it: the message's own, or that of an edit.
    pub seq: Number,
    /// Markdown.
    #[schema(example = "See you *tomorow*")]
    pub text: String,
    /// When it was written.
    pub at: Time,
}

impl From<parlor_domain::Version> for Version {
    fn from(version: parlor_domain::Version) -> Self {
        Self { seq: version.seq.into(), text: version.text, at: Time(version.at) }
    }
}

/// One emoji on a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reaction {
    /// The emoji.
    #[schema(example = "👍")]
    pub emoji: String,
    /// How many users put it there.
    #[schema(example = 2)]
    pub count: u32,
    /// The first 20 of them, and the caller if among the others.
    pub user_ids: Vec<Uuid>,
}

impl From<parlor_domain::Reaction> for Reaction {
    fn from(reaction: parlor_domain::Reaction) -> Self {
        Self {
            emoji: reaction.emoji.into(),
            count: reaction.count,
            user_ids: reaction.users.into_iter().map(UserId::uuid).collect(),
        }
    }
}
