//! F29: readers that do not read.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_domain::limits;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::Row;
use crate::faults::{crowd, database::Kind, play, scene::Scene, sleeper::Sleeper};

const SLEEPERS: usize = 50;
/// Posted to the room that they follow, in all: more than outbox and sockets
/// hold together.
const FLOOD: usize = 500;
const TEXT_BYTES: usize = 12 * 1024;
/// Posts on their way at once.
const AT_ONCE: usize = 16;
/// Those who read are still reached within this time.
const REACHED_WITHIN: Duration = Duration::from_secs(2);
/// A sleeper is closed once its queue has stood still for so long, and a little.
const CLOSED_AFTER: Duration = limits::OUTBOX_AGE.saturating_add(Duration::from_secs(5));

pub(super) const ROW: Row = Row {
    id: "F29",
    fault: "50 readers that do not read (WebSocket, no window)",
    databases: &[Kind::Sqlite],
    own_postgres: false,
    relayed: false,
    lanes: crowd::in_turn,
    inject: sleep,
    after: None,
};

fn sleep<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let (room, owner) = (&scene.play.rooms[0], &scene.crowd.people[0]);
        let from = owner.client.room_info(room.id).await?.position();
        let mut sleepers = Vec::new();
        for _ in 0..SLEEPERS {
            let token = owner.client.session_tokens().await.access_token;
            let server = scene.server.address();
            sleepers.push(Sleeper::lie_down(server, token, room.id, from).await?);
        }
        let asleep = Instant::now();
        let text: Arc<str> = "z".repeat(TEXT_BYTES).into();
        let mut posts = JoinSet::new();
        for _ in 0..FLOOD {
            if posts.len() >= AT_ONCE {
                posts.join_next().await;
            }
            let (target, book) = (owner.client.room(room.id), scene.play.book.clone());
            let text = text.clone();
            posts.spawn(async move { play::post(&target, 0, &book, &text).await });
        }
        posts.join_all().await;
        // The flood is read by those who read before the time is taken.
        while asleep.elapsed() < CLOSED_AFTER {
            let took = scene.play.probe(scene.crowd, CLOSED_AFTER).await;
            scene.notes.within("reached", took.unwrap_or(CLOSED_AFTER), REACHED_WITHIN);
            sleep_until(Instant::now() + Duration::from_millis(500)).await;
        }
        let mut awake = 0;
        for sleeper in sleepers {
            awake += usize::from(!sleeper.was_closed().await);
        }
        if awake > 0 {
            scene.notes.find("row", format!("{awake} sleepers were not closed"));
        }
        Ok(())
    }
    .boxed()
}
