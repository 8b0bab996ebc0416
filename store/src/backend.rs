//! Which of the two databases it is: decided once at [`crate::open`], hidden
//! from there on.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::timeout;

use crate::{StoreError, postgres, sqlite};

/// Every call but a commit is answered within this time, if only by
/// UNAVAILABLE.
const CALL_DEADLINE: Duration = Duration::from_millis(1_500);

/// An opened database.
#[derive(Clone, Debug)]
pub(crate) enum Backend {
    Sqlite(sqlite::sql::Db),
    Postgres(postgres::sql::Db),
}

/// Runs the same call on whichever database it is.
macro_rules! on {
    ($backend:expr, $module:ident::$call:ident($($argument:expr),*)) => {{
        let call: futures_util::future::BoxFuture<'_, sqlx::Result<_>> = match $backend {
            $crate::backend::Backend::Sqlite(db) => {
                Box::pin($crate::sqlite::sql::$module::$call(db, $($argument),*))
            }
            $crate::backend::Backend::Postgres(db) => {
                Box::pin($crate::postgres::sql::$module::$call(db, $($argument),*))
            }
        };
        $crate::backend::within(call).await
    }};
}
pub(crate) use on;

/// Gives up on a database that hangs. The connection goes with the future: see
/// `sql::Lease`.
pub(crate) async fn within<T>(call: BoxFuture<'_, sqlx::Result<T>>) -> Result<T, StoreError> {
    match timeout(CALL_DEADLINE, call).await {
        Ok(answer) => answer.map_err(StoreError::from),
        Err(_) => Err(StoreError::Unavailable("no answer in time".into())),
    }
}
