//! What the two sides say to each other, in the words of the domain. The bytes
//! of it are the business of `wire.rs`.

use std::time::Duration;

use parlor_domain::{
    Body, Draft, Emoji, Epoch, Event, FileIds, HeadsDigest, LogId, Position, Presence, Refusal,
    RequestId, RoomId, Seq, Timestamp, UserId,
};

/// What the client says.
#[derive(Clone, Debug, PartialEq)]
pub enum Outbound {
    Hello { resume: Vec<(LogId, Position)> },
    Renew { access_token: String },
    Request { id: RequestId, room: RoomId, body: RequestBody },
    Typing { room: RoomId },
    SetPresence { away: bool },
    WatchPresence { users: Vec<UserId> },
    Heartbeat { digest: HeadsDigest },
    Probe { nonce: u64 },
}

/// One thing the client wants done in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestBody {
    Post { text: Body, reply_to: Option<Seq>, attachments: FileIds },
    Forward { source: RoomId, message: Seq, text: Body },
    Edit { message: Seq, text: Body },
    Delete { message: Seq },
    React { message: Seq, emoji: Emoji, on: bool },
    Pin { message: Seq, on: bool },
    MarkRead { seq: Seq },
    MarkUnread { from: Seq },
    SetDraft { draft: Draft },
    Open { from: Position },
    CloseLog,
    Fetch { page: Page, limit: u32 },
}

impl RequestBody {
    /// True where it has to be committed.
    pub fn is_change(&self) -> bool {
        match self {
            Self::Post { .. }
            | Self::Forward { .. }
            | Self::Edit { .. }
            | Self::Delete { .. }
            | Self::React { .. }
            | Self::Pin { .. }
            | Self::MarkRead { .. }
            | Self::MarkUnread { .. }
            | Self::SetDraft { .. } => true,
            Self::Open { .. } | Self::CloseLog | Self::Fetch { .. } => false,
        }
    }
}

/// Which events of a log a fetch asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The first events after this seq.
    After(Seq),
    /// The last events before this seq.
    Before(Seq),
    /// The newest events.
    Newest,
}

/// What the server says.
#[derive(Clone, Debug, PartialEq)]
pub enum Inbound {
    Welcome(Welcome),
    Reply {
        id: RequestId,
        result: Result<Done, Refusal>,
    },
    Events(Run),
    Reset {
        log: LogId,
        head: Position,
    },
    Typing {
        room: RoomId,
        user: UserId,
    },
    Presence {
        people: Vec<(UserId, Presence)>,
    },
    Heartbeat {
        heads: Vec<(LogId, Position)>,
    },
    Probe {
        nonce: u64,
    },
    GoAway {
        resume_after: Duration,
    },
    /// What is told to everybody has changed.
    Announced,
    Close(Close),
}

/// The session has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    pub user: UserId,
    pub user_log: Position,
    /// How far the logs of the user's rooms reach.
    pub heads: Vec<(LogId, Position)>,
    pub heartbeat: Duration,
    pub limits: Limits,
}

/// What one session may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub unanswered_requests: usize,
    /// Token bucket of requests; 0: not said.
    pub request_burst: u32,
    pub requests_per_second: u32,
}

/// A request was carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub seq: Seq,
    pub at: Timestamp,
    pub epoch: Epoch,
    pub events: Vec<Event>,
    pub more: bool,
}

/// Events of one log without a hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub log: LogId,
    pub epoch: Epoch,
    /// Seq of the first event.
    pub first: Seq,
    /// `None` is an event of a kind that this client does not know: it takes its
    /// seq, and that is all.
    pub events: Vec<Option<Event>>,
}

/// The session ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    pub comeback: Comeback,
    /// The reason's name in the protocol.
    pub reason: String,
    pub resume_after: Duration,
}

/// Whether and how to come back (PROTOCOL 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comeback {
    Resume,
    NewToken,
    Never,
}
