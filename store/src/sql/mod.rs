//! All SQL, written once for both databases: this folder is compiled twice,
//! under `sqlite` and under `postgres`, against the names of its parent.

pub(crate) mod accounts;
pub(crate) mod admin;
pub(crate) mod bans;
pub(crate) mod drafts;
pub(crate) mod endings;
mod facts;
pub(crate) mod files;
mod forwards;
pub(crate) mod friends;
pub(crate) mod health;
pub(crate) mod invites;
pub(crate) mod log;
mod mentions;
pub(crate) mod messages;
mod on_message;
pub(crate) mod overview;
pub(crate) mod pins;
mod preferences;
pub(crate) mod presence;
pub(crate) mod privacy;
mod reactions;
pub(crate) mod rooms;
pub(crate) mod row;
pub(crate) mod search;
pub(crate) mod writes;

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parlor_domain::{Epoch, limits};
use sqlx::{
    Connection as _, Database, Pool, QueryBuilder, Transaction, pool::PoolConnection,
    query_builder::Separated,
};

use super::{BEGIN_READ, BEGIN_WRITE, Driver, FOR_UPDATE, FOR_UPDATE_FREE, index};

pub(crate) type Connection = <Driver as Database>::Connection;
type Builder = QueryBuilder<Driver>;
pub(crate) type Tuple<'a> = Separated<'a, Driver, &'static str>;

/// An opened database.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    writer: Pool<Driver>,
    reader: Pool<Driver>,
    /// Of every log made from now on.
    epoch: Epoch,
    /// What the files of a room may take.
    room_file_bytes: Arc<AtomicU64>,
    /// What the files of a user may take where they forward some.
    user_file_bytes: Arc<AtomicU64>,
}

/// The epoch of a migrated database, given to it the first time.
pub(super) async fn epoch(pool: &Pool<Driver>) -> sqlx::Result<Epoch> {
    sqlx::query("INSERT INTO meta (one, epoch) VALUES (1, $1) ON CONFLICT (one) DO NOTHING")
        .bind(fresh_epoch())
        .execute(pool)
        .await?;
    let epoch: i64 = sqlx::query_scalar("SELECT epoch FROM meta").fetch_one(pool).await?;
    Ok(row::epoch(epoch))
}

/// A number that no other epoch has, most likely.
pub(super) fn fresh_epoch() -> i64 {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    i64::from((high ^ low) as u32).max(1)
}

impl Db {
    /// Takes pools of a migrated database and its [`epoch`].
    pub(super) fn new(writer: Pool<Driver>, reader: Pool<Driver>, epoch: Epoch) -> Self {
        let room_file_bytes = Arc::new(AtomicU64::new(limits::ROOM_FILE_BYTES));
        let user_file_bytes = Arc::new(AtomicU64::new(limits::USER_FILE_BYTES));
        Self { writer, reader, epoch, room_file_bytes, user_file_bytes }
    }

    pub(crate) fn limit_rooms(&self, bytes: u64) {
        self.room_file_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn limit_users(&self, bytes: u64) {
        self.user_file_bytes.store(bytes, Ordering::Relaxed);
    }

    async fn reader(&self) -> sqlx::Result<Lease> {
        Ok(Lease { connection: Some(self.reader.acquire().await?), sound: false })
    }

    async fn writer(&self) -> sqlx::Result<Lease> {
        Ok(Lease { connection: Some(self.writer.acquire().await?), sound: false })
    }
}

/// A connection on loan. It goes back to its pool only when the work on it came
/// to its end: one that failed, was given up or hangs is closed instead, and
/// the pool opens another.
struct Lease {
    connection: Option<PoolConnection<Driver>>,
    sound: bool,
}

impl Lease {
    async fn begin_read(&mut self) -> sqlx::Result<Transaction<'_, Driver>> {
        self.begin_with(BEGIN_READ).await
    }

    async fn begin_write(&mut self) -> sqlx::Result<Transaction<'_, Driver>> {
        self.begin_with(BEGIN_WRITE).await
    }

    fn done(mut self) {
        self.sound = true;
    }
}

impl Deref for Lease {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.connection.as_deref().expect("held until dropped")
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_deref_mut().expect("held until dropped")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.sound
            && let Some(connection) = self.connection.take()
        {
            drop(connection.detach());
        }
    }
}

/// Cuts items into pieces of few different sizes, so that the statements made
/// for them are few and stay prepared.
fn pieces<T>(mut items: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = [256, 64, 16, 4, 1].into_iter().find(|size| *size <= items.len())?;
        let (piece, rest) = items.split_at(size);
        items = rest;
        Some(piece)
    })
}
