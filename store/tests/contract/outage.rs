//! Databases that are not there, not ours, or held up by somebody else.

use std::{sync::Arc, time::Duration};

use parlor_domain::{ManualClock, Visibility, limits};
use parlor_store::{Database, OpenError, StoreError, open};
use sqlx::{Connection as _, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::house::{House, command, contract, post};

contract! {
    c13_a_foreign_lock_is_answered_in_time_and_healed,
    a_newer_database_is_not_touched,
}

/// Somebody else's transaction that blocks every write.
enum Lock {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Lock {
    async fn take(house: &House) -> Self {
        match &house.database {
            Database::Sqlite { path } => {
                let options = SqliteConnectOptions::new().filename(path);
                let mut other = SqliteConnection::connect_with(&options).await.expect("opens");
                sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.expect("locked");
                Self::Sqlite(other)
            }
            Database::Postgres { url } => {
                let mut other = PgConnection::connect(url).await.expect("opens");
                sqlx::raw_sql("BEGIN; LOCK TABLE logs").execute(&mut other).await.expect("locked");
                Self::Postgres(other)
            }
        }
    }

    async fn release(self) {
        match self {
            Self::Sqlite(other) => other.close().await.expect("closed"),
            Self::Postgres(other) => other.close().await.expect("closed"),
        }
    }
}

async fn c13_a_foreign_lock_is_answered_in_time_and_healed(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let posted = command(ada, post(room, "held up"));
    let lock = Lock::take(&house).await;
    let submit = house.store.log.submit(vec![posted.clone()]);
    let answer = tokio::time::timeout(Duration::from_secs(2), submit).await.expect("within 2 s");
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    lock.release().await;
    let answer = tokio::time::timeout(limits::COMMIT_DEADLINE, house.repeat(&posted));
    assert!(answer.await.expect("within 2 s").is_ok());
    house.store.ping().await.expect("ready");
}

async fn a_newer_database_is_not_touched(house: House) {
    house
        .execute(
            "UPDATE _sqlx_migrations SET version = 9999 WHERE version = \
             (SELECT MAX(version) FROM _sqlx_migrations)"
                .into(),
        )
        .await;
    let opened = open(&house.database, Arc::new(ManualClock::default())).await;
    assert!(matches!(opened, Err(OpenError::Migrate(_))), "{opened:?}");
}

#[tokio::test]
async fn what_is_no_database_is_not_opened() {
    let clock = Arc::new(ManualClock::default());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "Dear reader, this is not a database. ".repeat(100)).expect("written");
    let nowhere = folder.path().join("missing").join("parlor.db");
    for database in [
        Database::Sqlite { path },
        Database::Sqlite { path: nowhere },
        Database::Sqlite { path: folder.path().to_owned() },
        Database::Postgres { url: "not a url".into() },
        Database::Postgres { url: "postgres://parlor@127.0.0.1:1/parlor".into() },
    ] {
        let opened = open(&database, Arc::clone(&clock) as _).await;
        assert!(matches!(opened, Err(OpenError::Connect(_))), "{database:?}: {opened:?}");
    }
}

async fn c1_postgres(house: House) {
    let Database::Postgres { url } = &house.database else { return };
    let (_, name) = url.rsplit_once('/').expect("the URL names a database");
    let sql = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    house.execute(sql).await;
    let opened = open(&house.database, Arc::new(ManualClock::default())).await;
    assert!(matches!(opened, Err(OpenError::NotDurable(_))), "{opened:?}");
}

#[tokio::test]
async fn c1_postgres_that_answers_before_its_disk_is_refused() {
    let Some(house) = House::postgres().await else { return };
    let database = house.database.clone();
    c1_postgres(house).await;
    House::tear_down(database).await;
}
