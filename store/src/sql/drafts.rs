//! What users have begun to write: what decides about it, its rows, and reads.

use parlor_domain::{Draft, EventBody, RoomId, Seq, UserId};
use uuid::Uuid;

use super::{Connection, Db, facts::select, rooms::start, row, writes::json};
use crate::log::facts::{Facts, Needs};

pub(super) async fn load(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let sql = (
        "SELECT t.user_id, t.room_id, t.text, t.reply_to FROM (",
        ") AS v CROSS JOIN drafts t WHERE t.user_id = v.column1 AND t.room_id = v.column2",
    );
    let rows: Vec<(Uuid, Uuid, String, Option<i64>)> =
        select(connection, sql, &needs.drafts, |tuple, (user, room)| {
            tuple.push_bind(user.uuid()).push_bind(room.uuid());
        })
        .await?;
    for (user, room, text, reply_to) in rows {
        let key = (UserId::from_uuid(user), RoomId::from_uuid(room));
        facts.drafts.insert(key, row::draft(&text, reply_to)?);
    }
    Ok(())
}

/// Keeps a draft that the event `by` tells of, in place of the one before.
pub(super) async fn save(
    connection: &mut Connection,
    user: UserId,
    room: RoomId,
    draft: &Draft,
    by: Seq,
) -> sqlx::Result<()> {
    forget(connection, user, room).await?;
    if draft.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO drafts (user_id, room_id, text, reply_to, seq) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(user.uuid())
    .bind(room.uuid())
    .bind(draft.text.as_str())
    .bind(draft.reply_to.map(row::number))
    .bind(row::number(by))
    .execute(connection)
    .await?;
    Ok(())
}

/// Leaves nothing of a draft, in its row or in the event that told of it: a text is
/// kept once, however often it changes while it is written.
pub(super) async fn forget(
    connection: &mut Connection,
    user: UserId,
    room: RoomId,
) -> sqlx::Result<()> {
    let told = EventBody::DraftChanged { room, draft: Draft::default(), superseded: true };
    sqlx::query(
        "UPDATE events SET body = $3 WHERE log_id = $1 \
         AND seq = (SELECT seq FROM drafts WHERE user_id = $1 AND room_id = $2)",
    )
    .bind(user.uuid())
    .bind(room.uuid())
    .bind(json(&told)?)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM drafts WHERE user_id = $1 AND room_id = $2")
        .bind(user.uuid())
        .bind(room.uuid())
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn list(
    db: &Db,
    user: UserId,
    after: Option<RoomId>,
    limit: u32,
) -> sqlx::Result<Vec<(RoomId, Draft)>> {
    let mut lease = db.reader().await?;
    let rows: Vec<(Uuid, String, Option<i64>)> = sqlx::query_as(
        "SELECT room_id, text, reply_to FROM drafts WHERE user_id = $1 AND room_id > $2 \
         ORDER BY room_id LIMIT $3",
    )
    .bind(user.uuid())
    .bind(start(after.map(RoomId::uuid)))
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    let draft = |(room, text, reply_to): (Uuid, String, Option<i64>)| {
        Ok((RoomId::from_uuid(room), row::draft(&text, reply_to)?))
    };
    rows.into_iter().map(draft).collect()
}
