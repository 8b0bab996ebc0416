//! F30: everybody comes back at once.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_client::Status;
use tokio::time::{Instant, sleep, timeout};

use super::{Row, f1};
use crate::faults::scene::Scene;

/// All are live again within this time.
const RESUMED_WITHIN: Duration = Duration::from_secs(30);
/// Later than that is waited for, to tell by how much.
const GIVEN_UP: Duration = Duration::from_secs(120);
/// Of what is posted after that.
const P99_WITHIN: Duration = Duration::from_secs(1);
/// For so long it is measured.
const MEASURED: Duration = Duration::from_secs(3);

pub(super) const ROW: Row = Row {
    id: "F30",
    fault: "a herd of QUIC clients: kill -9, and all come back",
    alone: true,
    inject: scatter,
    ..Row::BASE
};

fn scatter<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let herd = scene.crowd.herd(scene.sizes.herd).await?;
        // A session that lived for a moment only is a failure to its client.
        sleep(Duration::from_secs(6)).await;
        scene.server.kill().await?;
        // Until they have noticed: a status says `Live` until then.
        let took = scene.server.launch().await?;
        scene.notes.within("ready", took, f1::READY_WITHIN);
        let begun = Instant::now();
        // One that is still live in name has a session that the server does not
        // know; it finds out by what the server answers to its datagrams.
        for client in &herd {
            let mut status = client.status();
            let _ = timeout(
                Duration::from_secs(1),
                status.wait_for(|now| !matches!(now, Status::Live { .. })),
            )
            .await;
            if begun.elapsed() > Duration::from_secs(2) {
                break;
            }
        }
        let back = async {
            for client in &herd {
                let mut status = client.status();
                let live = status.wait_for(|now| matches!(now, Status::Live { .. })).await;
                live.context("a client of the herd is gone")?;
            }
            anyhow::Ok(())
        };
        timeout(GIVEN_UP, back).await.context("the herd does not come back")??;
        scene.notes.within("resumed", begun.elapsed(), RESUMED_WITHIN);
        let book = scene.play.book.clone();
        book.begin_timing();
        sleep(MEASURED).await;
        let p99 = book.p99().context("nobody received anything")?;
        scene.notes.within("p99 after", p99, P99_WITHIN);
        for client in herd {
            client.close().await;
        }
        Ok(())
    }
    .boxed()
}
