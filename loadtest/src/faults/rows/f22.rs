//! F22: delay, jitter, reordering, duplication, some loss, and a slow line.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use rand::Rng as _;

use super::Row;
use crate::{faults::scene::Scene, relay::Effects};

const BAD_FOR: std::ops::Range<Duration> = Duration::from_secs(3)..Duration::from_secs(8);

pub(super) const ROW: Row = Row {
    id: "F22",
    fault: "delay, jitter, reordering, duplicates, loss to 5 %, 50 to 500 kB/s",
    relayed: true,
    inject: worsen,
    ..Row::BASE
};

fn worsen<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let rng = &mut *scene.rng;
        let effects = Effects {
            delay: Duration::from_millis(rng.random_range(0..200)),
            jitter: Duration::from_millis(rng.random_range(0..100)),
            loss: rng.random_range(0.0..0.05),
            duplicate: rng.random_range(0.0..0.2),
            reorder: rng.random_range(0.0..0.2),
            rate: Some(rng.random_range(50_000..500_000)),
            ..Effects::NONE
        };
        scene.relay()?.set(effects);
        scene.wait(BAD_FOR).await;
        scene.relay()?.set(Effects::NONE);
        Ok(())
    }
    .boxed()
}
