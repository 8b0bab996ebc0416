//! What the simulation looks at, besides inputs and effects.

use parlor_domain::{HeadsDigest, Position, RoomId};

use super::{Machine, State};

impl Machine {
    /// True while a session lives that is not about to move.
    pub fn is_live(&self) -> bool {
        matches!(&self.state, State::Live(live) if live.leave_at.is_none())
    }

    /// Requests that wait for their answer, those of our own included.
    pub fn requests(&self) -> usize {
        self.outbox.len()
    }

    /// Up to where events of a room were given out, where it is followed.
    pub fn position(&self, room: RoomId) -> Option<Position> {
        self.rooms.get(&room).map(super::log::Following::position)
    }

    /// Events held back, of all rooms.
    pub fn held(&self) -> usize {
        self.rooms.values().map(super::log::Following::held).sum()
    }

    /// What the next heartbeat would say.
    pub fn applied(&self) -> HeadsDigest {
        self.digest()
    }
}
