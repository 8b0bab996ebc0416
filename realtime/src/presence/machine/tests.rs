//! Presence on a clock that the tests move.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// 2026-11-28, 30 seconds after a full minute.
const THEN: Timestamp = Timestamp::from_micros(1_795_824_030_000_000);
const CUT: Timestamp = Timestamp::from_micros(1_795_824_000_000_000);

struct Bench {
    machine: Machine,
    now: Instant,
    told: HashMap<SessionId, Vec<(UserId, Presence)>>,
    seen: Vec<DeviceId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Person {
    user: UserId,
    device: DeviceId,
    session: SessionId,
}

impl Person {
    fn new() -> Self {
        Self::of(UserId::random())
    }

    fn of(user: UserId) -> Self {
        Self { user, device: DeviceId::random(), session: SessionId::random() }
    }
}

impl Bench {
    fn new() -> Self {
        let now = Instant::now();
        Self { machine: Machine::new(now), now, told: HashMap::new(), seen: Vec::new() }
    }

    fn enter(&mut self, person: Person) -> Person {
        self.enter_as(person, Standing::default())
    }

    fn enter_as(&mut self, person: Person, standing: Standing) -> Person {
        let of = (person.user, person.device);
        self.machine.began(self.now, person.session, of, standing);
        person
    }

    fn leave(&mut self, person: Person) {
        self.machine.ended(self.now, THEN, person.session);
    }

    fn away(&mut self, person: Person, away: bool) {
        self.machine.set_away(self.now, person.session, away);
    }

    fn watch(&mut self, person: Person, users: &[UserId]) {
        let known = |user: &UserId| Watched { user: *user, known: true, last_seen: None };
        let people: Vec<_> = users.iter().map(known).collect();
        self.machine.watch(self.now, person.session, &people, false);
    }

    fn tick(&mut self) {
        for effect in self.machine.tick(self.now) {
            match effect {
                Effect::Tell { session, entries } => {
                    assert!(!entries.is_empty());
                    self.told.entry(session).or_default().extend(entries);
                }
                Effect::Seen(devices) => self.seen.extend(devices),
            }
        }
    }

    /// Lets time pass, deadline by deadline.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while self.machine.deadline() <= until {
            self.now = self.now.max(self.machine.deadline());
            self.tick();
        }
        self.now = until;
    }

    /// What a session was told since it was last asked.
    fn told(&mut self, person: Person) -> Vec<(UserId, Presence)> {
        self.tick();
        self.told.remove(&person.session).unwrap_or_default()
    }
}

const SECOND: Duration = PRESENCE_INTERVAL;

#[test]
fn rule_5_7_online_where_any_session_is_and_away_where_all_are() {
    let mut bench = Bench::new();
    let ada = bench.enter(Person::new());
    let laptop = bench.enter(Person::new());
    let phone = bench.enter(Person::of(laptop.user));
    bench.watch(ada, &[laptop.user]);
    assert_eq!(bench.told(ada), [(laptop.user, Presence::Online)]);
    bench.pass(SECOND);
    bench.away(laptop, true);
    assert_eq!(bench.told(ada), [], "the phone is not");
    bench.away(phone, true);
    assert_eq!(bench.told(ada), [(laptop.user, Presence::Away)]);
    bench.pass(SECOND);
    bench.away(laptop, false);
    assert_eq!(bench.told(ada), [(laptop.user, Presence::Online)]);
}

#[test]
fn rule_5_7_a_lost_connection_shows_only_after_a_grace() {
    let mut bench = Bench::new();
    let (ada, bob) = (bench.enter(Person::new()), bench.enter(Person::new()));
    bench.watch(ada, &[bob.user]);
    assert_eq!(bench.told(ada).len(), 1);
    bench.leave(bob);
    bench.pass(PRESENCE_GRACE - SECOND);
    let back = bench.enter(Person { session: SessionId::random(), ..bob });
    bench.pass(PRESENCE_GRACE * 2);
    assert_eq!(bench.told(ada), [], "it came back");
    bench.leave(back);
    bench.pass(PRESENCE_GRACE - SECOND);
    assert_eq!(bench.told(ada), []);
    bench.pass(SECOND);
    assert_eq!(bench.told(ada), [(bob.user, Presence::Offline { last_seen: Some(CUT) })]);
    assert!(bench.machine.users.len() == 1 && bench.machine.leaving.is_empty());
}

#[test]
fn who_was_away_comes_back_away_on_the_same_device() {
    let mut bench = Bench::new();
    let (ada, bob) = (bench.enter(Person::new()), bench.enter(Person::new()));
    bench.away(bob, true);
    bench.watch(ada, &[bob.user]);
    assert_eq!(bench.told(ada), [(bob.user, Presence::Away)]);
    bench.leave(bob);
    bench.enter(Person { session: SessionId::random(), ..bob });
    bench.pass(PRESENCE_GRACE * 2);
    assert_eq!(bench.told(ada), [], "no flash of activity");
}

#[test]
fn rule_5_8_who_is_invisible_was_never_there() {
    let mut bench = Bench::new();
    let ada = bench.enter(Person::new());
    let hidden = Standing { invisible: true, ..Standing::default() };
    let bob = bench.enter_as(Person::new(), hidden.clone());
    bench.watch(ada, &[bob.user]);
    assert_eq!(bench.told(ada), [(bob.user, Presence::HIDDEN)]);
    bench.pass(SECOND);
    bench.machine.stands(bench.now, bob.user, Standing::default());
    assert_eq!(bench.told(ada), [(bob.user, Presence::Online)]);
    bench.pass(SECOND);
    bench.machine.stands(bench.now, bob.user, hidden);
    assert_eq!(bench.told(ada), [(bob.user, Presence::HIDDEN)]);
    bench.leave(bob);
    bench.pass(PRESENCE_GRACE * 2);
    assert_eq!(bench.told(ada), [], "nor when they left");
}

#[test]
fn rule_5_8_a_block_hides_both_from_each_other_and_its_end_shows_them() {
    let mut bench = Bench::new();
    let (ada, bob) = (bench.enter(Person::new()), bench.enter(Person::new()));
    bench.watch(ada, &[bob.user]);
    bench.watch(bob, &[ada.user]);
    assert_eq!((bench.told(ada).len(), bench.told(bob).len()), (1, 1));
    bench.pass(SECOND);
    let blocks = Standing { hidden_from: HashSet::from([ada.user]), ..Standing::default() };
    bench.machine.stands(bench.now, bob.user, blocks);
    assert_eq!(bench.told(ada), [(bob.user, Presence::HIDDEN)]);
    assert_eq!(bench.told(bob), [(ada.user, Presence::HIDDEN)]);
    bench.pass(SECOND);
    bench.machine.stands(bench.now, bob.user, Standing::default());
    assert_eq!(bench.told(ada), [(bob.user, Presence::Online)]);
    assert_eq!(bench.told(bob), [(ada.user, Presence::Online)]);
    // One that was made while the other was not there.
    let cy = Person::new();
    bench.watch(ada, &[cy.user]);
    bench.pass(SECOND);
    assert_eq!(bench.told(ada), [(cy.user, Presence::HIDDEN)]);
    bench.enter_as(cy, Standing { hidden_from: HashSet::from([ada.user]), ..Standing::default() });
    bench.pass(SECOND);
    bench.leave(cy);
    bench.pass(PRESENCE_GRACE * 2);
    assert_eq!(bench.told(ada), [], "not even when they left");
}

#[test]
fn rule_5_8_a_stranger_is_as_somebody_who_hides() {
    let mut bench = Bench::new();
    let (ada, bob) = (bench.enter(Person::new()), bench.enter(Person::new()));
    let stranger = Watched { user: bob.user, known: false, last_seen: None };
    bench.machine.watch(bench.now, ada.session, &[stranger], false);
    assert_eq!(bench.told(ada), [(bob.user, Presence::HIDDEN)]);
    bench.leave(bob);
    bench.pass(PRESENCE_GRACE * 2);
    assert_eq!(bench.told(ada), []);
}

#[test]
fn rule_5_6_what_changes_within_a_second_is_told_once() {
    let mut bench = Bench::new();
    let (ada, bob, cy) =
        (bench.enter(Person::new()), bench.enter(Person::new()), bench.enter(Person::new()));
    bench.watch(ada, &[bob.user, cy.user]);
    assert_eq!(bench.told(ada).len(), 2);
    for _ in 0..20 {
        bench.away(bob, true);
        bench.away(bob, false);
        bench.away(cy, true);
        bench.tick();
    }
    assert_eq!(bench.told(ada), []);
    bench.pass(SECOND);
    assert_eq!(bench.told(ada), [(cy.user, Presence::Away)], "bob is as he was");
}

#[test]
fn rule_5_6_a_list_replaces_the_one_before() {
    let mut bench = Bench::new();
    let (ada, bob, cy) =
        (bench.enter(Person::new()), bench.enter(Person::new()), bench.enter(Person::new()));
    bench.watch(ada, &[bob.user]);
    assert_eq!(bench.told(ada).len(), 1);
    bench.watch(ada, &[bob.user, cy.user]);
    bench.pass(SECOND);
    assert_eq!(bench.told(ada), [(cy.user, Presence::Online)], "who is new");
    bench.watch(ada, &[cy.user]);
    bench.away(bob, true);
    bench.pass(SECOND);
    assert_eq!(bench.told(ada), []);
    let again = Watched { user: cy.user, known: true, last_seen: None };
    bench.machine.watch(bench.now, ada.session, &[again], true);
    bench.pass(SECOND);
    assert_eq!(bench.told(ada), [(cy.user, Presence::Online)], "afresh");
    bench.leave(ada);
    assert!(bench.machine.watchers.is_empty() && bench.machine.due.is_empty());
}

#[test]
fn devices_are_kept_as_seen_when_they_leave_and_once_a_minute() {
    let mut bench = Bench::new();
    let (ada, bob) = (bench.enter(Person::new()), bench.enter(Person::new()));
    bench.pass(SEEN_INTERVAL / 2);
    bench.leave(ada);
    assert_eq!(bench.seen, []);
    bench.pass(SEEN_SOON);
    assert_eq!(std::mem::take(&mut bench.seen), [ada.device]);
    bench.pass(SEEN_INTERVAL);
    assert_eq!(std::mem::take(&mut bench.seen), [bob.device], "ada's is not there any more");
    bench.leave(bob);
    assert_eq!(bench.machine.flush(), Some(Effect::Seen(vec![bob.device])));
    assert_eq!(bench.machine.flush(), None);
}

#[derive(Clone, Debug)]
enum Step {
    Enter(usize),
    Leave(usize),
    Away(usize, bool),
    Watch(usize, Vec<usize>),
    Hide(usize, bool),
    Block(usize, usize, bool),
    Pass(u64),
}

const PEOPLE: usize = 4;

/// On one of the two devices.
fn is_there(there: &[Option<Person>], who: usize) -> bool {
    [who, who + PEOPLE].iter().any(|n| there[*n].is_some())
}

fn steps() -> impl Strategy<Value = Step> {
    let who = 0..PEOPLE * 2;
    prop_oneof![
        3 => who.clone().prop_map(Step::Enter),
        2 => who.clone().prop_map(Step::Leave),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, away)| Step::Away(who, away)),
        3 => (who, prop::collection::vec(0..PEOPLE, 0..PEOPLE))
            .prop_map(|(who, users)| Step::Watch(who, users)),
        1 => (0..PEOPLE, any::<bool>()).prop_map(|(who, on)| Step::Hide(who, on)),
        2 => (0..PEOPLE, 0..PEOPLE, any::<bool>())
            .prop_map(|(who, other, on)| Step::Block(who, other, on)),
        3 => (0..40_u64).prop_map(Step::Pass),
    ]
}

proptest! {
    /// Whatever happens, when all has been told each session shows what a look at
    /// everything says, and was never told twice within a second.
    #[test]
    fn what_was_told_is_what_is(steps in prop::collection::vec(steps(), 1..60)) {
        let mut bench = Bench::new();
        // Two devices of each.
        let users: Vec<UserId> = (0..PEOPLE).map(|_| UserId::random()).collect();
        let mut people: Vec<Person> =
            (0..PEOPLE * 2).map(|n| Person::of(users[n % PEOPLE])).collect();
        let mut there: Vec<Option<Person>> = vec![None; PEOPLE * 2];
        let mut hidden = [false; PEOPLE];
        let mut blocks = HashSet::new();
        let standing = |who: usize, hidden: &[bool], blocks: &HashSet<(usize, usize)>| {
            let apart = |other: &usize| {
                blocks.contains(&(who, *other)) || blocks.contains(&(*other, who))
            };
            Standing {
                invisible: hidden[who],
                hidden_from: (0..PEOPLE).filter(apart).map(|other| users[other]).collect(),
            }
        };
        let mut shown: HashMap<SessionId, HashMap<UserId, Presence>> = HashMap::new();
        let mut last: HashMap<SessionId, Instant> = HashMap::new();
        let mut show = |bench: &mut Bench, time: u64| {
            for _ in 0..=time * 4 {
                bench.tick();
                for (session, entries) in bench.told.drain() {
                    let before = last.insert(session, bench.now);
                    assert!(before.is_none_or(|at| bench.now >= at + PRESENCE_INTERVAL));
                    shown.entry(session).or_default().extend(entries);
                }
                bench.now += Duration::from_millis(250);
            }
            shown.clone()
        };
        for step in steps {
            match step {
                Step::Enter(n) if there[n].is_none() => {
                    people[n].session = SessionId::random();
                    let standing = standing(n % PEOPLE, &hidden, &blocks);
                    there[n] = Some(bench.enter_as(people[n], standing));
                }
                Step::Leave(n) => {
                    if let Some(person) = there[n].take() {
                        bench.leave(person);
                    }
                }
                Step::Away(n, away) => {
                    if let Some(person) = there[n] {
                        bench.away(person, away);
                    }
                }
                Step::Watch(n, of) => {
                    if let Some(person) = there[n] {
                        let of: BTreeSet<UserId> = of.into_iter().map(|n| users[n]).collect();
                        bench.watch(person, &of.into_iter().collect::<Vec<_>>());
                    }
                }
                Step::Hide(who, on) => {
                    hidden[who] = on;
                    if is_there(&there, who) {
                        let standing = standing(who, &hidden, &blocks);
                        bench.machine.stands(bench.now, users[who], standing);
                    }
                }
                Step::Block(who, other, on) if who != other => {
                    let changed =
                        if on { blocks.insert((who, other)) } else { blocks.remove(&(who, other)) };
                    // Only a session of who blocks or hides learns of it, as in the log.
                    if changed && is_there(&there, who) {
                        let standing = standing(who, &hidden, &blocks);
                        bench.machine.stands(bench.now, users[who], standing);
                    }
                }
                Step::Pass(time) => {
                    show(&mut bench, time);
                }
                _ => {}
            }
        }
        let shown = show(&mut bench, PRESENCE_GRACE.as_secs() + 2);
        let sessions: Vec<_> = bench.machine.sessions.iter().collect();
        for (session, watcher) in sessions {
            for (user, one) in &watcher.watched {
                let is = bench.machine.seen(watcher.user, *user, one);
                let told = shown.get(session).and_then(|told| told.get(user));
                prop_assert_eq!(told, Some(&is));
                let n = users.iter().position(|other| other == user).expect("one of them");
                let viewer = users.iter().position(|other| *other == watcher.user).expect("one");
                let apart = blocks.contains(&(n, viewer)) || blocks.contains(&(viewer, n));
                let here = is_there(&there, n);
                let seen = matches!(is, Presence::Online | Presence::Away);
                prop_assert_eq!(seen, here && !hidden[n] && !apart);
            }
        }
    }
}
