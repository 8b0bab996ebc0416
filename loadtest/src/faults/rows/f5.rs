//! F5: power loss. A server of its own writes under `strace`, which tells which
//! bytes were durable at which moment; every answer must come after that, and
//! every disk that a power loss could leave must hold what was answered.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_domain::{RequestId, RoomName, Topic, Visibility};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

use super::Row;
use crate::faults::{
    bare::Bare,
    crowd::{self, Crowd},
    database::Kind,
    scene::Scene,
    trace::{self, Step, Told, Unsynced},
};
use crate::wire;

/// Posts of a round, and how many are on their way at once.
const POSTS: usize = 300;
const AT_ONCE: usize = 4;
/// Disks that are looked at.
const STATES: usize = 200;
/// The trace is whole within this time after the server has ended.
const TRACED_WITHIN: Duration = Duration::from_secs(10);

pub(super) const ROW: Row = Row {
    id: "F5",
    fault: "power loss: order of answers and fsyncs, 200 disks after a crash",
    databases: &[Kind::Sqlite],
    programs: &["strace", "sqlite3"],
    inject: lose_power,
    ..Row::BASE
};

fn lose_power<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let name = format!("traced-{:016x}", scene.rng.random::<u64>());
        let trace = |folder: &Path| folder.join("trace");
        let wrap = |folder: &Path| trace::wrapper(&trace(folder));
        let mut server = scene.server.sibling(&name, None, wrap)?;
        let path = trace(server.folder());
        server.launch().await?;
        let answered = talk(&server.address().to_string(), server.address()).await?;
        let wal = server.sqlite().display().to_string() + "-wal";
        ensure!(server.stop().await?, "the traced server did not end well");
        let steps = trace::read(&whole(&path).await?);
        // Nothing that tells of a post is sent before it is durable (C1, C6).
        let Told { sent, early } = trace::told(&steps, &answered, &wal);
        let told = sent.len();
        ensure!(told == answered.len(), "only {told} answers are in the trace");
        if early > 0 {
            let what = format!("{early} of {told} posts were told before they were durable");
            scene.notes.find("C1", what);
        }
        let seed = scene.rng.random();
        check_disks(scene, &steps, &sent, &server.sqlite(), StdRng::seed_from_u64(seed)).await
    }
    .boxed()
}

/// Posts over WebSocket, where what is sent can be read in the trace.
async fn talk(host: &str, server: std::net::SocketAddr) -> anyhow::Result<Vec<RequestId>> {
    let mut crowd = Crowd::gather(format!("http://{host}"), 1, crowd::over_tcp).await?;
    let owner = &crowd.people[0].client;
    let (name, topic) = (RoomName::parse("power")?, Topic::parse("")?);
    let made = owner.create_room(RequestId::random(), &name, &topic, Visibility::Public).await?;
    let token = owner.session_tokens().await.access_token;
    let rooms = [(made.id, wire::beginning(made.epoch))];
    let bare = Bare::connect(server, token, &rooms).await?;
    let mut answered = Vec::new();
    bare.chatter(made.id, AT_ONCE, POSTS, &mut answered).await;
    ensure!(answered.len() == POSTS, "the traced server has closed");
    crowd.leave().await;
    Ok(answered)
}

/// `strace` ends after the server: its last line says so.
async fn whole(path: &Path) -> anyhow::Result<String> {
    let begun = Instant::now();
    loop {
        let text = fs::read_to_string(path)?;
        if text.lines().last().is_some_and(|line| line.contains("+++ exited")) {
            return Ok(text);
        }
        ensure!(begun.elapsed() < TRACED_WITHIN, "the trace has no end");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Disks as a power loss may leave them, each opened by SQLite itself.
async fn check_disks(
    scene: &mut Scene<'_>,
    steps: &[Step],
    sent: &HashMap<[u8; 16], &Step>,
    database: &Path,
    mut rng: StdRng,
) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (first, last) = (sent.values().map(|step| step.begun).min(), steps.last());
    let (first, last) = (first.context("nothing was sent")?, last.context("a trace")?.begun);
    let name = database.display().to_string();
    let (mut lost, mut broken) = (0, 0);
    for number in 0..STATES {
        let line = rng.random_range(first..=last) + 1;
        let unsynced = [Unsynced::Lost, Unsynced::Kept, Unsynced::Some, Unsynced::Some][number % 4];
        let copy = folder.path().join(format!("{number}.db"));
        for suffix in ["", "-wal"] {
            let content =
                trace::crashed(steps, &format!("{name}{suffix}"), line, unsynced, &mut rng);
            fs::write(format!("{}{suffix}", copy.display()), content)?;
        }
        let output = Command::new("sqlite3")
            .arg(&copy)
            .arg("PRAGMA integrity_check; SELECT hex(request_id) FROM events")
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stdout);
        let mut lines = said.lines();
        broken += usize::from(lines.next() != Some("ok"));
        let there: HashSet<&str> = lines.collect();
        let told = sent.iter().filter(|(_, step)| step.begun < line);
        let hex = |id: &[u8; 16]| id.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        lost += usize::from(told.map(|(id, _)| hex(id)).any(|id| !there.contains(id.as_str())));
        for suffix in ["", "-wal", "-shm"] {
            // There is no shared memory where nothing could be opened.
            let _ = fs::remove_file(format!("{}{suffix}", copy.display()));
        }
    }
    if lost + broken > 0 {
        let what = format!("of {STATES} disks, {lost} lack what was told, {broken} are broken");
        scene.notes.find("C1", what);
    }
    Ok(())
}
