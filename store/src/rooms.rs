//! Rooms, members and messages, to read.

use parlor_domain::{
    Attachment, Ban, Draft, Forwarded, Invite, InviteCode, InviteId, Message, Pin, Position,
    Preferences, Role, Room, RoomId, RoomQuery, Seq, Timestamp, UserId, Version,
};

use crate::{
    StoreError, User,
    backend::{Backend, on},
};

/// Read access to rooms. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Rooms {
    pub(crate) backend: Backend,
}

/// A room and what one user is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The room.
    pub room: Room,
    /// The user's role; `None` where not a member.
    pub role: Option<Role>,
    /// The other one, of a direct room.
    pub peer: Option<UserId>,
}

/// One of a user's rooms, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSummary {
    /// The room.
    pub room: Room,
    /// What the user is in it.
    pub role: Role,
    /// The other one, of a direct room.
    pub peer: Option<UserId>,
    /// Up to where the user has read.
    pub read: Seq,
    /// Up to where the other one has read, as the user was told; only in direct rooms.
    pub peer_read: Seq,
    /// Messages of others after `read`, not deleted, counted up to
    /// [`parlor_domain::limits::UNREAD_COUNTED`].
    pub unread: u32,
    /// Those of them that mention the user and are not by somebody whom the user
    /// blocks, counted as far.
    pub mentions: u32,
    /// The newest message that is not deleted, cut to
    /// [`parlor_domain::limits::PREVIEW_CHARS`]; of one without a text, the name of
    /// its first file.
    pub preview: Option<String>,
    /// When that was posted, else when the room was made.
    pub last_at: Timestamp,
    /// What the user wants of it.
    pub preferences: Preferences,
}

/// A member of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: User,
    /// As what.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
}

/// A deleted room, as its owners find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedRoom {
    /// The room as it was.
    pub room: Room,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// By whom.
    pub deleted_by: UserId,
    /// Until when it can be restored.
    pub kept_until: Timestamp,
}

/// A message of one author, in whatever room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authored {
    /// Where.
    pub room: RoomId,
    /// Its seq.
    pub seq: Seq,
    /// Its text as it stands.
    pub text: String,
    /// The message it answers.
    pub reply_to: Option<Seq>,
    /// When it was posted.
    pub posted_at: Timestamp,
    /// When its text was last changed.
    pub edited_at: Option<Timestamp>,
    /// The files that stand on it.
    pub attachments: Vec<Attachment>,
    /// What it passes on.
    pub forwarded: Option<Forwarded>,
}

/// Where a page of messages begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The newest before this seq; [`Seq::MAX`] for the newest of all.
    Before(Seq),
    /// The oldest after this seq.
    After(Seq),
    /// Half before, the message itself if there is one, half after.
    Around(Seq),
}

/// A page of messages, ascending by seq, tombstones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The messages as they stand at `head`.
    pub messages: Vec<Message>,
    /// Epoch and head of the room's log, read in the same snapshot: opening the
    /// log after it misses nothing.
    pub head: Position,
    /// There are older ones.
    pub more_before: bool,
    /// There are newer ones.
    pub more_after: bool,
}

impl Rooms {
    /// A room and the role of `user` in it; `None` where there is no such room, or it is
    /// deleted.
    /// Says nothing about what the user may see: ask [`parlor_domain::permit`].
    ///
    /// # Errors
    /// The database is not available.
    pub async fn access(&self, room: RoomId, user: UserId) -> Result<Option<Access>, StoreError> {
        on!(&self.backend, rooms::access(room, user))
    }

    /// Rooms of `user`, ascending by room id, those after `after`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn mine(
        &self,
        user: UserId,
        after: Option<RoomId>,
        limit: u32,
    ) -> Result<Vec<RoomSummary>, StoreError> {
        on!(&self.backend, rooms::mine(user, after, limit))
    }

    /// What `user` has begun to write, ascending by room id, those after `after`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn drafts(
        &self,
        user: UserId,
        after: Option<RoomId>,
        limit: u32,
    ) -> Result<Vec<(RoomId, Draft)>, StoreError> {
        on!(&self.backend, drafts::list(user, after, limit))
    }

    /// Those of `rooms` that `user` is a member of.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn summaries(
        &self,
        user: UserId,
        rooms: &[RoomId],
    ) -> Result<Vec<RoomSummary>, StoreError> {
        on!(&self.backend, rooms::summaries(user, rooms))
    }

    /// Public rooms that are not archived, those whose name or topic holds `query`
    /// where one is given; ascending by id, those after `after`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn directory(
        &self,
        query: Option<&RoomQuery>,
        after: Option<RoomId>,
        limit: u32,
    ) -> Result<Vec<Room>, StoreError> {
        on!(&self.backend, rooms::directory(query, after, limit))
    }

    /// Deleted rooms that `user` owns and can restore at `now`, ascending by id, those
    /// after `after`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn deleted(
        &self,
        user: UserId,
        now: Timestamp,
        after: Option<RoomId>,
        limit: u32,
    ) -> Result<Vec<DeletedRoom>, StoreError> {
        on!(&self.backend, rooms::deleted(user, now, after, limit))
    }

    /// What `author` said, in whatever room, and is not deleted: after the message
    /// `after`, by room and seq. Says nothing about what others may see of it.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn authored(
        &self,
        author: UserId,
        after: Option<(RoomId, Seq)>,
        limit: u32,
    ) -> Result<Vec<Authored>, StoreError> {
        on!(&self.backend, messages::authored(author, after, limit))
    }

    /// Members of a room, ascending by user id, those after `after`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn members(
        &self,
        room: RoomId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError> {
        on!(&self.backend, rooms::members(room, after, limit))
    }

    /// One member of a room; `None` where the user is none.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>, StoreError> {
        on!(&self.backend, rooms::member(room, user))
    }

    /// Who is kept out of a room, ascending by user id, those after `after`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn bans(
        &self,
        room: RoomId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Ban>, StoreError> {
        on!(&self.backend, bans::list(room, after, limit))
    }

    /// Links into a room that are live at `now`, ascending by id, those after
    /// `after`; where `by` is given, those that this user made.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn invites(
        &self,
        room: RoomId,
        by: Option<UserId>,
        now: Timestamp,
        after: Option<InviteId>,
        limit: u32,
    ) -> Result<Vec<Invite>, StoreError> {
        on!(&self.backend, invites::list(room, by, now, after, limit))
    }

    /// A link, live or not; `None` where there was none.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn invite(&self, invite: InviteId) -> Result<Option<Invite>, StoreError> {
        on!(&self.backend, invites::by_id(invite))
    }

    /// The link with this code, live or not; `None` where there was none.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn invite_by_code(&self, code: InviteCode) -> Result<Option<Invite>, StoreError> {
        on!(&self.backend, invites::by_code(code))
    }

    /// A page of messages as `reader` sees them; `None` where there is no such room.
    /// Says nothing about what `reader` may see.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn history(
        &self,
        room: RoomId,
        reader: UserId,
        from: From,
        limit: u32,
    ) -> Result<Option<History>, StoreError> {
        on!(&self.backend, messages::history(room, reader, from, limit))
    }

    /// The texts that a message has had, the oldest first, those after `after`; none
    /// where it was deleted. `None` where there is no such message.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn versions(
        &self,
        room: RoomId,
        message: Seq,
        after: Seq,
        limit: u32,
    ) -> Result<Option<Vec<Version>>, StoreError> {
        on!(&self.backend, messages::versions(room, message, after, limit))
    }

    /// The pinned messages of a room, the last pinned first.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn pins(&self, room: RoomId) -> Result<Vec<Pin>, StoreError> {
        on!(&self.backend, pins::list(room))
    }
}
