//! F29: readers that do not read, half of them on WebSocket, half on QUIC.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context as _;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, future::BoxFuture, stream};
use parlor_domain::limits;
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep},
};

use super::{Row, f11::MOVED_BY};
use crate::faults::{
    play,
    scene::Scene,
    sleeper::{QuicEndpoint, Sleeper},
};
use crate::wire;

/// Posted to the room that they follow, in all: more than the transport of one
/// session holds, and less than that and its outbox together (C10).
const FLOOD: u32 = 32;
const TEXT_BYTES: usize = 12 * 1024;
/// Between two of them: to fall asleep takes no storm.
const PACE: Duration = Duration::from_millis(100);
/// Sleepers that come at once.
const AT_ONCE: usize = 16;
/// How long the others are measured before anybody is asleep.
const MEASURED: Duration = Duration::from_secs(8);
/// A sleeper is closed once its queue has stood still for so long, and a little.
const CLOSED_AFTER: Duration = limits::OUTBOX_AGE.saturating_add(Duration::from_secs(5));
/// What each of them may cost at its worst.
const EACH_KIB: u64 = 600;

pub(super) const ROW: Row = Row {
    id: "F29",
    fault: "readers that do not read (WebSocket without window, QUIC without credit)",
    alone: true,
    inject: sleep_in,
    ..Row::BASE
};

/// Posts to the first room, and returns the most memory that the server took
/// meanwhile, in KiB.
async fn flood(scene: &Scene<'_>) -> anyhow::Result<u64> {
    let (room, owner) = (&scene.play.rooms[0], &scene.crowd.people[0]);
    let text: Arc<str> = "z".repeat(TEXT_BYTES).into();
    let (mut posts, mut peak) = (JoinSet::new(), 0);
    let mut pace = interval(PACE);
    for _ in 0..FLOOD {
        pace.tick().await;
        let (target, book) = (owner.client.room(room.id), scene.play.book.clone());
        let text = text.clone();
        posts.spawn(async move { play::post(&target, 0, &book, &text).await });
        peak = scene.server.footprint()?.rss_kib.max(peak);
    }
    posts.join_all().await;
    Ok(peak)
}

fn sleep_in<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let (room, book) = (scene.play.rooms[0].id, scene.play.book.clone());
        // The same flood twice: what it costs without anybody asleep is not laid
        // on those who sleep.
        flood(scene).await?;
        book.begin_timing();
        sleep(MEASURED).await;
        let without = book.p99_but(room).context("nobody received anything")?;
        let before_kib = scene.server.footprint()?.rss_kib;
        let (sleepers, _endpoint) = lie_down(scene).await?;
        let peak_kib = flood(scene).await?;
        // From now on they stand still, until the last of them is closed.
        let asleep = Instant::now();
        book.begin_timing();
        sleep(CLOSED_AFTER).await;
        let with = book.p99_but(room).context("the others stood still")?;
        let peak_kib = scene.server.footprint()?.rss_kib.max(peak_kib);
        let count = sleepers.len() as u64;
        let each_kib = peak_kib.saturating_sub(before_kib) / count.max(1);
        scene.notes.count("KiB of each", each_kib);
        if each_kib > EACH_KIB {
            scene.notes.find("C10", format!("each of {count} sleepers took {each_kib} KiB"));
        }
        scene.notes.measure("asleep for", asleep.elapsed());
        let closed = stream::iter(sleepers).map(Sleeper::was_closed).buffer_unordered(AT_ONCE);
        let mut awake_on = BTreeMap::<&str, usize>::new();
        for (lane, was_closed) in closed.collect::<Vec<_>>().await {
            *awake_on.entry(lane).or_default() += usize::from(!was_closed);
        }
        for (lane, awake) in awake_on {
            if awake > 0 {
                let what = format!("{awake} sleepers on {lane} were not closed");
                scene.notes.find("C11", what);
            }
        }
        // What else the machine does moves it too: the slower of before and after.
        book.begin_timing();
        sleep(MEASURED).await;
        let without = book.p99_but(room).map_or(without, |after| without.max(after));
        scene.notes.moved(without, with, MOVED_BY);
        Ok(())
    }
    .boxed()
}

/// All of them, and the socket of those on QUIC.
async fn lie_down(scene: &Scene<'_>) -> anyhow::Result<(Vec<Sleeper>, QuicEndpoint)> {
    let (room, owner) = (scene.play.rooms[0].id, &scene.crowd.people[0]);
    let from = owner.client.newest_messages(room, 1).await?.position();
    let token = owner.client.session_tokens().await.access_token;
    let hello = wire::hello(token, room, from);
    let (server, endpoint) = (scene.server.address(), QuicEndpoint::open()?);
    let lie_down = async |number: usize| {
        if number.is_multiple_of(2) {
            Sleeper::on_quic(&endpoint, server, &hello).await
        } else {
            Sleeper::on_websocket(server, &hello).await
        }
    };
    let sleepers = stream::iter(0..scene.sizes.sleepers).map(lie_down);
    let sleepers = sleepers.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok((sleepers, endpoint))
}
