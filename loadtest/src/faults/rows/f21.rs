//! F21: packets are lost, of UDP and TCP alike, each way.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use rand::seq::IndexedRandom as _;

use super::Row;
use crate::faults::{database::Database, scene::Scene};

const BAD_FOR: std::ops::Range<Duration> = Duration::from_secs(3)..Duration::from_secs(8);
/// Of a hundred packets each way.
const LOST: [u32; 3] = [1, 5, 20];

pub(super) const ROW: Row = Row {
    id: "F21",
    fault: "loss of 1, 5 or 20 % of all packets each way",
    programs: &["ip", "nft"],
    root: true,
    own_network: true,
    inject: lose,
    ..Row::BASE
};

fn lose<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let lost = LOST.choose(scene.rng).copied().unwrap_or(LOST[0]);
        let mut rules = Vec::new();
        if let Database::Own(postgres) = &scene.database {
            // The way to the database is another network.
            let port = postgres.address().port();
            rules.push(format!("tcp dport {port} accept"));
            rules.push(format!("tcp sport {port} accept"));
        }
        rules.push(format!("meta l4proto {{ tcp, udp }} numgen random mod 100 < {lost} drop"));
        scene.network()?.filter(&rules)?;
        scene.wait(BAD_FOR).await;
        scene.network()?.filter(&[])
    }
    .boxed()
}
