//! SQLite: one file, one writer, several readers.

use std::{path::Path, time::Duration};

use parlor_domain::planted::{Planted, planted};
use sqlx::{
    pool::PoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::OpenError;

mod index;
mod mark;
#[path = "sql/mod.rs"]
pub(crate) mod sql;

pub(crate) use mark::Mark;

pub(crate) type Driver = sqlx::Sqlite;
/// Takes the write lock at once: a transaction that reads first and then wants
/// to write could not wait for it.
pub(crate) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";
pub(crate) const BEGIN_READ: &str = "BEGIN";
/// Pages of the file; those that still stand in the WAL alone are counted too.
pub(crate) const DATABASE_BYTES: &str =
    "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
/// The write lock covers every row.
pub(crate) const FOR_UPDATE: &str = "";
pub(crate) const FOR_UPDATE_FREE: &str = "";

const READERS: u32 = 4;
/// Longer than on a server: here one waits for one's own process, whose commits
/// wait for the disk.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(1_200);
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);
/// At start there is nobody to be answered in time: whoever else has the file
/// (a backup, a server that is being killed) may finish first.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// Below it a WAL file can be reset while a checkpoint still needs it.
const OLDEST_VERSION: (u32, u32, u32) = (3, 51, 3);

pub(crate) async fn open(path: &Path) -> Result<(sql::Db, Mark), OpenError> {
    let connect = |error: sqlx::Error| OpenError::Connect(format!("{}: {error}", path.display()));
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(if planted(Planted::SynchronousOff) {
            SqliteSynchronous::Off
        } else {
            SqliteSynchronous::Full
        })
        // More statements than the log's chunk sizes ever make.
        .statement_cache_capacity(256);
    let pool = |size| {
        // A file does not go away, so a connection is not tested before use.
        PoolOptions::<Driver>::new()
            .max_connections(size)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    // Kept until the pools are open, so that the WAL is read but once.
    let first = pool(1)
        .acquire_timeout(START_TIMEOUT)
        .connect_with(options.clone().busy_timeout(START_TIMEOUT))
        .await
        .map_err(connect)?;
    sqlx::migrate!("migrations/sqlite")
        .run(&first)
        .await
        .map_err(|error| OpenError::Migrate(error.to_string()))?;
    let (version, journal, synchronous): (String, String, i64) = sqlx::query_as(
        "SELECT sqlite_version(), journal_mode, synchronous \
         FROM pragma_journal_mode, pragma_synchronous",
    )
    .fetch_one(&first)
    .await
    .map_err(connect)?;
    check(&version, &journal, synchronous)?;
    sql::epoch(&first).await.map_err(connect)?;
    mark::compare(path, &first).await.map_err(connect)?;
    let epoch = sql::epoch(&first).await.map_err(connect)?;
    sql::accounts::complete(&first).await.map_err(connect)?;
    sql::rooms::complete(&first).await.map_err(connect)?;
    let writer = pool(1).connect_with(options.clone()).await.map_err(connect)?;
    // The readers may write too, so that the first of them can make the WAL's
    // index; nothing they are asked to run does.
    let reader = pool(READERS).connect_with(options).await.map_err(connect)?;
    first.close().await;
    let mark = Mark::begin(path, writer.clone()).await;
    Ok((sql::Db::new(writer, reader, epoch), mark))
}

fn check(version: &str, journal: &str, synchronous: i64) -> Result<(), OpenError> {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    if (next(), next(), next()) < OLDEST_VERSION {
        return Err(OpenError::NotDurable(format!("SQLite {version} is too old")));
    }
    if journal != "wal" {
        return Err(OpenError::NotDurable(format!("journal_mode is {journal}, not wal")));
    }
    // 2 is FULL, 3 is EXTRA (<https://sqlite.org/pragma.html#pragma_synchronous>).
    if synchronous < 2 && !planted(Planted::SynchronousOff) {
        return Err(OpenError::NotDurable(format!("synchronous is {synchronous}, not FULL")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn c1_settings_that_could_lose_a_commit_are_refused() {
        assert!(check("3.51.3", "wal", 2).is_ok());
        assert!(check("4.0.0", "wal", 3).is_ok());
        assert!(check("3.51.2", "wal", 2).is_err());
        assert!(check("3.51.3", "delete", 2).is_err());
        assert!(check("3.51.3", "wal", 1).is_err());
    }
}
