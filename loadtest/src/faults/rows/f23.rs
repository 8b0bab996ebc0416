//! F23: UDP is blocked from the beginning.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_client::{Lane, Status};

use super::Row;
use crate::{
    faults::{crowd, scene::Scene},
    relay::{Cut, Effects},
};

/// Somebody who comes is live on WebSocket within this time.
const LIVE_WITHIN: Duration = Duration::from_secs(3);

pub(super) const ROW: Row = Row {
    id: "F23",
    fault: "UDP blocked from the start, in silence",
    relayed: true,
    lanes: crowd::over_tcp,
    inject: come_over_tcp,
    ..Row::BASE
};

fn come_over_tcp<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        for cut in [Cut::Both, Cut::Down, Cut::Up] {
            scene.relay()?.set_udp(Effects { cut, ..Effects::NONE });
            let (visitor, took) = scene.crowd.visitor().await?;
            scene.notes.within("live", took, LIVE_WITHIN);
            let status = visitor.status().borrow().clone();
            if !matches!(status, Status::Live { lane: Lane::WebSocket, .. }) {
                scene.notes.find("row", format!("with UDP cut {cut:?}: {status:?}"));
            }
            visitor.close().await;
        }
        scene.relay()?.set_udp(Effects::NONE);
        Ok(())
    }
    .boxed()
}
