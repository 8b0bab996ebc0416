//! F27: a NAT gives every client another port, again and again.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};

use super::Row;
use crate::faults::{crowd, scene::Scene, watch::Watch};

const REBINDS: usize = 5;
const BETWEEN: std::ops::Range<Duration> = Duration::from_millis(300)..Duration::from_millis(1_500);

pub(super) const ROW: Row = Row {
    id: "F27",
    fault: "NAT rebinding, 5 times",
    relayed: true,
    lanes: crowd::over_udp,
    inject: rebind,
    ..Row::BASE
};

fn rebind<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let watch = Watch::over(scene.crowd);
        for _ in 0..REBINDS {
            scene.relay()?.rebind();
            scene.wait(BETWEEN).await;
        }
        for ended in watch.ended() {
            scene.notes.find("row", ended);
        }
        Ok(())
    }
    .boxed()
}
