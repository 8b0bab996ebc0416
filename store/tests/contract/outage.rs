//! Databases that are not there, not ours, or held up by somebody else.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use parlor_domain::{ManualClock, RoomId, UserId, Visibility, limits};
use parlor_store::{Database, OpenError, StoreError, open};
use sqlx::{Connection as _, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{task::JoinSet, time::timeout};

use crate::{
    house::{House, command, contract, post},
    relay::Relay,
};

contract! {
    c13_a_foreign_lock_is_answered_in_time_and_healed,
    c16_a_start_waits_for_whoever_else_has_the_database,
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
    let answer = timeout(Duration::from_secs(2), submit).await.expect("within 2 s");
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    lock.release().await;
    let answer = timeout(limits::COMMIT_DEADLINE, house.repeat(&posted));
    assert!(answer.await.expect("within 2 s").is_ok());
    house.store.ping().await.expect("ready");
}

async fn c16_a_start_waits_for_whoever_else_has_the_database(house: House) {
    let lock = Lock::take(&house).await;
    // Longer than anybody is kept waiting for an answer.
    let held = async {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        lock.release().await;
    };
    let (opened, ()) = tokio::join!(open(&house.database, Arc::new(ManualClock::default())), held);
    opened.expect("opens once the lock is gone");
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

/// What only a server can do; `contract` runs what both can.
mod server {
    use super::*;

    contract! { postgres:
        c1_a_server_that_answers_before_its_disk_is_refused,
        c13_broken_connections_are_replaced,
        c13_a_hung_server_is_answered_for_in_time_and_healed,
        c13_statements_in_flight_do_not_keep_their_connections,
        c13_connections_that_died_unseen_are_replaced_at_once,
        c12_a_room_that_somebody_holds_keeps_no_other_waiting,
        c12_many_rooms_that_somebody_holds_for_a_moment_are_all_written_to,
    }

    fn parts(database: &Database) -> (&str, &str) {
        let Database::Postgres { url } = database else { panic!("not a server") };
        url.rsplit_once('/').expect("the URL names a database")
    }

    async fn c12_a_room_that_somebody_holds_keeps_no_other_waiting(house: House) {
        let ada = house.user("ada").await;
        let held = house.room(ada, Visibility::Public).await;
        let free = house.room(ada, Visibility::Public).await;
        let Database::Postgres { url } = &house.database else { panic!("not a server") };
        let mut other = PgConnection::connect(url).await.expect("opens");
        let row = house.literal(held.uuid());
        let lock = format!("BEGIN; SELECT 1 FROM logs WHERE id = {row} FOR UPDATE");
        sqlx::raw_sql(sqlx::AssertSqlSafe(lock)).execute(&mut other).await.expect("locked");
        let waiting = command(ada, post(held, "held up"));
        let both = vec![waiting.clone(), command(ada, post(free, "with it"))];
        let begun = Instant::now();
        let (held_up, ()) = tokio::join!(house.store.log.submit(both), async {
            for _ in 0..20 {
                house.post(ada, free, "not held up").await;
            }
            // Whoever waited for the lock would wait for a second.
            assert!(begun.elapsed() < Duration::from_millis(950), "{:?}", begun.elapsed());
        });
        assert!(matches!(held_up, Err(StoreError::Unavailable(_))), "{held_up:?}");
        assert!(begun.elapsed() < Duration::from_secs(2));
        other.close().await.expect("closed");
        assert!(house.repeat(&waiting).await.is_ok());
    }

    async fn c12_many_rooms_that_somebody_holds_for_a_moment_are_all_written_to(house: House) {
        let ada = house.user("ada").await;
        let mut rooms = Vec::new();
        for _ in 0..12 {
            rooms.push(house.room(ada, Visibility::Public).await);
        }
        let Database::Postgres { url } = &house.database else { panic!("not a server") };
        let mut other = PgConnection::connect(url).await.expect("opens");
        let lock = "BEGIN; SELECT 1 FROM logs FOR UPDATE";
        sqlx::raw_sql(lock).execute(&mut other).await.expect("locked");
        let posts = rooms.iter().map(|room| {
            let command = command(ada, post(*room, "a moment later"));
            house.store.log.submit(vec![command])
        });
        // For as long as another node's commit takes on a slow day.
        let (posted, ()) = tokio::join!(join_all(posts), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            other.close().await.expect("closed");
        });
        assert!(posted.iter().all(Result::is_ok), "{posted:?}");
    }

    async fn c1_a_server_that_answers_before_its_disk_is_refused(house: House) {
        let (_, name) = parts(&house.database);
        house.execute(format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;
        let opened = open(&house.database, Arc::new(ManualClock::default())).await;
        assert!(matches!(opened, Err(OpenError::NotDurable(_))), "{opened:?}");
    }

    async fn c13_broken_connections_are_replaced(house: House) {
        let ada = house.user("ada").await;
        let room = house.room(ada, Visibility::Public).await;
        house
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    .into(),
            )
            .await;
        house.post(ada, room, "as if nothing had been").await;
        assert_eq!(house.store.accounts.user(ada).await.expect("up").expect("there").id, ada);
    }

    /// The same database behind a relay.
    async fn relayed(house: &House) -> (Relay, House) {
        let (server, name) = parts(&house.database);
        let (login, address) = server.rsplit_once('@').expect("the URL names a user");
        let relay = Relay::to(address.to_owned()).await;
        let url = format!("{login}@{}/{name}", relay.address);
        (relay, House::open(Database::Postgres { url }, None).await)
    }

    const CONNECTIONS: i64 = 8;

    /// Opens all connections, however long that takes.
    async fn open_all(house: &House, room: RoomId, ada: UserId) {
        let read = || house.store.rooms.access(room, ada);
        let begun = Instant::now();
        while join_all((0..CONNECTIONS).map(|_| read())).await.iter().any(Result::is_err) {
            assert!(begun.elapsed() < Duration::from_secs(20), "the connections do not open");
        }
    }

    async fn c13_connections_that_died_unseen_are_replaced_at_once(house: House) {
        let (relay, house) = relayed(&house).await;
        let ada = house.user("ada").await;
        let room = house.room(ada, Visibility::Public).await;
        open_all(&house, room, ada).await;
        relay.lose();
        // Each of these meets another dead one. Only the first may wait for its
        // answer: that is 200 ms, and would be several times that.
        let begun = Instant::now();
        for _ in 0..CONNECTIONS {
            house.post(ada, room, "over a new one").await;
        }
        assert!(begun.elapsed() < Duration::from_millis(1_600), "{:?}", begun.elapsed());
    }

    async fn c13_statements_in_flight_do_not_keep_their_connections(house: House) {
        let (server, name) = parts(&house.database);
        let url = format!("{server}/{name}");
        let (relay, house) = relayed(&house).await;
        let ada = house.user("ada").await;
        let room = house.room(ada, Visibility::Public).await;
        // Before, so that all statements are in flight long before the first of
        // them is given up.
        open_all(&house, room, ada).await;
        let mut other = PgConnection::connect(&url).await.expect("opens");
        sqlx::raw_sql("BEGIN; LOCK TABLE rooms").execute(&mut other).await.expect("locked");
        let mut reads = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let rooms = house.store.rooms.clone();
            reads.spawn(async move { rooms.access(room, ada).await });
        }
        let waiting =
            "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = to_regclass($1)";
        let begun = Instant::now();
        loop {
            let held = sqlx::query_scalar::<_, i64>(waiting).bind("rooms").fetch_one(&mut other);
            let held = held.await.expect("counted");
            if held == CONNECTIONS {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(5), "only {held} statements wait");
        }
        relay.silence(true);
        for read in reads.join_all().await {
            assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
        }
        relay.silence(false);
        other.close().await.expect("closed");
        let read = timeout(Duration::from_secs(2), house.store.rooms.access(room, ada)).await;
        assert!(read.expect("within 2 s").is_ok());
    }

    async fn c13_a_hung_server_is_answered_for_in_time_and_healed(house: House) {
        let (relay, house) = relayed(&house).await;
        let ada = house.user("ada").await;
        let room = house.room(ada, Visibility::Public).await;
        let posted = command(ada, post(room, "held up"));
        relay.silence(true);
        let limit = Duration::from_secs(2);
        for _ in 0..2 {
            let submit = house.store.log.submit(vec![posted.clone()]);
            let answer = timeout(limit, submit).await.expect("within 2 s");
            assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
        }
        // More than there are connections: none may stay stuck.
        let reads = join_all((0..20).map(|_| house.store.rooms.access(room, ada)));
        for read in timeout(limit, reads).await.expect("within 2 s") {
            assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
        }
        assert!(house.store.ping().await.is_err(), "not ready");
        relay.silence(false);
        let answer = timeout(limit, house.repeat(&posted)).await;
        assert!(answer.expect("within 2 s").is_ok());
        house.store.ping().await.expect("ready");
    }
}
