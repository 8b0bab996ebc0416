//! What a session has done beside its loop, because it waits for the database:
//! opening logs, fetching pages, summing up rooms.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parlor_domain::{
    Action, Code, Event, LogId, Position, Refusal, RequestId, RoomId, Seq, UserId, limits, permit,
};
use parlor_store::{Page, RoomSummary, StoreError};

use super::{
    machine::FetchFrom,
    shared::{Attachment, Shared},
};
use crate::{
    node::Inner,
    room::machine::Attached,
    transport::{Class, streams},
    wire,
};

/// While a long backfill runs, membership is read again this often (C19).
const AUTHORISED_FOR: Duration = Duration::from_millis(500);

/// Rooms named in one frame of heads.
pub(crate) const HEADS_PER_FRAME: usize = 100;

/// What has come of a job.
#[derive(Debug)]
pub(crate) enum JobDone {
    /// A log is followed, or was found not to be there.
    Opened { id: Option<RequestId>, attachment: Arc<Attachment>, result: Result<(), Refusal> },
    /// A fetch was answered.
    Fetched { id: RequestId },
    /// Rooms that the session does not follow, as they stand.
    Summed(Result<Vec<RoomSummary>, StoreError>),
    /// Events of the user's own log.
    OwnLog(Result<Vec<Event>, StoreError>),
    /// Whether the device is still signed in.
    Device(Result<bool, StoreError>),
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

/// Why a log is not followed.
enum Stop {
    Refused(Refusal),
    /// The user is no member any more.
    Gone,
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
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
    pub(crate) async fn open(
        self,
        id: Option<RequestId>,
        attachment: Arc<Attachment>,
        from: Position,
    ) -> JobDone {
        let result = self.bring_up_to_date(id, &attachment, from).await;
        let result = result.map_err(|stop| {
            let (refusal, gone) = match stop {
                Stop::Gone => (Refusal::not_found(), true),
                Stop::Refused(refusal) => {
                    let gone = !refusal.code.is_retryable();
                    (refusal, gone)
                }
            };
            match id {
                Some(id) if attachment.claim_answer() => {
                    self.session.push(Class::Control, wire::reply_refused(id, &refusal));
                }
                // Nobody asked, or was told ok before: the log ends here.
                _ if gone => {
                    let nowhere = wire::reset(attachment.log, Position::default());
                    self.session.push(Class::Control, nowhere);
                }
                _ => {}
            }
            refusal
        });
        JobDone::Opened { id, attachment, result }
    }

    async fn bring_up_to_date(
        &self,
        id: Option<RequestId>,
        attachment: &Arc<Attachment>,
        from: Position,
    ) -> Result<(), Stop> {
        let log = attachment.log;
        let head = self.authorise(log).await.map_err(Stop::Refused)?;
        let from = if from.fits(head) {
            Position { epoch: head.epoch, seq: from.seq }
        } else {
            self.session.push(Class::Control, wire::reset(log, head));
            head
        };
        attachment.start(from);
        if let Some(id) = id
            && attachment.claim_answer()
        {
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
    ) -> Result<(), Stop> {
        let log = attachment.log;
        let own = log == LogId::from(self.user);
        let mut authorised_at = (!own).then_some(authorised_at);
        let mut checked = Instant::now();
        let mut after = from.seq;
        let mut backfill = Backfill::new(self);
        loop {
            let room = self.node.registry.enter(&self.node, log);
            let turn = self.session.turn().await;
            let attached = room.attach(Arc::clone(attachment), after, authorised_at).await;
            drop(turn);
            match attached {
                Ok(Attached::Live(_)) => break,
                Ok(Attached::Gone) => return Err(Stop::Gone),
                Ok(Attached::Recheck) => authorised_at = Some(self.recheck(log).await?),
                Ok(Attached::Behind(_)) => {
                    if !own && checked.elapsed() > AUTHORISED_FOR {
                        authorised_at = Some(self.recheck(log).await?);
                        checked = Instant::now();
                    }
                    let page = self.node.store.log.after(log, after, limits::PAGE_ITEMS).await?;
                    let page = page.ok_or_else(|| Stop::Refused(Refusal::not_found()))?;
                    let Some(last) = page.events.last() else {
                        return Err(Stop::Refused(Refusal::new(
                            Code::Internal,
                            "a hole in the log",
                        )));
                    };
                    after = last.seq;
                    backfill.page(log, from, &page).await;
                    attachment.sent_up_to(after);
                }
                // The room went to sleep between entering and attaching, or it
                // could not reach the database.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        backfill.finish().await;
        Ok(())
    }

    async fn recheck(&self, log: LogId) -> Result<Seq, Stop> {
        match self.authorise(log).await {
            Ok(head) => Ok(head.seq),
            Err(refusal) if refusal.code.is_retryable() => Err(Stop::Refused(refusal)),
            Err(_) => Err(Stop::Gone),
        }
    }

    /// Answers a `Fetch` (rule 3.11).
    pub(crate) async fn fetch(
        self,
        id: RequestId,
        log: LogId,
        from: FetchFrom,
        limit: u32,
    ) -> JobDone {
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

    /// Rooms as this user sees them.
    pub(crate) async fn sum_up(self, rooms: Vec<RoomId>) -> JobDone {
        JobDone::Summed(self.node.store.rooms.summaries(self.user, &rooms).await)
    }

    /// What happened in the user's own log.
    pub(crate) async fn read_own_log(self, after: Seq) -> JobDone {
        let page = self.node.store.log.after(self.user.into(), after, limits::PAGE_ITEMS).await;
        JobDone::OwnLog(page.map(|page| page.map(|page| page.events).unwrap_or_default()))
    }

    /// Whether the device is still signed in.
    pub(crate) async fn look_up_device(self, device: parlor_domain::DeviceId) -> JobDone {
        let found = self.node.store.accounts.device(device).await;
        JobDone::Device(found.map(|found| found.is_some_and(|device| device.revoked_at.is_none())))
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
