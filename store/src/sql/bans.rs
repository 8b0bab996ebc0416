//! Who is kept out of rooms: what decides about it, its rows, and reads.

use parlor_domain::{Ban, RoomId, Timestamp, UserId};
use uuid::Uuid;

use super::{Connection, Db, facts::select, rooms::start};
use crate::log::facts::{Facts, Needs};

pub(super) async fn load(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let sql = (
        "SELECT t.room_id, t.user_id FROM (",
        ") AS v CROSS JOIN bans t WHERE t.room_id = v.column1 AND t.user_id = v.column2",
    );
    let rows: Vec<(Uuid, Uuid)> = select(connection, sql, &needs.bans, |tuple, (room, user)| {
        tuple.push_bind(room.uuid()).push_bind(user.uuid());
    })
    .await?;
    let keys = rows.into_iter();
    facts.bans.extend(keys.map(|(room, user)| (RoomId::from_uuid(room), UserId::from_uuid(user))));
    Ok(())
}

pub(super) async fn add(connection: &mut Connection, room: RoomId, ban: &Ban) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO bans (room_id, user_id, by, at) VALUES ($1, $2, $3, $4)")
        .bind(room.uuid())
        .bind(ban.user.uuid())
        .bind(ban.by.uuid())
        .bind(ban.at.micros())
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn remove(
    connection: &mut Connection,
    room: RoomId,
    user: UserId,
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM bans WHERE room_id = $1 AND user_id = $2")
        .bind(room.uuid())
        .bind(user.uuid())
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn list(
    db: &Db,
    room: RoomId,
    after: Option<UserId>,
    limit: u32,
) -> sqlx::Result<Vec<Ban>> {
    let mut lease = db.reader().await?;
    let rows: Vec<(Uuid, Uuid, i64)> = sqlx::query_as(
        "SELECT user_id, by, at FROM bans WHERE room_id = $1 AND user_id > $2 \
         ORDER BY user_id LIMIT $3",
    )
    .bind(room.uuid())
    .bind(start(after.map(UserId::uuid)))
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    let ban = |(user, by, at)| Ban {
        user: UserId::from_uuid(user),
        by: UserId::from_uuid(by),
        at: Timestamp::from_micros(at),
    };
    Ok(rows.into_iter().map(ban).collect())
}
