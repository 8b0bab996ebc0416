//! F8: PostgreSQL hangs: its connections stay, and nobody answers.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::time::Instant;

use super::{Row, f7::ANSWER_WITHIN};
use crate::faults::{database::Kind, scene::Scene};

pub(super) const HANG: std::ops::Range<Duration> = Duration::from_secs(3)..Duration::from_secs(15);
/// Whoever asks meanwhile is told so within this time (C13).
pub(super) const TOLD_WITHIN: Duration = Duration::from_secs(2);

pub(super) const ROW: Row = Row {
    id: "F8",
    fault: "PostgreSQL hangs (SIGSTOP of all its processes)",
    databases: &[Kind::Postgres],
    own_postgres: true,
    inject: hang,
    ..Row::BASE
};

fn hang<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        scene.database.postgres()?.signal_all("STOP").await?;
        let asked = Instant::now();
        let room = scene.play.rooms[0].id;
        // An answer or a refusal: what counts is that somebody says it.
        let _ = scene.crowd.people[0].client.newest_messages(room, 10).await;
        scene.notes.within("answer while hung", asked.elapsed(), TOLD_WITHIN);
        scene.wait(HANG).await;
        scene.database.postgres()?.signal_all("CONT").await?;
        let took = scene.first_answer().await?;
        scene.notes.within("first answer", took, ANSWER_WITHIN);
        Ok(())
    }
    .boxed()
}
