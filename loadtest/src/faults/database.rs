//! The database of a run: fresh, and gone with it.

use std::{fmt, path::Path, process::Stdio};

use anyhow::{Context as _, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{postgres::Postgres, process::Server};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// SQLite, in the server's data folder.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Kind {
    /// Both.
    pub const ALL: &[Self] = &[Self::Sqlite, Self::Postgres];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// The database of one row.
pub(crate) enum Database {
    /// The server makes it.
    Sqlite,
    /// A database of its own on a PostgreSQL server that somebody runs.
    Spared {
        /// The server it is on.
        server: String,
        /// Its name.
        name: String,
    },
    /// A PostgreSQL server of its own.
    Own(Box<Postgres>),
}

impl Database {
    /// Makes a fresh one; a row that must lay hands on the database server
    /// itself gets one of its own.
    pub(crate) async fn make(
        kind: Kind,
        spared: Option<&str>,
        own: bool,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        match (kind, spared) {
            (Kind::Sqlite, _) => Ok(Self::Sqlite),
            (Kind::Postgres, Some(server)) if !own => {
                let name = format!("parlor_faults_{:016x}", rand::random::<u64>());
                psql(server, &format!("CREATE DATABASE {name}")).await?;
                Ok(Self::Spared { server: server.to_owned(), name })
            }
            (Kind::Postgres, _) => Ok(Self::Own(Box::new(Postgres::start(folder).await?))),
        }
    }

    /// What the server is told; `None` is SQLite in its data folder.
    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Spared { server, name } => {
                let base = server.rsplit_once('/').map_or(server.as_str(), |(base, _)| base);
                Some(format!("{base}/{name}"))
            }
            Self::Own(postgres) => Some(postgres.url()),
        }
    }

    /// A further one of the same kind.
    pub(crate) async fn another(&self) -> anyhow::Result<Self> {
        match self.url() {
            None => Ok(Self::Sqlite),
            Some(url) => Self::make(Kind::Postgres, Some(&url), false, Path::new("")).await,
        }
    }

    /// What a query of one column answers, a line for each row.
    pub(crate) async fn ask(&self, server: &Server, query: &str) -> anyhow::Result<String> {
        let mut command = match self.url() {
            None => {
                let mut command = Command::new("sqlite3");
                command.arg(server.sqlite());
                command
            }
            Some(url) => {
                let mut command = Command::new("psql");
                let quiet = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"];
                command.args(quiet).args(["--dbname", &url, "--command"]);
                command
            }
        };
        let output = command.arg(query).output().await?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{query}: {}", error.trim());
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The PostgreSQL server, where it is the row's own.
    pub(crate) fn postgres(&mut self) -> anyhow::Result<&mut Postgres> {
        match self {
            Self::Own(postgres) => Ok(postgres),
            _ => anyhow::bail!("the row has no PostgreSQL server of its own"),
        }
    }

    /// Removes it, once the server has stopped.
    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        match self {
            Self::Sqlite => Ok(()),
            Self::Spared { server, name } => {
                psql(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await
            }
            Self::Own(mut postgres) => postgres.stop("INT").await,
        }
    }
}

impl Database {
    /// A session of psql beside the server's.
    pub(crate) fn session(&self) -> anyhow::Result<Session> {
        Session::begin(&self.url().context("SQLite has no sessions")?)
    }
}

/// A session of psql.
pub(crate) struct Session {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Session {
    fn begin(url: &str) -> anyhow::Result<Self> {
        let mut command = Command::new("psql");
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname", url]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.kill_on_drop(true).spawn().context("psql is needed")?;
        let input = process.stdin.take().context("a pipe")?;
        let output = BufReader::new(process.stdout.take().context("a pipe")?).lines();
        Ok(Self { process, input, output })
    }

    /// Runs statements, and waits for their end; an error of one is not told.
    pub(crate) async fn run(&mut self, statements: &str) -> anyhow::Result<Vec<String>> {
        const END: &str = "that was all";
        self.input.write_all(format!("{statements}\n\\echo {END}\n").as_bytes()).await?;
        let mut lines = Vec::new();
        while let Some(line) = self.output.next_line().await? {
            if line == END {
                return Ok(lines);
            }
            lines.push(line);
        }
        anyhow::bail!("psql has ended")
    }

    /// Its end ends its transaction.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        drop(self.input);
        self.process.wait().await?;
        Ok(())
    }
}

async fn psql(server: &str, statement: &str) -> anyhow::Result<()> {
    let mut command = Command::new("psql");
    command.args(["--no-psqlrc", "--quiet", "--dbname", server, "--command", statement]);
    let output = command.output().await.context("psql is needed to make a fresh database")?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "psql: {}", error.trim());
    Ok(())
}
