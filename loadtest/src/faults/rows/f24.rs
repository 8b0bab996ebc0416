//! F24: UDP is blocked in the middle of a session.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_client::Lane;

use super::Row;
use crate::{
    faults::{crowd, scene::Scene},
    relay::Effects,
};

/// Everybody has moved to WebSocket within this time.
const MOVED_WITHIN: Duration = Duration::from_secs(10);
/// Later than that is waited for, to tell by how much.
const GIVEN_UP: Duration = Duration::from_secs(60);

pub(super) const ROW: Row = Row {
    id: "F24",
    fault: "UDP blocked in mid-session",
    relayed: true,
    lanes: crowd::any,
    inject: block_udp,
    ..Row::BASE
};

fn block_udp<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let relay = scene.relay()?;
        // A round before this one has moved everybody: the other way round.
        relay.set_tcp(Effects::CUT);
        let back = scene.crowd.all_on(Lane::Quic, GIVEN_UP).await;
        relay.set_tcp(Effects::NONE);
        back.context("the clients do not come back to QUIC")?;
        relay.set_udp(Effects::CUT);
        let moved = scene.crowd.all_on(Lane::WebSocket, GIVEN_UP).await;
        match moved {
            Some(took) => scene.notes.within("moved", took, MOVED_WITHIN),
            None => scene.notes.find("row", "not everybody moved to WebSocket".to_owned()),
        }
        relay.set_udp(Effects::NONE);
        Ok(())
    }
    .boxed()
}
