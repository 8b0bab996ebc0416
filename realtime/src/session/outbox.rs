//! Output of one session that its writer has not taken yet, bounded in bytes.

use std::collections::VecDeque;

use bytes::Bytes;
use parlor_domain::{
    LogId, Presence, UserId,
    limits::{OUTBOX_BYTES, WATCHED},
    planted::{Planted, planted},
};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

use crate::{transport::Class, wire};

/// Probe answers that may wait; older ones tell nothing any more.
const PROBES: usize = 4;
/// Typing notices that may wait: one per room and typist, the newest.
const TYPING: usize = 64;
/// A backfill waits while more than this is queued before it.
const BACKFILL_WAITS_ABOVE: usize = OUTBOX_BYTES / 4;

/// The queue is full: the client reads too slowly (C11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// The queue of one session. Rooms push, the session's writer takes.
#[derive(Debug, Default)]
pub struct Outbox {
    queues: Mutex<Queues>,
    /// Something was pushed, or the outbox was closed.
    pushed: Notify,
    /// Something was written.
    written: Notify,
}

#[derive(Debug, Default)]
struct Queues {
    control: VecDeque<Bytes>,
    focus: VecDeque<Bytes>,
    live: VecDeque<Bytes>,
    datagrams: VecDeque<Bytes>,
    typing: Vec<((LogId, UserId), Bytes)>,
    /// How people are, where that is new: for each the latest.
    presence: Vec<(UserId, Presence)>,
    /// Of the frames that may not be lost, until they are written.
    bytes: usize,
    closed: bool,
}

/// All that had queued, by class.
#[derive(Debug, Default)]
pub struct Batch {
    pub control: Vec<Bytes>,
    pub focus: Vec<Bytes>,
    pub live: Vec<Bytes>,
    pub datagrams: Vec<Bytes>,
    bytes: usize,
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        // A panic while the lock was held left whole frames only.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a frame. Never waits.
    ///
    /// # Errors
    /// The budget is used up; the frame is not queued.
    pub fn push(&self, class: Class, frame: Bytes) -> Result<(), Full> {
        let mut queues = self.lock();
        if queues.closed {
            return Ok(());
        }
        if queues.bytes + frame.len() > OUTBOX_BYTES && !planted(Planted::UnboundedQueue) {
            return Err(Full);
        }
        queues.bytes += frame.len();
        match class {
            Class::Control => queues.control.push_back(frame),
            Class::Focus => queues.focus.push_back(frame),
            Class::Live => queues.live.push_back(frame),
        }
        drop(queues);
        self.pushed.notify_one();
        Ok(())
    }

    /// How much waits to be written, what may be lost not counted.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Queues the answer to a probe; an old one gives way.
    pub fn push_probe(&self, frame: Bytes) {
        let mut queues = self.lock();
        if queues.datagrams.len() == PROBES {
            queues.datagrams.pop_front();
        }
        queues.datagrams.push_back(frame);
        drop(queues);
        self.pushed.notify_one();
    }

    /// Queues a typing notice in the place of an older one of the same typist.
    pub fn push_typing(&self, room: LogId, user: UserId, frame: Bytes) {
        let mut queues = self.lock();
        let key = (room, user);
        match queues.typing.iter().position(|(queued, _)| *queued == key) {
            Some(older) => queues.typing[older].1 = frame,
            None if queues.typing.len() < TYPING => queues.typing.push((key, frame)),
            None => return,
        }
        drop(queues);
        self.pushed.notify_one();
    }

    /// Queues how people are, each in the place of what was queued of them.
    pub fn push_presence(&self, people: &[(UserId, Presence)]) {
        let mut queues = self.lock();
        if queues.closed {
            return;
        }
        for (user, presence) in people {
            queues.presence.retain(|(queued, _)| queued != user);
            // More than it watches: of the first it watches some no more.
            if queues.presence.len() == WATCHED {
                queues.presence.remove(0);
            }
            queues.presence.push((*user, *presence));
        }
        drop(queues);
        self.pushed.notify_one();
    }

    /// Waits until little is queued, so that what a backfill adds leaves room
    /// for live output. Returns at once when closed.
    pub async fn has_room(&self) {
        loop {
            let written = self.written.notified();
            {
                let queues = self.lock();
                if queues.closed || queues.bytes <= BACKFILL_WAITS_ABOVE {
                    return;
                }
            }
            written.await;
        }
    }

    /// Nothing is queued from now on; the writer takes what is left.
    pub fn close(&self) {
        self.lock().closed = true;
        self.pushed.notify_one();
        self.written.notify_waiters();
    }

    /// Closes, and throws away what the writer has not taken.
    pub fn discard(&self) {
        self.lock().drain_into(&mut Batch::default());
        self.close();
    }

    /// Waits for output and takes all of it; `None` when closed and empty. For
    /// the one writer.
    pub async fn take(&self) -> Option<Batch> {
        loop {
            {
                let mut queues = self.lock();
                if !queues.is_empty() {
                    let mut batch = Batch::default();
                    queues.drain_into(&mut batch);
                    return Some(batch);
                }
                if queues.closed {
                    return None;
                }
            }
            self.pushed.notified().await;
        }
    }

    /// Adds what has queued since to a batch.
    pub fn take_more(&self, batch: &mut Batch) {
        self.lock().drain_into(batch);
    }

    /// The batch was written: there is room again.
    pub fn written(&self, batch: &Batch) {
        let mut queues = self.lock();
        queues.bytes = queues.bytes.saturating_sub(batch.bytes);
        drop(queues);
        self.written.notify_waiters();
    }
}

impl Queues {
    fn is_empty(&self) -> bool {
        self.control.is_empty()
            && self.focus.is_empty()
            && self.live.is_empty()
            && self.datagrams.is_empty()
            && self.typing.is_empty()
            && self.presence.is_empty()
    }

    fn drain_into(&mut self, batch: &mut Batch) {
        for (queue, taken) in [
            (&mut self.control, &mut batch.control),
            (&mut self.focus, &mut batch.focus),
            (&mut self.live, &mut batch.live),
        ] {
            batch.bytes += queue.iter().map(Bytes::len).sum::<usize>();
            taken.extend(queue.drain(..));
        }
        batch.datagrams.extend(self.datagrams.drain(..));
        batch.datagrams.extend(self.typing.drain(..).map(|(_, frame)| frame));
        let people = std::mem::take(&mut self.presence);
        batch.datagrams.extend(people.chunks(wire::PRESENCE_ENTRIES).map(wire::presence));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn c10_the_budget_is_kept_and_nothing_is_half_queued() {
        let outbox = Outbox::default();
        let frame = Bytes::from(vec![0; 1_000]);
        let fits = OUTBOX_BYTES / frame.len();
        for _ in 0..fits {
            outbox.push(Class::Live, frame.clone()).expect("within the budget");
        }
        assert_eq!(outbox.push(Class::Control, frame.clone()), Err(Full));
        let batch = outbox.take().await.expect("open");
        assert_eq!((batch.live.len(), batch.control.len()), (fits, 0));
        assert_eq!(outbox.push(Class::Control, frame.clone()), Err(Full), "not written yet");
        outbox.written(&batch);
        outbox.push(Class::Control, frame).expect("there is room again");
    }

    #[tokio::test]
    async fn rule_1_5_the_newest_typing_notice_wins() {
        let outbox = Outbox::default();
        let room = parlor_domain::RoomId::random().into();
        let (ada, bob) = (UserId::random(), UserId::random());
        outbox.push_typing(room, ada, Bytes::from_static(b"old"));
        outbox.push_typing(room, bob, Bytes::from_static(b"bob"));
        outbox.push_typing(room, ada, Bytes::from_static(b"new"));
        let batch = outbox.take().await.expect("open");
        assert_eq!(batch.datagrams, [Bytes::from_static(b"new"), Bytes::from_static(b"bob")]);
    }

    #[tokio::test]
    async fn rule_1_5_the_newest_presence_wins_and_there_are_few() {
        let outbox = Outbox::default();
        let (ada, bob) = (UserId::random(), UserId::random());
        outbox.push_presence(&[(ada, Presence::Online), (bob, Presence::Away)]);
        outbox.push_presence(&[(ada, Presence::HIDDEN)]);
        let batch = outbox.take().await.expect("open");
        let told = wire::presence(&[(bob, Presence::Away), (ada, Presence::HIDDEN)]);
        assert_eq!(batch.datagrams, [told]);
        for _ in 0..3 {
            let people: Vec<_> =
                (0..WATCHED).map(|_| (UserId::random(), Presence::Online)).collect();
            outbox.push_presence(&people);
        }
        let frames = WATCHED.div_ceil(wire::PRESENCE_ENTRIES);
        assert_eq!(outbox.take().await.expect("open").datagrams.len(), frames);
    }

    #[tokio::test]
    async fn a_closed_outbox_gives_what_is_left_and_ends() {
        let outbox = Outbox::default();
        outbox.push(Class::Control, Bytes::from_static(b"last")).expect("empty");
        outbox.close();
        outbox.push(Class::Control, Bytes::from_static(b"too late")).expect("dropped");
        assert_eq!(outbox.take().await.expect("left over").control.len(), 1);
        assert!(outbox.take().await.is_none());
    }
}
