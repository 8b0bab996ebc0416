//! F1: `kill -9` of the server on SQLite.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::process::Command;

use super::Row;
use crate::{
    faults::{database::Kind, process::Server, scene::Scene},
    ledger::Finding,
};

/// A server that was killed is ready again within this time (C16).
pub(super) const READY_WITHIN: Duration = Duration::from_secs(2);

pub(super) const ROW: Row = Row {
    id: "F1",
    fault: "kill -9, SQLite",
    databases: &[Kind::Sqlite],
    programs: &["sqlite3"],
    inject: kill_and_restart,
    after: Some(integrity),
    ..Row::BASE
};

/// Kills the server, and starts it again at once.
pub(super) fn kill_and_restart<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        scene.server.kill().await?;
        match scene.server.launch().await {
            Ok(took) => scene.notes.within("ready", took, READY_WITHIN),
            Err(error) => {
                scene.notes.find("row", format!("the first start failed: {error:#}"));
                scene.server.launch().await?;
            }
        }
        Ok(())
    }
    .boxed()
}

fn integrity(server: &Server) -> BoxFuture<'_, anyhow::Result<Vec<Finding>>> {
    async move {
        let mut command = Command::new("sqlite3");
        let output = command.arg(server.sqlite()).arg("PRAGMA integrity_check").output().await?;
        let said = String::from_utf8_lossy(&output.stdout);
        let sound = output.status.success() && said.trim() == "ok";
        let finding = || Finding { check: "row", what: format!("integrity_check: {said}") };
        Ok(if sound { Vec::new() } else { vec![finding()] })
    }
    .boxed()
}
