//! F27: a NAT gives every client another port, again and again.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_client::Status;
use tokio::task::JoinSet;

use super::Row;
use crate::faults::{crowd, database::Kind, scene::Scene};

const REBINDS: usize = 5;
const BETWEEN: std::ops::Range<Duration> = Duration::from_millis(300)..Duration::from_millis(1_500);

pub(super) const ROW: Row = Row {
    id: "F27",
    fault: "NAT rebinding, 5 times",
    databases: &[Kind::Sqlite],
    own_postgres: false,
    relayed: true,
    lanes: crowd::over_udp,
    inject: rebind,
    after: None,
};

fn rebind<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let mut ends = JoinSet::new();
        for person in &scene.crowd.people {
            let (name, mut status) = (person.name.clone(), person.client.status());
            ends.spawn(async move {
                let ended = status.wait_for(|now| !matches!(now, Status::Live { .. })).await;
                let ended = ended.map(|status| format!("{status:?}"));
                format!("the session of {name} ended: {ended:?}")
            });
        }
        for _ in 0..REBINDS {
            scene.relay()?.rebind();
            scene.wait(BETWEEN).await;
        }
        while let Some(ended) = ends.try_join_next() {
            scene.notes.find("row", ended?);
        }
        Ok(())
    }
    .boxed()
}
