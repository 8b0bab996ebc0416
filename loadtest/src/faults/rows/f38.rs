//! F38: a room's task and a request's handler panic.

use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_client::Status;
use parlor_domain::{
    RequestId, Seq,
    planted::{PANIC_TEXT, Planted},
};
use rand::Rng as _;
use tokio::task::JoinSet;

use super::Row;
use crate::{
    faults::{http, play, process::Server, scene::Scene},
    ledger::Finding,
};

/// Panics of a room's task, and of a handler, in each round.
const PANICS: usize = 3;

pub(super) const ROW: Row = Row {
    id: "F38",
    fault: "3 panics of a room's task after the commit, 3 of a handler",
    inject: panic,
    fail_points: &[Planted::PanicInRoom, Planted::PanicInHandler],
    after: Some(has_panicked),
    ..Row::BASE
};

fn panic<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let (room, server) = (&scene.play.rooms[0], scene.server.address());
        // Whoever is not in the room does not notice.
        let mut ends = JoinSet::new();
        let people = scene.crowd.people.iter().enumerate();
        for (_, person) in people.filter(|(number, _)| !room.members.contains(number)) {
            let (name, mut status) = (person.name.clone(), person.client.status());
            ends.spawn(async move {
                let ended = status.wait_for(|now| !matches!(now, Status::Live { .. })).await;
                let ended = ended.map(|status| format!("{status:?}"));
                format!("the session of {name} ended, who is not in the room: {ended:?}")
            });
        }
        let owner = &scene.crowd.people[0].client;
        for _ in 0..PANICS {
            let text = format!("{PANIC_TEXT} {:016x}", scene.rng.random::<u64>());
            let posted = play::post(&owner.room(room.id), 0, &scene.play.book, &text).await;
            if posted.is_none() {
                scene.notes.find("row", "a post that made its room panic was refused".to_owned());
            }
        }
        let token = owner.session_tokens().await.access_token;
        for _ in 0..PANICS {
            let text = format!("{PANIC_TEXT} {:016x}", scene.rng.random::<u64>());
            let id = RequestId::random();
            scene.play.book.account(0).sent(id, room.id, &text);
            let first = http::post(server, &token, room.id, id, &text).await?;
            let second = http::post(server, &token, room.id, id, &text).await?;
            let seq = || serde_json::from_str::<serde_json::Value>(&second.body).ok();
            let seq = seq().and_then(|body| body["seq"].as_str()?.parse().ok());
            match (first.status, second.status, seq) {
                (500, 201, Some(seq)) => {
                    scene.play.book.account(0).answered(id, Seq::new(seq));
                }
                _ => {
                    let what = format!("posts were answered {first:?}, then {second:?}");
                    scene.notes.find("row", what);
                }
            }
        }
        while let Some(ended) = ends.try_join_next() {
            scene.notes.find("row", ended?);
        }
        Ok(())
    }
    .boxed()
}

fn has_panicked(server: &Server) -> BoxFuture<'_, anyhow::Result<Vec<Finding>>> {
    async move {
        let panics = server.planted_panics()?;
        let what = format!("the server panicked {panics} times; the row shows nothing");
        let finding = (panics < 2 * PANICS).then_some(Finding { check: "row", what });
        Ok(finding.into_iter().collect())
    }
    .boxed()
}
