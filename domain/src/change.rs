//! Changes: what somebody wants to happen in a log.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::{
    Body, DisplayName, Draft, Emoji, FileId, FileIds, InviteCode, InviteId, InviteTerms, LogId,
    Notify, PreferencesChange, PrivacyChange, ProfileChange, RequestId, Role, RoomId, RoomName,
    Seq, StatusEmoji, StatusText, Topic, UserId, Visibility,
};

/// A change that somebody wants, with all that is needed to do it exactly once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Makes a retry safe: the same id in the same log returns the same seq.
    pub request_id: RequestId,
    /// Who wants it.
    pub actor: UserId,
    /// What, and where.
    pub change: Change,
}

/// What somebody wants to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Make a room; the actor becomes its owner. `room` is chosen by the caller
    /// (from the request id, so that a retry makes no second room).
    CreateRoom {
        /// The new room's id.
        room: RoomId,
        /// Its name.
        name: RoomName,
        /// Its topic.
        topic: Topic,
        /// Who can find it.
        visibility: Visibility,
    },
    /// Change the name, the topic, or both.
    RenameRoom {
        /// The room.
        room: RoomId,
        /// The new name; `None` keeps it.
        name: Option<RoomName>,
        /// The new topic; `None` keeps it.
        topic: Option<Topic>,
    },
    /// Archive a room or take it out of the archive.
    ArchiveRoom {
        /// The room.
        room: RoomId,
        /// Whether it shall be archived.
        archived: bool,
    },
    /// Archive a room, or take it out of the archive, as an admin of the server.
    /// Leaves an entry in the audit log.
    ArchiveByServer {
        /// The room.
        room: RoomId,
        /// Whether it shall be archived.
        archived: bool,
        /// Where the admin is, for the audit log.
        address: String,
    },
    /// Delete a room: nobody sees it any more, and it can be restored for a while.
    DeleteRoom {
        /// The room.
        room: RoomId,
        /// For how long, from the commit on; a retry keeps that of the first time.
        kept_for: Duration,
    },
    /// Bring a deleted room back, with all that was in it.
    RestoreRoom {
        /// The room.
        room: RoomId,
    },
    /// Tell a member in their own log that a room was deleted or restored,
    /// whichever they have not been told yet. For the server alone.
    TellMember {
        /// The room.
        room: RoomId,
        /// Who is told.
        user: UserId,
    },
    /// Stop being a member, as the actor's account is deleted: whatever state the
    /// room is in, and also as its last owner. For the server alone.
    Depart {
        /// The room.
        room: RoomId,
        /// Who owns it from then on, where nobody else does.
        heir: Option<UserId>,
    },
    /// Delete one's own message, as the actor's account is deleted with all that it
    /// said: member or not, and whatever state the room is in. For the server alone.
    Withdraw {
        /// The room.
        room: RoomId,
        /// The message.
        message: Seq,
    },
    /// Tell somebody, who has a direct room with the actor, that the actor's account
    /// is deleted. For the server alone.
    TellDeleted {
        /// Who is told.
        other: UserId,
    },
    /// Make sure that the actor and somebody else have their direct room.
    OpenDirect {
        /// The room: [`crate::direct_room`] of the two.
        room: RoomId,
        /// The other one.
        other: UserId,
    },
    /// Become a member of a public room.
    Join {
        /// The room.
        room: RoomId,
    },
    /// Stop being a member.
    Leave {
        /// The room.
        room: RoomId,
    },
    /// Make somebody else a member.
    AddMember {
        /// The room.
        room: RoomId,
        /// Who shall be a member.
        user: UserId,
    },
    /// Take somebody's membership.
    RemoveMember {
        /// The room.
        room: RoomId,
        /// Who shall be no member.
        user: UserId,
    },
    /// Keep somebody out of a room, member or not, or let them come again.
    Ban {
        /// The room.
        room: RoomId,
        /// Who.
        user: UserId,
        /// Whether they shall be kept out.
        on: bool,
    },
    /// Make a member something else.
    SetRole {
        /// The room.
        room: RoomId,
        /// Who.
        user: UserId,
        /// What they shall be.
        role: Role,
    },
    /// Make a link by which others become members. `invite` is chosen by the
    /// caller (from the request id, so that a retry makes no second link).
    CreateInvite {
        /// The room.
        room: RoomId,
        /// The new link's id.
        invite: InviteId,
        /// Its code; a retry keeps that of the first time.
        code: InviteCode,
        /// How long it shall hold, from the commit on, and for how many.
        terms: InviteTerms,
    },
    /// Take a link back.
    RevokeInvite {
        /// The room.
        room: RoomId,
        /// The link.
        invite: InviteId,
    },
    /// Become a member of the room by a link, whose code the actor has shown.
    JoinByInvite {
        /// The room.
        room: RoomId,
        /// The link.
        invite: InviteId,
    },
    /// Post a message.
    Post {
        /// The room.
        room: RoomId,
        /// The text.
        body: Body,
        /// The message it answers.
        reply_to: Option<Seq>,
        /// The actor's files that it shall bring.
        attachments: FileIds,
    },
    /// Post what was said in a room that the actor may read, here or elsewhere, with
    /// its files.
    Forward {
        /// The room to post it to.
        room: RoomId,
        /// What the actor says to it; may be empty.
        body: Body,
        /// The room where it stands.
        source: RoomId,
        /// The message there.
        message: Seq,
    },
    /// Replace the text of one's own message.
    Edit {
        /// The room.
        room: RoomId,
        /// The message.
        message: Seq,
        /// Its new text.
        body: Body,
    },
    /// Delete one's own message, or any where the role allows it.
    Delete {
        /// The room.
        room: RoomId,
        /// The message.
        message: Seq,
    },
    /// Put an emoji on a message, or take one's own back.
    React {
        /// The room.
        room: RoomId,
        /// The message.
        message: Seq,
        /// The emoji.
        emoji: Emoji,
        /// Whether it shall be there.
        on: bool,
    },
    /// Pin a message to the room, or take its pin away.
    Pin {
        /// The room.
        room: RoomId,
        /// The message.
        message: Seq,
        /// Whether it shall be pinned.
        on: bool,
    },
    /// Move one's read position back to just before a message; written to the
    /// actor's own log.
    MarkUnread {
        /// The room.
        room: RoomId,
        /// The first message that shall be unread.
        from: Seq,
    },
    /// Move one's read position forward; written to the actor's own log.
    MarkRead {
        /// The room.
        room: RoomId,
        /// The last message read.
        seq: Seq,
    },
    /// Change what the actor wants of a room; written to the actor's own log.
    SetPreferences {
        /// The room.
        room: RoomId,
        /// What shall be different.
        change: PreferencesChange,
    },
    /// Keep what the actor has begun to write in a room, in place of what was kept;
    /// written to the actor's own log.
    SetDraft {
        /// The room.
        room: RoomId,
        /// All of it; an empty one is none.
        draft: Draft,
    },
    /// Change what the actor lets others know; written to the actor's own log.
    SetPrivacy(PrivacyChange),
    /// Change what others see of the actor; written to the actor's own log.
    SetProfile(ProfileChange),
    /// Change the actor's picture, or take it away; written to the actor's own log.
    SetAvatar(Option<FileId>),
    /// Ask somebody to be friends, or say yes to who has asked already; written to
    /// the actor's own log, and to the other's where the other hears of it.
    Befriend {
        /// Who.
        other: UserId,
    },
    /// Let nothing stand between the actor and somebody: take one's own request
    /// back, decline theirs, or end the friendship.
    Unfriend {
        /// Who.
        other: UserId,
    },
    /// Have nothing to do with somebody, or no longer so. It ends what stands
    /// between the two; the other hears of that alone.
    Block {
        /// Who.
        other: UserId,
        /// Whether they shall be blocked.
        on: bool,
    },
}

/// Digest of who wants what, which tells a repeat from another request under
/// the same id (C2): the first 16 bytes of a SHA-256.
pub type Digest = [u8; 16];

impl Change {
    /// The room it is about; `None` where it is about its actor, alone or with
    /// somebody else.
    pub const fn room(&self) -> Option<RoomId> {
        match self {
            Self::CreateRoom { room, .. }
            | Self::OpenDirect { room, .. }
            | Self::RenameRoom { room, .. }
            | Self::ArchiveRoom { room, .. }
            | Self::ArchiveByServer { room, .. }
            | Self::DeleteRoom { room, .. }
            | Self::RestoreRoom { room }
            | Self::TellMember { room, .. }
            | Self::Depart { room, .. }
            | Self::Withdraw { room, .. }
            | Self::Join { room }
            | Self::Leave { room }
            | Self::AddMember { room, .. }
            | Self::RemoveMember { room, .. }
            | Self::Ban { room, .. }
            | Self::SetRole { room, .. }
            | Self::CreateInvite { room, .. }
            | Self::RevokeInvite { room, .. }
            | Self::JoinByInvite { room, .. }
            | Self::Post { room, .. }
            | Self::Forward { room, .. }
            | Self::Edit { room, .. }
            | Self::Delete { room, .. }
            | Self::React { room, .. }
            | Self::Pin { room, .. }
            | Self::MarkUnread { room, .. }
            | Self::MarkRead { room, .. }
            | Self::SetPreferences { room, .. }
            | Self::SetDraft { room, .. } => Some(*room),
            Self::SetProfile(_)
            | Self::TellDeleted { .. }
            | Self::SetPrivacy(_)
            | Self::SetAvatar(_)
            | Self::Befriend { .. }
            | Self::Unfriend { .. }
            | Self::Block { .. } => None,
        }
    }
}

impl Command {
    /// The log whose seq answers the command.
    pub fn log(&self) -> LogId {
        match (&self.change, self.change.room()) {
            (Change::TellMember { user, .. }, _) => (*user).into(),
            (Change::TellDeleted { other }, _) => (*other).into(),
            (
                Change::MarkRead { .. }
                | Change::MarkUnread { .. }
                | Change::SetPreferences { .. }
                | Change::SetDraft { .. },
                _,
            )
            | (_, None) => self.actor.into(),
            (_, Some(room)) => room.into(),
        }
    }

    /// Every log that it may write to: that which answers it, and those of the
    /// users whose membership or role it changes, or to whom it changes a tie. That
    /// of whoever is told how far the actor has read is not known before the room is.
    pub fn logs(&self) -> impl Iterator<Item = LogId> + use<> {
        let user = |user: UserId| Some(LogId::from(user));
        let further = match self.change {
            // Held, so that the room is not deleted or restored meanwhile.
            Change::TellMember { room, .. } => [Some(LogId::from(room)), None],
            Change::Depart { heir, .. } => [user(self.actor), heir.and_then(user)],
            Change::CreateRoom { .. }
            | Change::Join { .. }
            | Change::JoinByInvite { .. }
            | Change::Leave { .. } => [user(self.actor), None],
            Change::AddMember { user: who, .. }
            | Change::RemoveMember { user: who, .. }
            | Change::Ban { user: who, .. }
            | Change::SetRole { user: who, .. } => [user(who), None],
            Change::OpenDirect { other, .. } => [user(self.actor), user(other)],
            Change::Befriend { other }
            | Change::Unfriend { other }
            | Change::Block { other, .. } => [user(other), None],
            _ => [None, None],
        };
        std::iter::once(self.log()).chain(further.into_iter().flatten())
    }

    /// See [`Digest`]. Every field is preceded by its length, so that no two
    /// different commands read the same.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        field(self.actor.as_bytes());
        let room = self.change.room();
        field(room.as_ref().map_or(&[], |room| &room.as_bytes()[..]));
        let seq = |seq: &Seq| seq.get().to_be_bytes();
        match &self.change {
            Change::CreateRoom { name, topic, visibility, .. } => {
                field(b"create");
                field(name.as_str().as_bytes());
                field(topic.as_str().as_bytes());
                field(&[u8::from(*visibility == Visibility::Public)]);
            }
            Change::OpenDirect { other, .. } => {
                field(b"direct");
                field(other.as_bytes());
            }
            Change::RenameRoom { name, topic, .. } => {
                field(b"rename");
                for text in [name.as_ref().map(RoomName::as_str), topic.as_ref().map(Topic::as_str)]
                {
                    field(&[u8::from(text.is_some())]);
                    field(text.unwrap_or_default().as_bytes());
                }
            }
            Change::ArchiveRoom { archived, .. } => {
                field(b"archive");
                field(&[u8::from(*archived)]);
            }
            // Not from where: a retry may come from another network.
            Change::ArchiveByServer { archived, .. } => {
                field(b"archive by server");
                field(&[u8::from(*archived)]);
            }
            Change::DeleteRoom { .. } => field(b"delete room"),
            Change::RestoreRoom { .. } => field(b"restore"),
            Change::TellMember { user, .. } => {
                field(b"tell");
                field(user.as_bytes());
            }
            Change::Depart { heir, .. } => {
                field(b"depart");
                field(heir.as_ref().map_or(&[], |heir| &heir.as_bytes()[..]));
            }
            Change::Withdraw { message, .. } => {
                field(b"withdraw");
                field(&seq(message));
            }
            Change::TellDeleted { other } => {
                field(b"gone");
                field(other.as_bytes());
            }
            Change::Join { .. } => field(b"join"),
            Change::Leave { .. } => field(b"leave"),
            Change::AddMember { user, .. } => {
                field(b"add");
                field(user.as_bytes());
            }
            Change::RemoveMember { user, .. } => {
                field(b"remove");
                field(user.as_bytes());
            }
            Change::Ban { user, on, .. } => {
                field(b"ban");
                field(user.as_bytes());
                field(&[u8::from(*on)]);
            }
            Change::SetRole { user, role, .. } => {
                field(b"role");
                field(user.as_bytes());
                field(role.as_str().as_bytes());
            }
            // A retry brings another code and is the same request.
            Change::CreateInvite { invite, terms, .. } => {
                field(b"invite");
                field(invite.as_bytes());
                let lifetime = terms.lifetime().map(|it| it.as_micros().to_be_bytes());
                field(lifetime.as_ref().map_or(&[], |it| &it[..]));
                field(&terms.max_uses().unwrap_or_default().to_be_bytes());
            }
            Change::RevokeInvite { invite, .. } => {
                field(b"revoke");
                field(invite.as_bytes());
            }
            Change::JoinByInvite { invite, .. } => {
                field(b"accept");
                field(invite.as_bytes());
            }
            Change::Post { body, reply_to, attachments, .. } => {
                field(b"post");
                field(body.as_str().as_bytes());
                field(&seq(&reply_to.unwrap_or_default()));
                attachments.as_slice().iter().for_each(|file| field(file.as_bytes()));
            }
            Change::Forward { body, source, message, .. } => {
                field(b"forward");
                field(body.as_str().as_bytes());
                field(source.as_bytes());
                field(&seq(message));
            }
            Change::Edit { message, body, .. } => {
                field(b"edit");
                field(&seq(message));
                field(body.as_str().as_bytes());
            }
            Change::Delete { message, .. } => {
                field(b"delete");
                field(&seq(message));
            }
            Change::React { message, emoji, on, .. } => {
                field(b"react");
                field(&seq(message));
                field(emoji.as_str().as_bytes());
                field(&[u8::from(*on)]);
            }
            Change::Pin { message, on, .. } => {
                field(b"pin");
                field(&seq(message));
                field(&[u8::from(*on)]);
            }
            Change::MarkUnread { from, .. } => {
                field(b"unread");
                field(&seq(from));
            }
            Change::MarkRead { seq: at, .. } => {
                field(b"read");
                field(&seq(at));
            }
            Change::SetPreferences { change: PreferencesChange { notify, favourite }, .. } => {
                field(b"preferences");
                field(notify.map_or("", Notify::as_str).as_bytes());
                field(favourite.map(u8::from).as_slice());
            }
            Change::SetDraft { draft: Draft { text, reply_to }, .. } => {
                field(b"draft");
                field(text.as_str().as_bytes());
                field(&seq(&reply_to.unwrap_or_default()));
            }
            Change::SetPrivacy(PrivacyChange { invisible, read_marks }) => {
                field(b"privacy");
                field(invisible.map(u8::from).as_slice());
                field(read_marks.map(u8::from).as_slice());
            }
            Change::Befriend { other } => {
                field(b"befriend");
                field(other.as_bytes());
            }
            Change::Unfriend { other } => {
                field(b"unfriend");
                field(other.as_bytes());
            }
            Change::Block { other, on } => {
                field(b"block");
                field(other.as_bytes());
                field(&[u8::from(*on)]);
            }
            Change::SetAvatar(avatar) => {
                field(b"avatar");
                field(avatar.as_ref().map_or(&[], |id| &id.as_bytes()[..]));
            }
            Change::SetProfile(change) => {
                let ProfileChange { display_name, status_text, status_emoji } = change;
                field(b"profile");
                for text in [
                    display_name.as_ref().map(DisplayName::as_str),
                    status_text.as_ref().map(StatusText::as_str),
                    status_emoji.as_ref().map(StatusEmoji::as_str),
                ] {
                    field(&[u8::from(text.is_some())]);
                    field(text.unwrap_or_default().as_bytes());
                }
            }
        }
        let full = hash.finalize();
        let mut digest = Digest::default();
        digest.copy_from_slice(&full[..16]);
        digest
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn c2_a_retry_of_a_link_is_the_same_whatever_its_code() {
        let (actor, room, invite) = (UserId::random(), RoomId::random(), InviteId::random());
        let digest = |bits, lifetime: Option<u64>, max_uses| {
            let terms = InviteTerms::new(lifetime.map(Duration::from_secs), max_uses);
            let (code, terms) = (InviteCode::from_random([bits; 16]), terms.expect("valid"));
            let change = Change::CreateInvite { room, invite, code, terms };
            Command { request_id: RequestId::random(), actor, change }.digest()
        };
        let first = digest(1, Some(60), Some(1));
        assert_eq!(first, digest(2, Some(60), Some(1)));
        let others = [(Some(61), Some(1)), (None, Some(1)), (Some(60), Some(2)), (Some(60), None)];
        for (lifetime, max_uses) in others {
            assert_ne!(first, digest(1, lifetime, max_uses), "{lifetime:?} {max_uses:?}");
        }
    }

    #[test]
    fn c2_the_digest_tells_what_is_forwarded_from_where() {
        let (actor, room, source) = (UserId::random(), RoomId::random(), RoomId::random());
        let digest = |text: &str, source, message| {
            let body = Body::comment(text).expect("valid");
            let change = Change::Forward { room, body, source, message: Seq::new(message) };
            Command { request_id: RequestId::random(), actor, change }.digest()
        };
        let base = digest("", source, 3);
        assert_eq!(base, digest("", source, 3));
        for other in [digest("see", source, 3), digest("", room, 3), digest("", source, 4)] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn c2_the_digest_tells_actor_room_and_content_apart() {
        let (user, room) = (UserId::random(), RoomId::random());
        let post = |actor, room, text: &str, reply_to| Command {
            request_id: RequestId::random(),
            actor,
            change: Change::Post {
                room,
                body: Body::parse(text).expect("valid"),
                reply_to,
                attachments: FileIds::default(),
            },
        };
        let base = post(user, room, "a", None).digest();
        assert_eq!(base, post(user, room, "a", None).digest(), "the request id is not part of it");
        assert_ne!(base, post(UserId::random(), room, "a", None).digest());
        assert_ne!(base, post(user, RoomId::random(), "a", None).digest());
        assert_ne!(base, post(user, room, "b", None).digest());
        assert_ne!(base, post(user, room, "a", Some(Seq::new(1))).digest());
        let with = |files: &[FileId]| {
            let Change::Post { room, body, reply_to, .. } = post(user, room, "a", None).change
            else {
                unreachable!("a post")
            };
            let attachments = FileIds::new(files.to_vec()).expect("few");
            let change = Change::Post { room, body, reply_to, attachments };
            Command { request_id: RequestId::random(), actor: user, change }.digest()
        };
        let (one, other) = (FileId::random(), FileId::random());
        assert_eq!(base, with(&[]));
        assert_eq!(with(&[one, other]), with(&[one, other]));
        for different in [&[][..], &[one], &[other, one]] {
            assert_ne!(with(&[one, other]), with(different), "{different:?}");
        }
    }
}
