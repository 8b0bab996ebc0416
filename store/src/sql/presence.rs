//! Who knows whom, and when devices were seen.

use parlor_domain::{DeviceId, Timestamp, UserId};
use uuid::Uuid;

use super::{Builder, Db, pieces};
use crate::presence::{Acquaintance, Standing};

pub(crate) async fn standing(db: &Db, user: UserId) -> sqlx::Result<Standing> {
    let mut lease = db.reader().await?;
    let invisible: Option<bool> = sqlx::query_scalar("SELECT invisible FROM users WHERE id = $1")
        .bind(user.uuid())
        .fetch_optional(&mut *lease)
        .await?;
    let hidden: Vec<(Uuid,)> = sqlx::query_as(
        "SELECT other_id FROM blocks WHERE user_id = $1 \
         UNION SELECT user_id FROM blocks WHERE other_id = $1",
    )
    .bind(user.uuid())
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    let hidden_from = hidden.into_iter().map(|(id,)| UserId::from_uuid(id)).collect();
    Ok(Standing { invisible: invisible.unwrap_or_default(), hidden_from })
}

pub(crate) async fn acquaintances(
    db: &Db,
    user: UserId,
    others: &[UserId],
) -> sqlx::Result<Vec<Acquaintance>> {
    let mut lease = db.reader().await?;
    let mut known = Vec::new();
    for piece in pieces(others) {
        let mut query = Builder::new(
            "SELECT u.id, CASE WHEN u.invisible OR EXISTS (SELECT 1 FROM blocks b WHERE ",
        );
        query.push("(b.user_id = u.id AND b.other_id = ").push_bind(user.uuid());
        query.push(") OR (b.other_id = u.id AND b.user_id = ").push_bind(user.uuid());
        query.push(
            ")) THEN NULL ELSE (SELECT MAX(d.seen_at) FROM devices d WHERE d.user_id = u.id) END \
             FROM users u WHERE (EXISTS (SELECT 1 FROM ties t WHERE t.other_id = u.id \
             AND t.tie = 'friends' AND t.user_id = ",
        );
        query.push_bind(user.uuid());
        query.push(
            ") OR EXISTS (SELECT 1 FROM members m JOIN members o ON o.room_id = m.room_id \
             WHERE o.user_id = u.id AND m.user_id = ",
        );
        query.push_bind(user.uuid()).push(")) AND u.id IN (");
        query.push_values(piece, |mut tuple, other| {
            tuple.push_bind(other.uuid());
        });
        query.push(")");
        let rows: Vec<(Uuid, Option<i64>)> = query.build_query_as().fetch_all(&mut *lease).await?;
        known.extend(rows);
    }
    lease.done();
    let acquaintance = |(id, seen): (Uuid, Option<i64>)| Acquaintance {
        user: UserId::from_uuid(id),
        last_seen: seen.map(Timestamp::from_micros),
    };
    Ok(known.into_iter().map(acquaintance).collect())
}

/// In the order of ids, so that two nodes that write the same rows wait and do not
/// stand in each other's way.
pub(crate) async fn saw(db: &Db, devices: &[DeviceId], at: Timestamp) -> sqlx::Result<()> {
    let mut devices = devices.to_vec();
    devices.sort_unstable();
    let mut lease = db.writer().await?;
    for piece in pieces(&devices) {
        let mut query = Builder::new("UPDATE devices SET seen_at = ");
        query.push_bind(at.micros()).push(" WHERE seen_at < ").push_bind(at.micros());
        query.push(" AND id IN (");
        query.push_values(piece, |mut tuple, device| {
            tuple.push_bind(device.uuid());
        });
        query.push(")").build().execute(&mut *lease).await?;
    }
    lease.done();
    Ok(())
}
