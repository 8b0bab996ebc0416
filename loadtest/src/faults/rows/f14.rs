//! F14, as far as one node goes: the bus loses announcements.

use std::{collections::HashMap, time::Duration};

use anyhow::ensure;
use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_domain::{RequestId, RoomName, Seq, Topic, Visibility, planted::Planted};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::Row;
use crate::{
    faults::{bare::Bare, http, scene::Scene},
    wire::{self, Said},
};

/// Quiet rooms, which nothing but an announcement makes look at their logs.
const ROOMS: usize = 24;
/// How often something is posted to all of them at once, over REST.
const BURSTS: usize = 4;
/// A post reaches whoever follows the room within this time, announced or not.
const REACHED_WITHIN: Duration = Duration::from_secs(5);

pub(super) const ROW: Row = Row {
    id: "F14-1",
    fault: "the bus loses announcements, one node",
    fail_points: &[Planted::SmallBus],
    inject: overflow,
    ..Row::BASE
};

fn overflow<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let (owner, server) = (&scene.crowd.people[0].client, scene.server.address());
        let token = owner.session_tokens().await.access_token;
        let mut rooms = Vec::new();
        for number in 0..ROOMS {
            let (name, topic) = (RoomName::parse(&format!("quiet {number}"))?, Topic::parse("")?);
            let id = RequestId::random();
            let made = owner.create_room(id, &name, &topic, Visibility::Public).await?;
            rooms.push((made.id, wire::beginning(made.epoch)));
        }
        let mut bare = Bare::connect(server, token.clone(), &rooms).await?;
        let mut reached: HashMap<_, _> = rooms.iter().map(|(id, _)| (*id, Seq::ZERO)).collect();
        // Its beginning: it was made, and its owner joined.
        let mut expected = Seq::new(2);
        let within = scene.notes.limit(REACHED_WITHIN);
        for burst in 0..=BURSTS {
            let begun = Instant::now();
            while reached.values().any(|seq| *seq < expected) {
                match timeout_at(begun + within, bare.next()).await {
                    Ok(Some(Said::Events { room, events })) => {
                        let last = events.last().map_or(Seq::ZERO, |event| event.seq);
                        reached.entry(room).and_modify(|seq| *seq = last.max(*seq));
                    }
                    Ok(Some(_)) => {}
                    Ok(None) | Err(_) => break,
                }
            }
            let missing = reached.values().filter(|seq| **seq < expected).count();
            if missing > 0 {
                let what = format!("in burst {burst}, {missing} of {ROOMS} posts were not seen");
                scene.notes.find("C14", what);
                break;
            }
            scene.notes.within("reached", begun.elapsed(), REACHED_WITHIN);
            if burst < BURSTS {
                expected = expected.next();
                let mut posts = JoinSet::new();
                for (room, _) in rooms.clone() {
                    let token = token.clone();
                    posts.spawn(async move {
                        http::post(server, &token, room, RequestId::random(), "burst").await
                    });
                }
                while let Some(posted) = posts.join_next().await {
                    let posted = posted??;
                    ensure!(posted.status == 201, "a post was answered {posted:?}");
                }
            }
        }
        Ok(())
    }
    .boxed()
}
