//! F17: the disk of the database is full.

use std::{io::Write as _, path::Path, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_client::RestError;
use parlor_domain::Code;
use tokio::time::Instant;

use super::Row;
use crate::faults::{database::Database, scene::Scene};

const FULL: std::ops::Range<Duration> = Duration::from_secs(2)..Duration::from_secs(6);
/// What SQLite has set aside in its WAL is used up within this time.
const USED_UP_WITHIN: Duration = Duration::from_secs(15);
/// Writes go on within this time after there is room again (C17).
const RESUMED_WITHIN: Duration = Duration::from_secs(5);

pub(super) const ROW: Row = Row {
    id: "F17",
    fault: "the disk of the database is full",
    programs: &["mount", "umount"],
    root: true,
    small_disk: true,
    inject: fill,
    ..Row::BASE
};

/// Takes all the room that there is.
fn blow_up(balloon: &Path) -> anyhow::Result<()> {
    let mut file = std::fs::File::options().create(true).append(true).open(balloon)?;
    for size in [1 << 20, 1 << 12] {
        let air = vec![1; size];
        while file.write_all(&air).is_ok() {}
    }
    Ok(())
}

fn fill<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let balloon = scene.disk()?.path().join("balloon");
        let is_sqlite = matches!(scene.database, Database::Sqlite);
        let (client, room) = (&scene.crowd.people[0].client, scene.play.rooms[0].id);
        let full = Instant::now();
        blow_up(&balloon)?;
        scene.wait(FULL).await;
        // A checkpoint may have made room.
        blow_up(&balloon)?;
        if is_sqlite {
            if let Err(error) = client.newest_messages(room, 10).await {
                scene.notes.find("C17", format!("a read from a full disk: {error}"));
            }
            // A WAL that has just begun anew has room for many writes.
            let mut written = scene.write().await;
            while written.is_ok() && full.elapsed() < USED_UP_WITHIN {
                written = scene.write().await;
            }
            match written {
                Err(RestError::Refused(refusal)) if refusal.code == Code::ResourceExhausted => {}
                other => scene.notes.find("C17", format!("a write to a full disk: {other:?}")),
            }
        }
        scene.notes.measure("full for", full.elapsed());
        std::fs::remove_file(&balloon)?;
        if !is_sqlite {
            // It ends where it cannot write its own log, and is started again by
            // whoever looks after it.
            scene.database.postgres()?.revive().await?;
        }
        let took = scene.first_answer().await?;
        scene.notes.within("first answer", took, RESUMED_WITHIN);
        Ok(())
    }
    .boxed()
}
