//! What a session has done beside its loop, because it waits for the database:
//! opening logs, fetching pages, summing up rooms.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parlor_domain::{
    Action, Code, DeviceId, LogId, Position, Refusal, RequestId, RoomId, Seq, UserId, limits,
    permit,
    planted::{Planted, planted},
};
use parlor_store::{Acquaintance, Page, RoomSummary, Standing};
use tokio::time::sleep;

use super::{
    machine::FetchFrom,
    shared::{Attachment, Shared},
};
use crate::{
    node::Inner,
    room::machine::{Attached, cut_at_departure},
    transport::{Class, streams},
    wire,
};

/// What the database or a room could not do is tried again after this.
const TRY_AGAIN: Duration = Duration::from_millis(100);

/// Rooms named in one frame of heads.
pub(crate) const HEADS_PER_FRAME: usize = 100;

/// What has come of a job.
#[derive(Debug)]
pub(crate) enum JobDone {
    /// The opening of a log has ended.
    Opened { attachment: Arc<Attachment>, end: OpenEnd },
    /// A fetch was answered.
    Fetched { id: RequestId },
    /// Heads of rooms that the session does not follow were told.
    Summed,
    /// Events of the user's own log.
    OwnLog(Page),
    /// Whether the device is still signed in.
    Device { signed_in: bool },
    /// Which of the people that the session shows its user knows, and when they were
    /// seen last.
    Known(Vec<Acquaintance>),
    /// What the user has decided about being seen.
    Standing(Standing),
    /// The database misbehaved, and waiting would not help.
    Failed,
}

/// How the opening of a log has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenEnd {
    /// Its room passes on what comes from now on, or has passed on the last.
    Followed,
    /// Refused, or not the user's any more; the client was told.
    Closed,
    /// It was promised, and cannot be brought up to date.
    Broken,
}

/// What every job of a session needs.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) node: Arc<Inner>,
    pub(crate) session: Arc<Shared>,
    pub(crate) user: UserId,
    /// Where the lane can give a backfill a stream of its own.
    pub(crate) opener: Option<streams::Opener>,
}

impl Context {
    /// Where the log stands, if the user may read it.
    async fn authorise(&self, log: LogId) -> Result<Position, Refusal> {
        if log == LogId::from(self.user) {
            return self.node.store.log.head(log).await?.ok_or_else(Refusal::not_found);
        }
        let access = self.node.store.rooms.access(log.as_room(), self.user).await?;
        let access = access.ok_or_else(Refusal::not_found)?;
        permit(access.role, access.room.visibility, Action::Read)?;
        Ok(Position { epoch: access.room.epoch, seq: access.room.head })
    }

    /// Follows a log from a position on (rules 4.1 and 4.2).
    pub(crate) async fn open(self, attachment: Arc<Attachment>, from: Position) -> JobDone {
        let end = match self.bring_up_to_date(&attachment, from).await {
            Ok(()) => OpenEnd::Followed,
            Err(refusal) => match attachment.claim_answer() {
                Some(id) => {
                    self.session.push(Class::Control, wire::reply_refused(id, &refusal));
                    OpenEnd::Closed
                }
                // Nobody asked, or was told ok before: the log ends here.
                None if !refusal.code.is_retryable() => {
                    let nowhere = wire::reset(attachment.log, Position::default());
                    self.session.push(Class::Control, nowhere);
                    OpenEnd::Closed
                }
                None => OpenEnd::Broken,
            },
        };
        JobDone::Opened { attachment, end }
    }

    async fn bring_up_to_date(
        &self,
        attachment: &Arc<Attachment>,
        from: Position,
    ) -> Result<(), Refusal> {
        let log = attachment.log;
        let authorised = if attachment.was_asked_for() {
            self.authorise(log).await
        } else {
            // Nobody waits for an answer: it can wait for the database.
            patiently(|| self.authorise(log)).await
        };
        let head = authorised?;
        let from = if from.fits(head) {
            let skips = planted(Planted::ResumeOffByOne) && Seq::ZERO < from.seq;
            let seq = if skips { head.seq.min(from.seq.next()) } else { from.seq };
            Position { epoch: head.epoch, seq }
        } else {
            self.session.push(Class::Control, wire::reset(log, head));
            head
        };
        attachment.start(from);
        if let Some(id) = attachment.claim_answer() {
            self.session.push(Class::Control, wire::reply_open(id, head));
        }
        self.follow(attachment, from, head.seq).await
    }

    /// Reads the log until the room can take over without a hole (C7).
    async fn follow(
        &self,
        attachment: &Arc<Attachment>,
        from: Position,
        authorised_at: Seq,
    ) -> Result<(), Refusal> {
        let log = attachment.log;
        let own = log == LogId::from(self.user);
        let mut authorised_at = (!own).then_some(authorised_at);
        let mut checked = Instant::now();
        let mut after = from.seq;
        let mut backfill = Backfill::new(self);
        let mut place = None;
        if planted(Planted::SnapshotBeforeSubscribe) {
            loop {
                let page = patiently(|| self.page(log, after)).await?;
                after = page.events.last().map_or(after, |last| last.seq);
                backfill.page(log, from, &page).await;
                if !page.more {
                    break;
                }
            }
            // The room attaches at wherever it is by now.
        }
        loop {
            let room = self.node.registry.enter(&self.node, log);
            let turn = self.session.turn().await;
            let attached = room.attach(Arc::clone(attachment), after, authorised_at).await;
            drop(turn);
            match attached {
                Ok(Attached::Live(_) | Attached::Parted(_)) => break,
                Ok(Attached::Gone) => return Err(Refusal::not_found()),
                Ok(Attached::Behind(_)) => {
                    if place.is_none() {
                        place = self.session.backfill_place().await;
                    }
                    if !own && checked.elapsed() > limits::AUTHORISED_FOR {
                        authorised_at = Some(patiently(|| self.authorise(log)).await?.seq);
                        checked = Instant::now();
                    }
                    let mut page = patiently(|| self.page(log, after)).await?;
                    let left = cut_at_departure(&mut page.events, self.user, authorised_at);
                    page.more &= !left;
                    let Some(last) = page.events.last() else {
                        return Err(Refusal::new(Code::Internal, "a hole in the log"));
                    };
                    after = last.seq;
                    backfill.page(log, from, &page).await;
                    attachment.sent_up_to(after);
                    if left {
                        attachment.part();
                        break;
                    }
                }
                // The room went to sleep between entering and attaching, or it
                // could not reach the database.
                Err(_) => sleep(TRY_AGAIN).await,
            }
        }
        backfill.finish().await;
        Ok(())
    }

    /// Answers a `Fetch` (rule 3.11).
    pub(crate) async fn fetch(
        self,
        id: RequestId,
        log: LogId,
        from: FetchFrom,
        limit: u32,
    ) -> JobDone {
        let _place = self.session.backfill_place().await;
        let page = async {
            self.authorise(log).await?;
            let page = match from {
                FetchFrom::After(seq) => self.node.store.log.after(log, seq, limit).await,
                FetchFrom::Before(seq) => self.node.store.log.before(log, seq, limit).await,
            };
            page?.ok_or_else(Refusal::not_found)
        };
        match page.await {
            Ok(page) => {
                let frame = wire::reply_page(id, log, &page);
                if frame.len() > limits::BACKFILL_STREAM_BYTES {
                    let mut backfill = Backfill::new(&self);
                    backfill.frame(frame, true).await;
                    backfill.finish().await;
                } else {
                    self.session.push(Class::Control, frame);
                }
            }
            Err(refusal) => {
                self.session.push(Class::Control, wire::reply_refused(id, &refusal));
            }
        }
        JobDone::Fetched { id }
    }

    /// Tells how rooms stand that the session does not follow.
    pub(crate) async fn sum_up(self, rooms: Vec<RoomId>) -> JobDone {
        let read = || async {
            self.node.store.rooms.summaries(self.user, &rooms).await.map_err(Refusal::from)
        };
        match patiently(read).await {
            Ok(rooms) => self.tell_heads(rooms).await,
            Err(_) => JobDone::Failed,
        }
    }

    /// Tells the heads of many rooms, not more at once than the outbox takes.
    pub(crate) async fn tell_heads(self, rooms: Vec<RoomSummary>) -> JobDone {
        for chunk in rooms.chunks(HEADS_PER_FRAME) {
            let _turn = self.session.turn().await;
            self.session.push(Class::Control, wire::room_heads(chunk));
        }
        JobDone::Summed
    }

    async fn page(&self, log: LogId, after: Seq) -> Result<Page, Refusal> {
        let page = self.node.store.log.after(log, after, limits::PAGE_ITEMS).await?;
        page.ok_or_else(Refusal::not_found)
    }

    /// What happened in the user's own log.
    pub(crate) async fn read_own_log(self, after: Seq) -> JobDone {
        let page = patiently(|| self.page(self.user.into(), after)).await;
        page.map_or(JobDone::Failed, JobDone::OwnLog)
    }

    /// Which of these people the user knows.
    pub(crate) async fn look_up_people(self, people: Vec<UserId>) -> JobDone {
        let presence = &self.node.store.presence;
        let read =
            || async { presence.acquaintances(self.user, &people).await.map_err(Refusal::from) };
        patiently(read).await.map_or(JobDone::Failed, JobDone::Known)
    }

    /// What the user has decided about being seen.
    pub(crate) async fn look_up_standing(self) -> JobDone {
        let presence = &self.node.store.presence;
        let read = || async { presence.standing(self.user).await.map_err(Refusal::from) };
        patiently(read).await.map_or(JobDone::Failed, JobDone::Standing)
    }

    /// Whether the device is still signed in.
    pub(crate) async fn look_up_device(self, device: DeviceId) -> JobDone {
        let read =
            || async { self.node.store.accounts.device(device).await.map_err(Refusal::from) };
        match patiently(read).await {
            Ok(found) => {
                let signed_in = found.is_some_and(|device| device.revoked_at.is_none());
                JobDone::Device { signed_in }
            }
            Err(_) => JobDone::Failed,
        }
    }
}

/// Reads again while the database is away: the session stays, and hears of it
/// when it is back (C13).
async fn patiently<T, R>(mut read: impl FnMut() -> R) -> Result<T, Refusal>
where
    R: Future<Output = Result<T, Refusal>>,
{
    loop {
        match read().await {
            Err(refusal) if refusal.code == Code::Unavailable => sleep(TRY_AGAIN).await,
            other => return other,
        }
    }
}

/// Where the pages of a backfill go: a stream of their own when there is much,
/// the session's queue when there is little or the lane has no streams. Errors
/// mean that the lane is gone, which its reader and writer tell.
struct Backfill<'a> {
    context: &'a Context,
    stream: Option<streams::Backfill>,
}

impl<'a> Backfill<'a> {
    fn new(context: &'a Context) -> Self {
        Self { context, stream: None }
    }

    async fn page(&mut self, log: LogId, from: Position, page: &Page) {
        for frame in wire::events(log, from.epoch, &page.events) {
            let much = page.more || frame.len() > limits::BACKFILL_STREAM_BYTES;
            self.frame(frame, much).await;
        }
    }

    async fn frame(&mut self, frame: bytes::Bytes, much: bool) {
        if let (None, true, Some(opener)) = (&self.stream, much, &self.context.opener) {
            self.stream = opener.open().await.ok();
        }
        match &mut self.stream {
            Some(stream) => {
                let _ = stream.write(frame).await;
            }
            None => {
                let _turn = self.context.session.turn().await;
                self.context.session.push(Class::Live, frame);
            }
        }
    }

    async fn finish(self) {
        if let Some(stream) = self.stream {
            let _ = stream.finish().await;
        }
    }
}
