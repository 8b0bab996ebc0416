//! Friends and blocks: what decides about them, their rows, and reads.

use std::collections::BTreeSet;

use parlor_domain::{Block, Friend, Tie, Timestamp, UserId};
use uuid::Uuid;

use super::{Connection, Db, facts::select, rooms::start, row};
use crate::log::facts::{Facts, Needs};

pub(super) async fn load(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let ties = (
        "SELECT t.user_id, t.other_id, t.tie FROM (",
        ") AS v CROSS JOIN ties t WHERE t.user_id = v.column1 AND t.other_id = v.column2",
    );
    let rows: Vec<(Uuid, Uuid, String)> = pairs(connection, ties, &needs.ties).await?;
    for (user, other, tie) in rows {
        let key = (UserId::from_uuid(user), UserId::from_uuid(other));
        facts.ties.insert(key, row::tie(&tie)?);
    }
    let blocks = (
        "SELECT t.user_id, t.other_id FROM (",
        ") AS v CROSS JOIN blocks t WHERE t.user_id = v.column1 AND t.other_id = v.column2",
    );
    let rows: Vec<(Uuid, Uuid)> = pairs(connection, blocks, &needs.blocks).await?;
    let keys = rows.into_iter();
    facts
        .blocks
        .extend(keys.map(|(user, other)| (UserId::from_uuid(user), UserId::from_uuid(other))));
    Ok(())
}

async fn pairs<T>(
    connection: &mut Connection,
    sql: (&str, &str),
    keys: &BTreeSet<(UserId, UserId)>,
) -> sqlx::Result<Vec<T>>
where
    T: for<'r> sqlx::FromRow<'r, <super::Driver as sqlx::Database>::Row> + Send + Unpin,
{
    select(connection, sql, keys, |tuple, (user, other)| {
        tuple.push_bind(user.uuid()).push_bind(other.uuid());
    })
    .await
}

pub(super) async fn tie(
    connection: &mut Connection,
    user: UserId,
    other: UserId,
    tie: Option<Tie>,
    now: Timestamp,
) -> sqlx::Result<()> {
    let query = match tie {
        Some(tie) => sqlx::query(
            "INSERT INTO ties (user_id, other_id, tie, since) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (user_id, other_id) DO UPDATE \
             SET tie = excluded.tie, since = excluded.since",
        )
        .bind(user.uuid())
        .bind(other.uuid())
        .bind(tie.as_str())
        .bind(now.micros()),
        None => sqlx::query("DELETE FROM ties WHERE user_id = $1 AND other_id = $2")
            .bind(user.uuid())
            .bind(other.uuid()),
    };
    query.execute(connection).await?;
    Ok(())
}

pub(super) async fn block(
    connection: &mut Connection,
    user: UserId,
    other: UserId,
    on: bool,
    now: Timestamp,
) -> sqlx::Result<()> {
    let query = if on {
        sqlx::query("INSERT INTO blocks (user_id, other_id, at) VALUES ($1, $2, $3)")
            .bind(user.uuid())
            .bind(other.uuid())
            .bind(now.micros())
    } else {
        sqlx::query("DELETE FROM blocks WHERE user_id = $1 AND other_id = $2")
            .bind(user.uuid())
            .bind(other.uuid())
    };
    query.execute(connection).await?;
    Ok(())
}

/// Selects rows of [`friend`].
macro_rules! select_ties {
    () => {
        "SELECT other_id, tie, since FROM ties "
    };
}

fn friend((other, tie, since): (Uuid, String, i64)) -> sqlx::Result<Friend> {
    Ok(Friend {
        user: UserId::from_uuid(other),
        tie: row::tie(&tie)?,
        since: Timestamp::from_micros(since),
    })
}

pub(crate) async fn list(
    db: &Db,
    user: UserId,
    only: Option<Tie>,
    after: Option<UserId>,
    limit: u32,
) -> sqlx::Result<Vec<Friend>> {
    let mut lease = db.reader().await?;
    let rows: Vec<(Uuid, String, i64)> = sqlx::query_as(concat!(
        select_ties!(),
        "WHERE user_id = $1 AND other_id > $2 AND ($3 = '' OR tie = $3) ORDER BY other_id LIMIT $4"
    ))
    .bind(user.uuid())
    .bind(start(after.map(UserId::uuid)))
    .bind(only.map_or("", Tie::as_str))
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    rows.into_iter().map(friend).collect()
}

pub(crate) async fn one(db: &Db, user: UserId, other: UserId) -> sqlx::Result<Option<Friend>> {
    let mut lease = db.reader().await?;
    let found: Option<(Uuid, String, i64)> =
        sqlx::query_as(concat!(select_ties!(), "WHERE user_id = $1 AND other_id = $2"))
            .bind(user.uuid())
            .bind(other.uuid())
            .fetch_optional(&mut *lease)
            .await?;
    lease.done();
    found.map(friend).transpose()
}

pub(crate) async fn blocks(
    db: &Db,
    user: UserId,
    after: Option<UserId>,
    limit: u32,
) -> sqlx::Result<Vec<Block>> {
    let mut lease = db.reader().await?;
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "SELECT other_id, at FROM blocks WHERE user_id = $1 AND other_id > $2 \
         ORDER BY other_id LIMIT $3",
    )
    .bind(user.uuid())
    .bind(start(after.map(UserId::uuid)))
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    let block =
        |(other, at)| Block { user: UserId::from_uuid(other), at: Timestamp::from_micros(at) };
    Ok(rows.into_iter().map(block).collect())
}
