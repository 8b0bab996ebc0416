//! The only place with SQL: SQLite and PostgreSQL behind the same typed
//! handles, embedded migrations, and the log with group commit.

mod accounts;
mod backend;
mod error;
mod log;
#[allow(clippy::duplicate_mod, reason = "the SQL is compiled once per database")]
mod postgres;
mod rooms;
#[allow(clippy::duplicate_mod, reason = "the SQL is compiled once per database")]
mod sqlite;

use std::{path::PathBuf, sync::Arc, time::Duration};

use backend::{Backend, on};
use futures_util::{TryFutureExt as _, future::BoxFuture};
use parlor_domain::Clock;
use tokio::time::timeout;

pub use accounts::{
    Accounts, AccountsWriter, CreateUserError, Credentials, Device, NewDevice, NewUser,
    RefreshHash, Rotated, Rotation, User,
};
pub use error::{OpenError, StoreError};
pub use log::{Done, Log, LogDriver, LogStats, Page};
pub use rooms::{Access, From, History, Member, RoomSummary, Rooms};

/// Which database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// One file, made where it is missing; its folder must exist.
    Sqlite {
        /// Path of the file.
        path: PathBuf,
    },
    /// A PostgreSQL server.
    Postgres {
        /// `postgres://user:password@host:port/database`.
        url: String,
    },
}

/// Read access to everything, and the log. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// Users and devices, to read.
    pub accounts: Accounts,
    /// Rooms, members, messages, to read.
    pub rooms: Rooms,
    /// The log: the one way to change a room.
    pub log: Log,
}

/// An opened database. Write rights are separate values: whoever is not handed
/// the [`AccountsWriter`] cannot change an account.
#[derive(Debug)]
pub struct Opened {
    /// Read access and the log.
    pub store: Store,
    /// The right to change accounts; for user-service alone.
    pub accounts_writer: AccountsWriter,
    /// The task that commits; `run` it for as long as the log is used.
    pub driver: LogDriver,
}

/// Opens the database, checks that it commits durably (C1), and brings its
/// tables up to date.
///
/// # Errors
/// Not reachable, not durable, or made by a newer Parlor.
pub async fn open(database: &Database, clock: Arc<dyn Clock>) -> Result<Opened, OpenError> {
    let opening: BoxFuture<'_, Result<Backend, OpenError>> = match database {
        Database::Sqlite { path } => Box::pin(sqlite::open(path).map_ok(Backend::Sqlite)),
        Database::Postgres { url } => Box::pin(postgres::open(url).map_ok(Backend::Postgres)),
    };
    let backend = opening.await?;
    let (log, driver) = Log::new(backend.clone(), Arc::clone(&clock));
    Ok(Opened {
        store: Store {
            accounts: Accounts { backend: backend.clone() },
            rooms: Rooms { backend: backend.clone() },
            log,
        },
        accounts_writer: AccountsWriter { backend, clock },
        driver,
    })
}

/// Readiness is asked for often and must not hang.
const PING_DEADLINE: Duration = Duration::from_millis(500);

impl Store {
    /// Ok where the database answers within half a second: readiness.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match timeout(PING_DEADLINE, async { on!(&self.rooms.backend, health::ping()) }).await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::Unavailable("no answer in time".into())),
        }
    }
}
