//! Messages that are pinned to their room.

use parlor_domain::{Action, Code, EventBody, Refusal, RoomId, Seq, limits};

use super::{Outcome, Plan, Projection, Request, not_deleted};
use crate::log::facts::PinFacts;

impl Plan {
    /// What is pinned already, or not pinned, makes no event.
    pub(super) fn pin(&mut self, request: Request, room: RoomId, seq: Seq, on: bool) -> Outcome {
        self.free_room(room, request.actor, Action::Pin)?;
        not_deleted(&self.message(room, seq)?)?;
        match (self.facts.pins.get(&(room, seq)).copied(), on) {
            (Some(first), true) => self.nothing_new(room.into(), first.seq, first.at),
            (None, false) => self.unchanged(room.into()),
            (None, true) => {
                if self.pinned(room) >= limits::PINS {
                    let words = format!("a room has at most {} pinned messages", limits::PINS);
                    return Err(Refusal::new(Code::Conflict, words));
                }
                let done = self.first(request, EventBody::MessagePinned { message: seq })?;
                let first = PinFacts { seq: done.seq, at: done.at };
                self.facts.pins.insert((room, seq), first);
                *self.facts.pinned.entry(room).or_default() += 1;
                let (user, by) = (request.actor, done.seq);
                self.writes.changes.push(Projection::Pinned { room, message: seq, user, by });
                Ok(done)
            }
            (Some(_), false) => {
                let done = self.first(request, EventBody::MessageUnpinned { message: seq })?;
                self.unpin(room, seq);
                self.writes.changes.push(Projection::Unpinned { room, message: seq, by: done.seq });
                Ok(done)
            }
        }
    }

    fn pinned(&self, room: RoomId) -> u32 {
        self.facts.pinned.get(&room).copied().unwrap_or_default()
    }

    /// Forgets the pin of a message, where it has one.
    pub(super) fn unpin(&mut self, room: RoomId, message: Seq) {
        if self.facts.pins.remove(&(room, message)).is_some()
            && let Some(pinned) = self.facts.pinned.get_mut(&room)
        {
            *pinned -= 1;
        }
    }
}
