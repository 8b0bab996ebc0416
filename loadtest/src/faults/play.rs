//! One round of talk: rooms, people who post to them and follow them, and the
//! account that each of them keeps.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use parlor_client::{Client, EventPage, Feed, RequestError, RestError, Room, RoomEvent};
use parlor_domain::{
    Body, Code, Epoch, Event, EventBody, Position, RequestId, RoomId, RoomName, Seq, Topic,
    Visibility,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::crowd::Crowd;
use crate::ledger::{Account, Finding, Logged, TextDigest, Truth};

/// A call outside of a fault succeeds within this time.
const SETTLED_WITHIN: Duration = Duration::from_secs(30);
/// Between its tries.
const PAUSE: Duration = Duration::from_millis(200);

/// What everybody's tasks write down.
pub(crate) struct Book {
    accounts: Vec<Mutex<Account>>,
    surprises: Mutex<Vec<Finding>>,
    /// The database was replaced by an older copy: a Reset is due.
    replaced: AtomicBool,
    /// Views that were reset.
    resets: AtomicUsize,
    /// Counts what was seen, so that others can wait for it.
    progress: watch::Sender<u64>,
    latencies: Mutex<Latencies>,
}

/// From the moment that somebody posts until somebody else has it.
#[derive(Debug, Default)]
struct Latencies {
    /// When requests were sent that may still be received.
    sent: HashMap<RequestId, Instant>,
    received: Vec<(RoomId, Duration)>,
}

impl Book {
    pub(crate) fn account(&self, number: usize) -> MutexGuard<'_, Account> {
        self.accounts[number].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The database is about to be replaced by an older copy.
    pub(crate) fn replaced(&self) {
        self.replaced.store(true, Ordering::Release);
        (0..self.accounts.len()).for_each(|number| self.account(number).forget_answered());
    }

    /// Waits until so many views were reset; how many were after `limit`.
    pub(crate) async fn resets(&self, wanted: usize, limit: Duration) -> usize {
        let resets = || self.resets.load(Ordering::Acquire);
        let mut progress = self.progress.subscribe();
        // Elapsed, or nobody reads any more: the number tells.
        let _ = timeout(limit, progress.wait_for(|_| resets() >= wanted)).await;
        resets()
    }

    fn latencies(&self) -> MutexGuard<'_, Latencies> {
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Latencies count anew from now on, of what is posted from now on.
    pub(crate) fn begin_timing(&self) {
        *self.latencies() = Latencies::default();
    }

    /// Of a hundred receipts in all rooms but this one, ninety-nine were as fast
    /// as this. `None` without receipts.
    pub(crate) fn p99_but(&self, room: RoomId) -> Option<Duration> {
        self.p99_of(|other| other != room)
    }

    /// Of a hundred receipts, ninety-nine were as fast as this.
    pub(crate) fn p99(&self) -> Option<Duration> {
        self.p99_of(|_| true)
    }

    fn p99_of(&self, counts: impl Fn(RoomId) -> bool) -> Option<Duration> {
        let latencies = self.latencies();
        let counting = latencies.received.iter().filter(|(room, _)| counts(*room));
        let mut sorted: Vec<Duration> = counting.map(|(_, took)| *took).collect();
        sorted.sort_unstable();
        sorted.get((sorted.len() * 99 / 100).min(sorted.len().saturating_sub(1))).copied()
    }

    fn surprise(&self, check: &'static str, what: String) {
        let mut surprises = self.surprises.lock().unwrap_or_else(PoisonError::into_inner);
        surprises.push(Finding { check, what });
    }
}

/// A room and who is in it.
pub(crate) struct Stage {
    pub(crate) id: RoomId,
    epoch: Epoch,
    /// Numbers of its members in the crowd, ascending; the first is its owner.
    pub(crate) members: Vec<usize>,
}

/// A round of talk that goes on.
pub(crate) struct Play {
    pub(crate) rooms: Vec<Stage>,
    pub(crate) book: Arc<Book>,
    /// After the last post, every answer is there by then; after the last
    /// answer, everybody has seen everything by then.
    pub(crate) patience: Duration,
    posting: CancellationToken,
    writers: JoinSet<()>,
    readers: JoinSet<()>,
}

impl Play {
    /// Makes the rooms, follows them, and begins to post.
    pub(crate) async fn begin(
        crowd: &Crowd,
        rooms: usize,
        rate: u32,
        patience: Duration,
        rng: &mut StdRng,
    ) -> anyhow::Result<Self> {
        let accounts = crowd.people.iter().map(|person| Mutex::new(Account::new(&*person.name)));
        let book = Arc::new(Book {
            accounts: accounts.collect(),
            surprises: Mutex::default(),
            replaced: AtomicBool::new(false),
            resets: AtomicUsize::new(0),
            progress: watch::Sender::new(0),
            latencies: Mutex::default(),
        });
        let mut play = Self {
            rooms: Vec::new(),
            book,
            patience,
            posting: CancellationToken::new(),
            writers: JoinSet::new(),
            readers: JoinSet::new(),
        };
        for number in 0..rooms {
            let room = make_room(crowd, number, rng).await?;
            play.follow(crowd, &room).await?;
            play.rooms.push(room);
        }
        // Each of n people at rate/n posts in each second, on average.
        let pause = Duration::from_secs(crowd.people.len() as u64) / rate;
        for (number, person) in crowd.people.iter().enumerate() {
            let mine: Vec<Room> = play
                .rooms
                .iter()
                .filter(|room| room.members.contains(&number))
                .map(|room| person.client.room(room.id))
                .collect();
            let writer = Writer {
                number,
                rooms: mine,
                book: play.book.clone(),
                rng: StdRng::from_rng(rng),
                pause,
            };
            play.writers.spawn(writer.run(play.posting.clone()));
        }
        Ok(play)
    }

    /// Members follow the room from its beginning; others try to (L7).
    async fn follow(&mut self, crowd: &Crowd, room: &Stage) -> anyhow::Result<()> {
        let from = Position { epoch: room.epoch, seq: Seq::ZERO };
        for (number, person) in crowd.people.iter().enumerate() {
            let is_member = room.members.contains(&number);
            if is_member {
                self.book.account(number).follows(room.id, from.epoch, from.seq);
            }
            let feed = person.client.open(room.id, from).await?;
            self.readers.spawn(read(feed, number, is_member, self.book.clone()));
        }
        Ok(())
    }

    /// One message to every room; returns once all members of all rooms have
    /// seen it (L8), or `None` after `limit`.
    pub(crate) async fn probe(&self, crowd: &Crowd, limit: Duration) -> Option<Duration> {
        let begun = Instant::now();
        let mut posts = JoinSet::new();
        for (index, room) in self.rooms.iter().enumerate() {
            let number = room.members[0];
            let target = crowd.people[number].client.room(room.id);
            let book = self.book.clone();
            posts.spawn(async move { (index, post(&target, number, &book, "probe").await) });
        }
        let seen = async {
            while let Some(posted) = posts.join_next().await {
                let (index, seq) = posted.ok()?;
                self.everybody_reached(&self.rooms[index], seq?).await?;
            }
            Some(begun.elapsed())
        };
        timeout(limit, seen).await.ok().flatten()
    }

    /// Who has not seen what another member of the same room has, and how they
    /// are connected.
    pub(crate) fn behind(&self, crowd: &Crowd) -> Vec<String> {
        let is_behind = |number: usize| {
            self.rooms.iter().filter(|room| room.members.contains(&number)).any(|room| {
                let reached = |member: &usize| self.book.account(*member).reached(room.id);
                room.members.iter().map(reached).max() > Some(reached(&number))
            })
        };
        let people = crowd.people.iter().enumerate();
        people
            .filter(|(number, _)| is_behind(*number))
            .map(|(_, person)| format!("{} ({:?})", person.name, *person.client.status().borrow()))
            .collect()
    }

    async fn everybody_reached(&self, room: &Stage, seq: Seq) -> Option<()> {
        let mut progress = self.book.progress.subscribe();
        let behind = |number: &&usize| self.book.account(**number).reached(room.id) < seq;
        progress.wait_for(|_| !room.members.iter().any(|number| behind(&number))).await.ok()?;
        Some(())
    }

    /// Nobody posts any more; waits for the answers, reads the logs through a
    /// fresh session, and waits until everybody has seen them.
    pub(crate) async fn end(mut self, crowd: &Crowd) -> anyhow::Result<Outcome> {
        self.posting.cancel();
        let writers = async { while self.writers.join_next().await.is_some() {} };
        // Elapsed: what was not answered is found as unknown (L6).
        let _ = timeout(self.patience, writers).await;
        self.writers.shutdown().await;
        let auditor = crowd.fresh_session().await?;
        let mut truths = HashMap::new();
        for room in &self.rooms {
            truths.insert(room.id, truth(&auditor, room, crowd).await?);
        }
        auditor.close().await;
        let seen = async {
            for room in &self.rooms {
                let head = truths[&room.id].events.last().map_or(Seq::ZERO, |event| event.seq);
                self.everybody_reached(room, head).await;
            }
        };
        // Elapsed: what was not seen is found as lost (L4).
        let _ = timeout(self.patience, seen).await;
        self.readers.shutdown().await;
        let accounts = (0..crowd.people.len()).map(|number| self.book.account(number).clone());
        let mut surprises = self.book.surprises.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Outcome {
            accounts: accounts.collect(),
            truths,
            surprises: std::mem::take(&mut *surprises),
        })
    }
}

/// All that the ledger compares.
pub(crate) struct Outcome {
    pub(crate) accounts: Vec<Account>,
    pub(crate) truths: HashMap<RoomId, Truth>,
    pub(crate) surprises: Vec<Finding>,
}

async fn make_room(crowd: &Crowd, number: usize, rng: &mut StdRng) -> anyhow::Result<Stage> {
    let name = RoomName::parse(&format!("room {number}"))?;
    let owner = &crowd.people[0].client;
    let (topic, id) = (Topic::parse("")?, RequestId::random());
    let make = || owner.create_room(id, &name, &topic, Visibility::Public);
    let made = settled(make).await.context("making a room")?;
    let mut members = vec![0];
    for (number, person) in crowd.people.iter().enumerate().skip(1) {
        if rng.random_bool(0.5) {
            match settled(|| person.client.join(made.id)).await {
                // The first of several tries was carried out.
                Err(RestError::Refused(refusal)) if refusal.code == Code::Conflict => {}
                joined => drop(joined.with_context(|| format!("{} joins", person.name))?),
            }
            members.push(number);
        }
    }
    Ok(Stage { id: made.id, epoch: Epoch::new(made.epoch), members })
}

/// Calls again while the server says that a later call may succeed: a round
/// may begin on a machine that is busy.
async fn settled<T, F: Future<Output = Result<T, RestError>>>(
    call: impl Fn() -> F,
) -> Result<T, RestError> {
    let begun = Instant::now();
    loop {
        match call().await {
            Err(error) if error.is_retryable() && begun.elapsed() < SETTLED_WITHIN => {
                tokio::time::sleep(PAUSE).await;
            }
            result => return result,
        }
    }
}

async fn read(mut feed: Feed, number: usize, is_member: bool, book: Arc<Book>) {
    let room = feed.room().id();
    while let Some(next) = feed.next().await {
        match next {
            RoomEvent::Event(event) => {
                let text = text_of(&event);
                book.account(number).saw(room, event.seq, event.request_id, text);
                if let Some(id) = event.request_id {
                    let mut latencies = book.latencies();
                    if let Some(took) = latencies.sent.get(&id).map(Instant::elapsed) {
                        latencies.received.push((room, took));
                    }
                }
            }
            RoomEvent::Reset(to) => {
                book.account(number).follows(room, to.epoch, to.seq);
                book.resets.fetch_add(1, Ordering::AcqRel);
                if !book.replaced.load(Ordering::Acquire) {
                    let what = format!("a Reset of {room}, though no database was replaced");
                    book.surprise("L4", what);
                }
            }
            RoomEvent::Ended(refusal) if is_member => {
                book.surprise("L4", format!("the feed of {room} ended: {refusal}"));
            }
            RoomEvent::Ended(_) | RoomEvent::Typing(_) => {}
        }
        book.progress.send_modify(|seen| *seen += 1);
    }
}

fn text_of(event: &Event) -> Option<&str> {
    match &event.body {
        EventBody::MessagePosted { text, erased: false, .. } => Some(text),
        _ => None,
    }
}

/// The room's log, read page by page.
async fn truth(auditor: &Client, room: &Stage, crowd: &Crowd) -> anyhow::Result<Truth> {
    let mut truth = Truth {
        epoch: Epoch::new(auditor.room_info(room.id).await?.epoch),
        members: room.members.iter().map(|number| crowd.people[*number].name.clone()).collect(),
        ..Truth::default()
    };
    loop {
        let last = truth.events.last().map_or(Seq::ZERO, |event| event.seq);
        let page = auditor.room(room.id).fetch(EventPage::After(last), 0).await?;
        truth.events.extend(page.events.iter().map(|event| Logged {
            seq: event.seq,
            request: event.request_id,
            text: text_of(event).map(TextDigest::of),
        }));
        if !page.more {
            return Ok(truth);
        }
    }
}

/// Somebody who posts.
struct Writer {
    number: usize,
    rooms: Vec<Room>,
    book: Arc<Book>,
    rng: StdRng,
    pause: Duration,
}

impl Writer {
    async fn run(mut self, stop: CancellationToken) {
        let mut answers = JoinSet::new();
        let mut next = Instant::now() + self.pause();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = answers.join_next() => {}
                () = sleep_until(next) => {
                    next += self.pause();
                    let Some(room) = self.rooms.choose(&mut self.rng).cloned() else { break };
                    let text = format!("{:016x}", self.rng.random::<u64>());
                    let (number, book) = (self.number, self.book.clone());
                    answers.spawn(async move { post(&room, number, &book, &text).await });
                }
            }
        }
        while answers.join_next().await.is_some() {}
    }

    fn pause(&mut self) -> Duration {
        self.rng.random_range(Duration::ZERO..=self.pause * 2)
    }
}

/// Posts and writes down what comes of it; the seq where it was answered ok.
pub(crate) async fn post(room: &Room, number: usize, book: &Book, text: &str) -> Option<Seq> {
    let id = RequestId::random();
    let body = Body::parse(text).ok()?;
    book.account(number).sent(id, room.id(), text);
    book.latencies().sent.insert(id, Instant::now());
    match room.post_with(id, body, None).await {
        Ok(sent) => {
            book.account(number).answered(id, sent.seq);
            Some(sent.seq)
        }
        Err(RequestError::Refused(refusal)) => {
            book.account(number).refused(id, refusal.code);
            None
        }
        // The client closed: the outcome stays unknown.
        Err(RequestError::Closed(_)) => None,
    }
}
