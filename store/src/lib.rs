//! The only place with SQL: SQLite and PostgreSQL behind the same typed
//! handles, embedded migrations, and the log with group commit.

mod accounts;
mod error;
mod log;
mod rooms;

use std::{path::PathBuf, sync::Arc};

use parlor_domain::Clock;

pub use accounts::{
    Accounts, AccountsWriter, CreateUserError, Credentials, Device, NewDevice, NewUser,
    RefreshHash, Rotated, Rotation, User,
};
pub use error::{OpenError, StoreError};
pub use log::{Done, Log, LogDriver, Page};
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
pub async fn open(_database: &Database, _clock: Arc<dyn Clock>) -> Result<Opened, OpenError> {
    todo!()
}

impl Store {
    /// Ok where the database answers within half a second: readiness.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        todo!()
    }
}
