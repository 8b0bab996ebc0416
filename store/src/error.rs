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

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Fault::of(&error).error(error.to_string())
    }
}

/// What a failure of the database means for the one who caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Lost a race against another transaction; the same one may succeed now.
    Race,
    /// Cannot be reached, or is held up by others.
    Away,
    /// No space left.
    Full,
    /// It does not know what is on its disk any more.
    Fsync,
    /// Anything else: a fault of ours, or of one command.
    Other,
}

impl Fault {
    pub(crate) fn error(self, message: String) -> StoreError {
        match self {
            Self::Race | Self::Away => StoreError::Unavailable(message),
            Self::Full => StoreError::Full,
            Self::Fsync | Self::Other => StoreError::Internal(message),
        }
    }

    pub(crate) fn of(error: &sqlx::Error) -> Self {
        use sqlx::Error;
        match error {
            Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                    Self::of_postgres(&code)
                } else {
                    Self::of_sqlite(code.parse().unwrap_or_default())
                }
            }
            Error::Io(_)
            | Error::Tls(_)
            | Error::PoolTimedOut
            | Error::PoolClosed
            | Error::WorkerCrashed
            | Error::BeginFailed => Self::Away,
            _ => Self::Other,
        }
    }

    /// By SQLSTATE (PostgreSQL manual, appendix A).
    fn of_postgres(code: &str) -> Self {
        match code {
            // A unique key is taken only where another node was faster: the
            // transaction had looked before.
            "40001" | "40P01" | "23505" => Self::Race,
            "53100" => Self::Full,
            // Lock or statement timeout, a standby that was not promoted yet, and a
            // transaction that stood still too long.
            "55P03" | "57014" | "25006" | "25P03" | "25P04" => Self::Away,
            _ if ["08", "53", "57P"].iter().any(|class| code.starts_with(class)) => Self::Away,
            _ => Self::Other,
        }
    }

    /// By result code (<https://sqlite.org/rescode.html>); the low byte of an
    /// extended code is its primary one.
    fn of_sqlite(code: i32) -> Self {
        const IOERR_FSYNC: i32 = 1_034;
        const IOERR_DIR_FSYNC: i32 = 1_290;
        match (code, code & 0xff) {
            (IOERR_FSYNC | IOERR_DIR_FSYNC, _) => Self::Fsync,
            (_, 13) => Self::Full,
            // BUSY, LOCKED, READONLY, INTERRUPT, IOERR, CANTOPEN.
            (_, 5 | 6 | 8 | 9 | 10 | 14) => Self::Away,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c17_a_full_disk_is_told_from_an_absent_database() {
        assert_eq!(Fault::of_sqlite(13), Fault::Full);
        assert_eq!(Fault::of_postgres("53100"), Fault::Full);
        assert_eq!(Fault::of_postgres("53300"), Fault::Away, "too many connections");
        // IOERR_WRITE and BUSY_SNAPSHOT are extended codes.
        assert_eq!(Fault::of_sqlite(778), Fault::Away);
        assert_eq!(Fault::of_sqlite(517), Fault::Away);
        assert_eq!(Fault::of_sqlite(1_034), Fault::Fsync);
    }

    #[test]
    fn c13_what_may_succeed_later_is_unavailable() {
        for code in ["57P01", "57P03", "57014", "55P03", "25P03", "08006", "40001", "40P01"] {
            let error = Fault::of_postgres(code).error(String::new());
            assert!(matches!(error, StoreError::Unavailable(_)), "{code}");
        }
        assert_eq!(Fault::of_postgres("42601"), Fault::Other, "a syntax error is ours");
        assert_eq!(Fault::of_sqlite(1), Fault::Other);
    }
}
