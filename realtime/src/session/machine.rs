//! What a session does with what comes: pure, `(now, input)` to effects.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use parlor_domain::{
    Change, Code, Command, DeviceId, LogId, Position, Refusal, RequestId, RoomId, Seq, UserId,
    limits,
};

use super::{
    close::CloseReason,
    order::{OrderGate, SenderOrder},
    rate::{Rate, TokenBucket},
};

/// A session that is refused this often in a row does not heed what it is told.
const REFUSALS_IN_A_ROW: u32 = 200;
/// A client that waits for an answer is heard more often than this.
const SILENCE: Duration = Duration::from_secs(5);
/// How often a session may say that its user is typing in one room.
const TYPING_INTERVAL: Duration = Duration::from_secs(1);

/// Somebody whose token was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    pub user: UserId,
    pub device: DeviceId,
    /// When the token ends, on the monotonic clock (C18).
    pub ends_at: Instant,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Change(Change),
    Open { room: RoomId, from: Position },
    CloseLog { room: RoomId },
    Fetch { log: LogId, from: FetchFrom, limit: u32 },
}

/// Where a fetched page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchFrom {
    After(Seq),
    Before(Seq),
}

/// What happens to a session.
#[derive(Debug)]
pub enum Input {
    Hello {
        checked: Option<Checked>,
        resume: Vec<(LogId, Position)>,
    },
    Renew {
        checked: Option<Checked>,
    },
    Request {
        id: RequestId,
        ask: Result<Ask, Refusal>,
    },
    Focus(Option<RoomId>),
    Typing(RoomId),
    SetPresence {
        away: bool,
    },
    WatchPresence(Vec<UserId>),
    Heartbeat {
        digest: u64,
    },
    Probe {
        nonce: u64,
        by_datagram: bool,
    },
    /// A kind of frame that this version does not know (rule 1.6).
    Unknown,
    /// A request was answered; `log` where it was a change.
    Answered {
        id: RequestId,
        log: Option<LogId>,
        code: Option<Code>,
    },
    /// The log is not open any more, through no request of the client.
    LogClosed(RoomId),
    /// Time has passed.
    Tick,
    /// The node sends the client elsewhere.
    Drain {
        resume_after: Duration,
    },
    /// The session must end.
    Kick(CloseReason),
    /// The client broke the protocol.
    Malformed,
    /// The client left, or the lane is gone.
    Gone,
}

/// What is to be done about it.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Say Welcome, then open these logs.
    Welcome {
        checked: Checked,
        resume: Vec<(LogId, Position)>,
    },
    Refuse {
        id: RequestId,
        refusal: Refusal,
    },
    /// Hand it to the log it belongs to.
    Submit(Command),
    Open {
        id: RequestId,
        room: RoomId,
        from: Position,
    },
    CloseLog {
        id: RequestId,
        room: RoomId,
    },
    Fetch {
        id: RequestId,
        log: LogId,
        from: FetchFrom,
        limit: u32,
    },
    Focus(Option<RoomId>),
    Typing(RoomId),
    /// The client says whether its user is active.
    SetPresence {
        away: bool,
    },
    /// Tell how these people are, from now on.
    WatchPresence(Vec<UserId>),
    Probe {
        nonce: u64,
        by_datagram: bool,
    },
    /// A heartbeat that names the heads that changed.
    Heartbeat,
    /// The client's digest came: answer with all heads where it differs.
    CompareDigest(u64),
    GoAway {
        resume_after: Duration,
    },
    /// The last effect.
    Close(CloseReason),
}

/// One session.
#[derive(Debug)]
pub struct Machine {
    state: State,
    rate: Rate,
}

#[derive(Debug)]
enum State {
    AwaitingHello { until: Instant },
    Ready(Box<Ready>),
    Closed,
}

#[derive(Debug)]
struct Ready {
    who: Checked,
    heard_at: Instant,
    next_heartbeat: Instant,
    bucket: TokenBucket,
    refused_in_a_row: u32,
    open: HashSet<RoomId>,
    order: SenderOrder,
    typed_at: HashMap<RoomId, Instant>,
    going_away: bool,
}

impl Machine {
    pub fn new(rate: Rate, now: Instant) -> Self {
        Self { state: State::AwaitingHello { until: now + limits::HELLO_TIMEOUT }, rate }
    }

    /// False while so many requests wait that the client must be held back
    /// (rule 3.6).
    pub fn may_read(&self) -> bool {
        match &self.state {
            State::AwaitingHello { .. } => true,
            State::Ready(ready) => ready.order.waiting() < limits::UNANSWERED_REQUESTS,
            State::Closed => false,
        }
    }

    /// Things remembered about logs, which clients name: they must be few (C10).
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn remembered(&self) -> usize {
        match &self.state {
            State::Ready(ready) => ready.open.len() + ready.order.gates() + ready.typed_at.len(),
            _ => 0,
        }
    }

    /// When [`Input::Tick`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::AwaitingHello { until } => Some(*until),
            State::Ready(ready) => Some(
                ready
                    .next_heartbeat
                    .min(ready.who.ends_at)
                    .min(ready.heard_at + limits::SESSION_IDLE_TIMEOUT),
            ),
            State::Closed => None,
        }
    }

    /// True where an earlier request to this log has to come again first (C4).
    pub fn holds_back(&self, log: LogId, id: RequestId, now: Instant) -> bool {
        match &self.state {
            State::Ready(ready) => ready.order.holds_back(log, id, now),
            _ => false,
        }
    }

    /// Takes one input. `user` is the bucket that all sessions of the user share.
    pub fn input(
        &mut self,
        now: Instant,
        input: Input,
        user: &mut TokenBucket,
        effects: &mut Vec<Effect>,
    ) {
        match (&mut self.state, input) {
            (State::Closed, _) => {}
            (_, Input::Kick(reason)) => self.close(reason, effects),
            (_, Input::Malformed) => self.close(CloseReason::Protocol, effects),
            (_, Input::Gone) => self.close(CloseReason::Goodbye, effects),
            (State::AwaitingHello { until }, Input::Tick) => {
                if now >= *until {
                    self.close(CloseReason::HelloTimeout, effects);
                }
            }
            (State::AwaitingHello { .. }, Input::Hello { checked, resume }) => {
                self.hello(now, checked, resume, effects);
            }
            (State::AwaitingHello { .. }, Input::Drain { .. }) => {
                self.close(CloseReason::Drain, effects);
            }
            (State::AwaitingHello { .. }, _) | (State::Ready(_), Input::Hello { .. }) => {
                self.close(CloseReason::Protocol, effects);
            }
            (State::Ready(ready), input) => {
                if let Some(reason) = ready.input(now, input, user, effects) {
                    self.close(reason, effects);
                }
            }
        }
    }

    fn close(&mut self, reason: CloseReason, effects: &mut Vec<Effect>) {
        self.state = State::Closed;
        effects.push(Effect::Close(reason));
    }

    fn hello(
        &mut self,
        now: Instant,
        checked: Option<Checked>,
        resume: Vec<(LogId, Position)>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(who) = checked else { return self.close(CloseReason::Unauthenticated, effects) };
        let own = LogId::from(who.user);
        let open: HashSet<RoomId> =
            resume.iter().filter(|(log, _)| *log != own).map(|(log, _)| log.as_room()).collect();
        if open.len() > limits::OPEN_LOGS {
            return self.close(CloseReason::Protocol, effects);
        }
        self.state = State::Ready(Box::new(Ready {
            who,
            heard_at: now,
            next_heartbeat: now + limits::HEARTBEAT_INTERVAL,
            bucket: TokenBucket::new(self.rate, now),
            refused_in_a_row: 0,
            open,
            order: SenderOrder::default(),
            typed_at: HashMap::new(),
            going_away: false,
        }));
        effects.push(Effect::Welcome { checked: who, resume });
    }
}

impl Ready {
    fn input(
        &mut self,
        now: Instant,
        input: Input,
        user: &mut TokenBucket,
        effects: &mut Vec<Effect>,
    ) -> Option<CloseReason> {
        match input {
            Input::Answered { id, log, code } => {
                self.order.answered(id, log, code, now);
            }
            Input::LogClosed(room) => {
                self.open.remove(&room);
            }
            Input::Tick => return self.tick(now, effects),
            Input::Drain { resume_after } => {
                if !self.going_away {
                    self.going_away = true;
                    effects.push(Effect::GoAway { resume_after });
                }
            }
            from_client => {
                let silence = now.duration_since(self.heard_at);
                if silence >= SILENCE {
                    self.order.silent(silence);
                }
                self.heard_at = now;
                return self.frame(now, from_client, user, effects);
            }
        }
        None
    }

    fn tick(&mut self, now: Instant, effects: &mut Vec<Effect>) -> Option<CloseReason> {
        if now >= self.who.ends_at {
            return Some(CloseReason::TokenExpired);
        }
        if now >= self.heard_at + limits::SESSION_IDLE_TIMEOUT {
            return Some(CloseReason::Idle);
        }
        if now >= self.next_heartbeat {
            self.next_heartbeat = now + limits::HEARTBEAT_INTERVAL;
            self.typed_at.retain(|_, at| now.duration_since(*at) < TYPING_INTERVAL);
            effects.push(Effect::Heartbeat);
        }
        None
    }

    fn frame(
        &mut self,
        now: Instant,
        input: Input,
        user: &mut TokenBucket,
        effects: &mut Vec<Effect>,
    ) -> Option<CloseReason> {
        match input {
            Input::Renew { checked } => match checked {
                Some(new) if (new.user, new.device) == (self.who.user, self.who.device) => {
                    self.who.ends_at = new.ends_at;
                }
                _ => return Some(CloseReason::Unauthenticated),
            },
            Input::Request { id, ask } => return self.request(now, id, ask, user, effects),
            Input::Focus(room) => {
                effects.push(Effect::Focus(room.filter(|room| self.open.contains(room))));
            }
            Input::Typing(room) => {
                let last = self.typed_at.get(&room);
                let due = last.is_none_or(|last| now.duration_since(*last) >= TYPING_INTERVAL);
                if self.open.contains(&room) && due {
                    self.typed_at.insert(room, now);
                    effects.push(Effect::Typing(room));
                }
            }
            Input::SetPresence { away } => effects.push(Effect::SetPresence { away }),
            Input::WatchPresence(users) => effects.push(Effect::WatchPresence(users)),
            Input::Heartbeat { digest } => effects.push(Effect::CompareDigest(digest)),
            Input::Probe { nonce, by_datagram } => {
                effects.push(Effect::Probe { nonce, by_datagram });
            }
            _ => {}
        }
        None
    }

    fn request(
        &mut self,
        now: Instant,
        id: RequestId,
        ask: Result<Ask, Refusal>,
        user: &mut TokenBucket,
        effects: &mut Vec<Effect>,
    ) -> Option<CloseReason> {
        self.order.came();
        let log = match &ask {
            Ok(Ask::Change(change)) => Some(self.command(id, change.clone()).log()),
            _ => None,
        };
        let admitted = self
            .bucket
            .take(now)
            .and_then(|()| user.take(now).inspect_err(|_| self.bucket.put_back()));
        if let Err(wait) = admitted {
            self.refused_in_a_row += 1;
            if self.refused_in_a_row >= REFUSALS_IN_A_ROW {
                return Some(CloseReason::RateLimited);
            }
            if log.is_some_and(|log| !self.order.refused(id, log, now)) {
                return Some(CloseReason::RateLimited);
            }
            let refusal = Refusal::new(Code::RateLimited, "too many requests").retry_after(wait);
            effects.push(Effect::Refuse { id, refusal });
            return None;
        }
        self.refused_in_a_row = 0;
        if log.is_some_and(|log| !self.order.pass(log, id, now)) {
            effects.push(Effect::Refuse { id, refusal: OrderGate::refusal() });
            return None;
        }
        match ask {
            Err(refusal) => effects.push(Effect::Refuse { id, refusal }),
            Ok(ask) => self.ask(id, ask, effects),
        }
        None
    }

    fn ask(&mut self, id: RequestId, ask: Ask, effects: &mut Vec<Effect>) {
        match ask {
            Ask::Change(change) => {
                let command = self.command(id, change);
                self.order.sent(id, Some(command.log()));
                effects.push(Effect::Submit(command));
            }
            Ask::Open { room, from } => {
                if !self.open.contains(&room) && self.open.len() >= limits::OPEN_LOGS {
                    let refusal =
                        Refusal::new(Code::TooManyOpen, "close another room before this one");
                    effects.push(Effect::Refuse { id, refusal });
                    return;
                }
                // Not among the unanswered: it is answered before its events
                // come, and there are at most as many as there may be logs open.
                self.open.insert(room);
                effects.push(Effect::Open { id, room, from });
            }
            Ask::CloseLog { room } => {
                self.open.remove(&room);
                effects.push(Effect::CloseLog { id, room });
            }
            Ask::Fetch { log, from, limit } => {
                self.order.sent(id, None);
                effects.push(Effect::Fetch { id, log, from, limit });
            }
        }
    }

    fn command(&self, request_id: RequestId, change: Change) -> Command {
        Command { request_id, actor: self.who.user, change }
    }
}

#[cfg(test)]
mod tests {
    use parlor_domain::{Body, FileIds};

    use super::*;

    /// A session on a clock that the test moves.
    struct Bench {
        machine: Machine,
        user: TokenBucket,
        now: Instant,
    }

    const RATE: Rate = Rate { burst: 100, per_second: 10 };

    impl Bench {
        fn new() -> Self {
            let now = Instant::now();
            let user = TokenBucket::new(Rate { burst: 1_000, per_second: 100 }, now);
            Self { machine: Machine::new(RATE, now), user, now }
        }

        fn ready() -> (Self, Checked) {
            let mut bench = Self::new();
            let who = Checked {
                user: UserId::random(),
                device: DeviceId::random(),
                ends_at: bench.now + Duration::from_secs(600),
            };
            let effects = bench.input(Input::Hello { checked: Some(who), resume: vec![] });
            assert_eq!(effects, [Effect::Welcome { checked: who, resume: vec![] }]);
            (bench, who)
        }

        fn input(&mut self, input: Input) -> Vec<Effect> {
            let mut effects = Vec::new();
            self.machine.input(self.now, input, &mut self.user, &mut effects);
            effects
        }

        /// Lets the time of the next deadline come.
        fn tick(&mut self) -> Vec<Effect> {
            self.now = self.machine.deadline().expect("alive");
            self.input(Input::Tick)
        }

        fn post(&mut self, room: RoomId) -> (RequestId, Vec<Effect>) {
            let id = RequestId::random();
            (id, self.post_as(id, room))
        }

        fn post_as(&mut self, id: RequestId, room: RoomId) -> Vec<Effect> {
            let body = Body::parse("hello").expect("valid");
            let ask = Ok(Ask::Change(Change::Post {
                room,
                body,
                reply_to: None,
                attachments: FileIds::default(),
            }));
            self.input(Input::Request { id, ask })
        }
    }

    #[test]
    fn rule_2_1_hello_first_and_in_time() {
        let mut late = Bench::new();
        assert_eq!(late.tick(), [Effect::Close(CloseReason::HelloTimeout)]);
        assert_eq!(late.machine.deadline(), None);
        let mut rude = Bench::new();
        let effects = rude.input(Input::Probe { nonce: 1, by_datagram: false });
        assert_eq!(effects, [Effect::Close(CloseReason::Protocol)]);
        assert!(rude.input(Input::Tick).is_empty(), "nothing follows Close");
    }

    #[test]
    fn rule_5_1_heartbeats_until_nothing_comes_any_more() {
        let (mut bench, _) = Bench::ready();
        assert_eq!(bench.tick(), [Effect::Heartbeat]);
        assert_eq!(bench.tick(), [Effect::Heartbeat]);
        assert_eq!(bench.tick(), [Effect::Close(CloseReason::Idle)]);
    }

    #[test]
    fn rule_2_8_the_session_ends_with_its_token_unless_renewed() {
        let (mut bench, who) = Bench::ready();
        let later = Checked { ends_at: who.ends_at + Duration::from_secs(60), ..who };
        assert!(bench.input(Input::Renew { checked: Some(later) }).is_empty());
        bench.now = who.ends_at;
        bench.input(Input::Probe { nonce: 1, by_datagram: false });
        assert_eq!(bench.input(Input::Tick), [Effect::Heartbeat]);
        bench.now = later.ends_at;
        assert_eq!(bench.input(Input::Tick), [Effect::Close(CloseReason::TokenExpired)]);
    }

    #[test]
    fn rule_3_6_reading_stops_while_too_many_requests_wait() {
        let (mut bench, _) = Bench::ready();
        let room = RoomId::random();
        let mut ids = Vec::new();
        while bench.machine.may_read() {
            ids.push(bench.post(room).0);
        }
        assert_eq!(ids.len(), limits::UNANSWERED_REQUESTS);
        bench.input(Input::Answered { id: ids[0], log: Some(room.into()), code: None });
        assert!(bench.machine.may_read());
    }

    #[test]
    fn c4_a_retryable_failure_holds_back_its_room_and_no_other() {
        let (mut bench, _) = Bench::ready();
        let (room, other) = (RoomId::random(), RoomId::random());
        let (failed, _) = bench.post(room);
        let code = Some(Code::Unavailable);
        bench.input(Input::Answered { id: failed, log: Some(room.into()), code });
        let (_, effects) = bench.post(room);
        assert!(
            matches!(&effects[..], [Effect::Refuse { refusal, .. }] if refusal.code == Code::RetryInOrder)
        );
        assert!(matches!(bench.post(other).1[..], [Effect::Submit(_)]));
        assert!(matches!(bench.post_as(failed, room)[..], [Effect::Submit(_)]));
        assert!(matches!(bench.post(room).1[..], [Effect::Submit(_)]));
        // A final refusal holds nothing back.
        let (refused, _) = bench.post(room);
        let code = Some(Code::Forbidden);
        bench.input(Input::Answered { id: refused, log: Some(room.into()), code });
        assert!(matches!(bench.post(room).1[..], [Effect::Submit(_)]));
        // A client that gives up may go on after a while.
        let (given_up, _) = bench.post(room);
        let code = Some(Code::Internal);
        bench.input(Input::Answered { id: given_up, log: Some(room.into()), code });
        for _ in 0..4 {
            bench.now += Duration::from_secs(3);
            bench.input(Input::Probe { nonce: 1, by_datagram: false });
        }
        assert!(matches!(bench.post(room).1[..], [Effect::Submit(_)]));
    }

    #[test]
    fn c4_of_several_that_failed_the_first_one_sent_comes_again_first() {
        let (mut bench, _) = Bench::ready();
        let room = RoomId::random();
        let (first, _) = bench.post(room);
        bench.user = TokenBucket::new(Rate { burst: 0, per_second: 1 }, bench.now);
        let (second, effects) = bench.post(room);
        assert!(matches!(&effects[..], [Effect::Refuse { .. }]), "rate limited: {effects:?}");
        // The answer to the one before it comes later.
        let code = Some(Code::Unavailable);
        bench.input(Input::Answered { id: first, log: Some(room.into()), code });
        bench.user = TokenBucket::new(RATE, bench.now);
        let effects = bench.post_as(second, room);
        let [Effect::Refuse { refusal, .. }] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(refusal.code, Code::RetryInOrder);
        assert!(matches!(bench.post_as(first, room)[..], [Effect::Submit(_)]));
        assert!(matches!(bench.post_as(second, room)[..], [Effect::Submit(_)]));
    }

    #[test]
    fn c4_what_was_held_up_on_its_way_does_not_overtake_what_failed() {
        let (mut bench, _) = Bench::ready();
        let (room, code) = (RoomId::random(), Some(Code::Unavailable));
        let (failed, _) = bench.post(room);
        bench.input(Input::Answered { id: failed, log: Some(room.into()), code });
        bench.now += Duration::from_secs(17);
        let (_, effects) = bench.post(room);
        let [Effect::Refuse { refusal, .. }] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(refusal.code, Code::RetryInOrder);
    }

    #[test]
    fn c4_a_gate_that_is_over_does_not_keep_the_next_one_from_shutting() {
        let (mut bench, _) = Bench::ready();
        let (room, code) = (RoomId::random(), Some(Code::Unavailable));
        let (given_up, _) = bench.post(room);
        let (failed, _) = bench.post(room);
        bench.input(Input::Answered { id: given_up, log: Some(room.into()), code });
        bench.now += Duration::from_secs(10);
        bench.input(Input::Answered { id: failed, log: Some(room.into()), code });
        let (_, effects) = bench.post(room);
        assert!(matches!(&effects[..], [Effect::Refuse { .. }]), "{effects:?}");
    }

    #[test]
    fn c10_a_session_that_names_ever_more_rooms_is_closed_and_not_remembered() {
        let (mut bench, _) = Bench::ready();
        bench.user = TokenBucket::new(Rate { burst: 1, per_second: 1_000 }, bench.now);
        let closed = (0..20_000).any(|n| {
            // One of a hundred is let through, so that it is never refused too often.
            if n % 100 == 0 {
                bench.now += Duration::from_millis(1);
            }
            assert!(bench.machine.remembered() < 1_000);
            bench.post(RoomId::random()).1 == [Effect::Close(CloseReason::RateLimited)]
        });
        assert!(closed);
    }

    #[test]
    fn c10_a_session_whose_posts_fail_in_ever_more_rooms_remembers_few() {
        let (mut bench, _) = Bench::ready();
        for _ in 0..3_000 {
            bench.now += Duration::from_millis(100);
            let room = RoomId::random();
            let (failed, effects) = bench.post(room);
            assert!(matches!(effects[..], [Effect::Submit(_)]), "{effects:?}");
            let code = Some(Code::Unavailable);
            bench.input(Input::Answered { id: failed, log: Some(room.into()), code });
            assert!(bench.machine.remembered() < 600);
        }
    }

    #[test]
    fn rule_3_7_the_users_other_sessions_count_too() {
        let (mut bench, _) = Bench::ready();
        bench.user = TokenBucket::new(Rate { burst: 1, per_second: 1 }, bench.now);
        let room = RoomId::random();
        assert!(matches!(bench.post(room).1[..], [Effect::Submit(_)]));
        let (_, effects) = bench.post(RoomId::random());
        let [Effect::Refuse { refusal, .. }] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(refusal.code, Code::RateLimited);
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(1)));
    }

    #[test]
    fn rule_4_5_more_logs_than_allowed_in_hello_break_the_protocol() {
        let mut bench = Bench::new();
        let who = Checked {
            user: UserId::random(),
            device: DeviceId::random(),
            ends_at: bench.now + Duration::from_secs(600),
        };
        let resume = (0..=limits::OPEN_LOGS)
            .map(|_| (RoomId::random().into(), Position::default()))
            .collect();
        let effects = bench.input(Input::Hello { checked: Some(who), resume });
        assert_eq!(effects, [Effect::Close(CloseReason::Protocol)]);
    }

    #[test]
    fn rule_5_5_typing_is_passed_on_once_a_second_in_open_rooms() {
        let (mut bench, _) = Bench::ready();
        let room = RoomId::random();
        assert!(bench.input(Input::Typing(room)).is_empty(), "not open");
        let ask = Ok(Ask::Open { room, from: Position::default() });
        bench.input(Input::Request { id: RequestId::random(), ask });
        assert_eq!(bench.input(Input::Typing(room)), [Effect::Typing(room)]);
        assert!(bench.input(Input::Typing(room)).is_empty());
        bench.now += TYPING_INTERVAL;
        assert_eq!(bench.input(Input::Typing(room)), [Effect::Typing(room)]);
    }
}
