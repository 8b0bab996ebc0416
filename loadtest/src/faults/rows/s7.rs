//! S7, as far as membership goes: who is removed from a room in the middle of a
//! session reads no further.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_client::Room;
use parlor_domain::{Body, RequestId, RoomName, Topic, Visibility};
use tokio::time::{Instant, timeout_at};

use super::Row;
use crate::{
    faults::{bare::Bare, http, scene::Scene},
    wire::{self, Said},
};

/// Removals in each round.
const REMOVALS: usize = 3;
/// Posts before and after each.
const POSTS: usize = 5;
/// Whoever was removed is told within this time ...
const TOLD_WITHIN: Duration = Duration::from_secs(2);
/// ... and then listens for so long; what comes, comes at once.
const LISTENS: Duration = Duration::from_millis(700);

pub(super) const ROW: Row =
    Row { id: "S7-1", fault: "removed from a room in mid-session", inject: remove, ..Row::BASE };

fn remove<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let [owner, guest, ..] = &scene.crowd.people[..] else { return Ok(()) };
        let server = scene.server.address();
        for number in 0..REMOVALS {
            let (name, topic) = (RoomName::parse(&format!("s7 {number}"))?, Topic::parse("")?);
            let id = RequestId::random();
            let made = owner.client.create_room(id, &name, &topic, Visibility::Public).await?;
            guest.client.join(made.id).await?;
            let room = owner.client.room(made.id);
            let token = guest.client.session_tokens().await.access_token;
            let from = wire::beginning(made.epoch);
            let mut bare = Bare::connect(server, token, &[(made.id, from)]).await?;
            post(&room).await?;
            let token = owner.client.session_tokens().await.access_token;
            let user = guest.client.me().await.id;
            let removed = http::remove_member(server, &token, made.id, user).await?;
            ensure!(removed.status == 204, "the removal was answered {removed:?}");
            post(&room).await?;
            let (mut has_left, mut later) = (false, 0);
            let mut end = Instant::now() + scene.notes.limit(TOLD_WITHIN);
            while let Ok(said) = timeout_at(end, bare.next()).await {
                let said = said.context("the session of who was removed ended")?;
                let Said::Events { room, events } = said else { continue };
                for event in events.iter().filter(|_| room == made.id) {
                    later += usize::from(has_left);
                    if event.is_departure && !has_left {
                        (has_left, end) = (true, Instant::now() + LISTENS);
                    }
                }
            }
            if !has_left {
                scene.notes.find("L7", "who was removed was not told".to_owned());
            }
            if later > 0 {
                let what = format!("{later} events came to somebody who was removed before");
                scene.notes.find("L7", what);
            }
        }
        Ok(())
    }
    .boxed()
}

/// This room is none of the round's, so the ledger does not hear of it.
async fn post(room: &Room) -> anyhow::Result<()> {
    for number in 0..POSTS {
        room.post(Body::parse(&format!("post {number}"))?).await.context("a post")?;
    }
    Ok(())
}
