//! F19: the disk does not keep what it was given: fsync fails.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::{FutureExt as _, future::BoxFuture};
use rand::Rng as _;
use tokio::time::timeout;

use super::Row;
use crate::{
    faults::{
        bare::Bare,
        database::Kind,
        scene::Scene,
        trace::{self, Traced},
    },
    wire,
};

/// It has stopped by itself within this time (C17).
const STOPPED_WITHIN: Duration = Duration::from_secs(10);
/// The first sync that fails. The others post too, so that some of the syncs
/// before it are for posts that the trace shows.
const FIRST: std::ops::Range<u32> = 10..60;
/// Posts on their way at once, over a lane whose bytes can be read in the trace.
const AT_ONCE: usize = 4;

pub(super) const ROW: Row = Row {
    id: "F19",
    fault: "fsync and fdatasync answer EIO",
    databases: &[Kind::Sqlite],
    programs: &["strace"],
    inject: fail,
    ..Row::BASE
};

fn fail<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let pid = scene.server.pid().context("the server does not run")?;
        // Of its own: what becomes of posts that are not answered is not followed.
        let room = scene.write().await?;
        let token = scene.crowd.people[0].client.session_tokens().await.access_token;
        let rooms = [(room.id, wire::beginning(room.epoch))];
        let bare = Bare::connect(scene.server.address(), token, &rooms).await?;
        let path = scene.server.folder().join(format!("trace-{pid}"));
        let first = scene.rng.random_range(FIRST);
        let inject = format!("fsync,fdatasync:error=EIO:when={first}+");
        let traced = Traced::attach(pid, &path, &inject).await?;
        // Only now: the trace shows where each of these posts was written.
        let mut answered = Vec::new();
        let chatter = bare.chatter(room.id, AT_ONCE, usize::MAX, &mut answered);
        let within = scene.notes.limit(STOPPED_WITHIN);
        let chatter = timeout(within, chatter);
        let (ended, chatter) = tokio::join!(scene.server.ended(within), chatter);
        // Elapsed or not: how the server ended tells it.
        let _ = chatter;
        match ended? {
            Some(status) if status.code().is_some_and(|code| code != 0) => {}
            Some(status) => scene.notes.find("C17", format!("the server ended with {status}")),
            None => scene.notes.find("C17", "the server went on".to_owned()),
        }
        scene.server.kill().await?;
        traced.whole().await?;
        let steps = trace::read(&std::fs::read_to_string(&path)?);
        if !steps.iter().any(trace::Step::is_failed_sync) {
            scene.notes.find("C17", "the server did not try to sync so often".to_owned());
        }
        let wal = scene.server.sqlite().display().to_string() + "-wal";
        let told = trace::told(&steps, &answered, &wal);
        scene.notes.count("answers in the trace", told.sent.len() as u64);
        if told.early > 0 {
            let (early, all) = (told.early, told.sent.len());
            let what =
                format!("{early} of {all} posts were answered, their sync had not succeeded");
            scene.notes.find("C17", what);
        }
        std::fs::remove_file(&path)?;
        scene.server.launch().await?;
        Ok(())
    }
    .boxed()
}
