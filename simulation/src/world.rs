//! Everything there is in one run, and the loop that lets it happen: the next
//! event by time, and of two at the same time the one that was set down first.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::{Duration, Instant},
};

use bytes::Bytes;
use parlor_domain::{Command, LogId, Position, RequestId, RoomId, UserId};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use uuid::Uuid;

use crate::{
    Failure, Plant,
    db::Db,
    net::{Conn, END, Way},
    node::{Caller, Node, Transaction},
    plan::Plan,
    rest::Call,
    trace::Trace,
    user::Client,
};

/// Events of one run; more means that something goes round in circles.
const MOST_EVENTS: u64 = 600_000;
/// Lost packets are sent again after about this long.
const AGAIN: Duration = Duration::from_millis(300);

/// What happens next.
#[derive(Debug)]
pub enum Event {
    /// A client's timer, or something for it to take.
    Client(usize),
    /// An application looks for events.
    Reader(usize),
    /// A lane was opened, or could not be.
    Dialled { client: usize, id: u64 },
    /// The client finds out that its connection is gone.
    ConnLost { conn: u64 },
    /// Frames arrive.
    Arrive { conn: u64, way: Way },
    /// A datagram arrives.
    Datagram { conn: u64, up: bool, frame: Bytes },
    /// A session has something to do.
    Session(u64),
    /// The database has answered a session that begins.
    Begin(u64),
    /// The database has answered a job of a session.
    JobRead { session: u64, job: u64 },
    /// A room has something to do.
    Room { log: LogId, key: u64 },
    /// The database has told a room where its log stands.
    RoomHead { log: LogId, key: u64 },
    /// The database has answered a room.
    RoomRead { log: LogId, key: u64 },
    /// A room waits no longer for its commit.
    CommitLimit { log: LogId, key: u64, commit: u64 },
    /// A transaction takes effect, or does not.
    Lands(u64),
    /// A transaction's answer is there.
    Answered(u64),
    /// Rooms hand their batches to the log.
    Submit,
    /// A call over REST is made, or made again.
    Call(usize),
    /// An announcement reaches the node.
    Announced { log: LogId, head: Position },
    /// The node hears that a log may have grown.
    Doubted(LogId),
    /// Somebody types.
    TypingTold { room: RoomId, user: UserId },
    /// The node hears that announcements were lost.
    Missed,
    /// A step of the plan.
    Step { round: usize, index: usize },
    /// A fault ends; see `faults.rs`.
    Heals(crate::faults::Heal),
}

/// One event in the queue; ordered by time, then by when it was set down.
struct Due(Duration, u64, Event);

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}
impl Eq for Due {}
impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

/// One run.
pub struct World {
    base: Instant,
    /// Time since the beginning.
    pub now: Duration,
    queue: BinaryHeap<Reverse<Due>>,
    set_down: u64,
    happened: u64,
    pub rng: StdRng,
    pub trace: Trace,
    pub plan: Plan,
    pub plant: Option<Plant>,
    pub users: Vec<UserId>,
    pub rooms: Vec<RoomId>,
    pub clients: Vec<Client>,
    pub conns: BTreeMap<u64, Conn>,
    last_key: u64,
    pub db: Db,
    pub faults: crate::faults::Faults,
    pub calls: Vec<Call>,
    /// Transactions of the database that have not ended.
    pub transactions: BTreeMap<u64, Transaction>,
    /// When the last of them takes effect.
    pub last_landing: Duration,
    /// Batches of rooms on their way to the log.
    pub later_batches: Vec<(Vec<Command>, Caller)>,
    /// `None` while the server is down.
    pub node: Option<Node>,
    /// The first promise that was broken.
    pub failure: Option<Failure>,
}

impl World {
    /// The world of this plan, at its beginning.
    pub fn new(seed: u64, in_words: bool, plant: Option<Plant>) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let plan = Plan::new(seed, &mut rng);
        Self {
            base: now(),
            now: Duration::ZERO,
            queue: BinaryHeap::new(),
            set_down: 0,
            happened: 0,
            rng,
            trace: Trace::new(in_words),
            plan,
            plant,
            users: Vec::new(),
            rooms: Vec::new(),
            clients: Vec::new(),
            conns: BTreeMap::new(),
            last_key: 0,
            db: Db::default(),
            faults: crate::faults::Faults::default(),
            calls: Vec::new(),
            transactions: BTreeMap::new(),
            last_landing: Duration::ZERO,
            later_batches: Vec::new(),
            node: None,
            failure: None,
        }
    }

    /// The simulated time as the machines take it.
    pub fn instant(&self) -> Instant {
        self.base + self.now
    }

    /// When that is, on the simulated clock.
    pub fn since(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.base)
    }

    /// A number that was not used before.
    pub fn key(&mut self) -> u64 {
        self.last_key += 1;
        self.last_key
    }

    /// An id that the seed decides.
    pub fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.rng.random()).into_uuid()
    }

    /// The same, for a request.
    pub fn request_id(&mut self) -> RequestId {
        RequestId::from_uuid(self.uuid())
    }

    /// Sets an event down.
    pub fn at(&mut self, when: Duration, event: Event) {
        self.set_down += 1;
        self.queue.push(Reverse(Due(when.max(self.now), self.set_down, event)));
    }

    /// The same, after a while.
    pub fn after(&mut self, wait: Duration, event: Event) {
        self.at(self.now + wait, event);
    }

    /// Up to this many microseconds.
    pub fn micros(&mut self, most: u64) -> Duration {
        Duration::from_micros(self.rng.random_range(0..=most))
    }

    /// How soon a task that was woken runs.
    pub fn soon(&mut self) -> Duration {
        self.micros(120)
    }

    /// How long the database takes to read something.
    pub fn reading(&mut self) -> Duration {
        let hangs = self.faults.database_hangs_until.saturating_sub(self.now);
        if hangs > Duration::ZERO {
            return hangs.min(Duration::from_millis(1_200)) + self.micros(1_500);
        }
        match self.rng.random_range(0..20) {
            0 => self.micros(60_000),
            _ => self.micros(1_500),
        }
    }

    /// Notes the first promise that is broken.
    pub fn fail(&mut self, check: &'static str, what: impl FnOnce() -> String) {
        if self.failure.is_none() {
            let what = what();
            self.trace.say(self.now, || format!("BROKEN {check}: {what}"));
            self.failure = Some(Failure { check, what });
        }
    }

    /// Lets things happen up to a time, or until a promise is broken.
    pub fn run_until(&mut self, until: Duration) {
        while self.failure.is_none() {
            if self.queue.peek().is_none_or(|Reverse(due)| due.0 > until) {
                self.now = until;
                return;
            }
            let Some(Reverse(Due(at, _, event))) = self.queue.pop() else { return };
            self.now = at;
            self.trace.mix(at.as_micros() as u64);
            self.happened += 1;
            if self.happened > MOST_EVENTS {
                self.fail("rest", || format!("{MOST_EVENTS} events, and no end: {event:?}"));
                return;
            }
            self.happen(event);
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Client(client) => self.client_wakes(client),
            Event::Reader(client) => self.reader_wakes(client),
            Event::Dialled { client, id } => self.dialled(client, id),
            Event::ConnLost { conn } => self.conn_lost(conn),
            Event::Arrive { conn, way } => self.arrive(conn, way),
            Event::Datagram { conn, up, frame } => self.datagram_arrives(conn, up, frame),
            Event::Session(key) => self.session_wakes(key),
            Event::Begin(key) => self.session_begins(key),
            Event::JobRead { session, job } => self.job_read(session, job),
            Event::Room { log, key } => self.room_wakes(log, key),
            Event::RoomHead { log, key } => self.room_head(log, key),
            Event::RoomRead { log, key } => self.room_read(log, key),
            Event::CommitLimit { log, key, commit } => self.commit_limit(log, key, commit),
            Event::Lands(transaction) => self.lands(transaction),
            Event::Answered(transaction) => self.transaction_answered(transaction),
            Event::Submit => self.submit_batches(),
            Event::Call(index) => self.call(index),
            Event::Announced { log, head } => self.announced(log, head),
            Event::Doubted(log) => self.doubted(log),
            Event::TypingTold { room, user } => self.typing_told(room, user),
            Event::Missed => self.missed(),
            Event::Step { round, index } => self.step(round, index),
            Event::Heals(heal) => self.heals(heal),
        }
    }

    /// How long a frame of this client takes.
    fn passage(&mut self, client: usize) -> Duration {
        let slow = self.clients[client].slow_until > self.now;
        let latency = self.plan.latency * if slow { 12 } else { 1 };
        let jitter = latency.mul_f64(0.7 * self.rng.random::<f64>());
        let loss = if slow { 250 } else { self.plan.loss_permille };
        let mut passage = latency + jitter;
        while self.rng.random_ratio(loss.min(900), 1_000) {
            passage += AGAIN.mul_f64(0.5 + self.rng.random::<f64>()) + latency;
        }
        passage
    }

    /// Sends a frame on a stream of a connection.
    pub fn send(&mut self, key: u64, way: Way, frame: Bytes) {
        let Some(conn) = self.conns.get_mut(&key) else { return };
        if conn.is_cut {
            // Nobody acknowledges it.
            conn.under_way += frame.len();
            return;
        }
        let client = conn.client;
        let way = match way {
            Way::Down(_) if conn.ordered => Way::Down(0),
            way => way,
        };
        let arrives = self.now + self.passage(client);
        let Some(conn) = self.conns.get_mut(&key) else { return };
        if way != Way::Up {
            conn.under_way += frame.len();
        }
        let Some(stream) = conn.stream(way) else { return };
        let arrives = stream.send(arrives, frame);
        self.at(arrives, Event::Arrive { conn: key, way });
    }

    /// Sends a datagram: it may be lost, or come twice, or late.
    pub fn send_datagram(&mut self, conn: u64, up: bool, frame: Bytes) {
        let Some(client) = self.conns.get(&conn).map(|conn| conn.client) else { return };
        let copies = match self.rng.random_range(0..20) {
            0 => 0,
            1 => 2,
            _ => 1,
        };
        for _ in 0..copies {
            let arrives = self.passage(client).mul_f64(0.5 + self.rng.random::<f64>());
            self.after(arrives, Event::Datagram { conn, up, frame: frame.clone() });
        }
    }

    /// True while nothing passes between this client and the server.
    pub fn is_apart(&self, client: usize) -> bool {
        self.clients[client].apart_until > self.now || self.faults.all_apart_until > self.now
    }

    fn arrive(&mut self, key: u64, way: Way) {
        let Some(client) = self.conns.get(&key).map(|conn| conn.client) else { return };
        if self.is_apart(client) {
            return;
        }
        loop {
            let now = self.now;
            let Some(conn) = self.conns.get_mut(&key) else { return };
            let Some(frame) = conn.stream(way).and_then(|stream| stream.arrived(now)) else {
                break;
            };
            self.trace.mix(frame.len() as u64);
            match way {
                Way::Up => self.session_hears(key, frame),
                Way::Down(_) => {
                    let Some(conn) = self.conns.get_mut(&key) else { return };
                    conn.under_way -= frame.len();
                    let (there, id) = (conn.client_is_there, conn.id);
                    if let Some(session) = conn.session {
                        self.wake_session(session);
                    }
                    if there {
                        self.client_hears(client, id, frame);
                    }
                }
            }
        }
    }

    fn datagram_arrives(&mut self, key: u64, up: bool, frame: Bytes) {
        let Some(conn) = self.conns.get(&key) else { return };
        let (client, id, there) = (conn.client, conn.id, conn.client_is_there);
        if conn.is_cut || self.is_apart(client) {
            return;
        }
        match (up, conn.session) {
            (true, Some(session)) => self.session_hears_datagram(session, frame),
            (false, _) if there => self.client_hears(client, id, frame),
            _ => {}
        }
    }

    /// What was held up on the way to and from a client goes on.
    pub fn rejoin(&mut self, client: usize) {
        let keys: Vec<u64> = self
            .conns
            .iter()
            .filter(|(_, conn)| conn.client == client)
            .map(|(key, _)| *key)
            .collect();
        for key in keys {
            let Some(mut conn) = self.conns.remove(&key) else { continue };
            let ways = conn.down.len();
            for way in std::iter::once(Way::Up).chain((0..ways).map(Way::Down)) {
                let Some(stream) = conn.stream(way) else { continue };
                let arrivals = stream.resume(|| self.now + self.passage(client));
                for at in arrivals {
                    self.at(at, Event::Arrive { conn: key, way });
                }
            }
            self.conns.insert(key, conn);
        }
    }

    /// A connection breaks: what was under way is lost. Both sides find out, or
    /// only by their timers.
    pub fn cut(&mut self, key: u64, client_is_told: bool, server_is_told: bool) {
        let Some(conn) = self.conns.get_mut(&key) else { return };
        conn.is_cut = true;
        conn.up.reset();
        for stream in &mut conn.down {
            conn.under_way -= stream.reset();
        }
        let session = conn.session.take();
        if let Some(session) = session.filter(|_| server_is_told) {
            let wait = self.micros(400_000);
            let gone = self.now + wait;
            self.session_loses_lane(session, gone);
        }
        if client_is_told {
            let wait = self.micros(400_000);
            self.after(wait, Event::ConnLost { conn: key });
        }
    }

    /// The server's end of a connection is over: the client reads what is under
    /// way, and then its end.
    pub fn end_conn(&mut self, key: u64) {
        self.send(key, Way::Down(0), END);
    }

    /// Nobody speaks on it any more.
    pub fn drop_conn(&mut self, key: u64) {
        self.conns.remove(&key);
    }

    /// A command of somebody over REST.
    pub fn command(&mut self, actor: UserId, change: parlor_domain::Change) -> Command {
        Command { request_id: self.request_id(), actor, change }
    }
}

/// The one moment that is not simulated: machines want an [`Instant`], and there
/// is no other way to make one. Only differences from it count.
fn now() -> Instant {
    Instant::now()
}
