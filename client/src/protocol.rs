//! What the two sides say to each other, in the words of the domain. The bytes
//! of it are the business of `wire.rs`.

use std::time::Duration;

use parlor_domain::{
    Body, Epoch, Event, HeadsDigest, LogId, Position, Refusal, RequestId, RoomId, Seq, Timestamp,
    UserId,
};

/// What the client says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outbound {
    Hello { resume: Vec<(LogId, Position)> },
    Renew { access_token: String },
    Request { id: RequestId, room: RoomId, body: RequestBody },
    Typing { room: RoomId },
    Heartbeat { digest: HeadsDigest },
    Probe { nonce: u64 },
}

/// One thing the client wants done in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestBody {
    Post { text: Body, reply_to: Option<Seq> },
    Edit { message: Seq, text: Body },
    Delete { message: Seq },
    MarkRead { seq: Seq },
    Open { from: Position },
    CloseLog,
    Fetch { page: Page, limit: u32 },
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
pub(crate) enum Inbound {
    Welcome(Welcome),
    Reply { id: RequestId, result: Result<Done, Refusal> },
    Events(Run),
    Reset { log: LogId, head: Position },
    Typing { room: RoomId, user: UserId },
    Heartbeat { heads: Vec<(LogId, Position)> },
    Probe { nonce: u64 },
    GoAway { resume_after: Duration },
    Close(Close),
}

/// The session has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Welcome {
    pub(crate) user: UserId,
    pub(crate) user_log: Position,
    pub(crate) heartbeat: Duration,
    pub(crate) limits: Limits,
}

/// What one session may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) unanswered_requests: usize,
    /// Token bucket of requests; 0: not said.
    pub(crate) request_burst: u32,
    pub(crate) requests_per_second: u32,
}

/// A request was carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) seq: Seq,
    pub(crate) at: Timestamp,
    pub(crate) epoch: Epoch,
    pub(crate) events: Vec<Event>,
    pub(crate) more: bool,
}

/// Events of one log without a hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) log: LogId,
    pub(crate) epoch: Epoch,
    /// Seq of the first event.
    pub(crate) first: Seq,
    /// `None` is an event of a kind that this client does not know: it takes its
    /// seq, and that is all.
    pub(crate) events: Vec<Option<Event>>,
}

/// The session ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Close {
    pub(crate) comeback: Comeback,
    /// The reason's name in the protocol.
    pub(crate) reason: String,
    pub(crate) resume_after: Duration,
}

/// Whether and how to come back (PROTOCOL 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comeback {
    Resume,
    NewToken,
    Never,
}
