//! The machine as the driver sees it: inputs in, effects out.

use super::*;
use crate::protocol::Limits;
use parlor_domain::{Body, Epoch, Event, FileIds, Seq, Timestamp, UserId};
use rand::SeedableRng as _;

const LIMITS: Limits = Limits { unanswered_requests: 4, request_burst: 0, requests_per_second: 0 };

struct Bench {
    now: Instant,
    machine: Machine,
    user: UserId,
    room: RoomId,
}

impl Bench {
    fn new() -> Self {
        let now = Instant::now();
        let machine = Machine::new(now, StdRng::seed_from_u64(7));
        Self { now, machine, user: UserId::random(), room: RoomId::random() }
    }

    /// A machine with a live session.
    fn live() -> Self {
        let mut bench = Self::new();
        bench.connect();
        bench.welcome();
        bench
    }

    fn take(&mut self, input: Input) -> Vec<Effect> {
        self.machine.handle(self.now, input)
    }

    fn heard(&mut self, frame: Inbound) -> Vec<Effect> {
        let id = self.machine.connection;
        self.take(Input::Heard { id, frame })
    }

    /// Lets the time pass up to the next deadline, and through it.
    fn pass(&mut self) -> Vec<Effect> {
        self.now = self.machine.deadline(self.now).expect("something is due").max(self.now);
        self.take(Input::Tick)
    }

    /// Lets the time pass until something happens, while the server answers probes.
    fn wait_for(&mut self, wanted: impl Fn(&Effect) -> bool) -> Effect {
        loop {
            for effect in self.pass() {
                match effect {
                    effect if wanted(&effect) => return effect,
                    Effect::Send(Outbound::Probe { nonce }) => {
                        self.heard(Inbound::Probe { nonce });
                    }
                    _ => {}
                }
            }
        }
    }

    /// Waits as told, connects; returns what is said first.
    fn connect(&mut self) -> Vec<Effect> {
        while !matches!(self.machine.state, State::Connecting) {
            self.pass();
        }
        let id = self.machine.connection;
        let renew_after = Duration::from_secs(600);
        self.take(Input::Connected { id, lane: Lane::Quic, renew_after })
    }

    fn welcome(&mut self) -> Vec<Effect> {
        self.welcome_with(Vec::new())
    }

    fn welcome_with(&mut self, heads: Vec<(LogId, Position)>) -> Vec<Effect> {
        let mut effects = self.heard(Inbound::Welcome(Welcome {
            user: self.user,
            user_log: at(5),
            heads,
            heartbeat: Duration::from_secs(20),
            limits: LIMITS,
        }));
        let probe = effects.iter().find_map(|effect| match effect {
            Effect::Send(Outbound::Probe { nonce }) => Some(*nonce),
            _ => None,
        });
        let nonce = probe.expect("a session begins with a probe");
        effects.extend(self.heard(Inbound::Probe { nonce }));
        effects
    }

    fn lose(&mut self) -> Vec<Effect> {
        let id = self.machine.connection;
        self.take(Input::Lost { id, error: "cut".to_owned() })
    }

    fn post(&mut self) -> (RequestId, Vec<Effect>) {
        let id = RequestId::random();
        let text = Body::parse("hello").expect("valid");
        let body = RequestBody::Post { text, reply_to: None, attachments: FileIds::default() };
        let effects = self.take(Input::Request { id, room: self.room, body });
        (id, effects)
    }

    fn reply(&mut self, id: RequestId, result: Result<Done, Refusal>) -> Vec<Effect> {
        self.heard(Inbound::Reply { id, result })
    }

    fn events(&mut self, seqs: std::ops::RangeInclusive<u64>) -> Vec<Effect> {
        let first = Seq::new(*seqs.start());
        let events = seqs.map(|seq| Some(event(seq))).collect();
        self.heard(Inbound::Events(Run {
            log: self.room.into(),
            epoch: at(0).epoch,
            first,
            events,
        }))
    }

    fn follow(&mut self, from: Position) -> Vec<Effect> {
        let room = self.room;
        self.take(Input::Follow { room, from })
    }
}

fn at(seq: u64) -> Position {
    Position { epoch: Epoch::new(3), seq: Seq::new(seq) }
}

fn event(seq: u64) -> Event {
    Event {
        seq: Seq::new(seq),
        at: Timestamp::default(),
        actor: UserId::SYSTEM,
        request_id: None,
        body: EventBody::RoomArchived { archived: true },
    }
}

/// Ids of the requests that are sent, in order.
fn requests(effects: &[Effect]) -> Vec<RequestId> {
    let sent = effects.iter().filter_map(|effect| match effect {
        Effect::Send(Outbound::Request { id, .. }) => Some(*id),
        _ => None,
    });
    sent.collect()
}

/// Seqs of the events that are given out, in order.
fn delivered(effects: &[Effect]) -> Vec<u64> {
    let seqs = effects.iter().filter_map(|effect| match effect {
        Effect::Deliver { event: RoomEvent::Event(event), .. } => Some(event.seq.get()),
        _ => None,
    });
    seqs.collect()
}

/// The id and position of an `Open`.
fn open(effects: &[Effect]) -> Option<(RequestId, Position)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(Outbound::Request { id, body: RequestBody::Open { from }, .. }) => {
            Some((*id, *from))
        }
        _ => None,
    })
}

fn resume(effects: &[Effect]) -> Vec<(LogId, Position)> {
    let hello = effects.iter().find_map(|effect| match effect {
        Effect::Send(Outbound::Hello { resume }) => Some(resume.clone()),
        _ => None,
    });
    hello.expect("a Hello")
}

#[test]
fn rule_2_1_hello_comes_first_and_requests_wait_for_welcome() {
    let mut bench = Bench::new();
    assert!(bench.post().1.iter().all(|effect| !matches!(effect, Effect::Send(_))));
    let hello = bench.connect();
    assert_eq!(hello, [Effect::Send(Outbound::Hello { resume: vec![] })]);
    assert_eq!(requests(&bench.welcome()).len(), 1);
}

#[test]
fn rule_3_1_an_unanswered_request_is_sent_again_by_the_next_session() {
    let mut bench = Bench::live();
    let ids: Vec<_> = (0..3).map(|_| bench.post().0).collect();
    bench.reply(ids[0], Ok(Done::default()));
    assert!(bench.lose().contains(&Effect::Disconnect));
    bench.connect();
    assert_eq!(requests(&bench.welcome()), ids[1..]);
}

#[test]
fn c2_the_words_of_an_old_connection_are_ignored() {
    let mut bench = Bench::live();
    let (id, _) = bench.post();
    let old = bench.machine.connection;
    bench.lose();
    bench.connect();
    bench.welcome();
    let late = Inbound::Reply { id, result: Err(Refusal::new(Code::Unavailable, "")) };
    assert_eq!(bench.take(Input::Heard { id: old, frame: late }), []);
    assert_eq!(bench.take(Input::Lost { id: old, error: String::new() }), []);
    let done = Done { seq: Seq::new(9), ..Done::default() };
    let answer = Effect::Answer { id, result: Ok(done.clone()) };
    assert_eq!(bench.reply(id, Ok(done.clone())), [answer]);
    assert_eq!(bench.reply(id, Ok(done)), [], "answered once");
}

#[test]
fn c5_a_final_refusal_is_told_and_a_retryable_one_is_not() {
    let mut bench = Bench::live();
    let (id, _) = bench.post();
    assert_eq!(bench.reply(id, Err(Refusal::new(Code::Unavailable, ""))), []);
    assert_eq!(requests(&bench.pass()), [id]);
    let refusal = Refusal::new(Code::Forbidden, "");
    let told = Effect::Answer { id, result: Err(refusal.clone()) };
    assert_eq!(bench.reply(id, Err(refusal)), [told]);
}

#[test]
fn rule_4_2_resumes_after_what_was_given_out() {
    let mut bench = Bench::live();
    let (id, from) = open(&bench.follow(at(2))).expect("an Open");
    assert_eq!(from, at(2));
    bench.reply(id, Ok(Done { seq: Seq::new(4), epoch: at(0).epoch, ..Done::default() }));
    assert_eq!(delivered(&bench.events(3..=4)), [3, 4]);
    assert_eq!(delivered(&bench.events(6..=7)), [0_u64; 0], "5 is missing");
    bench.lose();
    let hello = bench.connect();
    let room = LogId::from(bench.room);
    assert_eq!(resume(&hello), [(LogId::from(bench.user), at(5)), (room, at(4))]);
    bench.welcome();
    assert_eq!(delivered(&bench.events(5..=7)), [5, 6, 7]);
}

#[test]
fn rule_5_3_a_log_that_stays_behind_is_opened_again() {
    let mut bench = Bench::live();
    let (id, _) = open(&bench.follow(at(2))).expect("an Open");
    bench.reply(id, Ok(Done { seq: Seq::new(2), epoch: at(0).epoch, ..Done::default() }));
    let room = LogId::from(bench.room);
    bench.heard(Inbound::Heartbeat { heads: vec![(room, at(3))] });
    let effects = bench.pass();
    assert_eq!(open(&effects).map(|(_, from)| from), Some(at(2)));
}

#[test]
fn rule_5_3_a_resume_that_brings_nothing_is_asked_for_again() {
    let mut bench = Bench::live();
    bench.follow(at(2));
    bench.lose();
    bench.connect();
    let room = LogId::from(bench.room);
    bench.welcome_with(vec![(room, at(3))]);
    let effects = bench.pass();
    assert_eq!(open(&effects).map(|(_, from)| from), Some(at(2)));
}

#[test]
fn rule_2_5_a_room_that_is_not_there_ends_its_feed() {
    let mut bench = Bench::live();
    bench.follow(at(2));
    let (log, room) = (bench.room.into(), bench.room);
    let ended = Effect::Deliver { room, event: RoomEvent::Ended(Refusal::not_found()) };
    assert_eq!(bench.heard(Inbound::Reset { log, head: Position::default() }), [ended]);
    bench.lose();
    assert_eq!(resume(&bench.connect()).len(), 1, "only the user's own log");
}

#[test]
fn rule_4_1_a_reset_is_told_and_the_log_goes_on() {
    let mut bench = Bench::live();
    bench.follow(Position { epoch: Epoch::new(2), seq: Seq::new(50) });
    let (log, room) = (bench.room.into(), bench.room);
    let reset = Effect::Deliver { room, event: RoomEvent::Reset(at(7)) };
    assert_eq!(bench.heard(Inbound::Reset { log, head: at(7) }), [reset]);
    assert_eq!(delivered(&bench.events(8..=8)), [8]);
}

#[test]
fn rule_4_7_a_membership_that_ended_is_noticed() {
    let mut bench = Bench::live();
    let (id, _) = open(&bench.follow(at(2))).expect("an Open");
    bench.reply(id, Ok(Done { seq: Seq::new(2), epoch: at(0).epoch, ..Done::default() }));
    let mut removed = event(6);
    removed.body = EventBody::RoomRemoved { room: bench.room };
    bench.heard(Inbound::Events(Run {
        log: bench.user.into(),
        epoch: at(0).epoch,
        first: Seq::new(6),
        events: vec![Some(removed)],
    }));
    // The room's own last event says nothing against it.
    assert_eq!(delivered(&bench.events(3..=3)), [3]);
    let (id, _) = open(&bench.pass()).expect("an Open");
    let room = bench.room;
    let ended = Effect::Deliver { room, event: RoomEvent::Ended(Refusal::not_found()) };
    assert_eq!(bench.reply(id, Err(Refusal::not_found())), [ended]);
}

#[test]
fn rule_4_7_a_membership_that_ended_before_the_welcome_came_is_noticed() {
    let mut bench = Bench::new();
    bench.follow(at(2));
    bench.connect();
    let mut removed = event(6);
    removed.body = EventBody::RoomRemoved { room: bench.room };
    bench.heard(Inbound::Events(Run {
        log: bench.user.into(),
        epoch: at(0).epoch,
        first: Seq::new(6),
        events: vec![Some(removed)],
    }));
    bench.welcome();
    assert_eq!(open(&bench.pass()).map(|(_, from)| from), Some(at(2)));
    bench.lose();
    assert_eq!(resume(&bench.connect())[0], (LogId::from(bench.user), at(6)));
}

#[test]
fn rule_5_3_whoever_missed_events_of_the_own_log_asks_about_every_room() {
    let mut bench = Bench::live();
    let (id, _) = open(&bench.follow(at(2))).expect("an Open");
    bench.reply(id, Ok(Done { seq: Seq::new(2), epoch: at(0).epoch, ..Done::default() }));
    bench.heard(Inbound::Heartbeat { heads: vec![(bench.user.into(), at(6))] });
    assert_eq!(open(&bench.pass()).map(|(_, from)| from), Some(at(2)));
}

#[test]
fn a_silent_session_is_dead_five_seconds_after_a_request() {
    let mut bench = Bench::live();
    bench.now += Duration::from_secs(1);
    bench.post();
    let asked = bench.now;
    let effects = bench.pass();
    assert!(matches!(effects[..], [Effect::Send(Outbound::Probe { .. })]), "{effects:?}");
    assert!(bench.pass().contains(&Effect::Disconnect));
    assert_eq!(bench.now - asked, ANSWER_TIMEOUT);
}

#[test]
fn an_idle_session_is_probed_and_dead_within_ten_seconds() {
    let mut bench = Bench::live();
    let quiet_since = bench.now;
    let effects = bench.pass();
    assert!(matches!(effects[..], [Effect::Send(Outbound::Probe { .. })]), "{effects:?}");
    assert!(bench.pass().contains(&Effect::Disconnect));
    assert_eq!(bench.now - quiet_since, QUIET + ANSWER_TIMEOUT);
    assert!(QUIET + ANSWER_TIMEOUT < Duration::from_secs(10));
}

#[test]
fn rule_5_1_and_5_2_heartbeats_tell_what_was_applied() {
    let mut bench = Bench::live();
    let (id, _) = open(&bench.follow(at(2))).expect("an Open");
    bench.reply(id, Ok(Done { seq: Seq::new(2), epoch: at(0).epoch, ..Done::default() }));
    bench.events(3..=3);
    let mut expected = HeadsDigest::default();
    expected.toggle(bench.user.into(), at(5));
    expected.toggle(bench.room.into(), at(3));
    let began = bench.now;
    let beat = bench.wait_for(|it| matches!(it, Effect::Send(Outbound::Heartbeat { .. })));
    assert_eq!(beat, Effect::Send(Outbound::Heartbeat { digest: expected }));
    assert_eq!(bench.now - began, Duration::from_secs(20));
}

#[test]
fn rule_2_7_the_token_is_renewed_before_it_ends() {
    let mut bench = Bench::live();
    let began = bench.now;
    bench.wait_for(|effect| *effect == Effect::Renew);
    assert_eq!(bench.now - began, Duration::from_secs(600));
    let (access_token, renew_after) = ("new".to_owned(), Duration::from_secs(600));
    let sent = bench.take(Input::Renewed { access_token: access_token.clone(), renew_after });
    assert_eq!(sent, [Effect::Send(Outbound::Renew { access_token })]);
}

#[test]
fn rule_6_2_a_reason_says_whether_and_how_to_come_back() {
    let close = |comeback| {
        let reason = "REASON".to_owned();
        Inbound::Close(Close { comeback, reason, resume_after: Duration::from_secs(3) })
    };
    let mut bench = Bench::live();
    let closed_at = bench.now;
    bench.heard(close(Comeback::NewToken));
    let connect = bench.wait_for(|effect| matches!(effect, Effect::Connect { .. }));
    assert_eq!(connect, Effect::Connect { id: 2, fresh_token: true });
    assert!(bench.now - closed_at >= Duration::from_secs(3), "resume_after is honoured");

    let mut bench = Bench::live();
    bench.heard(close(Comeback::Never));
    assert!(bench.machine.is_closed());
    assert_eq!(bench.machine.deadline(bench.now), None);
}

#[test]
fn rule_6_4_a_draining_server_gets_nothing_new_and_answers_what_it_has() {
    let mut bench = Bench::live();
    let (first, _) = bench.post();
    bench.heard(Inbound::GoAway { resume_after: Duration::from_secs(2) });
    let (second, effects) = bench.post();
    assert_eq!(requests(&effects), []);
    let answer = bench.reply(first, Ok(Done::default()));
    assert!(matches!(answer[..], [Effect::Answer { .. }]));
    assert!(bench.pass().contains(&Effect::Disconnect));
    bench.connect();
    assert_eq!(requests(&bench.welcome()), [second]);
}

#[test]
fn c20_waits_grow_and_differ() {
    let mut waits = Vec::new();
    let mut bench = Bench::new();
    for _ in 0..12 {
        while !matches!(bench.machine.state, State::Connecting) {
            bench.pass();
        }
        let id = bench.machine.connection;
        for effect in bench.take(Input::ConnectFailed { id, error: String::new() }) {
            if let Effect::Status(Status::Waiting { retry_in, .. }) = effect {
                waits.push(retry_in);
            }
        }
    }
    assert_eq!(waits.len(), 12);
    assert!(waits.iter().all(|wait| *wait <= BACKOFF_MAX));
    assert!(waits[0] <= BACKOFF_MIN);
    assert!(waits[8..].iter().any(|wait| *wait > Duration::from_secs(2)));
}

#[test]
fn c20_a_session_that_lived_for_a_while_was_no_failure() {
    let attempt_after = |lived| {
        let mut bench = Bench::live();
        for _ in 0..8 {
            bench.lose();
            bench.connect();
            bench.welcome();
        }
        bench.now += lived;
        let told = bench.lose();
        let attempt = told.iter().find_map(|effect| match effect {
            Effect::Status(Status::Waiting { attempt, .. }) => Some(*attempt),
            _ => None,
        });
        attempt.expect("it comes back")
    };
    assert_eq!(attempt_after(STABLE), 1);
    assert_eq!(attempt_after(Duration::ZERO), 9, "a server that dies at once is spared");
}

#[test]
fn c10_no_more_rooms_and_requests_than_the_limits() {
    let mut bench = Bench::new();
    for _ in 0..limits::OPEN_LOGS {
        bench.take(Input::Follow { room: RoomId::random(), from: at(0) });
    }
    let effects = bench.follow(at(0));
    assert!(matches!(&effects[..], [.., Effect::Deliver { event: RoomEvent::Ended(refusal), .. }]
        if refusal.code == Code::TooManyOpen));
    while bench.machine.takes_requests() {
        bench.post();
    }
    assert_eq!(bench.machine.outbox.len(), REQUESTS);
}
