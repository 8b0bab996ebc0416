//! The only place with SQL: SQLite and PostgreSQL behind the same typed
//! handles, embedded migrations, and the log with group commit.

#![allow(unreachable_pub, reason = "the feature `machines` shows some inner parts")]

mod accounts;
mod admin;
mod backend;
mod endings;
mod error;
mod files;
mod friends;
#[cfg_attr(feature = "machines", allow(missing_docs, reason = "not for the public"))]
mod log;
#[allow(clippy::duplicate_mod, reason = "the SQL is compiled once per database")]
mod postgres;
mod presence;
mod rooms;
mod search;
#[allow(clippy::duplicate_mod, reason = "the SQL is compiled once per database")]
mod sqlite;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod testing;

use std::{path::PathBuf, sync::Arc, time::Duration};

use backend::{Backend, on};
use futures_util::{TryFutureExt as _, future::BoxFuture};
use parlor_domain::Clock;
use tokio::time::timeout;

/// The pure part of the log, for the simulation, which has a database of its own
/// for it. May change at any time.
#[cfg(feature = "machines")]
#[doc(hidden)]
pub mod machines {
    pub mod facts {
        pub use crate::log::facts::*;
    }
    pub mod plan {
        pub use crate::log::plan::*;
    }
}

pub use accounts::{
    Accounts, AccountsWriter, CreateUserError, Credentials, Device, Found, NewDevice, NewUser,
    Rank, RefreshHash, Rotated, Rotation, Seen, User,
};
pub use admin::{Account, Acted, Entry, FilesUse, RoomUse, Server, ServerWriter, Usage};
pub use endings::{Ending, Endings, Membership};
pub use error::{OpenError, StoreError};
pub use files::{Begun, Files, GoneFile, NewUpload, Piece, Quota, RoomFile, StoredFile, Upload};
pub use friends::Friends;
pub use log::{Done, Log, LogDriver, LogStats, Page};
pub use presence::{Acquaintance, Presence, Standing};
pub use rooms::{Access, Authored, DeletedRoom, From, History, Member, RoomSummary, Rooms};
pub use search::{Hit, Hits, Search, SearchPlace};

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
    /// Friends and blocks, to read.
    pub friends: Friends,
    /// Messages, to be searched.
    pub search: Search,
    /// What concerns the whole server, to read.
    pub server: Server,
    /// Whose presence is known to whom, and when devices were seen.
    pub presence: Presence,
    /// Files, and how they come.
    pub files: Files,
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
    /// The right to change what concerns the whole server; for control alone.
    pub server_writer: ServerWriter,
    /// The right to end what is left of deleted rooms and accounts; for the task that
    /// does.
    pub endings: Endings,
    /// The task that commits; `run` it for as long as the log is used.
    pub driver: LogDriver,
}

/// Opens the database, checks that it commits durably (C1), and brings its
/// tables up to date.
///
/// # Errors
/// Not reachable, not durable, or made by a newer Parlor.
pub async fn open(database: &Database, clock: Arc<dyn Clock>) -> Result<Opened, OpenError> {
    let opening: BoxFuture<'_, Result<(Backend, Option<sqlite::Mark>), OpenError>> = match database
    {
        Database::Sqlite { path } => {
            Box::pin(sqlite::open(path).map_ok(|(db, mark)| (Backend::Sqlite(db), Some(mark))))
        }
        Database::Postgres { url } => {
            Box::pin(postgres::open(url).map_ok(|db| (Backend::Postgres(db), None)))
        }
    };
    let (backend, mark) = opening.await?;
    let (log, driver) = Log::new(backend.clone(), mark, Arc::clone(&clock));
    Ok(Opened {
        store: Store {
            accounts: Accounts { backend: backend.clone() },
            rooms: Rooms { backend: backend.clone() },
            friends: Friends { backend: backend.clone() },
            search: Search { backend: backend.clone() },
            server: Server { backend: backend.clone() },
            presence: Presence { backend: backend.clone() },
            files: Files { backend: backend.clone() },
            log,
        },
        endings: Endings { backend: backend.clone(), clock: Arc::clone(&clock) },
        accounts_writer: AccountsWriter { backend: backend.clone(), clock: Arc::clone(&clock) },
        server_writer: ServerWriter { backend, clock },
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
