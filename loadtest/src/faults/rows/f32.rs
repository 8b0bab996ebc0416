//! F32: the server's clock is set by an hour, forth and back.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};

use super::Row;
use crate::faults::{clock, scene::Scene, watch::Watch};

const APART: std::ops::Range<Duration> = Duration::from_secs(1)..Duration::from_secs(3);

pub(super) const ROW: Row = Row {
    id: "F32",
    fault: "the wall clock steps by an hour, forth and back (the monotonic one goes on)",
    programs: &["faketime"],
    own_clock: true,
    inject: step,
    ..Row::BASE
};

fn step<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let watch = Watch::over(scene.crowd);
        let room = scene.play.rooms[0].id;
        let mut times = Vec::new();
        for offset in ["+1h", "-1h", "+0"] {
            clock::set(scene.server.folder(), offset)?;
            scene.wait(APART).await;
            scene.first_answer().await?;
            let newest = scene.crowd.people[0].client.newest_messages(room, 1).await?;
            times.extend(newest.messages.into_iter().map(|message| message.posted_at));
            // Whoever comes is let in at any time.
            match scene.crowd.visitor().await {
                Ok((visitor, _)) => visitor.close().await,
                Err(error) => scene.notes.find("C18", format!("at {offset}: {error:#}")),
            }
        }
        // As they are written, times of one day sort like text.
        if !matches!(&times[..], [forth, back, true_time] if back < true_time && true_time < forth)
        {
            scene.notes.find("row", format!("the server's clock was not set: {times:?}"));
        }
        for ended in watch.ended() {
            scene.notes.find("C18", ended);
        }
        Ok(())
    }
    .boxed()
}
