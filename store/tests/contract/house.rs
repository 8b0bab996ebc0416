//! An opened database of its own for every test.

use std::{path::Path, sync::Arc, time::Duration};

use parlor_domain::{
    Body, Change, Clock as _, Command, DeviceId, DeviceName, DisplayName, Emoji, FileIds,
    ManualClock, Refusal, RequestId, Role, RoomId, RoomName, Seq, Timestamp, Topic, UserId,
    UserName, Visibility,
};
use parlor_store::{
    AccountsWriter, Database, Done, Endings, Entry, NewDevice, NewUser, Opened, Seen, ServerWriter,
    Store, open,
    testing::{POSTGRES_URL, Scratch},
};
use sqlx::{Connection as _, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::task::JoinSet;

pub struct House {
    pub database: Database,
    pub store: Store,
    pub writer: AccountsWriter,
    pub server: ServerWriter,
    pub endings: Endings,
    pub clock: Arc<ManualClock>,
    tasks: JoinSet<()>,
    /// Held until the test ends, where this house is the only one of its database.
    scratch: Option<Scratch>,
}

impl House {
    pub async fn sqlite() -> Self {
        let scratch = Scratch::sqlite();
        Self::open(scratch.database().clone(), Some(scratch)).await
    }

    /// A fresh database on the server that the environment names.
    pub async fn postgres() -> Option<Self> {
        let Some(scratch) = Scratch::postgres().await else {
            assert!(
                std::env::var_os("PARLOR_REQUIRE_ALL").is_none_or(|value| value != "1"),
                "{POSTGRES_URL} is not set, and PARLOR_REQUIRE_ALL=1 asks for every test"
            );
            println!("skipped: {POSTGRES_URL} is not set");
            return None;
        };
        Some(Self::open(scratch.database().clone(), Some(scratch)).await)
    }

    /// Opens a database that another house keeps, or that is this one's own.
    pub async fn open(database: Database, scratch: Option<Scratch>) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_700_000_000_000_000)));
        let Opened { store, accounts_writer, server_writer, endings, driver } =
            open(&database, Arc::clone(&clock) as _).await.expect("opens");
        let mut tasks = JoinSet::new();
        tasks.spawn(driver.run());
        Self {
            database,
            store,
            writer: accounts_writer,
            server: server_writer,
            endings,
            clock,
            tasks,
            scratch,
        }
    }

    /// Stops, and opens the same database again.
    pub async fn reopen(self) -> Self {
        self.reopen_after(|| ()).await
    }

    /// Stops, lets something happen to the database, and opens it again.
    pub async fn reopen_after(self, meanwhile: impl FnOnce()) -> Self {
        let Self { database, store, writer, server, endings, mut tasks, scratch, .. } = self;
        drop((store, writer, server, endings));
        while tasks.join_next().await.is_some() {}
        meanwhile();
        Self::open(database, scratch).await
    }

    pub async fn user(&self, name: &str) -> UserId {
        let (user, device) = new_user(name);
        self.writer.create_user(user, device).await.expect("a free name").id
    }

    /// Submits one command.
    pub async fn submit(&self, actor: UserId, change: Change) -> Result<Done, Refusal> {
        self.repeat(&command(actor, change)).await
    }

    /// Submits one command that may have been submitted before.
    pub async fn repeat(&self, command: &Command) -> Result<Done, Refusal> {
        let results = self.store.log.submit(vec![command.clone()]).await.expect("available");
        results.into_iter().next().expect("one result per command")
    }

    pub async fn room(&self, owner: UserId, visibility: Visibility) -> RoomId {
        let room = RoomId::random();
        self.submit(owner, create(room, visibility)).await.expect("created");
        room
    }

    pub async fn post(&self, actor: UserId, room: RoomId, text: &str) -> Seq {
        self.submit(actor, post(room, text)).await.expect("posted").seq
    }

    /// Gives a role as the server itself may.
    pub async fn set_role(&self, room: RoomId, user: UserId, role: Role) {
        let change = Change::SetRole { room, user, role };
        self.submit(UserId::SYSTEM, change).await.expect("given");
    }

    /// An id as it is written in SQL.
    pub fn literal(&self, id: uuid::Uuid) -> String {
        match self.database {
            Database::Sqlite { .. } => format!("x'{}'", id.simple()),
            Database::Postgres { .. } => format!("'{id}'"),
        }
    }

    /// Runs statements behind the store's back.
    pub async fn execute(&self, sql: String) {
        self.try_execute(sql).await.expect("allowed");
    }

    /// The same, where the database may refuse.
    pub async fn try_execute(&self, sql: String) -> Result<(), String> {
        match &self.database {
            Database::Sqlite { path } => execute_sqlite(path, sql).await,
            Database::Postgres { url } => execute_postgres(url, sql).await,
        }
    }

    /// The number that a query finds behind the store's back.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        match &self.database {
            Database::Sqlite { path } => {
                let options = SqliteConnectOptions::new().filename(path);
                let mut file = SqliteConnection::connect_with(&options).await.expect("a database");
                sqlx::query_scalar(sql).fetch_one(&mut file).await.expect("a number")
            }
            Database::Postgres { url } => {
                let mut server = PgConnection::connect(url).await.expect("the server answers");
                sqlx::query_scalar(sql).fetch_one(&mut server).await.expect("a number")
            }
        }
    }

    pub fn advance(&self, by: Duration) -> Timestamp {
        self.clock.advance(by);
        self.clock.now()
    }
}

async fn execute_sqlite(path: &Path, sql: String) -> Result<(), String> {
    let options = SqliteConnectOptions::new().filename(path);
    let mut file = SqliteConnection::connect_with(&options).await.expect("a database");
    let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut file).await;
    file.close().await.expect("closed");
    done.map(drop).map_err(|error| error.to_string())
}

async fn execute_postgres(url: &str, sql: String) -> Result<(), String> {
    let mut server = PgConnection::connect(url).await.expect("the server answers");
    let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut server).await;
    server.close().await.expect("closed");
    done.map(drop).map_err(|error| error.to_string())
}

pub fn new_user(name: &str) -> (NewUser, NewDevice) {
    let user = NewUser {
        id: UserId::random(),
        name: UserName::parse(name).expect("valid"),
        display_name: DisplayName::parse(name).expect("valid"),
        password_hash: format!("hash of {name}"),
        entry: Entry::Unasked,
    };
    let device = new_device(user.id, *uuid::Uuid::new_v4().as_bytes());
    (user, device)
}

/// A device whose refresh token expires in the year 2255.
pub fn new_device(user: UserId, token: [u8; 16]) -> NewDevice {
    NewDevice {
        id: DeviceId::random(),
        user,
        name: DeviceName::parse("laptop").expect("valid"),
        seen: Seen::default(),
        refresh: hash(token),
        refresh_expires_at: Timestamp::from_micros(9_000_000_000_000_000),
    }
}

pub fn hash(token: [u8; 16]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(&token);
    hash
}

pub fn command(actor: UserId, change: Change) -> Command {
    Command { request_id: RequestId::random(), actor, change }
}

pub fn create(room: RoomId, visibility: Visibility) -> Change {
    Change::CreateRoom {
        room,
        name: RoomName::parse("room").expect("valid"),
        topic: Topic::parse("").expect("valid"),
        visibility,
    }
}

pub fn post(room: RoomId, text: &str) -> Change {
    Change::Post { room, body: body(text), reply_to: None, attachments: FileIds::default() }
}

pub fn react(room: RoomId, message: Seq, emoji: &str, on: bool) -> Change {
    Change::React { room, message, emoji: Emoji::parse(emoji).expect("valid"), on }
}

pub fn body(text: &str) -> Body {
    Body::parse(text).expect("valid")
}

/// Every test of the suite, on both databases.
macro_rules! contract {
    (postgres: $($test:ident),* $(,)?) => {
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let Some(house) = $crate::house::House::postgres().await else { return };
                super::$test(house).await;
            })*
        }
    };
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::house::House::sqlite().await).await;
            })*
        }
        $crate::house::contract! { postgres: $($test),* }
    };
}
pub(crate) use contract;
