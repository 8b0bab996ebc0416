//! F41: the database is replaced by an older copy of itself.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::Context as _;
use futures_util::{FutureExt as _, future::BoxFuture};

use super::Row;
use crate::faults::{database::Kind, scene::Scene};

/// What is said after the copy was made, and is gone once it is put back.
const SAID: std::ops::Range<Duration> = Duration::from_millis(500)..Duration::from_secs(3);
/// Every view is told to start over within this time.
const RESET_WITHIN: Duration = Duration::from_secs(5);
/// An answer that had arrived when the last session ended is written down by then.
const WRITTEN_DOWN: Duration = Duration::from_millis(200);

pub(super) const ROW: Row = Row {
    id: "F41",
    fault: "the database is replaced by an older copy",
    databases: &[Kind::Sqlite],
    inject: put_back,
    ..Row::BASE
};

fn put_back<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        scene.server.kill().await?;
        let (database, wal) = (scene.server.sqlite(), beside(scene, "-wal"));
        let copies = [database.with_extension("older"), database.with_extension("older-wal")];
        for (file, copy) in [&database, &wal].into_iter().zip(&copies) {
            fs::copy(file, copy).context("a copy of the database")?;
        }
        scene.server.launch().await?;
        scene.wait(SAID).await;
        scene.server.kill().await?;
        scene.crowd.all_lost().await?;
        tokio::time::sleep(WRITTEN_DOWN).await;
        scene.play.book.replaced();
        fs::remove_file(beside(scene, "-shm"))?;
        for (file, copy) in [&database, &wal].into_iter().zip(&copies) {
            fs::rename(copy, file)?;
        }
        scene.server.launch().await?;
        let views: usize = scene.play.rooms.iter().map(|room| room.members.len()).sum();
        let resets = scene.play.book.resets(views, RESET_WITHIN).await;
        if resets != views {
            scene.notes.find("row", format!("{resets} of {views} views were reset"));
        }
        Ok(())
    }
    .boxed()
}

fn beside(scene: &Scene<'_>, part: &str) -> PathBuf {
    let mut path = scene.server.sqlite().into_os_string();
    path.push(part);
    path.into()
}
