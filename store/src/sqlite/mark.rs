//! Notices that the file was replaced by an older copy of itself (C2, C7): the
//! database counts upwards while it is used, and a small file beside it remembers
//! how far it had counted. Where the database has counted less than that, events
//! that clients have seen are gone and their numbers will be given again: every
//! log gets a new epoch, and every client an honest Reset. So it does where the file
//! remembers another epoch: a copy was put back that is older than the last such reset.
//!
//! The file is written after the database, so a crash between the two is no alarm.
//! Its name does not begin with the database's, so that a copy of `parlor.db*` does
//! not take it along. A copy made since the last count looks like the original;
//! then only clients that are ahead of its head are reset.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::Pool;
use tokio::time::{Instant, timeout};

use super::{Driver, sql};

/// The database counts this often while something is committed.
const INTERVAL: Duration = Duration::from_secs(10);
/// Counting takes no longer than this: commits wait behind it.
const PATIENCE: Duration = Duration::from_millis(500);

/// The count of one database, and the file that remembers it.
#[derive(Debug)]
pub(crate) struct Mark {
    path: PathBuf,
    writer: Pool<Driver>,
    counted_at: Instant,
}

/// Compares the database with what its file remembers, and gives it a new epoch
/// where it was replaced by an older copy. `pool` is that of a migrated database
/// with an epoch.
pub(super) async fn compare(database: &Path, pool: &Pool<Driver>) -> sqlx::Result<()> {
    let (epoch, mark): (i64, i64) =
        sqlx::query_as("SELECT epoch, mark FROM meta").fetch_one(pool).await?;
    let remembered = remembered(&path(database));
    if remembered.is_some_and(|(of, at)| of != epoch || mark < at) {
        tracing::warn!(
            "the database was replaced by an older copy: every client starts over from it"
        );
        begin_epoch(pool).await?;
    }
    Ok(())
}

/// Begins a new incarnation of every log.
async fn begin_epoch(pool: &Pool<Driver>) -> sqlx::Result<()> {
    let epoch = sql::fresh_epoch();
    let mut transaction = pool.begin().await?;
    for change in ["UPDATE meta SET epoch = $1", "UPDATE logs SET epoch = $1"] {
        sqlx::query(change).bind(epoch).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

impl Mark {
    /// Counts for the first time since the start.
    pub(super) async fn begin(database: &Path, writer: Pool<Driver>) -> Self {
        let mut mark = Self { path: path(database), writer, counted_at: Instant::now() };
        // A disk that is full lets nobody count, and can be read all the same (C17).
        mark.end().await;
        mark
    }

    /// Something was committed: counts where that is due.
    pub(crate) async fn committed(&mut self) {
        if self.counted_at.elapsed() >= INTERVAL {
            self.end().await;
        }
    }

    /// Counts, so that copies made before can be told from what follows.
    pub(crate) async fn end(&mut self) {
        self.counted_at = Instant::now();
        match timeout(PATIENCE, self.count()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the database could not count"),
            Err(_) => tracing::warn!("the database took too long to count"),
        }
    }

    async fn count(&mut self) -> sqlx::Result<()> {
        let (epoch, mark): (i64, i64) =
            sqlx::query_as("UPDATE meta SET mark = mark + 1 RETURNING epoch, mark")
                .fetch_one(&self.writer)
                .await?;
        remember(&self.path, epoch, mark).map_err(sqlx::Error::Io)
    }
}

/// `mark.parlor.db` beside `parlor.db`.
fn path(database: &Path) -> PathBuf {
    let mut name = OsString::from("mark.");
    name.push(database.file_name().unwrap_or_default());
    database.with_file_name(name)
}

/// Epoch and count; `None` where nothing sensible is remembered.
fn remembered(path: &Path) -> Option<(i64, i64)> {
    let text = std::fs::read_to_string(path).ok()?;
    let (epoch, mark) = text.trim().split_once(' ')?;
    Some((epoch.parse().ok()?, mark.parse().ok()?))
}

fn remember(path: &Path, epoch: i64, mark: i64) -> io::Result<()> {
    let fresh = path.with_extension("new");
    std::fs::write(&fresh, format!("{epoch} {mark}\n"))?;
    std::fs::rename(&fresh, path)
}
