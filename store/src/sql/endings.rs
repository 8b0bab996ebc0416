//! What is left of rooms and accounts that end.

use parlor_domain::{RoomId, Timestamp, UserId, limits};
use uuid::Uuid;

use super::{Builder, Connection, Db, FOR_UPDATE, rooms::start, search};
use crate::{Ending, Membership};

pub(crate) async fn accounts(db: &Db, limit: u32) -> sqlx::Result<Vec<Ending>> {
    let mut lease = db.reader().await?;
    let rows: Vec<(Uuid, bool)> = sqlx::query_as(
        "SELECT user_id, erase_messages FROM endings ORDER BY began_at, user_id LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    let ending = |(user, erase_messages)| Ending { user: UserId::from_uuid(user), erase_messages };
    Ok(rows.into_iter().map(ending).collect())
}

pub(crate) async fn memberships(
    db: &Db,
    user: UserId,
    limit: u32,
) -> sqlx::Result<Vec<Membership>> {
    let mut lease = db.reader().await?;
    let rows: Vec<(Uuid, Option<Uuid>)> = sqlx::query_as(
        "SELECT m.room_id, CASE WHEN m.role = 'owner' AND r.owner_count = 1 THEN \
         (SELECT h.user_id FROM members h JOIN users u ON u.id = h.user_id \
         WHERE h.room_id = m.room_id AND h.user_id <> m.user_id \
         ORDER BY CASE WHEN u.deactivated_at IS NULL AND u.deleted_at IS NULL THEN 0 ELSE 1 END, \
         CASE h.role WHEN 'admin' THEN 0 ELSE 1 END, h.joined_at, h.user_id LIMIT 1) END \
         FROM members m JOIN rooms r ON r.id = m.room_id \
         WHERE m.user_id = $1 AND NOT r.direct ORDER BY m.room_id LIMIT $2",
    )
    .bind(user.uuid())
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    let membership = |(room, heir): (Uuid, Option<Uuid>)| Membership {
        room: RoomId::from_uuid(room),
        heir: heir.map(UserId::from_uuid),
    };
    Ok(rows.into_iter().map(membership).collect())
}

pub(crate) async fn peers(
    db: &Db,
    user: UserId,
    after: Option<UserId>,
    limit: u32,
) -> sqlx::Result<Vec<UserId>> {
    let mut lease = db.reader().await?;
    let rows: Vec<Uuid> = sqlx::query_scalar(
        "SELECT o.user_id FROM members m JOIN rooms r ON r.id = m.room_id AND r.direct \
         JOIN members o ON o.room_id = m.room_id AND o.user_id <> m.user_id \
         WHERE m.user_id = $1 AND o.user_id > $2 ORDER BY o.user_id LIMIT $3",
    )
    .bind(user.uuid())
    .bind(start(after.map(UserId::uuid)))
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    Ok(rows.into_iter().map(UserId::from_uuid).collect())
}

/// What a deleted account kept for itself; the last one makes it end.
const OF_ACCOUNT: [&str; 8] = [
    "UPDATE files SET state = 'gone' WHERE owner = $1 AND state IN ('receiving', 'whole')",
    "DELETE FROM reads WHERE user_id = $1",
    "DELETE FROM preferences WHERE user_id = $1",
    "DELETE FROM drafts WHERE user_id = $1",
    "DELETE FROM partner_reads WHERE user_id = $1",
    "DELETE FROM ties WHERE user_id = $1",
    "DELETE FROM blocks WHERE user_id = $1",
    "DELETE FROM events WHERE log_id = $1 \
     AND seq < (SELECT MIN(seq) FROM events WHERE log_id = $1) + $2",
];

pub(crate) async fn clear(db: &Db, user: UserId) -> sqlx::Result<bool> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    let more = take_away(&mut transaction, &OF_ACCOUNT, user.uuid()).await?;
    if !more {
        sqlx::query("DELETE FROM endings WHERE user_id = $1")
            .bind(user.uuid())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    lease.done();
    Ok(more)
}

/// Runs the first statement that finds rows. False where none does.
async fn take_away(
    connection: &mut Connection,
    statements: &[&'static str],
    of: Uuid,
) -> sqlx::Result<bool> {
    for sql in statements {
        let mut query = sqlx::query(*sql).bind(of);
        if sql.contains("$2") {
            query = query.bind(i64::from(limits::PURGE_ROWS));
        }
        if query.execute(&mut *connection).await?.rows_affected() > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(crate) async fn untold(db: &Db, limit: u32) -> sqlx::Result<Vec<(RoomId, UserId)>> {
    let mut lease = db.reader().await?;
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "SELECT m.room_id, m.user_id FROM rooms r JOIN members m ON m.room_id = r.id \
         WHERE r.untold AND m.hidden <> (r.purge_at IS NOT NULL) \
         ORDER BY m.room_id, m.user_id LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    let pair = |(room, user)| (RoomId::from_uuid(room), UserId::from_uuid(user));
    Ok(rows.into_iter().map(pair).collect())
}

pub(crate) async fn note_told(db: &Db) -> sqlx::Result<()> {
    let mut lease = db.writer().await?;
    sqlx::query(
        "UPDATE rooms SET untold = FALSE WHERE untold AND NOT EXISTS (SELECT 1 FROM members m \
         WHERE m.room_id = rooms.id AND m.hidden <> (rooms.purge_at IS NOT NULL))",
    )
    .execute(&mut *lease)
    .await?;
    lease.done();
    Ok(())
}

/// What is left of a room, but for the row of its log: a room that is made again under
/// the same id would be taken for this one. What names others comes first.
const OF_ROOM: [&str; 13] = [
    "UPDATE files SET state = 'gone' WHERE id IN \
     (SELECT id FROM files WHERE room_id = $1 AND state = 'attached' LIMIT $2)",
    "DELETE FROM reactions WHERE room_id = $1 \
     AND message < (SELECT MIN(message) FROM reactions WHERE room_id = $1) + $2",
    "DELETE FROM mentions WHERE room_id = $1 \
     AND message < (SELECT MIN(message) FROM mentions WHERE room_id = $1) + $2",
    "DELETE FROM edits WHERE room_id = $1 \
     AND message < (SELECT MIN(message) FROM edits WHERE room_id = $1) + $2",
    "DELETE FROM pins WHERE room_id = $1",
    "DELETE FROM messages WHERE room_id = $1 \
     AND seq < (SELECT MIN(seq) FROM messages WHERE room_id = $1) + $2",
    "DELETE FROM events WHERE log_id = $1 \
     AND seq < (SELECT MIN(seq) FROM events WHERE log_id = $1) + $2",
    "DELETE FROM reads WHERE room_id = $1 AND user_id IN \
     (SELECT user_id FROM reads WHERE room_id = $1 LIMIT $2)",
    "DELETE FROM preferences WHERE room_id = $1 AND user_id IN \
     (SELECT user_id FROM preferences WHERE room_id = $1 LIMIT $2)",
    "DELETE FROM drafts WHERE room_id = $1 AND user_id IN \
     (SELECT user_id FROM drafts WHERE room_id = $1 LIMIT $2)",
    "DELETE FROM bans WHERE room_id = $1 AND user_id IN \
     (SELECT user_id FROM bans WHERE room_id = $1 LIMIT $2)",
    "DELETE FROM invites WHERE id IN (SELECT id FROM invites WHERE room_id = $1 LIMIT $2)",
    "DELETE FROM members WHERE room_id = $1 AND user_id IN \
     (SELECT user_id FROM members WHERE room_id = $1 LIMIT $2)",
];

pub(crate) async fn purge(db: &Db, now: Timestamp) -> sqlx::Result<bool> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    let due: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM rooms WHERE purge_at <= $1 AND NOT untold ORDER BY purge_at LIMIT 1",
    )
    .bind(now.micros())
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(room) = due else {
        transaction.rollback().await?;
        lease.done();
        return Ok(false);
    };
    // Held against whoever would restore it by a clock that is behind; and once its
    // end is at the beginning of time, by no clock.
    let mut hold = Builder::new("SELECT last_seq FROM logs WHERE id = ");
    hold.push_bind(room).push(FOR_UPDATE);
    hold.build().fetch_optional(&mut *transaction).await?;
    let held = sqlx::query("UPDATE rooms SET purge_at = 0 WHERE id = $1 AND purge_at <= $2")
        .bind(room)
        .bind(now.micros())
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    if held > 0
        && !search::forget_some(&mut transaction, room).await?
        && !take_away(&mut transaction, &OF_ROOM, room).await?
    {
        sqlx::query("DELETE FROM rooms WHERE id = $1")
            .bind(room)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    lease.done();
    Ok(true)
}
