//! PostgreSQL: many nodes on one database.

use std::{str::FromStr as _, time::Duration};

use sqlx::{Pool, pool::PoolOptions, postgres::PgConnectOptions};

use crate::OpenError;

#[path = "sql/mod.rs"]
pub(crate) mod sql;

pub(crate) type Driver = sqlx::Postgres;
pub(crate) const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
pub(crate) const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Rows that decide are held until commit.
pub(crate) const FOR_UPDATE: &str = " FOR UPDATE";

const CONNECTIONS: u32 = 8;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(500);

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
    first.close().await;
    let pool = PoolOptions::<Driver>::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(
            options
                .options([("statement_timeout", "1200ms"), ("lock_timeout", "1000ms")])
                .statement_cache_capacity(256),
        );
    let epoch = sql::epoch(&pool).await.map_err(connect)?;
    Ok(sql::Db::new(pool.clone(), pool, epoch))
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
