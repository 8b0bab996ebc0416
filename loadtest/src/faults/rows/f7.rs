//! F7: PostgreSQL stops at once, and must recover.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};

use super::Row;
use crate::faults::{database::Kind, scene::Scene};

/// The first message is answered ok within this time after the database is back.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(2);
const DOWN: std::ops::Range<Duration> = Duration::ZERO..Duration::from_secs(4);

pub(super) const ROW: Row = Row {
    id: "F7",
    fault: "PostgreSQL: immediate stop and restart",
    databases: &[Kind::Postgres],
    own_postgres: true,
    inject: stop_and_restart,
    ..Row::BASE
};

fn stop_and_restart<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        scene.database.postgres()?.stop("QUIT").await?;
        scene.wait(DOWN).await;
        scene.database.postgres()?.launch().await?;
        let took = scene.first_answer().await?;
        scene.notes.within("first answer", took, ANSWER_WITHIN);
        Ok(())
    }
    .boxed()
}
