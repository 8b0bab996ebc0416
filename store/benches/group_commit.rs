//! Posts per second: how well one transaction is shared by many callers.
//! PostgreSQL is measured where `PARLOR_TEST_POSTGRES_URL` names a server.

#![allow(missing_docs, reason = "criterion's macros")]

use std::{hint::black_box, sync::Arc, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use parlor_domain::{
    Body, Change, Command, FileIds, RequestId, RoomId, RoomName, SystemClock, Topic, UserId,
    Visibility,
};
use parlor_store::{Database, Log, Opened, open, testing::Scratch};
use tokio::{runtime::Runtime, task::JoinSet};

const ROOMS: usize = 16;
const TEXT: &str = "A message of the usual length, which is about one line of a chat window.";

fn command(change: Change) -> Command {
    Command { request_id: RequestId::random(), actor: UserId::SYSTEM, change }
}

fn create(room: RoomId) -> Command {
    command(Change::CreateRoom {
        room,
        name: RoomName::parse("bench").expect("valid"),
        topic: Topic::parse("").expect("valid"),
        visibility: Visibility::Public,
    })
}

/// Each caller posts once, to one of the rooms, and waits for its answer.
async fn post_all(log: &Log, rooms: &[RoomId], callers: usize) {
    let body = Body::parse(TEXT).expect("valid");
    let posts = rooms.iter().cycle().take(callers).map(|room| {
        log.submit(vec![command(Change::Post {
            room: *room,
            body: body.clone(),
            reply_to: None,
            attachments: FileIds::default(),
        })])
    });
    for results in join_all(posts).await {
        for result in results.expect("available") {
            black_box(result.expect("posted"));
        }
    }
}

fn measure(criterion: &mut Criterion, name: &str, database: &Database) {
    let runtime = Runtime::new().expect("a runtime");
    let Opened { store, driver, .. } =
        runtime.block_on(open(database, Arc::new(SystemClock))).expect("opens");
    let mut tasks = JoinSet::new();
    tasks.spawn_on(driver.run(), runtime.handle());
    let rooms: Vec<RoomId> = (0..ROOMS).map(|_| RoomId::random()).collect();
    let made = runtime.block_on(store.log.submit(rooms.iter().copied().map(create).collect()));
    assert!(made.expect("available").iter().all(Result::is_ok));

    let mut group = criterion.benchmark_group(name);
    group.sample_size(20).warm_up_time(Duration::from_millis(500));
    group.measurement_time(Duration::from_secs(3));
    for callers in [1, 64, 512] {
        group.throughput(Throughput::Elements(callers as u64));
        group.bench_function(format!("{callers} callers"), |bencher| {
            bencher.to_async(&runtime).iter(|| post_all(&store.log, &rooms, callers));
        });
    }
    group.finish();
    drop(store);
    runtime.block_on(async { while tasks.join_next().await.is_some() {} });
}

fn sqlite(criterion: &mut Criterion) {
    measure(criterion, "group_commit/sqlite", Scratch::sqlite().database());
}

fn postgres(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let Some(scratch) = runtime.block_on(Scratch::postgres()) else { return };
    measure(criterion, "group_commit/postgres", scratch.database());
}

criterion_group!(benches, sqlite, postgres);
criterion_main!(benches);
