//! Requests that wait for their answer, one queue per room (PROTOCOL 3).
//!
//! A room's requests are sent in the order they were asked for, many at once.
//! After a retryable refusal nothing more of that room is sent until all that is
//! on its way has been answered and the time told has passed; then the refused
//! request goes out again, and once it is done all after it, in order and under
//! their old ids (C4). A room that stays held up thus costs one request each
//! time, and not the session's whole allowance, which other rooms share (C12).

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    ops::Bound,
    time::{Duration, Instant},
};

use parlor_domain::{Code, Refusal, RequestId, RoomId};

use crate::protocol::{Limits, RequestBody};

/// Waits this long where a retryable refusal does not say.
const RETRY: Duration = Duration::from_millis(500);

/// A request on its way to an answer.
#[derive(Debug)]
struct Pending {
    id: RequestId,
    body: RequestBody,
    /// Sent on the session that lives now, and not answered yet.
    on_wire: bool,
}

#[derive(Debug, Default)]
struct Queue {
    requests: VecDeque<Pending>,
    pace: Pace,
}

/// How the requests of a room are sent.
#[derive(Clone, Copy, Debug, Default)]
enum Pace {
    /// As many at once as the session allows.
    #[default]
    Many,
    /// None, after a retryable refusal: not before this time, and not before the
    /// requests on the wire are answered.
    Held { until: Instant },
    /// One change at a time, until one is done. Reads pass: what keeps a log from
    /// growing does not keep it from being read.
    Trying,
}

/// What an answer did.
#[derive(Debug, PartialEq, Eq)]
pub enum Settled {
    /// The request is done, or finally refused, and left the outbox.
    Finished { room: RoomId, body: RequestBody },
    /// It will be sent again.
    Held,
    /// It is not waiting here: answered before, or by a session that is gone.
    Unknown,
}

#[derive(Debug, Default)]
pub struct Outbox {
    queues: BTreeMap<RoomId, Queue>,
    rooms: HashMap<RequestId, RoomId>,
    on_wire: usize,
    bucket: Option<Bucket>,
    limit: usize,
    /// The room served last.
    served: Option<RoomId>,
}

impl Outbox {
    /// How many requests wait, sent or not.
    pub fn len(&self) -> usize {
        self.rooms.len()
    }

    /// How many are sent and not answered.
    pub fn on_wire(&self) -> usize {
        self.on_wire
    }

    /// Adds a request behind the others of its room.
    pub fn push(&mut self, room: RoomId, id: RequestId, body: RequestBody) {
        let queue = self.queues.entry(room).or_default();
        queue.requests.push_back(Pending { id, body, on_wire: false });
        self.rooms.insert(id, room);
    }

    /// A session begins: nothing is on the wire, its bucket is full.
    pub fn begin(&mut self, now: Instant, limits: Limits) {
        self.limit = limits.unanswered_requests.max(1);
        self.bucket = Bucket::new(now, limits);
    }

    /// The session is gone: what was sent has an unknown outcome and is sent
    /// again. Requests for which `keep` is false are forgotten.
    pub fn lose(&mut self, keep: impl Fn(&RequestBody) -> bool) {
        self.on_wire = 0;
        for queue in self.queues.values_mut() {
            queue.requests.retain_mut(|request| {
                request.on_wire = false;
                let kept = keep(&request.body);
                if !kept {
                    self.rooms.remove(&request.id);
                }
                kept
            });
        }
        self.queues.retain(|_, queue| !queue.requests.is_empty());
    }

    /// The next request to send, where limits and order allow one now.
    pub fn next(&mut self, now: Instant) -> Option<(RequestId, RoomId, RequestBody)> {
        if self.on_wire >= self.limit {
            return None;
        }
        let (room, index) = self.ready(now)?;
        let queue = self.queues.get_mut(&room)?;
        if let Some(bucket) = &mut self.bucket
            && !bucket.take(now)
        {
            return None;
        }
        if let Pace::Held { .. } = queue.pace {
            queue.pace = Pace::Trying;
        }
        let request = queue.requests.get_mut(index)?;
        request.on_wire = true;
        self.on_wire += 1;
        self.served = Some(room);
        Some((request.id, room, request.body.clone()))
    }

    /// The room whose turn it is, one request each, and the index of its request.
    fn ready(&self, now: Instant) -> Option<(RoomId, usize)> {
        let ready = |(room, queue): (&RoomId, &Queue)| Some((*room, queue.ready(now)?));
        match self.served {
            None => self.queues.iter().find_map(ready),
            Some(served) => {
                let after = (Bound::Excluded(served), Bound::Unbounded);
                let rest = self.queues.range(after).chain(self.queues.range(..=served));
                rest.into_iter().find_map(ready)
            }
        }
    }

    /// When `next` may have something that it has not now; `None` where only an
    /// answer or a new request changes that.
    pub fn wake_at(&self, now: Instant) -> Option<Instant> {
        if self.on_wire >= self.limit {
            return None;
        }
        let held = self.queues.values().filter_map(|queue| queue.wake_at(now)).min()?;
        let token = self.bucket.as_ref().map_or(now, |bucket| bucket.ready_at(now));
        Some(held.max(token))
    }

    /// Takes the answer to a request.
    pub fn settle(&mut self, now: Instant, id: RequestId, refusal: Option<&Refusal>) -> Settled {
        let Some(room) = self.rooms.get(&id).copied() else {
            return Settled::Unknown;
        };
        let Some(queue) = self.queues.get_mut(&room) else {
            return Settled::Unknown;
        };
        let sent = |request: &Pending| request.id == id && request.on_wire;
        let Some(index) = queue.requests.iter().position(sent) else {
            return Settled::Unknown;
        };
        self.on_wire -= 1;
        if let Some(refusal) = refusal.filter(|refusal| refusal.code.is_retryable()) {
            let until = now + refusal.retry_after.unwrap_or(RETRY);
            queue.requests[index].on_wire = false;
            queue.pace = match queue.pace {
                // RETRY_IN_ORDER only follows from the first refusal, whose time counts.
                Pace::Held { until } if refusal.code == Code::RetryInOrder => Pace::Held { until },
                Pace::Held { until: before } => Pace::Held { until: until.max(before) },
                Pace::Many | Pace::Trying => Pace::Held { until },
            };
            if refusal.code == Code::RateLimited
                && let Some(bucket) = &mut self.bucket
            {
                bucket.empty_until(until);
            }
            return Settled::Held;
        }
        self.rooms.remove(&id);
        let request = queue.requests.remove(index);
        if let (Pace::Trying, Some(request)) = (queue.pace, &request)
            && request.body.is_change()
        {
            queue.pace = Pace::Many;
        }
        if queue.requests.is_empty() {
            self.queues.remove(&room);
        }
        request.map_or(Settled::Unknown, |request| Settled::Finished { room, body: request.body })
    }
}

impl Queue {
    /// Index of the request that may be sent now.
    fn ready(&self, now: Instant) -> Option<usize> {
        match self.pace {
            Pace::Held { until } if until > now => None,
            _ => self.unsent(),
        }
    }

    /// When time alone lets something be sent; `None` where it waits for an answer.
    fn wake_at(&self, now: Instant) -> Option<Instant> {
        self.unsent()?;
        match self.pace {
            Pace::Held { until } => Some(until),
            Pace::Many | Pace::Trying => Some(now),
        }
    }

    /// Index of the next request to send, where no answer has to come before.
    fn unsent(&self) -> Option<usize> {
        let changing = |request: &Pending| request.on_wire && request.body.is_change();
        let reads_only = match self.pace {
            Pace::Held { .. } if self.any_on_wire() => return None,
            Pace::Held { .. } | Pace::Many => false,
            Pace::Trying => self.requests.iter().any(changing),
        };
        let may_go =
            |request: &Pending| !(request.on_wire || reads_only && request.body.is_change());
        self.requests.iter().position(may_go)
    }

    fn any_on_wire(&self) -> bool {
        self.requests.iter().any(|request| request.on_wire)
    }
}

/// The server's token bucket as the client knows it, so that it seldom needs to
/// be refused. Counted in time: `full_at` is when the bucket will be full.
#[derive(Debug)]
struct Bucket {
    per_token: Duration,
    capacity: Duration,
    full_at: Instant,
}

impl Bucket {
    fn new(now: Instant, limits: Limits) -> Option<Self> {
        let per_token = Duration::from_secs(1).checked_div(limits.requests_per_second)?;
        let capacity = per_token.checked_mul(limits.request_burst.max(1))?;
        Some(Self { per_token, capacity, full_at: now })
    }

    fn ready_at(&self, now: Instant) -> Instant {
        let full_after_taking = self.full_at.max(now) + self.per_token;
        full_after_taking.checked_sub(self.capacity).map_or(now, |at| at.max(now))
    }

    fn take(&mut self, now: Instant) -> bool {
        if self.ready_at(now) > now {
            return false;
        }
        self.full_at = self.full_at.max(now) + self.per_token;
        true
    }

    /// The server sees the bucket empty: the next token comes at `at`.
    fn empty_until(&mut self, at: Instant) {
        self.full_at = self.full_at.max(at + self.capacity - self.per_token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Page;
    use parlor_domain::{Body, FileIds};

    const LIMITS: Limits =
        Limits { unanswered_requests: 3, request_burst: 0, requests_per_second: 0 };

    struct Bench {
        now: Instant,
        outbox: Outbox,
    }

    impl Bench {
        fn new(limits: Limits) -> Self {
            let now = Instant::now();
            let mut outbox = Outbox::default();
            outbox.begin(now, limits);
            Self { now, outbox }
        }

        fn post(&mut self, room: RoomId) -> RequestId {
            let id = RequestId::random();
            let text = Body::parse("hello").expect("valid");
            self.outbox.push(
                room,
                id,
                RequestBody::Post { text, reply_to: None, attachments: FileIds::default() },
            );
            id
        }

        fn sent(&mut self) -> Vec<RequestId> {
            let next = || self.outbox.next(self.now).map(|(id, ..)| id);
            std::iter::from_fn(next).collect()
        }

        fn ok(&mut self, id: RequestId) -> Settled {
            self.outbox.settle(self.now, id, None)
        }

        fn refuse(&mut self, id: RequestId, code: Code, after_ms: u64) -> Settled {
            let refusal = Refusal::new(code, "").retry_after(Duration::from_millis(after_ms));
            self.outbox.settle(self.now, id, Some(&refusal))
        }
    }

    #[test]
    fn rule_3_6_no_more_than_the_limit_wait_for_their_answer() {
        let (mut bench, room) = (Bench::new(LIMITS), RoomId::random());
        let ids: Vec<_> = (0..5).map(|_| bench.post(room)).collect();
        assert_eq!(bench.sent(), ids[..3]);
        assert_eq!(bench.outbox.wake_at(bench.now), None, "only an answer helps");
        bench.ok(ids[1]);
        assert_eq!(bench.sent(), ids[3..4]);
    }

    #[test]
    fn c4_after_a_retryable_refusal_that_one_and_all_after_it_go_again_in_order() {
        let (mut bench, room) = (Bench::new(LIMITS), RoomId::random());
        let ids: Vec<_> = (0..4).map(|_| bench.post(room)).collect();
        assert_eq!(bench.sent(), ids[..3]);
        assert_eq!(bench.refuse(ids[0], Code::Unavailable, 500), Settled::Held);
        bench.now += Duration::from_secs(1);
        assert_eq!(bench.sent(), [], "answers to the others are still on their way");
        bench.refuse(ids[1], Code::RetryInOrder, 9_000);
        bench.refuse(ids[2], Code::RetryInOrder, 9_000);
        assert_eq!(bench.sent(), ids[..1], "only the first refusal's time counts");
        assert!(matches!(bench.ok(ids[0]), Settled::Finished { .. }));
        assert_eq!(bench.sent(), ids[1..]);
    }

    #[test]
    fn c12_a_room_that_stays_held_up_leaves_the_allowance_to_the_others() {
        let limits = Limits { unanswered_requests: 3, request_burst: 20, requests_per_second: 1 };
        let (mut bench, held, other) = (Bench::new(limits), RoomId::random(), RoomId::random());
        let ids: Vec<_> = (0..9).map(|_| bench.post(held)).collect();
        let mut on_wire = bench.sent();
        assert_eq!(on_wire, ids[..3]);
        for _ in 0..9 {
            bench.refuse(on_wire[0], Code::Unavailable, 500);
            for id in &on_wire[1..] {
                bench.refuse(*id, Code::RetryInOrder, 0);
            }
            bench.now += Duration::from_millis(500);
            on_wire = bench.sent();
            assert_eq!(on_wire, ids[..1], "the first again, alone");
            let post = bench.post(other);
            assert_eq!(bench.sent(), [post], "it waits for nothing in the other room");
            bench.ok(post);
        }
        bench.ok(ids[0]);
        assert_eq!(bench.sent(), ids[1..4], "and all after it once it is done");
    }

    #[test]
    fn rule_3_11_a_room_that_takes_no_posts_is_read_all_the_same() {
        let (mut bench, room) = (Bench::new(LIMITS), RoomId::random());
        let ids = [bench.post(room), bench.post(room)];
        bench.sent();
        bench.refuse(ids[0], Code::Unavailable, 0);
        bench.refuse(ids[1], Code::RetryInOrder, 0);
        assert_eq!(bench.sent(), ids[..1]);
        let fetch = RequestId::random();
        let body = RequestBody::Fetch { page: Page::Newest, limit: 1 };
        bench.outbox.push(room, fetch, body);
        assert_eq!(bench.sent(), [fetch]);
        bench.ok(fetch);
        assert_eq!(bench.sent(), [], "a page says nothing of the posts");
        bench.ok(ids[0]);
        assert_eq!(bench.sent(), ids[1..]);
    }

    #[test]
    fn rule_3_5_waits_the_time_it_was_told() {
        let (mut bench, room) = (Bench::new(LIMITS), RoomId::random());
        let id = bench.post(room);
        bench.sent();
        bench.refuse(id, Code::Unavailable, 500);
        assert_eq!(bench.sent(), []);
        let wake = bench.outbox.wake_at(bench.now).expect("time helps");
        assert_eq!(wake - bench.now, Duration::from_millis(500));
        bench.now = wake;
        assert_eq!(bench.sent(), [id]);
    }

    #[test]
    fn c4_another_room_is_not_held_up() {
        let mut bench = Bench::new(LIMITS);
        let (slow, other) = (RoomId::random(), RoomId::random());
        let first = bench.post(slow);
        bench.sent();
        bench.refuse(first, Code::Unavailable, 500);
        let second = bench.post(other);
        assert_eq!(bench.sent(), [second]);
    }

    #[test]
    fn rooms_take_turns() {
        let mut bench = Bench::new(LIMITS);
        let (one, two) = (RoomId::random(), RoomId::random());
        let ones: Vec<_> = (0..3).map(|_| bench.post(one)).collect();
        let twos: Vec<_> = (0..3).map(|_| bench.post(two)).collect();
        assert_eq!(bench.sent(), [ones[0], twos[0], ones[1]]);
    }

    #[test]
    fn rule_3_1_what_a_lost_session_left_open_is_sent_again_in_order() {
        let (mut bench, room) = (Bench::new(LIMITS), RoomId::random());
        let ids: Vec<_> = (0..3).map(|_| bench.post(room)).collect();
        bench.sent();
        bench.ok(ids[0]);
        bench.outbox.lose(|_| true);
        assert_eq!(bench.ok(ids[1]), Settled::Unknown, "nothing is on the wire");
        bench.outbox.begin(bench.now, LIMITS);
        assert_eq!(bench.sent(), ids[1..]);
        assert_eq!(bench.ok(ids[0]), Settled::Unknown, "answered before");
    }

    #[test]
    fn rule_3_7_keeps_to_the_bucket_it_was_told_of() {
        let limits = Limits { unanswered_requests: 9, request_burst: 2, requests_per_second: 10 };
        let (mut bench, room) = (Bench::new(limits), RoomId::random());
        let ids: Vec<_> = (0..5).map(|_| bench.post(room)).collect();
        assert_eq!(bench.sent(), ids[..2]);
        let wake = bench.outbox.wake_at(bench.now).expect("a token comes");
        assert_eq!(wake - bench.now, Duration::from_millis(100));
        bench.now = wake;
        assert_eq!(bench.sent(), ids[2..3]);
        bench.refuse(ids[0], Code::RateLimited, 300);
        bench.refuse(ids[1], Code::RetryInOrder, 0);
        bench.refuse(ids[2], Code::RetryInOrder, 0);
        bench.now += Duration::from_millis(299);
        assert_eq!(bench.sent(), []);
        bench.now += Duration::from_millis(1);
        assert_eq!(bench.sent(), ids[..1], "one token, then one by one");
    }

    #[test]
    fn rule_3_5_a_final_refusal_leaves_the_outbox() {
        let (mut bench, room) = (Bench::new(LIMITS), RoomId::random());
        let id = bench.post(room);
        bench.sent();
        assert!(matches!(bench.refuse(id, Code::Forbidden, 0), Settled::Finished { .. }));
        assert_eq!(bench.outbox.len(), 0);
    }
}
