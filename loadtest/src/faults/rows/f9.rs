//! F9: PostgreSQL behind a black hole: connections stay, and nothing passes.

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::time::Instant;

use super::{
    Row,
    f7::ANSWER_WITHIN,
    f8::{HANG, TOLD_WITHIN},
};
use crate::{
    faults::{database::Kind, scene::Scene},
    relay::Effects,
};

pub(super) const ROW: Row = Row {
    id: "F9",
    fault: "PostgreSQL black-holed; old connections stay so for good",
    databases: &[Kind::Postgres],
    database_relayed: true,
    inject: swallow,
    ..Row::BASE
};

fn swallow<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let relay = scene.database_relay()?;
        // Neither side is told of the connections that there are, nor heard on
        // them again: they must be replaced. PostgreSQL keeps what they hold.
        relay.strand();
        relay.set_tcp(Effects::CUT);
        let asked = Instant::now();
        let room = scene.play.rooms[0].id;
        // An answer or a refusal: what counts is that somebody says it.
        let _ = scene.crowd.people[0].client.newest_messages(room, 10).await;
        scene.notes.within("answer while hung", asked.elapsed(), TOLD_WITHIN);
        scene.wait(HANG).await;
        // Nor is anything heard later that was said into the hole.
        relay.strand();
        relay.set_tcp(Effects::NONE);
        let took = scene.first_answer().await?;
        scene.notes.within("first answer", took, ANSWER_WITHIN);
        Ok(())
    }
    .boxed()
}
