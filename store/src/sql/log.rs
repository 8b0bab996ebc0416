//! The log's transaction, and reads of events.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use futures_util::TryStreamExt as _;
use parlor_domain::{Command, Event, LogId, Position, Refusal, Seq, Timestamp, limits};

use super::{Connection, Db, facts, row, writes};
use crate::{
    Done, Page,
    log::{
        Patience,
        facts::{Facts, Needs},
        plan::Plan,
    },
};

/// What became of commands; `Err` names logs that somebody else holds, where
/// those are not waited for: nothing is written then.
type Decided = Result<Vec<Result<Done, Refusal>>, BTreeSet<LogId>>;

/// Decides and writes all commands in one transaction.
pub(crate) async fn commit(
    db: &Db,
    commands: &[Command],
    now: Timestamp,
    patience: Patience,
) -> sqlx::Result<Decided> {
    decide(db, commands, now, patience, true).await
}

/// Decides all commands and writes nothing: half of a planted bug.
pub(crate) async fn rehearse(
    db: &Db,
    commands: &[Command],
    now: Timestamp,
) -> sqlx::Result<Decided> {
    decide(db, commands, now, Patience::Some, false).await
}

async fn decide(
    db: &Db,
    commands: &[Command],
    now: Timestamp,
    patience: Patience,
    write: bool,
) -> sqlx::Result<Decided> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    let facts = match facts::load(&mut transaction, &Needs::of(commands), now, patience).await? {
        Ok(facts) => Facts {
            room_file_bytes: db.room_file_bytes.load(Ordering::Relaxed),
            user_file_bytes: db.user_file_bytes.load(Ordering::Relaxed),
            ..facts
        },
        Err(held) => {
            transaction.rollback().await?;
            lease.done();
            return Ok(Err(held));
        }
    };
    let mut plan = Plan::new(facts, db.epoch, now);
    let results = commands.iter().map(|command| plan.decide(command)).collect();
    if write {
        writes::run(&mut transaction, &plan.into_writes(), db.epoch, now).await?;
        transaction.commit().await?;
    } else {
        transaction.rollback().await?;
    }
    lease.done();
    Ok(Ok(results))
}

pub(crate) async fn head(db: &Db, log: LogId) -> sqlx::Result<Option<Position>> {
    let mut lease = db.reader().await?;
    let head = position(&mut lease, log).await?;
    lease.done();
    Ok(head)
}

pub(super) async fn position(
    connection: &mut Connection,
    log: LogId,
) -> sqlx::Result<Option<Position>> {
    let row: Option<(i64, i64)> = sqlx::query_as("SELECT epoch, last_seq FROM logs WHERE id = $1")
        .bind(log.uuid())
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|(epoch, head)| Position { epoch: row::epoch(epoch), seq: row::seq(head) }))
}

/// Which end of the range asked for a page begins at.
#[derive(Clone, Copy, Debug)]
enum Direction {
    Up,
    Down,
}

pub(crate) async fn after(
    db: &Db,
    log: LogId,
    after: Seq,
    limit: u32,
) -> sqlx::Result<Option<Page>> {
    let mut lease = db.reader().await?;
    let Some(head) = position(&mut lease, log).await? else {
        lease.done();
        return Ok(None);
    };
    // No snapshot is needed: up to the head just read, the log is there and
    // keeps its order for ever.
    let events = events(&mut lease, log, (after.next(), head.seq), limit, Direction::Up).await?;
    lease.done();
    let last = events.last().map_or(after, |event| event.seq);
    Ok(Some(Page { head, more: last < head.seq, events }))
}

pub(crate) async fn before(
    db: &Db,
    log: LogId,
    before: Seq,
    limit: u32,
) -> sqlx::Result<Option<Page>> {
    let mut lease = db.reader().await?;
    let Some(head) = position(&mut lease, log).await? else {
        lease.done();
        return Ok(None);
    };
    let end = before.min(head.seq.next());
    let last = Seq::new(end.get().saturating_sub(1));
    let mut events = events(&mut lease, log, (Seq::new(1), last), limit, Direction::Down).await?;
    lease.done();
    events.reverse();
    let first = events.first().map_or(end, |event| event.seq);
    Ok(Some(Page { head, more: first > Seq::new(1), events }))
}

/// Events from `first` to `last`, from the end that `direction` starts at, as
/// many as the limits of a page allow.
async fn events(
    connection: &mut Connection,
    log: LogId,
    (first, last): (Seq, Seq),
    limit: u32,
    direction: Direction,
) -> sqlx::Result<Vec<Event>> {
    let sql = match direction {
        Direction::Up => {
            "SELECT seq, at, actor, request_id, body FROM events \
             WHERE log_id = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq LIMIT $4"
        }
        Direction::Down => {
            "SELECT seq, at, actor, request_id, body FROM events \
             WHERE log_id = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq DESC LIMIT $4"
        }
    };
    let mut rows = sqlx::query_as::<_, row::EventRow>(sql)
        .bind(log.uuid())
        .bind(row::number(first))
        .bind(row::number(last))
        .bind(i64::from(limit))
        .fetch(connection);
    let (mut events, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await? {
        bytes += row.4.len();
        if bytes > limits::EVENT_PAGE_BYTES && !events.is_empty() {
            break;
        }
        events.push(row::event(row)?);
    }
    Ok(events)
}
