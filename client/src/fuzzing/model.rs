//! What the rules say of a client, written down a second time.

use std::collections::{BTreeMap, BTreeSet};

use parlor_domain::{RequestId, RoomId, Seq};

use crate::{
    event::RoomEvent,
    machine::{ConnectionId, Effect, Input, log::CREDIT},
    protocol::{Inbound, Outbound},
    status::Status,
};

/// One room as its reader sees it.
#[derive(Default)]
struct Reader {
    /// The last event that was delivered, or where following began.
    at: Seq,
    /// Delivered, and not taken by the application.
    untaken: usize,
}

/// The client as the rules see it.
#[derive(Default)]
pub(super) struct Model {
    connection: ConnectionId,
    /// A lane was asked for, and is not there yet.
    connecting: bool,
    open: bool,
    greeted: bool,
    welcomed: bool,
    closed: bool,
    limit: usize,
    readers: BTreeMap<RoomId, Reader>,
    /// Asked by the application, and not answered.
    asked: BTreeSet<RequestId>,
    /// Sent in this session, and not answered.
    on_wire: Vec<RequestId>,
    nonce: u64,
}

impl Model {
    /// The connection that the machine asked for last.
    pub(super) fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// The nonce of the last probe.
    pub(super) fn nonce(&self) -> u64 {
        self.nonce
    }

    /// A request that is on the wire, where there is one.
    pub(super) fn some_request(&self, which: u8) -> RequestId {
        let index = usize::from(which) % self.on_wire.len().max(1);
        let nobodys = RequestId::from_uuid(uuid::Uuid::from_u128(u128::MAX));
        self.on_wire.get(index).copied().unwrap_or(nobodys)
    }

    /// The application takes up to so many events of a room.
    pub(super) fn consume(&mut self, room: RoomId, events: usize) -> usize {
        let Some(reader) = self.readers.get_mut(&room) else { return 0 };
        let taken = events.min(reader.untaken);
        reader.untaken -= taken;
        taken
    }

    /// Hears what happens, before the machine does.
    pub(super) fn hear(&mut self, input: &Input) {
        match input {
            Input::Connected { id, .. } if *id == self.connection => {
                self.open |= std::mem::take(&mut self.connecting);
            }
            Input::ConnectFailed { id, .. } if *id == self.connection => self.connecting = false,
            Input::Request { id, .. } => {
                self.asked.insert(*id);
            }
            Input::Follow { room, from } => {
                self.readers.insert(*room, Reader { at: from.seq, untaken: 0 });
            }
            Input::Unfollow { room } => {
                self.readers.remove(room);
            }
            Input::Heard { frame: Inbound::Welcome(welcome), .. }
                if self.greeted && !self.welcomed =>
            {
                self.welcomed = true;
                self.limit = welcome.limits.unanswered_requests.max(1);
            }
            Input::Heard { frame: Inbound::Reply { id, .. }, .. } if self.welcomed => {
                self.on_wire.retain(|sent| sent != id);
            }
            _ => {}
        }
    }

    /// Holds what an input came to against the rules.
    pub(super) fn check(&mut self, effects: &[Effect], closed: bool) {
        for effect in effects {
            self.effect(effect);
        }
        assert_eq!(self.closed, closed, "a client that is over says so");
        let waiting = self.on_wire.len();
        assert!(waiting <= self.limit, "rule 3.6: {waiting} of {} wait", self.limit);
    }

    fn effect(&mut self, effect: &Effect) {
        match effect {
            Effect::Connect { id, .. } => {
                assert!(!self.open && !self.closed, "one connection at a time");
                assert!(*id > self.connection, "connections are told apart");
                self.connection = *id;
                self.connecting = true;
            }
            Effect::Disconnect => {
                self.open = false;
                self.greeted = false;
                self.welcomed = false;
                self.on_wire.clear();
            }
            Effect::Send(frame) => self.send(frame),
            Effect::Deliver { room, event } => self.deliver(*room, event),
            Effect::Answer { id, .. } => {
                assert!(self.asked.remove(id), "{id} is answered once, and was asked");
            }
            Effect::Status(Status::Closed(_)) => {
                assert!(!self.closed, "it ends once");
                self.closed = true;
                self.connecting = false;
            }
            Effect::Renew | Effect::Announced | Effect::Presence(_) | Effect::Status(_) => {}
        }
    }

    fn send(&mut self, frame: &Outbound) {
        assert!(self.open, "nobody is there to hear {frame:?}");
        match frame {
            Outbound::Hello { .. } => {
                assert!(!self.greeted, "rule 2.6: a second Hello");
                self.greeted = true;
            }
            _ => assert!(self.welcomed, "rule 2.1: {frame:?} before Welcome"),
        }
        match frame {
            Outbound::Request { id, .. } => {
                assert!(!self.on_wire.contains(id), "{id} is on the wire already");
                self.on_wire.push(*id);
            }
            Outbound::Probe { nonce } => self.nonce = *nonce,
            _ => {}
        }
    }

    fn deliver(&mut self, room: RoomId, event: &RoomEvent) {
        let Some(reader) = self.readers.get_mut(&room) else {
            assert!(matches!(event, RoomEvent::Ended(_)), "nobody reads {room}: {event:?}");
            return;
        };
        match event {
            RoomEvent::Event(event) => {
                assert!(event.seq > reader.at, "rule 4.2: {} after {}", event.seq, reader.at);
                reader.at = event.seq;
                reader.untaken += 1;
                assert!(reader.untaken <= CREDIT, "C10: {} events are not taken", reader.untaken);
            }
            RoomEvent::Reset(head) => reader.at = head.seq,
            RoomEvent::Ended(_) => {
                self.readers.remove(&room);
            }
            RoomEvent::Typing(_) => {}
        }
    }
}
