//! What a room knows and decides: pure.

use std::{
    borrow::Borrow,
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Instant,
};

use parlor_domain::{
    Attachment, Event, EventBody, Position, RequestId, Seq, SessionId, UserId,
    limits::{OUTBOX_BYTES, ROOM_TAIL_EVENTS},
    planted::{Planted, planted},
};

use crate::{session::order::OrderGate, wire};

/// Bodies of the tail kept in memory, together: what a session can be handed at
/// once when it attaches.
const TAIL_BYTES: usize = OUTBOX_BYTES / 4;

/// A session that follows the room.
pub trait Follower {
    fn session(&self) -> SessionId;
    fn user(&self) -> UserId;
    /// The user was a member when the log stood here; `None` for one's own log.
    fn authorised_at(&self) -> Option<Seq>;
}

/// Somebody wants to follow from a seq on.
#[derive(Debug)]
pub struct Attach<F> {
    pub follower: F,
    /// The last event the session has. It has looked itself for the departure of
    /// its user up to here.
    pub after: Seq,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Attached {
    /// From now on every event is passed on; these are missing before them.
    Live(Vec<Arc<Event>>),
    /// Not a member any more: these are the last events.
    Parted(Vec<Arc<Event>>),
    /// Too far behind the events kept in memory: read up to about here first.
    Behind(Position),
    /// There is no such log.
    Gone,
}

/// Events to pass on, and what has to be read before more can be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Advance {
    /// Dense, following what was passed on before.
    pub events: Vec<Arc<Event>>,
    /// There is a hole after them: read the log on from the head.
    pub behind: bool,
}

/// Takes away what follows the event by which `user`, a member when the log stood
/// at `authorised_at`, stopped being one: that is the last event shown (rule 4.7).
/// True where there is one. `None`: the user's own log, which nobody leaves.
pub fn cut_at_departure<E: Borrow<Event>>(
    events: &mut Vec<E>,
    user: UserId,
    authorised_at: Option<Seq>,
) -> bool {
    let Some(at) = authorised_at else { return false };
    if planted(Planted::SkipMembershipRecheck) {
        return false;
    }
    let departs = |event: &Event| {
        event.seq > at && event.body.departed().is_some_and(|gone| gone.includes(user))
    };
    let Some(last) = events.iter().position(|event| departs(event.borrow())) else { return false };
    events.truncate(last + 1);
    true
}

/// One room: the head that was passed on, the newest events, the followers.
#[derive(Debug)]
pub struct Machine<F> {
    head: Position,
    /// Where the log is known to reach; at least the head.
    known: Seq,
    tail: VecDeque<Arc<Event>>,
    tail_bytes: usize,
    followers: Vec<F>,
    gates: HashMap<SessionId, OrderGate>,
}

impl<F: Follower> Machine<F> {
    /// A room whose log stands at `head`.
    pub fn new(head: Position) -> Self {
        Self {
            head,
            known: head.seq,
            tail: VecDeque::new(),
            tail_bytes: 0,
            followers: Vec::new(),
            gates: HashMap::new(),
        }
    }

    /// Up to where events were passed on.
    pub fn head(&self) -> Position {
        self.head
    }

    /// Up to where the log is known to reach.
    pub fn known(&self) -> Seq {
        self.known
    }

    /// Everybody who follows.
    pub fn followers(&self) -> &[F] {
        &self.followers
    }

    /// Events in memory, and sessions whose requests are held back.
    #[cfg(feature = "machines")]
    pub fn sizes(&self) -> (usize, usize) {
        (self.tail.len(), self.gates.len())
    }

    /// True where nobody follows. Gates need not be kept: they are open again
    /// long before an idle room is put to sleep.
    pub fn is_idle(&self) -> bool {
        self.followers.is_empty()
    }

    /// Attaches at exactly the seq the session has, or not at all (C7): since
    /// this room alone passes events on, nothing can come between.
    pub fn attach(&mut self, attach: Attach<F>) -> Attached {
        let Attach { follower, after } = attach;
        let oldest = self.tail.front().map_or(self.head.seq.next(), |event| event.seq);
        if after.next() < oldest {
            return Attached::Behind(self.head);
        }
        let mut missing: Vec<_> =
            self.tail.iter().filter(|event| event.seq > after).cloned().collect();
        if cut_at_departure(&mut missing, follower.user(), follower.authorised_at()) {
            return Attached::Parted(missing);
        }
        self.detach(|other| other.session() == follower.session());
        self.followers.push(follower);
        Attached::Live(missing)
    }

    /// Stops passing events to some followers.
    pub fn detach(&mut self, gone: impl Fn(&F) -> bool) {
        self.followers.retain(|follower| !gone(follower));
    }

    /// Takes committed events, ascending, as they were read or answered.
    pub fn take(&mut self, events: impl IntoIterator<Item = Event>) -> Advance {
        let mut advance = Advance::default();
        for event in events {
            self.known = self.known.max(event.seq);
            if event.seq == self.head.seq.next() {
                self.head.seq = event.seq;
                let event = Arc::new(event);
                self.keep(Arc::clone(&event));
                advance.events.push(event);
            }
        }
        advance.behind = self.is_behind();
        advance
    }

    /// The log is said to reach this far.
    pub fn announced(&mut self, seq: Seq) {
        self.known = self.known.max(seq);
    }

    /// True where the log reaches further than what was passed on.
    pub fn is_behind(&self) -> bool {
        self.known > self.head.seq
    }

    fn keep(&mut self, event: Arc<Event>) {
        self.tail_bytes += weight(&event);
        self.tail.push_back(event);
        while self.tail.len() > ROOM_TAIL_EVENTS || self.tail_bytes > TAIL_BYTES {
            let Some(oldest) = self.tail.pop_front() else { break };
            self.tail_bytes -= weight(&oldest);
        }
    }

    /// Takes out the followers whom this event made outsiders; for after it was
    /// passed on (rule 4.7). Whoever was found to be a member later came back.
    pub fn part(&mut self, event: &Event) -> Vec<F> {
        let Some(gone) = event.body.departed() else { return Vec::new() };
        if planted(Planted::SkipMembershipRecheck) {
            return Vec::new();
        }
        let outsider = |follower: &mut F| {
            gone.includes(follower.user())
                && follower.authorised_at().is_none_or(|at| at < event.seq)
        };
        self.followers.extract_if(.., outsider).collect()
    }

    /// True where a request may go to the log; false answers `RETRY_IN_ORDER`.
    pub fn admit(&mut self, session: SessionId, request: RequestId, now: Instant) -> bool {
        match self.gates.get(&session) {
            Some(gate) if !gate.opens_for(request, now) => false,
            Some(_) => {
                self.gates.remove(&session);
                true
            }
            None => true,
        }
    }

    /// A request failed retryably: later ones of its session must not overtake it.
    pub fn hold(&mut self, session: SessionId, request: RequestId, now: Instant) {
        self.gates.retain(|_, gate| !gate.is_over(now));
        self.gates.entry(session).or_insert_with(|| OrderGate::shut(request, now));
    }
}

fn weight(event: &Event) -> usize {
    let text = match &event.body {
        EventBody::MessagePosted { text, mentions, attachments, forwarded, .. } => {
            let files = attachments.iter().map(|file| size_of::<Attachment>() + file.weight());
            let forwarded = forwarded.as_ref().map_or(0, |forwarded| forwarded.text.len());
            let text = text.len() + forwarded;
            text + mentions.users.len() * wire::MENTION_BYTES + files.sum::<usize>()
        }
        EventBody::MessageEdited { text, mentions, .. } => {
            text.len() + mentions.users.len() * wire::MENTION_BYTES
        }
        EventBody::RoomCreated { name, topic, .. } | EventBody::RoomRenamed { name, topic } => {
            name.as_str().len() + topic.as_str().len()
        }
        _ => 0,
    };
    size_of::<Event>() + text
}

#[cfg(test)]
mod tests {
    use parlor_domain::{Epoch, Mentions, Timestamp};

    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Somebody(SessionId, UserId, Option<Seq>);

    impl Follower for Somebody {
        fn session(&self) -> SessionId {
            self.0
        }
        fn user(&self) -> UserId {
            self.1
        }
        fn authorised_at(&self) -> Option<Seq> {
            self.2
        }
    }

    fn somebody() -> Somebody {
        Somebody(SessionId::random(), UserId::random(), None)
    }

    fn event(seq: u64, body: EventBody) -> Event {
        Event {
            seq: Seq::new(seq),
            at: Timestamp::default(),
            actor: UserId::SYSTEM,
            request_id: None,
            body,
        }
    }

    fn post(seq: u64) -> Event {
        let text = seq.to_string();
        event(
            seq,
            EventBody::MessagePosted {
                text,
                mentions: Mentions::default(),
                reply_to: None,
                attachments: Vec::new(),
                forwarded: None,
                erased: false,
            },
        )
    }

    fn room(head: u64) -> Machine<Somebody> {
        Machine::new(Position { epoch: Epoch::new(1), seq: Seq::new(head) })
    }

    fn attach(room: &mut Machine<Somebody>, who: Somebody, after: u64, checked: u64) -> Attached {
        let follower = Somebody(who.0, who.1, Some(Seq::new(checked)));
        room.attach(Attach { follower, after: Seq::new(after) })
    }

    fn seqs(events: &[Arc<Event>]) -> Vec<u64> {
        events.iter().map(|event| event.seq.get()).collect()
    }

    #[test]
    fn c3_events_are_passed_on_densely_whatever_comes_first() {
        let mut room = room(3);
        let advance = room.take([post(4), post(5)]);
        assert_eq!((seqs(&advance.events), advance.behind), (vec![4, 5], false));
        let advance = room.take([post(8)]);
        assert_eq!((seqs(&advance.events), advance.behind), (vec![], true));
        let advance = room.take([post(5), post(6), post(7), post(8)]);
        assert_eq!((seqs(&advance.events), advance.behind), (vec![6, 7, 8], false));
        room.announced(Seq::new(8));
        assert!(!room.is_behind());
        room.announced(Seq::new(9));
        assert!(room.is_behind());
    }

    #[test]
    fn c7_one_attaches_at_exactly_the_seq_one_has_or_not_at_all() {
        let mut room = room(3);
        assert_eq!(attach(&mut room, somebody(), 3, 3), Attached::Live(vec![]));
        let who = somebody();
        assert!(matches!(attach(&mut room, who, 2, 3), Attached::Behind(_)));
        assert_eq!(room.followers().len(), 1);
        room.take((4..=10).map(post));
        let Attached::Live(missing) = attach(&mut room, who, 5, 10) else { panic!("in the tail") };
        assert_eq!(seqs(&missing), [6, 7, 8, 9, 10]);
        room.take((11..1_000).map(post));
        assert!(matches!(attach(&mut room, somebody(), 10, 999), Attached::Behind(_)));
    }

    #[test]
    fn rule_4_7_whoever_left_after_the_check_gets_no_further_than_that() {
        let mut room = room(3);
        let who = somebody();
        let left = |seq, user| event(seq, EventBody::MemberLeft { user });
        room.take([post(4), left(5, who.1), post(6), left(7, who.1)]);
        for checked in [1, 3, 4] {
            let Attached::Parted(last) = attach(&mut room, who, 3, checked) else {
                panic!("still a member at {checked}")
            };
            assert_eq!(seqs(&last), [4, 5]);
        }
        assert!(room.is_idle(), "nothing more is passed on");
        let Attached::Parted(last) = attach(&mut room, who, 5, 6) else { panic!("left again") };
        assert_eq!(seqs(&last), [6, 7]);
        assert_eq!(attach(&mut room, who, 7, 7), Attached::Live(vec![]), "came back since");
        assert!(matches!(attach(&mut room, who, 2, 7), Attached::Behind(_)));
        let last = room.take([left(8, who.1)]);
        let gone = room.part(&last.events[0]);
        assert_eq!(gone.iter().map(Follower::user).collect::<Vec<_>>(), [who.1]);
        assert!(room.is_idle());
    }

    #[test]
    fn c4_nothing_overtakes_what_failed() {
        let mut room = room(0);
        let (session, now) = (SessionId::random(), Instant::now());
        let (first, second) = (RequestId::random(), RequestId::random());
        room.hold(session, first, now);
        assert!(!room.admit(session, second, now));
        assert!(room.admit(SessionId::random(), second, now), "others are not held up");
        assert!(room.admit(session, first, now));
        assert!(room.admit(session, second, now));
    }

    #[test]
    fn c10_the_tail_is_bounded_in_events_and_bytes() {
        let mut room = room(0);
        let big = |seq| {
            let text = "x".repeat(16_000);
            event(
                seq,
                EventBody::MessagePosted {
                    text,
                    mentions: Mentions::default(),
                    reply_to: None,
                    attachments: Vec::new(),
                    forwarded: None,
                    erased: false,
                },
            )
        };
        room.take((1..=100).map(big));
        assert!(room.tail_bytes <= TAIL_BYTES && !room.tail.is_empty());
        room.take((101..=1_000).map(post));
        assert_eq!(room.tail.len(), ROOM_TAIL_EVENTS);
    }
}
