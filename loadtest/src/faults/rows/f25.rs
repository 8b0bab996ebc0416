//! F25: one bit in a datagram is wrong. Only QUIC has to find that out by itself:
//! under WebSocket without TLS it is the kernel's TCP that drops such a packet,
//! which then is one that was lost (F21).

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};

use super::Row;
use crate::{
    faults::{crowd, scene::Scene, watch::Watch},
    relay::Effects,
};

const BAD_FOR: std::ops::Range<Duration> = Duration::from_secs(3)..Duration::from_secs(8);

pub(super) const ROW: Row = Row {
    id: "F25",
    fault: "1 % of datagrams corrupted",
    relayed: true,
    lanes: crowd::over_udp,
    inject: corrupt,
    ..Row::BASE
};

fn corrupt<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let watch = Watch::over(scene.crowd);
        scene.relay()?.set_udp(Effects { corrupt: 0.01, ..Effects::NONE });
        scene.wait(BAD_FOR).await;
        scene.relay()?.set_udp(Effects::NONE);
        for ended in watch.ended() {
            scene.notes.find("row", ended);
        }
        Ok(())
    }
    .boxed()
}
