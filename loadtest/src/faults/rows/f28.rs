//! F28: clients vanish without a word, and their TCP connections stay half open.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::time::{Instant, timeout};

use super::Row;
use crate::faults::{crowd, scene::Scene};

/// The server has freed every connection within this time.
const FREED_WITHIN: Duration = Duration::from_secs(45);
/// Later than that is waited for, to tell by how much.
const GIVEN_UP: Duration = Duration::from_secs(90);

pub(super) const ROW: Row = Row {
    id: "F28",
    fault: "half-open TCP",
    relayed: true,
    lanes: crowd::over_tcp,
    inject: strand,
    ..Row::BASE
};

fn strand<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let mut counts = scene.relay()?.counts();
        let begun = Instant::now();
        scene.relay()?.strand();
        let stranded = timeout(GIVEN_UP, counts.wait_for(|counts| counts.stranded > 0)).await;
        stranded.context("no connection was stranded")??;
        let freed = timeout(GIVEN_UP, counts.wait_for(|counts| counts.stranded == 0)).await;
        match freed.map(|freed| freed.map(|_| ())) {
            Ok(freed) => {
                freed?;
                scene.notes.within("freed", begun.elapsed(), FREED_WITHIN);
            }
            Err(_) => {
                let left = scene.relay()?.counts().borrow().stranded;
                scene.notes.find("row", format!("{left} connections were not freed"));
            }
        }
        Ok(())
    }
    .boxed()
}
