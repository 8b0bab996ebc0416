//! What a reader of a room gets.

use parlor_domain::{Event, Position, Refusal, UserId};

/// What happens in a room that is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomEvent {
    /// The next event of the log: ascending, without a hole, each exactly once
    /// over all reconnects.
    Event(Event),
    /// Somebody is typing. May be missed.
    Typing(UserId),
    /// The position does not fit the log, because the server's database was
    /// replaced by an older copy: forget what you have and load anew. Events
    /// after this position follow.
    Reset(Position),
    /// The room can be followed no longer; nothing follows.
    Ended(Refusal),
}
