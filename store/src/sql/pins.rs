//! Pinned messages: what decides about them, their rows, and reads.

use std::collections::BTreeSet;

use parlor_domain::{Message, Pin, RoomId, Seq, Timestamp, UserId, limits};
use uuid::Uuid;

use super::{
    Connection, Db, facts::select, files, forwards::forwarded_columns, on_message,
    reactions::touch, row,
};
use crate::log::facts::{Facts, Needs, PinFacts};

pub(super) async fn load(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let sql = (
        "SELECT t.room_id, t.message, t.seq, t.at FROM (",
        ") AS v CROSS JOIN pins t WHERE t.room_id = v.column1 AND t.message = v.column2",
    );
    let rows: Vec<(Uuid, i64, i64, i64)> =
        select(connection, sql, &needs.pins, |tuple, (room, message)| {
            tuple.push_bind(room.uuid()).push_bind(row::number(*message));
        })
        .await?;
    for (room, message, seq, at) in rows {
        let first = PinFacts { seq: row::seq(seq), at: Timestamp::from_micros(at) };
        facts.pins.insert((RoomId::from_uuid(room), row::seq(message)), first);
    }
    let rooms: BTreeSet<RoomId> = needs.pins.iter().map(|(room, _)| *room).collect();
    let sql = (
        "SELECT t.room_id, COUNT(*) FROM (",
        ") AS v CROSS JOIN pins t WHERE t.room_id = v.column1 GROUP BY t.room_id",
    );
    let rows: Vec<(Uuid, i64)> = select(connection, sql, &rooms, |tuple, room| {
        tuple.push_bind(room.uuid());
    })
    .await?;
    for (room, pinned) in rows {
        facts.pinned.insert(RoomId::from_uuid(room), row::count(pinned));
    }
    Ok(())
}

pub(super) async fn add(
    connection: &mut Connection,
    room: RoomId,
    message: Seq,
    user: UserId,
    by: Seq,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO pins (room_id, message, user_id, seq, at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(room.uuid())
    .bind(row::number(message))
    .bind(user.uuid())
    .bind(row::number(by))
    .bind(now.micros())
    .execute(&mut *connection)
    .await?;
    touch(connection, room, message, by).await
}

pub(super) async fn remove(
    connection: &mut Connection,
    room: RoomId,
    message: Seq,
    by: Seq,
) -> sqlx::Result<()> {
    clear(connection, room, message).await?;
    touch(connection, room, message, by).await
}

pub(super) async fn clear(
    connection: &mut Connection,
    room: RoomId,
    message: Seq,
) -> sqlx::Result<()> {
    let sql = "DELETE FROM pins WHERE room_id = $1 AND message = $2";
    on_message::run(connection, sql, room, message).await
}

/// Says of messages, which ascend, whether they are pinned.
pub(super) async fn read(
    snapshot: &mut Connection,
    room: RoomId,
    messages: &mut [Message],
) -> sqlx::Result<()> {
    let sql = "SELECT message FROM pins WHERE room_id = $1 AND message BETWEEN $2 AND $3";
    let Some(query) = on_message::query::<(i64,)>(sql, room, messages) else { return Ok(()) };
    for (message,) in query.fetch_all(snapshot).await? {
        if let Some(message) = on_message::find(messages, message) {
            message.pinned = true;
        }
    }
    Ok(())
}

pub(crate) async fn list(db: &Db, room: RoomId) -> sqlx::Result<Vec<Pin>> {
    let mut lease = db.reader().await?;
    let rows: Vec<row::PinRow> = sqlx::query_as(concat!(
        "SELECT m.seq, m.author, m.text, m.posted_at, p.user_id, p.at, ",
        forwarded_columns!(),
        " FROM pins p JOIN messages m ON m.room_id = p.room_id AND m.seq = p.message \
         WHERE p.room_id = $1 ORDER BY p.seq DESC LIMIT $2"
    ))
    .bind(room.uuid())
    .bind(i64::from(limits::PINS))
    .fetch_all(&mut *lease)
    .await?;
    let mut pins: Vec<Pin> = rows.into_iter().map(row::pin).collect();
    files::read_pins(&mut lease, room, &mut pins).await?;
    lease.done();
    Ok(pins)
}
