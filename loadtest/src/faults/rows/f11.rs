//! F11: somebody else holds the lock of the database, or of one room.

use std::{process::Stdio, time::Duration};

use anyhow::Context as _;
use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_domain::RequestId;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::Command,
    time::{Instant, sleep, timeout},
};

use super::{Row, f8::TOLD_WITHIN};
use crate::{
    faults::{bare::Bare, database::Database, scene::Scene},
    wire::{Answer, Said},
};

const HELD: std::ops::Range<Duration> = Duration::from_secs(1)..Duration::from_secs(10);
/// Waits for the server's own writes, takes the lock, and says so.
const TAKE: &[u8] = b".timeout 10000\nBEGIN EXCLUSIVE;\n.print held\n";
/// Before a post that was to come later is sent again.
const AGAIN: Duration = Duration::from_millis(200);
/// How long latencies are measured without the fault.
const BEFORE: Duration = Duration::from_secs(3);
/// One room that is held up moves the others' p99 by less than this (C12).
pub(super) const MOVED_BY: Duration = Duration::from_millis(50);

pub(super) const ROW: Row = Row {
    id: "F11",
    fault: "foreign lock for 1 to 10 s: SQLite wholly, of PostgreSQL one room's row",
    programs: &["sqlite3", "psql"],
    alone: true,
    inject: hold_the_lock,
    ..Row::BASE
};

fn hold_the_lock<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        match scene.database {
            Database::Sqlite => hold_the_database(scene).await,
            Database::Spared { .. } | Database::Own(_) => hold_the_row(scene).await,
        }
    }
    .boxed()
}

async fn hold_the_database(scene: &mut Scene<'_>) -> anyhow::Result<()> {
    let room = scene.play.rooms[0].id;
    let token = scene.crowd.people[0].client.session_tokens().await.access_token;
    let mut bare = Bare::connect(scene.server.address(), token, &[]).await?;
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
    // A client would give up on a silent session and ask again over another.
    let (id, text) = (RequestId::random(), "asked while the database is held");
    scene.play.book.account(0).sent(id, room, text);
    bare.post(room, id, text).await?;
    let limit = scene.notes.limit(TOLD_WITHIN);
    let told = timeout(limit, answer(&mut bare, id)).await;
    if told.is_err() {
        scene.notes.find("C13", format!("{id} was not answered within {limit:?}"));
    }
    scene.wait(HELD).await;
    // The end of its input ends it, and with it the transaction.
    drop(input);
    holder.wait().await?;
    if told.is_ok() {
        loop {
            bare.post(room, id, text).await?;
            match answer(&mut bare, id).await? {
                Answer::Ok(seq) => break scene.play.book.account(0).answered(id, seq),
                Answer::Refused => anyhow::bail!("the server refuses {id} for good"),
                Answer::Later => sleep(AGAIN).await,
            }
        }
    }
    Ok(())
}

async fn answer(bare: &mut Bare, wanted: RequestId) -> anyhow::Result<Answer> {
    loop {
        match bare.next().await.context("the session ended")? {
            Said::Reply { id, answer } if id == wanted => return Ok(answer),
            _ => {}
        }
    }
}

/// Only the room whose row is held may wait.
async fn hold_the_row(scene: &mut Scene<'_>) -> anyhow::Result<()> {
    let (room, book) = (scene.play.rooms[0].id, scene.play.book.clone());
    book.begin_timing();
    sleep(BEFORE).await;
    let before = book.p99_but(room).context("nobody received anything")?;
    let mut holder = scene.database.session()?;
    holder.run(&format!("BEGIN; SELECT 1 FROM logs WHERE id = '{room}' FOR UPDATE;")).await?;
    book.begin_timing();
    let asked = Instant::now();
    // An answer or a refusal: what counts is that somebody says it.
    let _ = scene.crowd.people[0].client.join(room).await;
    scene.notes.within("answer while held", asked.elapsed(), TOLD_WITHIN);
    scene.wait(HELD).await;
    let meanwhile = book.p99_but(room);
    holder.run("ROLLBACK;").await?;
    holder.end().await?;
    // What else the machine does moves it too: the slower of before and after.
    book.begin_timing();
    sleep(BEFORE).await;
    let without = book.p99_but(room).map_or(before, |after| before.max(after));
    scene.notes.moved(without, meanwhile.context("the other rooms stood still")?, MOVED_BY);
    Ok(())
}
