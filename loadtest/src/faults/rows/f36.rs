//! F36: the server gets no more memory.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::{FutureExt as _, future::BoxFuture};
use rand::Rng as _;

use super::{Row, f1};
use crate::faults::{scene::Scene, tools::Cgroup};

/// It has come to its end by then, or gets along.
const HELD: Duration = Duration::from_secs(6);
/// What it may take beyond what it has.
const MORE_BYTES: std::ops::Range<u64> = 1 << 20..8 << 20;

pub(super) const ROW: Row = Row {
    id: "F36",
    fault: "a limit on memory, by control group; killed, it starts again",
    root: true,
    inject: squeeze,
    ..Row::BASE
};

fn squeeze<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let cgroup = Cgroup::make("memory").context("no control group for memory")?;
        cgroup.memory_bytes(scene.rng.random_range(MORE_BYTES))?;
        cgroup.enter(scene.server.pid().context("the server does not run")?)?;
        // What comes now makes it grow: sessions and their handshakes.
        let herd = scene.crowd.herd(scene.sizes.sleepers.min(100));
        let squeezed = tokio::time::timeout(HELD, herd);
        let ended = {
            let (ended, herd) = tokio::join!(scene.server.ended(HELD), squeezed);
            drop(herd);
            ended?
        };
        drop(cgroup);
        if ended.is_some() {
            let took = scene.server.launch().await?;
            scene.notes.within("ready", took, f1::READY_WITHIN);
        }
        Ok(())
    }
    .boxed()
}
