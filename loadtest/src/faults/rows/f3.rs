//! F3: `kill -9` while the server starts, makes its tables, and drains.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::{FutureExt as _, future::BoxFuture};
use rand::Rng as _;

use super::{Row, f1::READY_WITHIN};
use crate::faults::scene::Scene;

/// Fresh databases whose first start is killed.
const FRESH: usize = 4;
/// Starts that are killed before one is let through.
const KILLED: usize = 2;
/// Longest drain that is waited for before the kill.
const DRAIN: std::ops::Range<Duration> = Duration::ZERO..Duration::from_millis(1_500);
/// What is known of the migrations that ran.
const SCHEMA: &str = "SELECT version || ' ' || success FROM _sqlx_migrations ORDER BY version";

pub(super) const ROW: Row = Row {
    id: "F3",
    fault: "kill -9 during start, migration and drain",
    inject: kill_in_each_phase,
    ..Row::BASE
};

fn kill_in_each_phase<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let schema = scene.database.ask(scene.server, SCHEMA).await?;
        anyhow::ensure!(!schema.is_empty(), "there are no migrations to compare with");
        for _ in 0..FRESH {
            kill_at_first_start(scene, &schema).await?;
        }
        scene.server.signal("TERM").await?;
        scene.wait(DRAIN).await;
        scene.server.kill().await?;
        let after = scene.rng.random_range(Duration::ZERO..READY_WITHIN / 4);
        scene.server.launch_and_kill(after).await?;
        let took = scene.server.launch().await.context("after a kill in a start")?;
        scene.notes.within("ready", took, READY_WITHIN);
        Ok(())
    }
    .boxed()
}

/// A fresh server on a fresh database, killed while it makes it.
async fn kill_at_first_start(scene: &mut Scene<'_>, schema: &str) -> anyhow::Result<()> {
    let database = scene.database.another().await?;
    let name = format!("fresh-{:016x}", scene.rng.random::<u64>());
    let mut fresh = scene.server.sibling(&name, database.url(), |_| Vec::new())?;
    for _ in 0..KILLED {
        let after = scene.rng.random_range(Duration::ZERO..READY_WITHIN / 4);
        fresh.launch_and_kill(after).await?;
    }
    match fresh.launch().await {
        Ok(took) => {
            scene.notes.within("ready", took, READY_WITHIN);
            let found = database.ask(&fresh, SCHEMA).await?;
            if found != schema {
                let what = format!("migrations are {found:?}, they should be {schema:?}");
                scene.notes.find("row", what);
            }
            if !fresh.stop().await? {
                scene.notes.find("L10", "a fresh server did not end well".to_owned());
            }
        }
        Err(error) => {
            let what = format!("a start after a kill in the first start failed: {error:#}");
            scene.notes.find("row", what);
        }
    }
    drop(fresh);
    database.remove().await
}
