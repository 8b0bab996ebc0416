//! F11: somebody else holds the lock of the database.

use std::{process::Stdio, time::Duration};

use anyhow::Context as _;
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::Command,
};

use super::Row;
use crate::faults::{crowd, database::Kind, scene::Scene};

const HELD: std::ops::Range<Duration> = Duration::from_secs(1)..Duration::from_secs(10);
/// Waits for the server's own writes, takes the lock, and says so.
const TAKE: &[u8] = b".timeout 10000\nBEGIN EXCLUSIVE;\n.print held\n";

pub(super) const ROW: Row = Row {
    id: "F11",
    fault: "foreign lock: BEGIN EXCLUSIVE for 1 to 10 s",
    databases: &[Kind::Sqlite],
    own_postgres: false,
    relayed: false,
    lanes: crowd::in_turn,
    inject: hold_the_lock,
    after: None,
};

fn hold_the_lock<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let mut command = Command::new("sqlite3");
        command.arg("-bail").arg(scene.server.sqlite()).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = command.spawn().context("sqlite3 is needed")?;
        let mut input = holder.stdin.take().context("a pipe")?;
        let mut output = BufReader::new(holder.stdout.take().context("a pipe")?);
        input.write_all(TAKE).await?;
        let mut said = String::new();
        output.read_line(&mut said).await?;
        anyhow::ensure!(said.trim() == "held", "sqlite3 did not get the lock");
        scene.wait(HELD).await;
        // The end of its input ends it, and with it the transaction.
        drop(input);
        holder.wait().await?;
        Ok(())
    }
    .boxed()
}
