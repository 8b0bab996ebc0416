//! Events: what happened in a log.

use serde::{Deserialize, Serialize};

use crate::{
    Attachment, Draft, Emoji, Forwarded, InviteId, Mentions, Preferences, Privacy, Profile,
    RequestId, Role, RoomId, RoomName, Seq, Timestamp, Topic, UserId, Visibility,
};

/// One thing that happened in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number in the log.
    pub seq: Seq,
    /// When it was committed, by the server's wall clock.
    pub at: Timestamp,
    /// Who did it.
    pub actor: UserId,
    /// The request that asked for it, where there was one.
    pub request_id: Option<RequestId>,
    /// What happened.
    pub body: EventBody,
}

/// What happened. Stored as JSON in the log; new kinds may be added, old ones
/// never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventBody {
    /// Room: a message was posted; its id is this event's seq.
    MessagePosted {
        /// Its text; empty where `erased`.
        text: String,
        /// Whom the text mentions.
        #[serde(default, skip_serializing_if = "Mentions::is_empty")]
        mentions: Mentions,
        /// The message it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<Seq>,
        /// The files that stand on it, in their order; none where `erased`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
        /// What it passes on, with its files; nothing where `erased`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        forwarded: Option<Forwarded>,
        /// The message was deleted later and its text is gone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        erased: bool,
    },
    /// Room: the text of a message was replaced.
    MessageEdited {
        /// The message.
        message: Seq,
        /// Its new text; empty where `erased`.
        text: String,
        /// Whom the new text mentions.
        #[serde(default, skip_serializing_if = "Mentions::is_empty")]
        mentions: Mentions,
        /// The message was deleted later and its text is gone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        erased: bool,
    },
    /// Room: a message was deleted; a tombstone stays.
    MessageDeleted {
        /// The message.
        message: Seq,
    },
    /// Room: the actor put an emoji on a message.
    ReactionAdded {
        /// The message.
        message: Seq,
        /// The emoji.
        emoji: Emoji,
    },
    /// Room: the actor took an emoji back from a message.
    ReactionRemoved {
        /// The message.
        message: Seq,
        /// The emoji.
        emoji: Emoji,
    },
    /// Room: the actor pinned a message.
    MessagePinned {
        /// The message.
        message: Seq,
    },
    /// Room: the actor took the pin of a message away.
    MessageUnpinned {
        /// The message.
        message: Seq,
    },
    /// Room: the first event of every room.
    RoomCreated {
        /// Its name.
        name: RoomName,
        /// Its topic.
        topic: Topic,
        /// Who can find it.
        visibility: Visibility,
    },
    /// Room: name or topic changed; both are given.
    RoomRenamed {
        /// The name from now on.
        name: RoomName,
        /// The topic from now on.
        topic: Topic,
    },
    /// Room: archived, or taken out of the archive.
    RoomArchived {
        /// Whether it is archived from now on.
        archived: bool,
    },
    /// Room: deleted. Nobody sees the room from here on, until it is restored.
    RoomDeleted,
    /// Room: there again, with all that was in it.
    RoomRestored,
    /// Room: somebody became a member.
    MemberJoined {
        /// Who.
        user: UserId,
        /// As what.
        role: Role,
    },
    /// Room: somebody stopped being a member.
    MemberLeft {
        /// Who.
        user: UserId,
    },
    /// Room: a member's role is another from now on.
    RoleChanged {
        /// Who.
        user: UserId,
        /// As what.
        role: Role,
    },
    /// Room: somebody is kept out.
    MemberBanned {
        /// Who.
        user: UserId,
        /// Stopped being a member by it.
        was_member: bool,
    },
    /// Room: somebody is kept out no longer.
    MemberUnbanned {
        /// Who.
        user: UserId,
    },
    /// Room: there is a link by which others become members. Its code, which is a
    /// secret, stands in no event.
    InviteCreated {
        /// The link.
        invite: InviteId,
    },
    /// Room: a link holds no longer.
    InviteRevoked {
        /// The link.
        invite: InviteId,
    },
    /// User: became a member of a room.
    RoomAdded {
        /// The room.
        room: RoomId,
    },
    /// User: stopped being a member of a room.
    RoomRemoved {
        /// The room.
        room: RoomId,
    },
    /// User: one's role in a room is another from now on.
    OwnRoleChanged {
        /// The room.
        room: RoomId,
        /// As what.
        role: Role,
    },
    /// User: what one wants of a room changed.
    PreferencesChanged {
        /// The room.
        room: RoomId,
        /// All of it, as it is from now on.
        preferences: Preferences,
    },
    /// User: the read position in a room moved, forward or back.
    ReadMoved {
        /// The room.
        room: RoomId,
        /// The last message read.
        seq: Seq,
    },
    /// User: what one has begun to write in a room changed.
    DraftChanged {
        /// The room.
        room: RoomId,
        /// All of it, as it is from now on; empty where `superseded`.
        draft: Draft,
        /// A later event tells what became of it, and its text is gone from here.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        superseded: bool,
    },
    /// User: the other one of a direct room has read up to here.
    PartnerRead {
        /// The room.
        room: RoomId,
        /// The last message that the other has read.
        seq: Seq,
    },
    /// User: what one lets others know of oneself changed.
    PrivacyChanged {
        /// All of it, as it is from now on.
        privacy: Privacy,
    },
    /// User: what others see of them changed.
    ProfileChanged {
        /// All of it, as it is from now on.
        profile: Profile,
    },
    /// User: somebody is asked to be friends.
    FriendRequested {
        /// The other one.
        user: UserId,
        /// Asked by whose log it is; else by the other.
        outgoing: bool,
    },
    /// User: has a friend more.
    FriendAdded {
        /// The other one.
        user: UserId,
    },
    /// User: nothing stands between oneself and somebody any more, friendship or
    /// request; nothing is told about why.
    FriendRemoved {
        /// The other one.
        user: UserId,
    },
    /// User: blocks somebody.
    UserBlocked {
        /// The other one, whose log says nothing of it.
        user: UserId,
    },
    /// User: blocks somebody no longer.
    UserUnblocked {
        /// The other one.
        user: UserId,
    },
    /// User: somebody with whom one has a direct room deleted their account.
    AccountDeleted {
        /// The other one.
        user: UserId,
    },
}

/// Whose view of a room an event ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departed {
    /// One member's.
    One(UserId),
    /// That of everybody.
    Everybody,
}

impl Departed {
    /// Whether it is the end for `user`.
    pub fn includes(self, user: UserId) -> bool {
        match self {
            Self::One(one) => one == user,
            Self::Everybody => true,
        }
    }
}

impl EventBody {
    /// What is left of a message once it was deleted.
    pub fn erased_message(reply_to: Option<Seq>) -> Self {
        Self::MessagePosted {
            text: String::new(),
            mentions: Mentions::default(),
            reply_to,
            attachments: Vec::new(),
            forwarded: None,
            erased: true,
        }
    }

    /// Who sees nothing of the room after it.
    pub const fn departed(&self) -> Option<Departed> {
        match self {
            Self::MemberLeft { user } | Self::MemberBanned { user, was_member: true } => {
                Some(Departed::One(*user))
            }
            Self::RoomDeleted => Some(Departed::Everybody),
            _ => None,
        }
    }
}
