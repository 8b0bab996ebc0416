//! F33: certificates end, and are replaced.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::time::{Instant, sleep};

use super::Row;
use crate::faults::{crowd, scene::Scene, watch::Watch};

/// One of 30 s is replaced 7 s before its end; a moment more is for looking.
const REPLACED_WITHIN: Duration = Duration::from_secs(27);
const LOOK: Duration = Duration::from_millis(500);

pub(super) const ROW: Row = Row {
    id: "F33",
    fault: "certificates of 30 s are replaced, and the old one ends",
    lanes: crowd::over_udp,
    arguments: &["--tls-validity-s", "30", "--tls-check-s", "1"],
    inject: outlive,
    ..Row::BASE
};

fn outlive<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let watch = Watch::over(scene.crowd);
        let old = scene.crowd.certificate_hashes().await?;
        let begun = Instant::now();
        let new = loop {
            let now = scene.crowd.certificate_hashes().await?;
            if now != old || begun.elapsed() > REPLACED_WITHIN {
                break now;
            }
            sleep(LOOK).await;
        };
        scene.notes.within("replaced", begun.elapsed(), REPLACED_WITHIN);
        if new.first() != old.get(1) {
            let what = format!("announced was {:?}, and in use is {:?}", old.get(1), new.first());
            scene.notes.find("row", what);
        }
        // Pages were told of the new one before; who comes now takes it.
        let fresh = scene.crowd.herd(2).await?;
        for client in fresh {
            client.close().await;
        }
        for ended in watch.ended() {
            scene.notes.find("row", ended);
        }
        Ok(())
    }
    .boxed()
}
