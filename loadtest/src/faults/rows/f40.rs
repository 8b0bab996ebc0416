//! F40, as far as one node goes: the same request over two sessions at once.

use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_domain::{Body, RequestId};
use rand::Rng as _;

use super::Row;
use crate::faults::scene::Scene;

/// Requests sent twice in each round.
const PAIRS: usize = 200;

pub(super) const ROW: Row = Row {
    id: "F40-1",
    fault: "the same request over two sessions at once, one node",
    inject: send_twice,
    ..Row::BASE
};

fn send_twice<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let second = scene.crowd.fresh_session().await?;
        for _ in 0..PAIRS {
            let room = scene.play.rooms[scene.rng.random_range(0..scene.play.rooms.len())].id;
            let (id, text) = (RequestId::random(), format!("{:x}", scene.rng.random::<u64>()));
            let body = Body::parse(&text)?;
            scene.play.book.account(0).sent(id, room, &text);
            let rooms = [scene.crowd.people[0].client.room(room), second.room(room)];
            let [a, b] = rooms.each_ref().map(|room| room.post_with(id, body.clone(), None));
            match tokio::join!(a, b) {
                (Ok(a), Ok(b)) if a.seq == b.seq => {
                    scene.play.book.account(0).answered(id, a.seq);
                }
                (a, b) => scene.notes.find("L2", format!("{id} was answered {a:?} and {b:?}")),
            }
        }
        second.close().await;
        Ok(())
    }
    .boxed()
}
