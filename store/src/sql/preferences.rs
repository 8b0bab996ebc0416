//! What users want of rooms: what decides about it, and its rows.

use parlor_domain::{Preferences, RoomId, UserId};
use uuid::Uuid;

use super::{Connection, facts::select, row};
use crate::log::facts::{Facts, Needs};

pub(super) async fn load(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let sql = (
        "SELECT t.user_id, t.room_id, t.notify, t.favourite FROM (",
        ") AS v CROSS JOIN preferences t WHERE t.user_id = v.column1 AND t.room_id = v.column2",
    );
    let rows: Vec<(Uuid, Uuid, String, bool)> =
        select(connection, sql, &needs.preferences, |tuple, (user, room)| {
            tuple.push_bind(user.uuid()).push_bind(room.uuid());
        })
        .await?;
    for (user, room, notify, favourite) in rows {
        let key = (UserId::from_uuid(user), RoomId::from_uuid(room));
        facts.preferences.insert(key, row::preferences(&notify, favourite)?);
    }
    Ok(())
}

pub(super) async fn save(
    connection: &mut Connection,
    user: UserId,
    room: RoomId,
    preferences: Preferences,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO preferences (user_id, room_id, notify, favourite) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (user_id, room_id) DO UPDATE \
         SET notify = excluded.notify, favourite = excluded.favourite",
    )
    .bind(user.uuid())
    .bind(room.uuid())
    .bind(preferences.notify.as_str())
    .bind(preferences.favourite)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn forget(
    connection: &mut Connection,
    user: UserId,
    room: RoomId,
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM preferences WHERE user_id = $1 AND room_id = $2")
        .bind(user.uuid())
        .bind(room.uuid())
        .execute(connection)
        .await?;
    Ok(())
}
