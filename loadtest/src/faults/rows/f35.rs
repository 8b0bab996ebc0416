//! F35: the server has no file descriptor left.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::{net::TcpStream, time::Instant};

use super::Row;
use crate::faults::{scene::Scene, tools, watch::Watch};

const HELD: std::ops::Range<Duration> = Duration::from_secs(3)..Duration::from_secs(6);
/// Descriptors that are left, and connections that want one.
const LEFT: u64 = 4;
const WANTED: usize = 60;
/// It does not spin meanwhile: half a core, talk included.
const CPU_PER_SECOND: Duration = Duration::from_millis(500);
/// As many as it may have otherwise.
const PLENTY: u64 = 20_000;
/// Whoever comes is live within this time after there are some again.
const LIVE_WITHIN: Duration = Duration::from_secs(3);

pub(super) const ROW: Row = Row {
    id: "F35",
    fault: "no file descriptors left",
    programs: &["prlimit"],
    inject: exhaust,
    ..Row::BASE
};

fn limit(pid: u32, files: u64) -> anyhow::Result<()> {
    let (pid, limit) = (pid.to_string(), format!("--nofile={files}:"));
    tools::run("prlimit", &["--pid", &pid, &limit])
}

fn exhaust<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let watch = Watch::over(scene.crowd);
        let pid = scene.server.pid().context("the server does not run")?;
        limit(pid, scene.server.footprint()?.files + LEFT)?;
        let mut connections = Vec::new();
        for _ in 0..WANTED {
            // The kernel takes it, and the server cannot.
            connections.push(TcpStream::connect(scene.server.address()).await?);
        }
        let (spent, begun) = (scene.server.cpu()?, Instant::now());
        scene.wait(HELD).await;
        let spent = scene.server.cpu()?.saturating_sub(spent).as_secs_f64();
        let per_second = Duration::from_secs_f64(spent / begun.elapsed().as_secs_f64());
        scene.notes.within("CPU per second", per_second, CPU_PER_SECOND);
        let talk = scene.server.log()?.matches("no connection could be accepted").count();
        if talk == 0 {
            scene.notes.find("row", "the server did not run out of descriptors".to_owned());
        }
        limit(pid, PLENTY)?;
        drop(connections);
        let (visitor, took) = scene.crowd.visitor().await?;
        scene.notes.within("live", took, LIVE_WITHIN);
        visitor.close().await;
        for ended in watch.ended() {
            scene.notes.find("row", ended);
        }
        Ok(())
    }
    .boxed()
}
