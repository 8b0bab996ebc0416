//! The database of a run: fresh, and gone with it.

use std::{fmt, path::Path};

use anyhow::{Context as _, ensure};
use tokio::process::Command;

use super::postgres::Postgres;

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

async fn psql(server: &str, statement: &str) -> anyhow::Result<()> {
    let mut command = Command::new("psql");
    command.args(["--no-psqlrc", "--quiet", "--dbname", server, "--command", statement]);
    let output = command.output().await.context("psql is needed to make a fresh database")?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "psql: {}", error.trim());
    Ok(())
}
