//! What has to be known to decide commands.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use parlor_domain::{
    Attachment, Body, Calls, Change, Command, Digest, Draft, Emoji, FileId, Forwarded, Invite,
    InviteId, LogId, Position, Preferences, Privacy, Profile, RequestId, Role, RoomId, RoomName,
    Seq, Standing, Tie, Timestamp, Topic, UserId, UserName, Visibility, direct_room,
};

/// Which rows the decisions on some commands may look at. Sorted, so that all
/// nodes lock in one order.
#[derive(Debug, Default)]
pub struct Needs {
    /// Logs that may be written; locked first.
    pub logs: BTreeSet<LogId>,
    pub rooms: BTreeSet<RoomId>,
    pub roles: BTreeSet<(RoomId, UserId)>,
    pub requests: BTreeSet<(LogId, RequestId)>,
    pub messages: BTreeSet<(RoomId, Seq)>,
    pub reactions: BTreeSet<ReactionKey>,
    pub pins: BTreeSet<(RoomId, Seq)>,
    /// Names that are called, and where.
    pub names: BTreeSet<(UserName, RoomId)>,
    /// Read positions, and of direct rooms who is told of them: that one's log is
    /// locked too.
    pub reads: BTreeSet<(UserId, RoomId)>,
    pub bans: BTreeSet<(RoomId, UserId)>,
    pub invites: BTreeSet<InviteId>,
    /// Rooms whose live invites have to be counted.
    pub live_invites: BTreeSet<RoomId>,
    pub preferences: BTreeSet<(UserId, RoomId)>,
    pub drafts: BTreeSet<(UserId, RoomId)>,
    pub privacy: BTreeSet<UserId>,
    pub profiles: BTreeSet<UserId>,
    /// Who may be an admin of the server.
    pub admins: BTreeSet<UserId>,
    /// Whether their accounts are in use.
    pub standings: BTreeSet<UserId>,
    /// Ties of the first to the second.
    pub ties: BTreeSet<(UserId, UserId)>,
    /// Whether the first blocks the second.
    pub blocks: BTreeSet<(UserId, UserId)>,
    pub files: BTreeSet<FileId>,
    /// Rooms of which it has to be known how much their files take.
    pub room_files: BTreeSet<RoomId>,
    /// Users of whom it has to be known how much their files take.
    pub user_files: BTreeSet<UserId>,
    /// Messages that shall be forwarded.
    pub sources: BTreeSet<(RoomId, Seq)>,
}

impl Needs {
    pub fn of(commands: &[Command]) -> Self {
        let mut needs = Self::default();
        for command in commands {
            needs.add(command);
        }
        needs
    }

    fn add(&mut self, command: &Command) {
        let actor = command.actor;
        self.logs.extend(command.logs());
        self.requests.insert((command.log(), command.request_id));
        match command.change.room() {
            Some(room) => self.add_room(actor, room, &command.change),
            None => self.add_person(actor, &command.change),
        }
    }

    fn add_person(&mut self, actor: UserId, change: &Change) {
        match change {
            Change::SetProfile(_) | Change::SetAvatar(_) => {
                self.profiles.insert(actor);
            }
            Change::SetPrivacy(_) => {
                self.privacy.insert(actor);
            }
            Change::Befriend { other } => {
                self.standings.extend([actor, *other]);
                self.ties_between(actor, *other);
                self.blocks_between(actor, *other);
            }
            Change::Unfriend { other } => self.ties_between(actor, *other),
            Change::Block { other, .. } => {
                self.ties_between(actor, *other);
                self.blocks_between(actor, *other);
                // Held, though nothing is written there: what is posted to the room
                // of the two after the block is refused, on any node.
                self.logs.insert(direct_room(actor, *other).into());
            }
            _ => {}
        }
    }

    fn ties_between(&mut self, one: UserId, other: UserId) {
        self.ties.extend([(one, other), (other, one)]);
    }

    fn blocks_between(&mut self, one: UserId, other: UserId) {
        self.blocks.extend([(one, other), (other, one)]);
    }

    fn add_room(&mut self, actor: UserId, room: RoomId, change: &Change) {
        self.rooms.insert(room);
        self.roles.insert((room, actor));
        match change {
            Change::Join { .. } => {
                self.standings.insert(actor);
                self.bans.insert((room, actor));
            }
            Change::AddMember { user, .. } => {
                self.standings.insert(*user);
                self.roles.insert((room, *user));
                self.bans.insert((room, *user));
                self.blocks_between(actor, *user);
            }
            Change::Ban { user, .. } => {
                self.roles.insert((room, *user));
                self.bans.insert((room, *user));
            }
            Change::CreateInvite { invite, .. } => {
                self.invites.insert(*invite);
                self.live_invites.insert(room);
            }
            Change::RevokeInvite { invite, .. } => {
                self.invites.insert(*invite);
            }
            Change::JoinByInvite { invite, .. } => {
                self.standings.insert(actor);
                self.invites.insert(*invite);
                self.bans.insert((room, actor));
            }
            Change::RemoveMember { user, .. } | Change::SetRole { user, .. } => {
                self.roles.insert((room, *user));
            }
            Change::TellMember { user, .. } => {
                self.roles.insert((room, *user));
                self.preferences.insert((*user, room));
            }
            Change::Depart { heir, .. } => self.roles.extend(heir.map(|heir| (room, heir))),
            Change::OpenDirect { other, .. } => {
                self.standings.extend([actor, *other]);
                self.roles.insert((room, *other));
                self.blocks_between(actor, *other);
            }
            Change::Post { body, reply_to, attachments, .. } => {
                self.calls(room, body);
                if !attachments.is_empty() {
                    self.files.extend(attachments.as_slice());
                    self.room_files.insert(room);
                }
                self.messages.extend(reply_to.map(|message| (room, message)));
            }
            Change::Forward { body, source, message, .. } => {
                self.calls(room, body);
                self.rooms.insert(*source);
                self.roles.insert((*source, actor));
                self.sources.insert((*source, *message));
                self.room_files.insert(room);
                self.user_files.insert(actor);
                // Held, though nothing is written there: what is forwarded is there until
                // the copy is, and two forwards of one user keep the quota together.
                self.logs.extend([LogId::from(*source), LogId::from(actor)]);
            }
            Change::Edit { message, body, .. } => {
                self.calls(room, body);
                self.messages.insert((room, *message));
            }
            Change::Delete { message, .. }
            | Change::Withdraw { message, .. }
            | Change::Pin { message, .. } => {
                self.messages.insert((room, *message));
                self.pins.insert((room, *message));
            }
            Change::React { message, emoji, .. } => {
                self.messages.insert((room, *message));
                self.reactions.insert((room, *message, emoji.clone(), actor));
            }
            Change::MarkRead { .. } | Change::MarkUnread { .. } => {
                self.reads.insert((actor, room));
            }
            Change::ArchiveByServer { .. } => {
                self.admins.insert(actor);
            }
            Change::SetPreferences { .. } => {
                self.preferences.insert((actor, room));
            }
            Change::SetDraft { .. } => {
                self.drafts.insert((actor, room));
            }
            Change::CreateRoom { .. } => {
                self.standings.insert(actor);
            }
            Change::Leave { .. }
            | Change::RenameRoom { .. }
            | Change::ArchiveRoom { .. }
            | Change::DeleteRoom { .. }
            | Change::RestoreRoom { .. }
            | Change::TellDeleted { .. }
            | Change::SetProfile(_)
            | Change::SetPrivacy(_)
            | Change::SetAvatar(_)
            | Change::Befriend { .. }
            | Change::Unfriend { .. }
            | Change::Block { .. } => {}
        }
    }

    fn calls(&mut self, room: RoomId, body: &Body) {
        let calls = Calls::of(body.as_str());
        self.names.extend(calls.names().map(|name| (name.clone(), room)));
    }
}

/// One user's emoji on a message.
pub type ReactionKey = (RoomId, Seq, Emoji, UserId);

/// The rows that were there; what is missing does not exist.
#[derive(Debug, Default)]
pub struct Facts {
    pub logs: HashMap<LogId, LogFacts>,
    pub rooms: HashMap<RoomId, RoomFacts>,
    pub roles: HashMap<(RoomId, UserId), Role>,
    /// Members who heard last that the room is gone.
    pub hidden: HashSet<(RoomId, UserId)>,
    pub repeats: HashMap<(LogId, RequestId), Repeat>,
    pub messages: HashMap<(RoomId, Seq), MessageFacts>,
    pub reactions: HashMap<ReactionKey, ReactionFacts>,
    /// The emoji on each message.
    pub emoji: HashMap<(RoomId, Seq), BTreeMap<Emoji, EmojiFacts>>,
    pub pins: HashMap<(RoomId, Seq), PinFacts>,
    /// How many messages are pinned to each room.
    pub pinned: HashMap<RoomId, u32>,
    /// Whose name it is. The roles of those who are called are facts too.
    pub names: HashMap<UserName, UserId>,
    pub reads: HashMap<(UserId, RoomId), Seq>,
    pub bans: HashSet<(RoomId, UserId)>,
    pub invites: HashMap<InviteId, Invite>,
    /// How many invites of each room are live.
    pub live_invites: HashMap<RoomId, u32>,
    pub preferences: HashMap<(UserId, RoomId), Preferences>,
    pub drafts: HashMap<(UserId, RoomId), Draft>,
    /// Of those who change it, and of the partners of those who read.
    pub privacy: HashMap<UserId, Privacy>,
    /// The other one of a direct room in which the first reads.
    pub partners: HashMap<(UserId, RoomId), UserId>,
    /// Up to where a partner was told that the other has read.
    pub partner_reads: HashMap<(UserId, RoomId), Seq>,
    pub profiles: HashMap<UserId, Profile>,
    /// Admins of the server.
    pub admins: HashSet<UserId>,
    /// Those whose accounts are not in use.
    pub absent: HashMap<UserId, Standing>,
    pub ties: HashMap<(UserId, UserId), Tie>,
    pub blocks: HashSet<(UserId, UserId)>,
    /// Without those that are gone.
    pub files: HashMap<FileId, FileFacts>,
    /// Bytes that the files of each room take.
    pub room_files: HashMap<RoomId, u64>,
    /// Bytes that they may take.
    pub room_file_bytes: u64,
    /// Bytes that the files of each user take, and those that they may.
    pub user_files: HashMap<UserId, u64>,
    pub user_file_bytes: u64,
    /// Messages that shall be forwarded; `None` where there is no such message yet, or
    /// no more.
    pub sources: HashMap<(RoomId, Seq), Option<SourceFacts>>,
}

/// A message that may be forwarded.
#[derive(Clone, Debug)]
pub struct SourceFacts {
    /// What a forward of it says.
    pub said: Forwarded,
    /// It is a forward itself: `said` are the words of another one.
    pub is_forward: bool,
    /// In their order.
    pub files: Vec<CountedFile>,
}

/// A file on a message, and the bytes that it takes.
#[derive(Clone, Debug)]
pub struct CountedFile {
    pub file: Attachment,
    pub counted: u64,
}

#[derive(Clone, Debug)]
pub struct FileFacts {
    pub owner: UserId,
    /// What it is, once all of it is there.
    pub file: Option<Attachment>,
    pub attached: bool,
    /// Bytes that it takes.
    pub counted: u64,
}

#[derive(Clone, Copy, Debug)]
pub struct LogFacts {
    pub head: Position,
    pub is_user: bool,
}

#[derive(Clone, Debug)]
pub struct RoomFacts {
    pub name: RoomName,
    pub topic: Topic,
    pub visibility: Visibility,
    pub archived: bool,
    pub members: u32,
    pub owners: u32,
    /// It is a direct one, and one of the two blocks the other.
    pub blocked: bool,
    /// It is a direct one, and the account of one of the two is not in use.
    pub absent: bool,
    /// It is deleted, and can be restored until then.
    pub kept_until: Option<Timestamp>,
    /// Members are still to be told that it is gone, or back.
    pub untold: bool,
    /// The head as it was loaded; the log's own is newer where it was locked.
    pub head: Seq,
}

#[derive(Clone, Copy, Debug)]
pub struct MessageFacts {
    pub author: UserId,
    pub reply_to: Option<Seq>,
    pub deleted: bool,
}

/// The event that put it there.
#[derive(Clone, Copy, Debug)]
pub struct ReactionFacts {
    pub seq: Seq,
    pub at: Timestamp,
}

/// The event that pinned a message.
#[derive(Clone, Copy, Debug)]
pub struct PinFacts {
    pub seq: Seq,
    pub at: Timestamp,
}

/// An emoji that is on a message.
#[derive(Clone, Copy, Debug)]
pub struct EmojiFacts {
    /// Seq of the event that brought it there.
    pub since: Seq,
    pub users: u32,
}

/// What an earlier use of a request id came to.
#[derive(Clone, Copy, Debug)]
pub struct Repeat {
    pub seq: Seq,
    pub at: Timestamp,
    pub digest: Digest,
}
