//! Acts for the rooms, as their tasks do.

use std::{collections::VecDeque, time::Duration};

use parlor_bus::Announcement;
use parlor_domain::{LogId, Refusal, Seq};
use parlor_realtime::machines::{
    close::CloseReason,
    desk::{Committed, Desk, RoomInput},
};
use parlor_store::StoreError;

use super::Caller;
use crate::world::{Event, World};

/// A read of the log that failed is tried again after this.
const READ_AGAIN: Duration = Duration::from_millis(200);

/// One room that is awake.
#[derive(Debug)]
pub struct RoomShell {
    /// Which waking this is.
    pub key: u64,
    /// `None` until the database has told where the log stands.
    pub desk: Option<Desk>,
    /// What came and was not taken yet.
    pub inbox: VecDeque<RoomInput>,
    /// The log is said to reach this far.
    pub reaches: Seq,
    /// Something was said since the room looked.
    pub hinted: bool,
    /// Announcements were lost.
    pub missed: bool,
    /// How far the room knows its log.
    known: Seq,
    /// The batch under way.
    pub commit: Option<u64>,
    reading: Option<(Seq, bool)>,
    woken: bool,
    looks_at: Option<Duration>,
}

impl RoomShell {
    fn new(key: u64) -> Self {
        Self {
            key,
            desk: None,
            inbox: VecDeque::new(),
            reaches: Seq::ZERO,
            hinted: false,
            missed: false,
            known: Seq::ZERO,
            commit: None,
            reading: None,
            woken: false,
            looks_at: None,
        }
    }

    /// How far the log is known to reach on this node.
    pub fn known(&self) -> Seq {
        self.known.max(self.reaches)
    }

    /// Ends as by a panic: whoever followed it or waits for it ends too.
    pub fn panic(self) {
        for seat in self.desk.iter().flat_map(|desk| desk.machine.followers()) {
            seat.attachment.session.kick(CloseReason::Internal);
        }
    }
}

impl World {
    /// The room of a log, woken where it sleeps.
    pub fn enter(&mut self, log: LogId, input: RoomInput) {
        let Some(node) = &mut self.node else { return };
        if let Some(room) = node.rooms.get_mut(&log) {
            room.inbox.push_back(input);
            self.wake_room(log);
            return;
        }
        let key = self.key();
        let mut room = RoomShell::new(key);
        room.inbox.push_back(input);
        if let Some(node) = &mut self.node {
            node.rooms.insert(log, room);
        }
        let wait = self.reading();
        self.after(wait, Event::RoomHead { log, key });
    }

    /// Lets a room take what came.
    pub fn wake_room(&mut self, log: LogId) {
        let Some(room) = self.node.as_mut().and_then(|node| node.rooms.get_mut(&log)) else {
            return;
        };
        if !std::mem::replace(&mut room.woken, true) {
            let key = room.key;
            let wait = self.soon();
            self.after(wait, Event::Room { log, key });
        }
    }

    /// The room, taken out to be acted for.
    fn take_room(&mut self, log: LogId, key: u64) -> Option<RoomShell> {
        let node = self.node.as_mut()?;
        let room = node.rooms.remove(&log)?;
        if room.key == key {
            return Some(room);
        }
        node.rooms.insert(log, room);
        None
    }

    fn put_room(&mut self, log: LogId, room: RoomShell) {
        let more = !room.inbox.is_empty() && room.desk.as_ref().is_some_and(Desk::takes_more);
        if let Some(node) = &mut self.node {
            node.rooms.insert(log, room);
        }
        if more {
            self.wake_room(log);
        }
        self.wake_sessions();
    }

    /// The database has told where the log stands, or cannot.
    pub fn room_head(&mut self, log: LogId, key: u64) {
        let Some(mut room) = self.take_room(log, key) else { return };
        let refusal = if !self.reads() {
            Refusal::from(StoreError::Unavailable("away".into()))
        } else if let Some(head) = self.db.head(log) {
            room.desk = Some(Desk::new(log, head, self.instant()));
            self.trace.say(self.now, || format!("room {log} wakes at {}", head.seq));
            self.room_goes_on(log, &mut room);
            return self.put_room(log, room);
        } else {
            Refusal::not_found()
        };
        // It is not put back: the next one who enters wakes another.
        room.inbox.drain(..).for_each(|input| input.refuse(&refusal));
        self.wake_sessions();
    }

    /// The room's turn.
    pub fn room_wakes(&mut self, log: LogId, key: u64) {
        let Some(mut room) = self.take_room(log, key) else { return };
        room.woken = false;
        let now = self.instant();
        if let Some(desk) = &mut room.desk {
            while desk.takes_more()
                && let Some(input) = room.inbox.pop_front()
            {
                desk.input(input);
            }
            if std::mem::take(&mut room.hinted) {
                desk.hinted(now, room.reaches, std::mem::take(&mut room.missed));
            }
            self.room_goes_on(log, &mut room);
        }
        self.put_room(log, room);
    }

    /// Begins what is due after whatever happened.
    fn room_goes_on(&mut self, log: LogId, room: &mut RoomShell) {
        let now = self.instant();
        let Some(desk) = &mut room.desk else { return };
        let (tail, gates) = desk.machine.sizes();
        if tail > parlor_domain::limits::ROOM_TAIL_EVENTS || gates > 64 {
            self.fail("C10", || format!("room {log} keeps {tail} events and {gates} gates"));
        }
        room.known = room.known.max(desk.machine.known());
        if room.commit.is_none()
            && let Some(batch) = desk.next_batch(now)
        {
            let commit = self.key();
            room.commit = Some(commit);
            let limit = self.since(batch.deadline);
            self.at(limit, Event::CommitLimit { log, key: room.key, commit });
            let caller = Caller::Room { log, key: room.key, commit };
            // The room is not in its place while it is acted for.
            self.later_batches.push((batch.commands, caller));
            let wait = Duration::from_micros(1);
            self.after(wait, Event::Submit);
        }
        let looks = desk.look_at().map(|at| self.since(at));
        let due = looks.is_some_and(|at| at <= self.now);
        if room.reading.is_none() && (due || desk.machine.is_behind()) {
            room.reading = Some((desk.begin_read(now), false));
            let wait = self.reading();
            self.after(wait, Event::RoomRead { log, key: room.key });
        } else if let Some(at) = looks.filter(|at| *at > self.now && room.looks_at != Some(*at)) {
            room.looks_at = Some(at);
            self.at(at, Event::Room { log, key: room.key });
        }
    }

    /// Batches that rooms have made go to the log.
    pub fn submit_batches(&mut self) {
        for (commands, caller) in std::mem::take(&mut self.later_batches) {
            self.submit_to_log(commands, caller);
        }
    }

    /// The database has answered a room.
    pub fn room_read(&mut self, log: LogId, key: u64) {
        let Some(mut room) = self.take_room(log, key) else { return };
        if let (Some((after, failed)), Some(desk)) = (room.reading, &mut room.desk) {
            let now = self.instant();
            if failed {
                room.reading = None;
                let _ = desk.read(now, Err(StoreError::Unavailable("away".into())));
            } else if self.reads() {
                room.reading = None;
                if let Some(Announcement::Committed { log, head }) =
                    desk.read(now, Ok(self.db.after(log, after)))
                {
                    self.announce(log, head);
                }
            } else {
                room.reading = Some((after, true));
                self.after(READ_AGAIN, Event::RoomRead { log, key });
            }
            self.room_goes_on(log, &mut room);
        }
        self.put_room(log, room);
    }

    /// What the log made of a room's batch.
    pub fn room_committed(&mut self, log: LogId, key: u64, commit: u64, committed: Committed) {
        let Some(mut room) = self.take_room(log, key) else { return };
        if room.commit == Some(commit)
            && let Some(desk) = &mut room.desk
        {
            room.commit = None;
            let now = self.instant();
            for told in desk.committed(now, committed) {
                if let Announcement::Committed { log, head } = told {
                    self.announce(log, head);
                }
            }
            self.room_goes_on(log, &mut room);
        }
        self.put_room(log, room);
    }

    /// A room waits no longer for its batch.
    pub fn commit_limit(&mut self, log: LogId, key: u64, commit: u64) {
        let late = || StoreError::Unavailable("the commit takes too long".into());
        self.room_committed(log, key, commit, Err(late()));
    }
}
