//! F26: long datagrams vanish on the way, and nobody is told.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::task::JoinSet;

use super::Row;
use crate::{
    faults::{crowd, play, scene::Scene, watch::Watch},
    relay::Effects,
};

const BAD_FOR: std::ops::Range<Duration> = Duration::from_secs(4)..Duration::from_secs(8);
/// Of a UDP datagram with its header of 8 bytes.
const LONGEST: usize = 1_300 - 8;
/// Posts that fill many datagrams.
const LONG_POSTS: usize = 20;
const TEXT_BYTES: usize = 12 * 1024;

pub(super) const ROW: Row = Row {
    id: "F26",
    fault: "datagrams longer than 1,300 bytes are dropped",
    relayed: true,
    lanes: crowd::over_udp,
    inject: shorten,
    ..Row::BASE
};

fn shorten<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let watch = Watch::over(scene.crowd);
        scene.relay()?.set_udp(Effects { longest: Some(LONGEST), ..Effects::NONE });
        let mut posts = JoinSet::new();
        for number in 0..LONG_POSTS {
            let room = &scene.play.rooms[number % scene.play.rooms.len()];
            let number = room.members[number % room.members.len()];
            let target = scene.crowd.people[number].client.room(room.id);
            let book = scene.play.book.clone();
            let text = "w".repeat(TEXT_BYTES);
            posts.spawn(async move { play::post(&target, number, &book, &text).await });
        }
        scene.wait(BAD_FOR).await;
        posts.join_all().await;
        // The path stays as it is until a message has reached everybody.
        if scene.probe().await.is_none() {
            scene.notes.find("row", "a message did not pass the narrow path".to_owned());
        }
        for ended in watch.ended() {
            scene.notes.find("row", ended);
        }
        scene.relay()?.set_udp(Effects::NONE);
        Ok(())
    }
    .boxed()
}
