//! Acts for the openings of logs, as the jobs of a session do.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::FutureExt as _;
use parlor_domain::{Code, LogId, Position, Refusal, Seq, limits};
use parlor_realtime::machines::{
    Class,
    desk::RoomInput,
    room::{Attached, cut_at_departure},
    shared::Attachment,
    wire,
};
use tokio::sync::oneshot;

use super::session::Session;
use crate::{
    Plant,
    net::Way,
    world::{Event, World},
};

/// What could not be done is tried again after this.
const TRY_AGAIN: Duration = Duration::from_millis(100);
/// Backfills of one session at once.
const PLACES: usize = limits::SERVER_STREAMS - 2;

/// How an opening has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenEnd {
    /// Its room passes on what comes, or has passed on the last.
    Followed,
    /// Refused, or not the user's any more.
    Closed,
    /// It was promised, and cannot be brought up to date.
    Broken,
}

/// One opening.
#[derive(Debug)]
pub struct Job {
    /// For whom.
    pub attachment: Arc<Attachment>,
    from: Position,
    after: Seq,
    authorised_at: Option<Seq>,
    checked: Duration,
    /// The page under way is the last: the user left by its end.
    left: bool,
    place: bool,
    stream: Option<usize>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    Authorise,
    /// Membership again; then a page.
    Recheck,
    Page,
}

#[derive(Debug)]
enum Stage {
    Reading(Read),
    Waiting(Duration, Read),
    Attach,
    Attaching(oneshot::Receiver<Attached>),
    Asleep(Duration),
    Place,
    Write(VecDeque<(Bytes, bool)>),
    Finish,
    Ended(Refusal),
}

impl World {
    /// Begins to open a log.
    pub fn begin_job(
        &mut self,
        session: &mut Session,
        attachment: Arc<Attachment>,
        from: Position,
    ) -> u64 {
        let key = self.key();
        let job = Job {
            attachment,
            from,
            after: from.seq,
            authorised_at: None,
            checked: self.now,
            left: false,
            place: false,
            stream: None,
            stage: Stage::Reading(Read::Authorise),
        };
        session.jobs.insert(key, job);
        self.read_for(session.key, key);
        key
    }

    fn read_for(&mut self, session: u64, job: u64) {
        let wait = self.reading();
        self.after(wait, Event::JobRead { session, job });
    }

    /// An opening is over, or given up: what it held is free.
    pub fn end_job(&mut self, session: &mut Session, key: u64) -> Option<Job> {
        let job = session.jobs.remove(&key)?;
        session.places -= usize::from(job.place);
        if session.turn == Some(key) {
            session.turn = None;
        }
        // A stream that did not come to its end is reset.
        if let (Some(stream), Some(conn)) = (job.stream, self.conns.get_mut(&session.conn)) {
            let lost = conn.stream(Way::Down(stream)).map_or(0, crate::net::Stream::reset);
            conn.under_way -= lost;
        }
        Some(job)
    }

    /// The database has answered an opening.
    pub fn job_read(&mut self, session: u64, key: u64) {
        let Some(mut it) = self.take_session(session) else { return };
        if let Some(mut job) = it.jobs.remove(&key) {
            if let Stage::Reading(read) = job.stage {
                job.stage = self.after_read(&it, &mut job, read);
            }
            it.jobs.insert(key, job);
        }
        self.session_goes_on(it);
    }

    fn after_read(&mut self, session: &Session, job: &mut Job, read: Read) -> Stage {
        let log = job.attachment.log;
        if !self.reads() {
            // Who asked is told; who resumes can wait for the database.
            return if read == Read::Authorise && job.attachment.was_asked_for() {
                Stage::Ended(crate::db::away())
            } else {
                self.after(TRY_AGAIN, Event::Session(session.key));
                Stage::Waiting(self.now + TRY_AGAIN, read)
            };
        }
        match read {
            Read::Authorise => match self.db.authorise(log, session.checked.user) {
                Ok(head) => {
                    let from = if job.from.fits(head) {
                        Position { epoch: head.epoch, seq: job.from.seq }
                    } else {
                        session.push(wire::reset(log, head));
                        head
                    };
                    job.attachment.start(from);
                    if let Some(id) = job.attachment.claim_answer() {
                        session.push(wire::reply_open(id, head));
                    }
                    let own = log == LogId::from(session.checked.user);
                    (job.from, job.after, job.checked) = (from, from.seq, self.now);
                    job.authorised_at = (!own).then_some(head.seq);
                    Stage::Attach
                }
                Err(refusal) => Stage::Ended(refusal),
            },
            Read::Recheck => match self.db.authorise(log, session.checked.user) {
                Ok(head) => {
                    job.authorised_at = Some(head.seq);
                    job.checked = self.now;
                    Stage::Waiting(self.now, Read::Page)
                }
                Err(_) => Stage::Ended(Refusal::not_found()),
            },
            Read::Page => match self.db.after(log, job.after) {
                Some(mut page) if !page.events.is_empty() => {
                    let user = session.checked.user;
                    job.left = cut_at_departure(&mut page.events, user, job.authorised_at);
                    page.more &= !job.left;
                    job.after = page.events.last().map_or(job.after, |last| last.seq);
                    let frames = wire::events(log, job.from.epoch, &page.events);
                    let much =
                        |frame: &Bytes| page.more || frame.len() > limits::BACKFILL_STREAM_BYTES;
                    Stage::Write(
                        frames.into_iter().map(|frame| (frame.clone(), much(&frame))).collect(),
                    )
                }
                _ => Stage::Ended(Refusal::new(Code::Internal, "a hole in the log")),
            },
        }
    }

    /// Goes on with an opening as far as it can; how it ended where it did.
    pub fn job_goes_on(&mut self, session: &mut Session, key: u64) -> Option<OpenEnd> {
        let mut job = session.jobs.remove(&key)?;
        let end = loop {
            match self.job_step(session, key, &mut job) {
                Some(Ok(())) => {}
                Some(Err(end)) => break Some(end),
                None => break None,
            }
        };
        session.jobs.insert(key, job);
        end
    }

    /// One step; `None` where it has to wait.
    fn job_step(
        &mut self,
        session: &mut Session,
        key: u64,
        job: &mut Job,
    ) -> Option<Result<(), OpenEnd>> {
        let log = job.attachment.log;
        match &mut job.stage {
            Stage::Reading(_) => return None,
            Stage::Waiting(until, read) => {
                if *until > self.now {
                    return None;
                }
                job.stage = Stage::Reading(*read);
                self.read_for(session.key, key);
            }
            Stage::Attach => {
                if !self.takes_turn(session, key) {
                    return None;
                }
                let (reply, attached) = oneshot::channel();
                let off = u64::from(self.plant == Some(Plant::AttachOffByOne));
                self.enter(
                    log,
                    RoomInput::Attach {
                        attachment: Arc::clone(&job.attachment),
                        after: job.after.plus(off),
                        authorised_at: job.authorised_at,
                        reply,
                    },
                );
                job.stage = Stage::Attaching(attached);
            }
            Stage::Attaching(attached) => {
                let attached = match attached.try_recv() {
                    Ok(attached) => Some(attached),
                    Err(oneshot::error::TryRecvError::Empty) => return None,
                    Err(oneshot::error::TryRecvError::Closed) => None,
                };
                session.turn = None;
                job.stage = match attached {
                    Some(Attached::Live(_) | Attached::Parted(_)) => Stage::Finish,
                    Some(Attached::Gone) => Stage::Ended(Refusal::not_found()),
                    Some(Attached::Behind(_)) => Stage::Place,
                    None => {
                        self.after(TRY_AGAIN, Event::Session(session.key));
                        Stage::Asleep(self.now + TRY_AGAIN)
                    }
                };
            }
            Stage::Asleep(until) => {
                if *until > self.now {
                    return None;
                }
                job.stage = Stage::Attach;
            }
            Stage::Place => {
                if !job.place && session.places >= PLACES {
                    return None;
                }
                session.places += usize::from(!std::mem::replace(&mut job.place, true));
                let own = job.authorised_at.is_none();
                let stale = !own && self.now - job.checked > limits::AUTHORISED_FOR;
                let read = if stale { Read::Recheck } else { Read::Page };
                job.stage = Stage::Waiting(self.now, read);
            }
            Stage::Write(frames) => {
                let Some((frame, much)) = frames.front().cloned() else {
                    job.attachment.sent_up_to(job.after);
                    job.stage = if job.left {
                        job.attachment.part();
                        Stage::Finish
                    } else {
                        Stage::Attach
                    };
                    return Some(Ok(()));
                };
                // The first page of a room in a session, where that is planted.
                let lost = matches!(self.plant, Some(Plant::BackfillLost { .. }))
                    && job.authorised_at.is_some()
                    && !std::mem::replace(&mut session.lost_a_page, true);
                if !lost && !self.write_page(session, key, &mut job.stream, frame, much) {
                    return None;
                }
                frames.pop_front();
            }
            Stage::Finish => {
                let done = job.stream.is_none_or(|stream| {
                    let conn = self.conns.get_mut(&session.conn);
                    conn.and_then(|conn| conn.stream(Way::Down(stream)))
                        .is_none_or(|stream| stream.is_empty())
                });
                return done.then_some(Err(OpenEnd::Followed));
            }
            Stage::Ended(refusal) => {
                let refusal = refusal.clone();
                return Some(Err(match job.attachment.claim_answer() {
                    Some(id) => {
                        session.push(wire::reply_refused(id, &refusal));
                        OpenEnd::Closed
                    }
                    None if !refusal.code.is_retryable() => {
                        session.push(wire::reset(log, Position::default()));
                        OpenEnd::Closed
                    }
                    None => OpenEnd::Broken,
                }));
            }
        }
        Some(Ok(()))
    }

    /// True once it is this opening's turn, and there is room in the outbox.
    fn takes_turn(&mut self, session: &mut Session, key: u64) -> bool {
        let mine = session.turn.is_none_or(|other| other == key);
        if mine && session.shared.outbox.has_room().now_or_never().is_some() {
            session.turn = Some(key);
            return true;
        }
        false
    }

    /// Sends one frame of a page, on a stream of its own where there is much;
    /// false where it has to wait.
    fn write_page(
        &mut self,
        session: &mut Session,
        key: u64,
        stream: &mut Option<usize>,
        frame: Bytes,
        much: bool,
    ) -> bool {
        let Some(conn) = self.conns.get_mut(&session.conn) else { return true };
        if stream.is_none() && much {
            *stream = conn.open_backfill();
        }
        match *stream {
            Some(_) if !conn.has_window() => false,
            Some(index) => {
                self.send(session.conn, Way::Down(index), frame);
                true
            }
            None => {
                if !self.takes_turn(session, key) {
                    return false;
                }
                session.turn = None;
                session.shared.push(Class::Live, frame);
                true
            }
        }
    }
}
