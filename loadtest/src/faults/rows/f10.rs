//! F10: PostgreSQL has no connection left.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_client::RestError;
use parlor_domain::Code;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::Instant,
};

use super::{Row, f7::ANSWER_WITHIN, f8::TOLD_WITHIN};
use crate::faults::{database::Kind, scene::Scene};

const HELD: std::ops::Range<Duration> = Duration::from_secs(2)..Duration::from_secs(6);
/// A session's first message: its length, protocol 3.0, and who it is
/// (PostgreSQL manual, section 55.7, StartupMessage).
const STARTUP: &[u8] = b"\0\0\0\x27\0\x03\0\0user\0parlor\0database\0postgres\0\0";
/// The answer to somebody who is let in.
const AUTHENTICATION: u8 = b'R';

pub(super) const ROW: Row = Row {
    id: "F10",
    fault: "PostgreSQL connections exhausted by idle sessions",
    databases: &[Kind::Postgres],
    programs: &["psql"],
    own_postgres: true,
    inject: exhaust,
    ..Row::BASE
};

/// Opens idle sessions until one more is refused.
async fn fill(scene: &mut Scene<'_>, idle: &mut Vec<TcpStream>) -> anyhow::Result<()> {
    let address = scene.database.postgres()?.address();
    loop {
        let mut session = TcpStream::connect(address).await?;
        session.write_all(STARTUP).await?;
        // An end without a word is a refusal too.
        if session.read_u8().await.unwrap_or_default() != AUTHENTICATION {
            return Ok(());
        }
        idle.push(session);
    }
}

fn exhaust<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let mut ours = scene.database.session()?;
        ours.run("SELECT 1;").await?;
        let mut idle = Vec::new();
        fill(scene, &mut idle).await?;
        // The server loses those it has, and others are faster to have them.
        let held = Instant::now();
        for _ in 0..3 {
            ours.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE application_name = 'parlor';",
            )
            .await?;
            fill(scene, &mut idle).await?;
        }
        let asked = Instant::now();
        match scene.write().await {
            Err(RestError::Refused(refusal)) if refusal.code == Code::Unavailable => {}
            other => scene.notes.find("C13", format!("a write was answered {other:?}")),
        }
        scene.notes.within("answer while full", asked.elapsed(), TOLD_WITHIN);
        scene.wait(HELD).await;
        scene.notes.measure("full for", held.elapsed());
        drop(idle);
        let took = scene.first_answer().await?;
        scene.notes.within("first answer", took, ANSWER_WITHIN);
        ours.end().await
    }
    .boxed()
}
