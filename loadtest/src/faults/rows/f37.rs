//! F37: the server gets little of the processor.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::{FutureExt as _, future::BoxFuture};

use super::Row;
use crate::faults::{scene::Scene, tools::Cgroup, watch::Watch};

const STARVED: std::ops::Range<Duration> = Duration::from_secs(8)..Duration::from_secs(16);
/// Of one core.
const PERCENT: u32 = 10;

pub(super) const ROW: Row = Row {
    id: "F37",
    fault: "a tenth of one core, by control group",
    root: true,
    inject: starve,
    ..Row::BASE
};

fn starve<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let watch = Watch::over(scene.crowd);
        let cgroup = Cgroup::make("cpu").context("no control group for the processor")?;
        cgroup.cpu_percent(PERCENT)?;
        cgroup.enter(scene.server.pid().context("the server does not run")?)?;
        scene.wait(STARVED).await;
        drop(cgroup);
        let (of, ended) = (watch.watched(), watch.ended());
        // One that is behind by more than its queue holds may go; all of them
        // going is the false alarm that must not be.
        if ended.len() * 4 > of {
            for ended in ended {
                scene.notes.find("row", ended);
            }
        }
        Ok(())
    }
    .boxed()
}
