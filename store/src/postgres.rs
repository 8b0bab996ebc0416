//! PostgreSQL: many nodes on one database.

use std::{
    str::FromStr as _,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{Connection as _, Pool, pool::PoolOptions, postgres::PgConnectOptions};
use tokio::time::timeout;

use crate::OpenError;

mod index;
#[path = "sql/mod.rs"]
pub(crate) mod sql;

pub(crate) type Driver = sqlx::Postgres;
pub(crate) const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
pub(crate) const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
pub(crate) const DATABASE_BYTES: &str = "SELECT pg_database_size(current_database())";
/// Rows that decide are held until commit.
pub(crate) const FOR_UPDATE: &str = " FOR UPDATE";
/// The same, without those that somebody else holds.
pub(crate) const FOR_UPDATE_FREE: &str = " FOR UPDATE SKIP LOCKED";

const CONNECTIONS: u32 = 8;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(500);
/// An idle connection answers within this time, or it is dead. Well within the
/// time above, so that another one can still be opened.
const PING_TIMEOUT: Duration = Duration::from_millis(200);

pub(crate) async fn open(url: &str) -> Result<sql::Db, OpenError> {
    let connect = |error: sqlx::Error| OpenError::Connect(error.to_string());
    let options = PgConnectOptions::from_str(url).map_err(connect)?.application_name("parlor");
    // Of its own, so that a long migration meets no statement timeout.
    let first = PoolOptions::<Driver>::new()
        .max_connections(1)
        .acquire_timeout(CONNECT_TIMEOUT)
        .connect_with(options.clone())
        .await
        .map_err(connect)?;
    check(&first).await?;
    sqlx::migrate!("migrations/postgres")
        .run(&first)
        .await
        .map_err(|error| OpenError::Migrate(error.to_string()))?;
    sql::accounts::complete(&first).await.map_err(connect)?;
    sql::rooms::complete(&first).await.map_err(connect)?;
    first.close().await;
    let deaths = Deaths::default();
    let pool = PoolOptions::<Driver>::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // By `Deaths`, which gives up sooner.
        .test_before_acquire(false)
        .before_acquire(move |connection, idle| {
            let deaths = deaths.clone();
            Box::pin(async move { Ok(deaths.spared(connection, idle.age).await) })
        })
        .connect_lazy_with(
            options
                .options([
                    ("statement_timeout", "1200ms"),
                    ("lock_timeout", "1000ms"),
                    // A connection may be gone without a word, and what it had
                    // locked would stay so for hours otherwise.
                    ("idle_in_transaction_session_timeout", "1500ms"),
                ])
                .statement_cache_capacity(256),
        );
    let epoch = sql::epoch(&pool).await.map_err(connect)?;
    Ok(sql::Db::new(pool.clone(), pool, epoch))
}

/// When an idle connection was last found dead. What killed it without a word (a
/// firewall that forgot, a host that vanished) killed those beside it: they are
/// closed unasked, since asking each of them in turn would take seconds (C13).
#[derive(Clone, Debug, Default)]
struct Deaths(Arc<Mutex<Option<Instant>>>);

impl Deaths {
    /// Whether a connection, which was opened so long ago, can be used.
    async fn spared(
        &self,
        connection: &mut <Driver as sqlx::Database>::Connection,
        age: Duration,
    ) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() <= age) {
            return false;
        }
        let Ok(answer) = timeout(PING_TIMEOUT, connection.ping()).await else {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            return false;
        };
        answer.is_ok()
    }
}

/// C1: what is answered ok must be on disk.
async fn check(pool: &Pool<Driver>) -> Result<(), OpenError> {
    for (name, accepted) in
        [("synchronous_commit", &["on", "remote_apply"][..]), ("fsync", &["on"])]
    {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(name)
            .fetch_one(pool)
            .await
            .map_err(|error| OpenError::Connect(error.to_string()))?;
        if !accepted.contains(&value.as_str()) {
            return Err(OpenError::NotDurable(format!("{name} is {value}")));
        }
    }
    Ok(())
}
