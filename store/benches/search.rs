//! Search and history in a room of very many messages: time to the first page of hits,
//! and to a page of history at several depths. Filling the room takes minutes, so this
//! runs only where `PARLOR_BENCH_SEARCH_MESSAGES` says how many; PostgreSQL is measured where
//! `PARLOR_TEST_POSTGRES_URL` names a server.

#![allow(missing_docs, clippy::print_stdout, reason = "a program")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use parlor_domain::{
    Body, Change, Command, DeviceId, DeviceName, DisplayName, FileIds, RequestId, RoomId, RoomName,
    SearchQuery, Seq, Sort, SystemClock, Timestamp, Topic, UserId, UserName, Visibility, limits,
};
use parlor_store::{
    AccountsWriter, Database, Entry, From, NewDevice, NewUser, Opened, Seen, Store, open,
    testing::Scratch,
};
use tokio::{runtime::Runtime, task::JoinSet};

/// Times that each thing is asked.
const ROUNDS: usize = 200;
/// Words of the made-up language, the first ones far more often than the last.
const WORDS: u64 = 30_000;
const CHARACTERS: u64 = 3_000;
/// One message of so many is Chinese.
const CHINESE: u64 = 4;

/// Numbers that look random and are the same each time (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// A number below `many` that is `n` about as often as 1/n (Zipf's law).
    fn zipf(&mut self, many: u64) -> u64 {
        let share = self.next() as f64 / (1_u64 << 31) as f64;
        (many as f64).powf(share) as u64 - 1
    }

    fn text(&mut self, n: usize) -> String {
        let length = 4 + self.next() % 16;
        let mut text: String = if self.next().is_multiple_of(CHINESE) {
            let character =
                |_| char::from_u32(0x4E00 + self.zipf(CHARACTERS) as u32).unwrap_or('好');
            (0..length).map(character).collect()
        } else {
            let word = |_| format!("w{} ", self.zipf(WORDS));
            (0..length).map(word).collect()
        };
        if n % 100_000 == 77 {
            text.push_str(" needle 针灸");
        }
        text
    }
}

async fn user(writer: &AccountsWriter, name: &str) -> UserId {
    let id = UserId::random();
    let user = NewUser {
        id,
        name: UserName::parse(name).expect("valid"),
        display_name: DisplayName::parse(name).expect("valid"),
        password_hash: String::new(),
        entry: Entry::Unasked,
    };
    let mut refresh = [0; 32];
    refresh[..16].copy_from_slice(id.as_bytes());
    let device = NewDevice {
        id: DeviceId::random(),
        user: id,
        name: DeviceName::parse("bench").expect("valid"),
        seen: Seen::default(),
        refresh,
        refresh_expires_at: Timestamp::from_micros(i64::MAX),
    };
    writer.create_user(user, device).await.expect("a free name");
    id
}

fn command(actor: UserId, change: Change) -> Command {
    Command { request_id: RequestId::random(), actor, change }
}

async fn room(store: &Store, owner: UserId) -> RoomId {
    let room = RoomId::random();
    let create = Change::CreateRoom {
        room,
        name: RoomName::parse("bench").expect("valid"),
        topic: Topic::parse("").expect("valid"),
        visibility: Visibility::Private,
    };
    store.log.submit(vec![command(owner, create)]).await.expect("up").remove(0).expect("made");
    room
}

/// Submits commands until their outcome is known: the machine may be busy.
async fn submit(store: &Store, commands: Vec<Command>) {
    loop {
        if let Ok(results) = store.log.submit(commands.clone()).await {
            assert!(results.iter().all(Result::is_ok));
            return;
        }
    }
}

async fn fill(store: &Store, author: UserId, room: RoomId, messages: usize) {
    let mut dice = Dice(1);
    let begun = Instant::now();
    let batch = limits::COMMIT_COMMANDS / 2;
    let mut n = 0;
    while n < messages {
        let mut batches = Vec::new();
        for _ in 0..2 {
            let many = batch.min(messages - n);
            let post = |n| {
                let body = Body::parse(&dice.text(n)).expect("valid");
                let attachments = FileIds::default();
                command(author, Change::Post { room, body, reply_to: None, attachments })
            };
            batches.push(submit(store, (n..n + many).map(post).collect()));
            n += many;
        }
        join_all(batches).await;
    }
    let rate = messages as f64 / begun.elapsed().as_secs_f64();
    println!("  filled with {messages} messages, {rate:.0} a second");
}

/// Half of the times are below the first, and 99 of 100 below the second, in ms.
fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    (at(50).as_secs_f64() * 1_000.0, at(99).as_secs_f64() * 1_000.0)
}

async fn search(store: &Store, user: UserId, query: &str, sort: Sort) {
    let parsed = SearchQuery::parse(query).expect("valid");
    let (mut times, mut found) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let hits = store.search.messages(
            user,
            &parsed,
            sort,
            None,
            limits::PAGE_ITEMS_DEFAULT,
            limits::SEARCH_DEADLINE,
        );
        let hits = hits.await.expect("up").expect("in time");
        times.push(begun.elapsed());
        found = hits.hits.len();
    }
    let (p50, p99) = percentiles(times);
    let what = format!("{query}, {sort:?}");
    println!("  {what:<34} {found:>3} hits   p50 {p50:>7.2} ms   p99 {p99:>7.2} ms");
}

async fn history(store: &Store, user: UserId, room: RoomId, messages: usize) {
    let mut first = None;
    for percent in [100, 75, 50, 25, 0] {
        let end = (messages as u64 * percent / 100).max(60);
        let from = From::Before(if percent == 100 { Seq::MAX } else { Seq::new(end) });
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let page = store.rooms.history(room, user, from, 50).await.expect("up");
            times.push(begun.elapsed());
            assert_eq!(page.expect("there").messages.len(), 50);
        }
        let (p50, p99) = percentiles(times);
        let first = *first.get_or_insert(p50);
        let what = format!("history at {percent} %");
        let ratio = p50 / first;
        println!("  {what:<43} p50 {p50:>7.2} ms   p99 {p99:>7.2} ms   {ratio:.2} x the first");
    }
}

async fn measure(database: &Database, messages: usize) {
    let Opened { store, driver, accounts_writer, .. } =
        open(database, Arc::new(SystemClock)).await.expect("opens");
    let mut tasks = JoinSet::new();
    tasks.spawn(driver.run());
    let (ada, bob) = (user(&accounts_writer, "ada").await, user(&accounts_writer, "bob").await);
    let big = room(&store, ada).await;
    let small = room(&store, bob).await;
    fill(&store, bob, small, 1_000).await;
    fill(&store, ada, big, messages).await;
    for (user, query, sort) in [
        (ada, "w0", Sort::Newest),
        (ada, "w0 w1 w2", Sort::Newest),
        (ada, "\"w0 w1\"", Sort::Newest),
        (ada, "w500", Sort::Newest),
        (ada, "w29000", Sort::Newest),
        (ada, "w0 w29000", Sort::Newest),
        (ada, "needle", Sort::Newest),
        (ada, "absent", Sort::Newest),
        (ada, "一丁", Sort::Newest),
        (ada, "丁丈", Sort::Newest),
        (ada, "针灸", Sort::Newest),
        (ada, "一", Sort::Newest),
        (ada, "from:me", Sort::Newest),
        (ada, "from:bob w0", Sort::Newest),
        (ada, "w0", Sort::Best),
        (ada, "w500", Sort::Best),
        (ada, "一丁", Sort::Best),
        (bob, "w0", Sort::Newest),
        (bob, "一丁", Sort::Newest),
        (bob, "needle", Sort::Newest),
    ] {
        search(&store, user, query, sort).await;
    }
    history(&store, ada, big, messages).await;
    drop((store, accounts_writer));
    while tasks.join_next().await.is_some() {}
}

fn main() {
    let Some(messages) = std::env::var("PARLOR_BENCH_SEARCH_MESSAGES").ok() else {
        println!("skipped: PARLOR_BENCH_SEARCH_MESSAGES does not say how many messages");
        return;
    };
    let messages = messages.parse().expect("a number of messages");
    let runtime = Runtime::new().expect("a runtime");
    println!("sqlite");
    runtime.block_on(measure(Scratch::sqlite().database(), messages));
    let Some(scratch) = runtime.block_on(Scratch::postgres()) else { return };
    println!("postgres");
    runtime.block_on(measure(scratch.database(), messages));
}
