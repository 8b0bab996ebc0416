//! F4: the server is paused, and goes on.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};

use super::Row;
use crate::faults::scene::Scene;

const PAUSE: std::ops::Range<Duration> = Duration::from_secs(5)..Duration::from_secs(20);

pub(super) const ROW: Row =
    Row { id: "F4", fault: "pause of 5 to 20 s (SIGSTOP, SIGCONT)", inject: pause, ..Row::BASE };

fn pause<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        scene.server.signal("STOP").await?;
        scene.wait(PAUSE).await;
        scene.server.signal("CONT").await
    }
    .boxed()
}
