//! The ledger: what every client sent, was told, and saw, held against each
//! other and against the log after all trouble has healed.
//!
//! The checks have the names of the fault plan: L1 answered is in the log, L2
//! each request once, L3 the log has no hole, L4 every member saw the log and
//! nothing twice, L5 what was refused is not there, L6 nothing is left unknown,
//! L7 nobody else saw anything. L8 to L10 concern the server's process and are
//! the harness's.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

use parlor_domain::{Code, Epoch, RequestId, RoomId, Seq};

/// A short stand-in for a text, to compare what was sent with what arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextDigest(u64);

impl TextDigest {
    /// Of this text. Only ever compared within one process.
    pub fn of(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// What one client did and saw, in the order it happened to it.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Its name in the report.
    pub client: String,
    sent: BTreeMap<RequestId, Sent>,
    views: HashMap<RoomId, View>,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    room: RoomId,
    text: TextDigest,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug)]
enum Outcome {
    Unknown,
    Answered(Seq),
    Refused(Code),
    /// Answered before the database was replaced: it may be there or not.
    Forgotten,
}

/// One room as a client's application saw it.
#[derive(Clone, Debug)]
struct View {
    /// The last event had before the first one seen.
    after: Seq,
    epoch: Epoch,
    seen: Vec<(Seq, Option<RequestId>, Option<TextDigest>)>,
}

impl Account {
    /// The account of a client of this name.
    pub fn new(client: impl Into<String>) -> Self {
        Self { client: client.into(), ..Self::default() }
    }

    /// The client asks for a post; a repeat of the same request is one and the same.
    pub fn sent(&mut self, request: RequestId, room: RoomId, text: &str) {
        let text = TextDigest::of(text);
        self.sent.entry(request).or_insert(Sent { room, text, outcome: Outcome::Unknown });
    }

    /// The post was answered ok.
    pub fn answered(&mut self, request: RequestId, seq: Seq) {
        if let Some(sent) = self.sent.get_mut(&request) {
            sent.outcome = Outcome::Answered(seq);
        }
    }

    /// The post was refused for good.
    pub fn refused(&mut self, request: RequestId, code: Code) {
        if let Some(sent) = self.sent.get_mut(&request) {
            sent.outcome = Outcome::Refused(code);
        }
    }

    /// The database was replaced by an older copy: what was answered before may be
    /// gone. What was not answered must still come about.
    pub fn forget_answered(&mut self) {
        for sent in self.sent.values_mut() {
            if matches!(sent.outcome, Outcome::Answered(_)) {
                sent.outcome = Outcome::Forgotten;
            }
        }
    }

    /// The client begins to follow a room, or was told to begin anew (a Reset):
    /// the events after `after` are its view from here on.
    pub fn follows(&mut self, room: RoomId, epoch: Epoch, after: Seq) {
        self.views.insert(room, View { after, epoch, seen: Vec::new() });
    }

    /// An event reached the client's application; `text` where it is a post.
    pub fn saw(&mut self, room: RoomId, seq: Seq, request: Option<RequestId>, text: Option<&str>) {
        let view = self.views.entry(room).or_insert_with(|| View {
            after: Seq::ZERO,
            epoch: Epoch::ANY,
            seen: Vec::new(),
        });
        view.seen.push((seq, request, text.map(TextDigest::of)));
    }

    /// Posts answered ok.
    pub fn answered_posts(&self) -> usize {
        self.sent.values().filter(|sent| matches!(sent.outcome, Outcome::Answered(_))).count()
    }

    /// The last event seen of a room.
    pub fn reached(&self, room: RoomId) -> Seq {
        self.views
            .get(&room)
            .map_or(Seq::ZERO, |view| view.seen.last().map_or(view.after, |(seq, ..)| *seq))
    }
}

/// One event of a log as it stands after heal.
#[derive(Clone, Copy, Debug)]
pub struct Logged {
    /// Its seq.
    pub seq: Seq,
    /// The request that made it.
    pub request: Option<RequestId>,
    /// Its text, where it is a post that was not deleted since.
    pub text: Option<TextDigest>,
}

/// A room's log after heal, and who may read it.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// Its incarnation.
    pub epoch: Epoch,
    /// Every event, in the order the log gave them.
    pub events: Vec<Logged>,
    /// Names of the clients whose users are members.
    pub members: HashSet<String>,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The check: `L1` to `L7`.
    pub check: &'static str,
    /// What was found.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.check, self.what)
    }
}

/// What the ledger says of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Posts answered ok.
    pub answered: usize,
    /// Answered, or logged, and not where it should be (L1, L3, L4).
    pub lost: usize,
    /// Twice in the log or in a view (L2, L4).
    pub duplicated: usize,
    /// In another order than the log's (L4).
    pub reordered: usize,
    /// Never answered (L6).
    pub unknown: usize,
    /// Refused and there all the same (L5), or seen by an outsider (L7).
    pub leaked: usize,
    /// The first findings, at most [`Verdict::FINDINGS`].
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Findings that are kept in words; all are counted.
    pub const FINDINGS: usize = 20;

    /// True where every promise was kept.
    pub fn is_ok(&self) -> bool {
        self.lost + self.duplicated + self.reordered + self.unknown + self.leaked == 0
    }

    fn find(&mut self, check: &'static str, what: impl FnOnce() -> String) {
        if self.findings.len() < Self::FINDINGS {
            self.findings.push(Finding { check, what: what() });
        }
    }
}

/// Holds all accounts against the logs.
pub fn check(accounts: &[Account], truths: &HashMap<RoomId, Truth>) -> Verdict {
    let mut verdict = Verdict::default();
    let mut made: HashMap<(RoomId, RequestId), Logged> = HashMap::new();
    for (room, truth) in truths {
        check_log(*room, truth, &mut made, &mut verdict);
    }
    check_origins(accounts, &made, &mut verdict);
    for account in accounts {
        check_requests(account, &made, &mut verdict);
    }
    for account in accounts {
        for (room, view) in &account.views {
            check_view(account, *room, view, truths.get(room), &mut verdict);
        }
    }
    verdict
}

/// L2 and L3.
fn check_log(
    room: RoomId,
    truth: &Truth,
    made: &mut HashMap<(RoomId, RequestId), Logged>,
    verdict: &mut Verdict,
) {
    let mut expected = Seq::ZERO.next();
    for event in &truth.events {
        if event.seq != expected {
            verdict.lost += 1;
            verdict.find("L3", || format!("room {room}: {} follows {expected}", event.seq));
        }
        expected = event.seq.next();
        if let Some(request) = event.request
            && let Some(first) = made.insert((room, request), *event)
        {
            verdict.duplicated += 1;
            verdict.find("L2", || {
                format!("room {room}: request {request} made {} and {}", first.seq, event.seq)
            });
        }
    }
}

/// L2: there is no post that nobody asked for. A request that was carried out
/// twice may have come by another id the second time.
fn check_origins(
    accounts: &[Account],
    made: &HashMap<(RoomId, RequestId), Logged>,
    verdict: &mut Verdict,
) {
    let asked: HashSet<_> = accounts.iter().flat_map(|account| account.sent.keys()).collect();
    for ((room, request), event) in made {
        if event.text.is_some() && !asked.contains(request) {
            verdict.duplicated += 1;
            verdict.find("L2", || format!("room {room}: nobody sent what is at {}", event.seq));
        }
    }
}

/// L1, L5 and L6.
fn check_requests(
    account: &Account,
    made: &HashMap<(RoomId, RequestId), Logged>,
    verdict: &mut Verdict,
) {
    for (request, sent) in &account.sent {
        let logged = made.get(&(sent.room, *request));
        let client = &account.client;
        match (sent.outcome, logged) {
            (Outcome::Answered(seq), Some(logged)) => {
                verdict.answered += 1;
                if logged.seq != seq || logged.text.is_some_and(|text| text != sent.text) {
                    verdict.lost += 1;
                    verdict.find("L1", || {
                        format!("{client}: {request} was answered {seq}, the log has it at {} or with another text", logged.seq)
                    });
                }
            }
            (Outcome::Answered(seq), None) => {
                verdict.answered += 1;
                verdict.lost += 1;
                verdict
                    .find("L1", || format!("{client}: {request} was answered {seq} and is gone"));
            }
            (Outcome::Refused(code), Some(logged)) => {
                verdict.leaked += 1;
                verdict.find("L5", || {
                    format!("{client}: {request} was refused {code:?} and stands at {}", logged.seq)
                });
            }
            (Outcome::Refused(_), None) | (Outcome::Forgotten, _) => {}
            (Outcome::Unknown, _) => {
                verdict.unknown += 1;
                verdict.find("L6", || format!("{client}: {request} was never answered"));
            }
        }
    }
}

/// L4 and L7.
fn check_view(
    account: &Account,
    room: RoomId,
    view: &View,
    truth: Option<&Truth>,
    verdict: &mut Verdict,
) {
    let client = &account.client;
    let Some(truth) = truth.filter(|truth| truth.members.contains(client)) else {
        verdict.leaked += view.seen.len();
        if !view.seen.is_empty() {
            verdict.find("L7", || format!("{client} saw {} events of {room}", view.seen.len()));
        }
        return;
    };
    if view.epoch != Epoch::ANY && view.epoch != truth.epoch {
        verdict.lost += 1;
        verdict.find("L4", || format!("{client}: {room} is followed in an old epoch"));
        return;
    }
    let mut last = view.after;
    let mut seen = HashSet::with_capacity(view.seen.len());
    for (seq, request, text) in &view.seen {
        if !seen.insert(*seq) {
            verdict.duplicated += 1;
            verdict.find("L4", || format!("{client}: {room} {seq} came twice"));
        } else if *seq < last {
            verdict.reordered += 1;
            verdict.find("L4", || format!("{client}: {room} {seq} came after {last}"));
        }
        last = last.max(*seq);
        let logged = seq
            .get()
            .checked_sub(1)
            .and_then(|index| truth.events.get(usize::try_from(index).unwrap_or(usize::MAX)));
        let differs = |logged: &Logged| {
            logged.request != *request
                || matches!((logged.text, text), (Some(logged), Some(text)) if logged != *text)
        };
        if logged.is_none_or(differs) {
            verdict.leaked += 1;
            verdict.find("L4", || format!("{client}: {room} {seq} is not what the log has there"));
        }
    }
    let missing =
        truth.events.iter().filter(|event| event.seq > view.after && !seen.contains(&event.seq));
    for event in missing {
        verdict.lost += 1;
        verdict.find("L4", || format!("{client}: {room} {} never came", event.seq));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two members and an outsider of one room with three posts, all well.
    struct Run {
        room: RoomId,
        ids: Vec<RequestId>,
        accounts: Vec<Account>,
        truths: HashMap<RoomId, Truth>,
    }

    const TEXTS: [&str; 3] = ["one", "two", "three"];

    fn run() -> Run {
        let room = RoomId::random();
        let ids: Vec<_> = (0..3).map(|_| RequestId::random()).collect();
        let mut accounts = vec![Account::new("ada"), Account::new("bob"), Account::new("eve")];
        let mut truth = Truth {
            epoch: Epoch::new(1),
            members: ["ada".to_owned(), "bob".to_owned()].into(),
            ..Truth::default()
        };
        for account in &mut accounts[..2] {
            account.follows(room, Epoch::new(1), Seq::ZERO);
        }
        for ((n, id), text) in (1..).zip(&ids).zip(TEXTS) {
            accounts[0].sent(*id, room, text);
            accounts[0].answered(*id, Seq::new(n));
            for account in &mut accounts[..2] {
                account.saw(room, Seq::new(n), Some(*id), Some(text));
            }
            let text = Some(TextDigest::of(text));
            truth.events.push(Logged { seq: Seq::new(n), request: Some(*id), text });
        }
        Run { room, ids, accounts, truths: [(room, truth)].into() }
    }

    /// The checks that fail once `harm` is done to a good run.
    fn found(harm: impl FnOnce(&mut Run)) -> (Verdict, Vec<&'static str>) {
        let mut run = run();
        harm(&mut run);
        let verdict = check(&run.accounts, &run.truths);
        let checks = verdict.findings.iter().map(|finding| finding.check).collect();
        (verdict, checks)
    }

    fn events(run: &mut Run) -> &mut Vec<Logged> {
        &mut run.truths.get_mut(&run.room).expect("the room").events
    }

    fn seen(run: &mut Run) -> &mut Vec<(Seq, Option<RequestId>, Option<TextDigest>)> {
        let room = run.room;
        &mut run.accounts[1].views.get_mut(&room).expect("the view").seen
    }

    #[test]
    fn a_good_run_is_ok() {
        let (verdict, checks) = found(|_| ());
        assert!(verdict.is_ok() && checks.is_empty(), "{verdict:?}");
        assert_eq!(verdict.answered, 3);
    }

    #[test]
    fn l1_what_was_answered_and_is_gone_is_lost() {
        let (verdict, checks) = found(|run| events(run).truncate(2));
        assert!(verdict.lost >= 1 && checks.contains(&"L1"), "{verdict:?}");
        let (verdict, checks) = found(|run| {
            events(run)[1].text = Some(TextDigest::of("another"));
        });
        assert!(!verdict.is_ok() && checks.contains(&"L1"), "{verdict:?}");
    }

    #[test]
    fn l2_a_request_that_made_two_events_is_duplicated() {
        let (verdict, checks) = found(|run| {
            let again = Logged { seq: Seq::new(4), ..events(run)[0] };
            events(run).push(again);
        });
        assert!(verdict.duplicated == 1 && checks.contains(&"L2"), "{verdict:?}");
    }

    #[test]
    fn l2_a_post_that_nobody_sent_is_found() {
        let (verdict, checks) = found(|run| {
            let again =
                Logged { seq: Seq::new(4), request: Some(RequestId::random()), ..events(run)[0] };
            events(run).push(again);
        });
        assert!(verdict.duplicated == 1 && checks.contains(&"L2"), "{verdict:?}");
    }

    #[test]
    fn l3_a_hole_in_the_log_is_found() {
        let (verdict, checks) = found(|run| {
            events(run).remove(1);
        });
        assert!(!verdict.is_ok() && checks.contains(&"L3"), "{verdict:?}");
    }

    #[test]
    fn l4_a_view_must_be_the_log() {
        let (verdict, _) = found(|run| {
            seen(run).remove(1);
        });
        assert_eq!((verdict.lost, verdict.duplicated, verdict.reordered), (1, 0, 0));
        let (verdict, _) = found(|run| {
            let again = seen(run)[0];
            seen(run).push(again);
        });
        assert_eq!((verdict.lost, verdict.duplicated, verdict.reordered), (0, 1, 0));
        let (verdict, _) = found(|run| seen(run).swap(0, 1));
        assert_eq!((verdict.lost, verdict.duplicated, verdict.reordered), (0, 0, 1));
        let (verdict, _) = found(|run| seen(run)[2].2 = Some(TextDigest::of("another")));
        assert!(!verdict.is_ok());
    }

    #[test]
    fn l5_what_was_refused_must_not_be_there() {
        let (verdict, checks) = found(|run| {
            let id = run.ids[2];
            run.accounts[0].refused(id, Code::Forbidden);
        });
        assert_eq!((verdict.leaked, &checks[..]), (1, &["L5"][..]));
    }

    #[test]
    fn l6_nothing_may_stay_unknown() {
        let (verdict, checks) = found(|run| {
            let room = run.room;
            run.accounts[0].sent(RequestId::random(), room, "unanswered");
        });
        assert_eq!((verdict.unknown, &checks[..]), (1, &["L6"][..]));
    }

    #[test]
    fn l7_outsiders_see_nothing() {
        let (verdict, checks) = found(|run| {
            let (room, id) = (run.room, run.ids[0]);
            run.accounts[2].saw(room, Seq::new(1), Some(id), Some("one"));
        });
        assert_eq!((verdict.leaked, &checks[..]), (1, &["L7"][..]));
    }
}
