//! Acts for the clients, as their drivers do, and for the applications above.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use bytes::Bytes;
use parlor_client::{
    Lane, RoomEvent,
    machines::{
        machine::{ConnectionId, Effect, Input, Machine, log::CREDIT},
        protocol::{Outbound, RequestBody},
    },
};
use parlor_domain::{DeviceId, EventBody, FileIds, Position, RequestId, RoomId, Seq, UserId};
use parlor_loadtest::ledger::Account;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use crate::{
    db::EPOCH,
    faults::text,
    net::{Conn, END, Way},
    world::{Event, World},
};

/// What the driver's queue of a feed holds.
const FEED_EVENTS: usize = CREDIT + FEED_SPARE;
const FEED_SPARE: usize = 16;
/// The application tells what it took in portions of this many.
const CONSUMED_AT_ONCE: usize = 64;
/// Frames under way to the server before a lane counts as stuck.
const OUTGOING_FRAMES: usize = 256;
/// Events a client holds for one room (512), and one frame more.
const HELD_MOST: usize = 512 + 1;
/// A lane that cannot be opened is given up after this.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);

/// What an application reads of one room.
#[derive(Debug, Default)]
pub struct Feed {
    events: VecDeque<RoomEvent>,
    consumed: usize,
    /// The driver has let go of it.
    ended: bool,
}

/// One client, and the application above it.
#[derive(Debug)]
pub struct Client {
    /// Whose.
    pub user: UserId,
    /// Which of the user's devices.
    pub device: DeviceId,
    /// What decides.
    pub machine: Machine,
    /// Its connection.
    pub conn: Option<u64>,
    /// What its application reads.
    pub feeds: BTreeMap<RoomId, Feed>,
    /// What it sent, was told and saw.
    pub account: Account,
    /// Requests that were not answered yet.
    pub unanswered: BTreeSet<RequestId>,
    /// Posts of each room, in the order asked for, and where they came to stand.
    pub posts: BTreeMap<RoomId, Vec<(RequestId, Option<Seq>)>>,
    /// Nothing passes to and from it.
    pub apart_until: Duration,
    /// Its path is slow.
    pub slow_until: Duration,
    /// Its process stands still.
    pub paused_until: Duration,
    /// Its application does not read.
    pub dozes_until: Duration,
    /// What waits for a process that stands still.
    held_up: VecDeque<Input>,
    /// Requests for which there was no place yet.
    later: VecDeque<(RequestId, RoomId, RequestBody)>,
    dialling: Option<u64>,
    timer: Option<Duration>,
    reads_at: Option<Duration>,
}

impl World {
    /// A client of a user.
    pub fn add_client(&mut self, user: UserId) {
        let device = DeviceId::from_uuid(self.uuid());
        let rng = StdRng::seed_from_u64(self.rng.random());
        let name = format!("client {}", self.clients.len());
        self.clients.push(Client {
            user,
            device,
            machine: Machine::new(self.instant(), rng),
            conn: None,
            feeds: BTreeMap::new(),
            account: Account::new(name),
            unanswered: BTreeSet::new(),
            posts: BTreeMap::new(),
            apart_until: Duration::ZERO,
            slow_until: Duration::ZERO,
            paused_until: Duration::ZERO,
            dozes_until: Duration::ZERO,
            held_up: VecDeque::new(),
            later: VecDeque::new(),
            dialling: None,
            timer: None,
            reads_at: None,
        });
        let wait = self.micros(400_000);
        self.after(wait, Event::Client(self.clients.len() - 1));
    }

    /// A client's timer.
    pub fn client_wakes(&mut self, client: usize) {
        self.clients[client].timer = None;
        let at = self.clients[client].machine.deadline(self.instant());
        let due = at.is_some_and(|at| self.since(at) <= self.now);
        if due {
            self.client_takes(client, Input::Tick);
        } else {
            self.set_timer(client);
        }
        self.application(client);
    }

    fn set_timer(&mut self, client: usize) {
        let now = self.instant();
        let Some(at) = self.clients[client].machine.deadline(now).map(|at| self.since(at)) else {
            return;
        };
        let at = at.max(self.now);
        let it = &mut self.clients[client];
        if it.timer.is_none_or(|set| at < set) {
            it.timer = Some(at);
            self.at(at, Event::Client(client));
        }
    }

    /// Gives the machine an input and does what it decides, until it is at rest.
    pub fn client_takes(&mut self, client: usize, input: Input) {
        if self.clients[client].paused_until > self.now {
            let it = &mut self.clients[client];
            if !matches!(input, Input::Tick) {
                it.held_up.push_back(input);
            }
            return;
        }
        let now = self.instant();
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let closed = self.clients[client].machine.is_closed();
            let effects = self.clients[client].machine.handle(now, input);
            if closed && effects.iter().any(|it| !matches!(it, Effect::Deliver { .. })) {
                self.fail("closed", || format!("client {client} is closed and does {effects:?}"));
            }
            for effect in effects {
                inputs.extend(self.perform(client, effect));
            }
        }
        let it = &self.clients[client];
        let held = it.machine.held();
        if held > HELD_MOST * self.rooms.len() {
            self.fail("C10", || format!("client {client} holds {held} events"));
        }
        self.set_timer(client);
    }

    fn perform(&mut self, client: usize, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Connect { id, .. } => self.dial(client, id),
            Effect::Disconnect => self.leave(client),
            Effect::Send(out) => return self.say(client, out),
            // Tokens of the simulation do not end.
            Effect::Renew => return Some(Input::RenewFailed),
            Effect::Deliver { room, event } => return self.deliver(client, room, event),
            Effect::Answer { id, result } => {
                self.trace.mix(result.as_ref().map_or(0, |done| done.seq.get()));
                self.trace.say(self.now, || format!("client {client}: {id} {result:?}"));
                let it = &mut self.clients[client];
                if !it.unanswered.remove(&id) {
                    self.fail("L6", || format!("client {client}: {id} was answered again"));
                    return None;
                }
                let posted = it.posts.values_mut().flatten().find(|(post, _)| *post == id);
                match result {
                    Ok(done) => {
                        if let Some(post) = posted {
                            post.1 = Some(done.seq);
                        }
                        it.account.answered(id, done.seq);
                    }
                    Err(refusal) => it.account.refused(id, refusal.code),
                }
            }
            // Nobody in a simulated world runs the server.
            Effect::Announced => {}
            // Nobody here watches anybody.
            Effect::Presence(_) => {}
            Effect::Status(status) => {
                self.trace.say(self.now, || format!("client {client}: {status:?}"));
            }
        }
        None
    }

    fn dial(&mut self, client: usize, id: ConnectionId) {
        self.clients[client].dialling = Some(id);
        let wait = if self.is_apart(client) {
            OPEN_TIMEOUT
        } else {
            self.plan.latency * 4 + self.micros(3_000)
        };
        self.after(wait, Event::Dialled { client, id });
    }

    /// The lane is open, where the server can be reached.
    pub fn dialled(&mut self, client: usize, id: ConnectionId) {
        if self.clients[client].dialling != Some(id) {
            return;
        }
        self.clients[client].dialling = None;
        if self.is_apart(client) || !self.takes_sessions() {
            let error = "nobody answered".to_owned();
            return self.client_takes(client, Input::ConnectFailed { id, error });
        }
        let conn = self.key();
        let ordered = self.plan.ordered[client];
        self.conns.insert(conn, Conn::new(client, id, ordered));
        self.clients[client].conn = Some(conn);
        self.accept(conn, client);
        let lane = if ordered { Lane::WebSocket } else { Lane::Quic };
        let renew_after = Duration::from_secs(3_000);
        self.client_takes(client, Input::Connected { id, lane, renew_after });
    }

    fn leave(&mut self, client: usize) {
        let Some(key) = self.clients[client].conn.take() else { return };
        self.send(key, Way::Up, END);
        if let Some(conn) = self.conns.get_mut(&key) {
            conn.client_is_there = false;
            // A lane is cut some time after its goodbye, read or not.
            if conn.session.is_none() {
                self.drop_conn(key);
            }
        }
    }

    fn say(&mut self, client: usize, out: Outbound) -> Option<Input> {
        let key = self.clients[client].conn?;
        let conn = self.conns.get(&key)?;
        if conn.up.len() >= OUTGOING_FRAMES {
            let error = "the lane does not move".to_owned();
            return Some(Input::Lost { id: conn.id, error });
        }
        if self.trace.in_words() && !matches!(out, Outbound::Probe { .. }) {
            self.trace.say(self.now, || format!("client {client} says {out:?}"));
        }
        let datagram = matches!(out, Outbound::Typing { .. }) && !conn.ordered;
        let frame = crate::wire::outgoing(out);
        if datagram {
            self.send_datagram(key, true, frame);
        } else {
            self.send(key, Way::Up, frame);
        }
        None
    }

    /// A frame arrives; one without bytes is the end.
    pub fn client_hears(&mut self, client: usize, id: ConnectionId, frame: Bytes) {
        if frame.is_empty() {
            let error = "the server left".to_owned();
            return self.client_takes(client, Input::Lost { id, error });
        }
        match crate::wire::incoming(&frame) {
            Ok(Some(frame)) => {
                self.trace.say(self.now, || {
                    let words = format!("{frame:?}");
                    format!("client {client} hears {}", words.get(..160).unwrap_or(&words))
                });
                self.client_takes(client, Input::Heard { id, frame });
            }
            Ok(None) => {}
            Err(error) => self.fail("protocol", || format!("client {client}: {error}")),
        }
    }

    /// The client finds out that its connection is gone.
    pub fn conn_lost(&mut self, key: u64) {
        let Some(conn) = self.conns.get(&key) else { return };
        let (client, id, there) = (conn.client, conn.id, conn.client_is_there);
        if conn.session.is_none() {
            self.conns.remove(&key);
        }
        if there {
            self.client_takes(client, Input::Lost { id, error: "cut".to_owned() });
        }
    }

    /// A process that stood still goes on.
    pub fn client_goes_on(&mut self, client: usize) {
        if self.clients[client].paused_until > self.now {
            return;
        }
        let waiting = std::mem::take(&mut self.clients[client].held_up);
        // Timers and frames come in whatever order the process finds them.
        if self.rng.random_bool(0.5) {
            self.client_takes(client, Input::Tick);
        }
        for input in waiting {
            self.client_takes(client, input);
        }
        self.client_takes(client, Input::Tick);
        self.read_soon(client);
    }

    fn deliver(&mut self, client: usize, room: RoomId, event: RoomEvent) -> Option<Input> {
        match &event {
            RoomEvent::Event(event) => {
                self.trace.mix(event.seq.get());
                self.check_right(client, room, event.seq);
            }
            RoomEvent::Reset(at) => {
                self.fail("Reset", || format!("client {client}: a Reset to {at:?} of {room}"));
            }
            _ => {}
        }
        let it = &mut self.clients[client];
        let feed = it.feeds.get_mut(&room).filter(|feed| !feed.ended)?;
        if matches!(event, RoomEvent::Typing(_)) && feed.events.len() >= CREDIT {
            return None;
        }
        let ended = matches!(event, RoomEvent::Ended(_));
        let full = feed.events.len() >= FEED_EVENTS;
        if !full {
            feed.events.push_back(event);
        } else if !ended {
            self.fail("C10", || format!("client {client}: the feed of {room} overflows"));
            return None;
        }
        if ended {
            feed.ended = true;
        }
        self.read_soon(client);
        ended.then_some(Input::Unfollow { room })
    }

    fn read_soon(&mut self, client: usize) {
        let pace = self.plan.reader_pace[client];
        let share: f64 = self.rng.random();
        let at = (self.now + pace.mul_f64(share)).max(self.clients[client].dozes_until);
        let it = &mut self.clients[client];
        if it.reads_at.is_none_or(|set| set < self.now) {
            it.reads_at = Some(at);
            self.at(at, Event::Reader(client));
        }
    }

    /// The application takes some of what its feeds hold.
    pub fn reader_wakes(&mut self, client: usize) {
        self.clients[client].reads_at = None;
        if self.clients[client].paused_until > self.now {
            return;
        }
        let most = self.rng.random_range(1..=24);
        let mut more = false;
        for room in self.rooms.clone() {
            for _ in 0..most {
                let it = &mut self.clients[client];
                let Some(feed) = it.feeds.get_mut(&room) else { break };
                if feed.consumed >= CONSUMED_AT_ONCE {
                    let events = std::mem::take(&mut feed.consumed);
                    self.client_takes(client, Input::Consumed { room, events });
                }
                let it = &mut self.clients[client];
                let Some(feed) = it.feeds.get_mut(&room) else { break };
                let Some(event) = feed.events.pop_front() else { break };
                if let RoomEvent::Event(event) = event {
                    feed.consumed += 1;
                    let text = match &event.body {
                        EventBody::MessagePosted { text, erased: false, .. } => Some(text.as_str()),
                        _ => None,
                    };
                    it.account.saw(room, event.seq, event.request_id, text);
                }
            }
            let feed = self.clients[client].feeds.get(&room);
            more |= feed.is_some_and(|feed| !feed.events.is_empty());
        }
        if more {
            self.read_soon(client);
        }
        self.application(client);
    }

    /// What the application sees to: it follows the rooms its user is in, lets go
    /// of those that ended, and hands over requests that had no place.
    pub fn application(&mut self, client: usize) {
        if self.clients[client].paused_until > self.now {
            return;
        }
        for room in self.rooms.clone() {
            let member = self.db.role(room, self.clients[client].user).is_some();
            let it = &mut self.clients[client];
            let over = it.feeds.get(&room).is_some_and(|feed| feed.ended && feed.events.is_empty());
            if over {
                it.feeds.remove(&room);
                it.account.follows(room, EPOCH, Seq::ZERO);
            }
            if member && !it.feeds.contains_key(&room) {
                it.feeds.insert(room, Feed::default());
                it.account.follows(room, EPOCH, Seq::ZERO);
                self.client_takes(client, Input::Follow { room, from: Position::default() });
            }
        }
        while self.clients[client].machine.takes_requests()
            && let Some((id, room, body)) = self.clients[client].later.pop_front()
        {
            self.client_takes(client, Input::Request { id, room, body });
        }
    }

    /// The application lets go of a room and follows it again from where it is.
    pub fn reopen(&mut self, client: usize, room: usize) {
        let room = self.rooms[room];
        let it = &mut self.clients[client];
        let Some(feed) = it.feeds.get(&room).filter(|feed| !feed.ended) else { return };
        // What waits in the old feed is thrown away with it.
        let ended = feed.events.iter().any(|event| matches!(event, RoomEvent::Ended(_)));
        let seq = it.account.reached(room);
        if ended {
            return;
        }
        it.feeds.insert(room, Feed::default());
        let epoch = if seq == Seq::ZERO { Position::default().epoch } else { EPOCH };
        if self.rng.random_bool(0.5) {
            self.client_takes(client, Input::Unfollow { room });
        }
        self.client_takes(client, Input::Follow { room, from: Position { epoch, seq } });
    }

    /// Posts some messages.
    pub fn post(&mut self, client: usize, room: usize, count: usize) {
        for n in 0..count {
            let words = format!("{client}.{n}.{}", self.now.as_micros());
            let text = text(&words);
            // Now and then what was said before is passed on.
            let before = if n % 4 == 3 { self.message_of(client, room) } else { None };
            let body = match before {
                Some(message) => RequestBody::Forward { source: self.rooms[room], message, text },
                None => RequestBody::Post { text, reply_to: None, attachments: FileIds::default() },
            };
            let id = self.ask(client, room, body);
            let room = self.rooms[room];
            let it = &mut self.clients[client];
            it.account.sent(id, room, &words);
            it.posts.entry(room).or_default().push((id, None));
        }
        self.application(client);
    }

    /// Asks for something.
    pub fn ask(&mut self, client: usize, room: usize, body: RequestBody) -> RequestId {
        let (id, room) = (self.request_id(), self.rooms[room]);
        let it = &mut self.clients[client];
        it.unanswered.insert(id);
        it.later.push_back((id, room, body));
        let wait = self.micros(200);
        self.after(wait, Event::Client(client));
        id
    }

    /// Requests that wait for a place.
    pub fn waits_for_a_place(&self, client: usize) -> bool {
        !self.clients[client].later.is_empty()
    }
}
