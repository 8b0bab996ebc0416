//! A database of its own for one test or one measurement.

use std::{env, fs, thread};

use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use tokio::runtime;
use uuid::Uuid;

use crate::Database;

/// The URL of a database on a PostgreSQL server where a superuser may make others.
pub const POSTGRES_URL: &str = "PARLOR_TEST_POSTGRES_URL";

/// Which database [`Scratch::chosen`] makes: `sqlite`, which is the default, or `postgres`.
pub const DATABASE: &str = "PARLOR_TEST_DATABASE";

/// An empty database that goes when this is dropped, whoever still is connected to it.
pub struct Scratch {
    database: Database,
    keeps: Keeps,
}

enum Keeps {
    Folder(TempDir),
    /// The name of a database on the server that [`POSTGRES_URL`] names.
    Name(String),
}

impl Scratch {
    /// A file in a temporary folder.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = Database::Sqlite { path: folder.path().join("parlor.db") };
        Self { database, keeps: Keeps::Folder(folder) }
    }

    /// A database on the server that [`POSTGRES_URL`] names; nothing where it names none.
    pub async fn postgres() -> Option<Self> {
        let admin = env::var(POSTGRES_URL).ok()?;
        let name = format!("parlor_test_{}", Uuid::new_v4().simple());
        execute(&admin, format!("CREATE DATABASE {name}")).await;
        let (server, _) = admin.rsplit_once('/').expect("the URL names a database");
        let database = Database::Postgres { url: format!("{server}/{name}") };
        Some(Self { database, keeps: Keeps::Name(name) })
    }

    /// The database that [`DATABASE`] asks for, so that one suite can be run on each.
    ///
    /// # Panics
    ///
    /// Where that is another word, or `postgres` and there is no server.
    pub async fn chosen() -> Self {
        match env::var(DATABASE).as_deref().unwrap_or("sqlite") {
            "sqlite" => Self::sqlite(),
            "postgres" => Self::postgres().await.unwrap_or_else(|| {
                panic!("{DATABASE} asks for a server, {POSTGRES_URL} names none")
            }),
            other => panic!("{DATABASE} is sqlite or postgres, not {other}"),
        }
    }

    /// What to open.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// All that a thief of the database gets: the bytes of its files, or its rows as text, in
    /// which binary columns are hexadecimal.
    pub async fn dump(&self) -> Vec<u8> {
        match (&self.database, &self.keeps) {
            (Database::Postgres { url }, _) => rows(url).await.into_bytes(),
            (Database::Sqlite { .. }, Keeps::Folder(folder)) => fs::read_dir(folder.path())
                .expect("the folder")
                .flat_map(|file| fs::read(file.expect("a file").path()).expect("readable"))
                .collect(),
            (Database::Sqlite { .. }, Keeps::Name(_)) => unreachable!("a file is in a folder"),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let (Keeps::Name(name), Ok(admin)) = (&self.keeps, env::var(POSTGRES_URL)) else { return };
        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        // A test has a runtime already, which cannot be waited for in its own thread.
        let dropping = thread::spawn(|| {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async move { execute(&admin, drop).await });
        });
        let dropped = dropping.join();
        // One that failed shows its own words, and a second panic would hide them.
        assert!(dropped.is_ok() || thread::panicking(), "the database {name} is left behind");
    }
}

async fn rows(url: &str) -> String {
    let tables = "SELECT relname::text FROM pg_stat_user_tables";
    let mut server = PgConnection::connect(url).await.expect("the server answers");
    let tables: Vec<String> =
        sqlx::query_scalar(tables).fetch_all(&mut server).await.expect("read");
    let mut rows = Vec::new();
    for table in tables {
        let all = sqlx::AssertSqlSafe(format!("SELECT t::text FROM {table} t"));
        let of_table: Vec<String> =
            sqlx::query_scalar(all).fetch_all(&mut server).await.expect("read");
        rows.extend(of_table);
    }
    server.close().await.expect("closed");
    rows.join("\n")
}

async fn execute(url: &str, sql: String) {
    let mut server = PgConnection::connect(url).await.expect("the server answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut server).await.expect("allowed");
    server.close().await.expect("closed");
}
