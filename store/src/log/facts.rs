//! What has to be known to decide commands.

use std::collections::{BTreeSet, HashMap};

use parlor_domain::{
    Change, Command, Digest, LogId, Position, RequestId, Role, RoomId, RoomName, Seq, Timestamp,
    Topic, UserId, Visibility,
};

/// Which rows the decisions on some commands may look at. Sorted, so that all
/// nodes lock in one order.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// Logs that may be written; locked first.
    pub(crate) logs: BTreeSet<LogId>,
    pub(crate) rooms: BTreeSet<RoomId>,
    pub(crate) roles: BTreeSet<(RoomId, UserId)>,
    pub(crate) requests: BTreeSet<(LogId, RequestId)>,
    pub(crate) messages: BTreeSet<(RoomId, Seq)>,
    pub(crate) reads: BTreeSet<(UserId, RoomId)>,
}

impl Needs {
    pub(crate) fn of(commands: &[Command]) -> Self {
        let mut needs = Self::default();
        for command in commands {
            needs.add(command);
        }
        needs
    }

    fn add(&mut self, command: &Command) {
        let (actor, room) = (command.actor, command.change.room());
        self.logs.insert(command.log());
        self.requests.insert((command.log(), command.request_id));
        self.rooms.insert(room);
        self.roles.insert((room, actor));
        match &command.change {
            Change::CreateRoom { .. } | Change::Join { .. } | Change::Leave { .. } => {
                self.logs.insert(actor.into());
            }
            Change::AddMember { user, .. } | Change::RemoveMember { user, .. } => {
                self.logs.insert((*user).into());
                self.roles.insert((room, *user));
            }
            Change::Post { reply_to, .. } => {
                self.messages.extend(reply_to.map(|message| (room, message)));
            }
            Change::Edit { message, .. } | Change::Delete { message, .. } => {
                self.messages.insert((room, *message));
            }
            Change::MarkRead { .. } => {
                self.reads.insert((actor, room));
            }
            Change::RenameRoom { .. } | Change::ArchiveRoom { .. } => {}
        }
    }
}

/// The rows that were there; what is missing does not exist.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) logs: HashMap<LogId, LogFacts>,
    pub(crate) rooms: HashMap<RoomId, RoomFacts>,
    pub(crate) roles: HashMap<(RoomId, UserId), Role>,
    pub(crate) repeats: HashMap<(LogId, RequestId), Repeat>,
    pub(crate) messages: HashMap<(RoomId, Seq), MessageFacts>,
    pub(crate) reads: HashMap<(UserId, RoomId), Seq>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct LogFacts {
    pub(crate) head: Position,
    pub(crate) is_user: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct RoomFacts {
    pub(crate) name: RoomName,
    pub(crate) topic: Topic,
    pub(crate) visibility: Visibility,
    pub(crate) archived: bool,
    pub(crate) members: u32,
    pub(crate) owners: u32,
    /// The head as it was loaded; the log's own is newer where it was locked.
    pub(crate) head: Seq,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageFacts {
    pub(crate) author: UserId,
    pub(crate) reply_to: Option<Seq>,
    pub(crate) deleted: bool,
}

/// What an earlier use of a request id came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repeat {
    pub(crate) seq: Seq,
    pub(crate) at: Timestamp,
    pub(crate) digest: Digest,
}
