//! How the store fails.

use parlor_domain::{Code, Refusal, limits};

/// The database did not do what was asked. Of a write the outcome is unknown
/// (C5): the same command may be sent again.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Down, hung, locked, or out of connections (C13).
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// No space left (C17).
    #[error("the database has no space left")]
    Full,
    /// It answered something that the code does not expect.
    #[error("the database misbehaved: {0}")]
    Internal(String),
}

impl From<StoreError> for Refusal {
    /// What the caller is told: never the database's own words.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                Self::new(Code::Unavailable, "the server cannot reach its storage right now")
                    .retry_after(limits::UNAVAILABLE_RETRY)
            }
            StoreError::Full => Self::new(Code::ResourceExhausted, "the server's storage is full")
                .retry_after(limits::UNAVAILABLE_RETRY * 4),
            StoreError::Internal(_) => Self::new(Code::Internal, "a fault of the server"),
        }
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not reachable, or not a database.
    #[error("cannot open the database: {0}")]
    Connect(String),
    /// Its settings could lose what was answered ok (C1).
    #[error("the database is not durable: {0}")]
    NotDurable(String),
    /// Its tables could not be brought up to date.
    #[error("cannot migrate the database: {0}")]
    Migrate(String),
}
