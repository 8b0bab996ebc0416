//! What users let others know of themselves, and how far the other one of a direct
//! room has read: what decides about it, its rows, and reads.

use std::collections::BTreeSet;

use parlor_domain::{LogId, Privacy, RoomId, Seq, UserId};
use uuid::Uuid;

use super::{Connection, Db, facts::select, row};
use crate::log::facts::{Facts, Needs};

/// Who is told how far somebody reads, of those rooms that are direct. That never
/// changes, so it may be read before any log is locked.
pub(super) async fn partners(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<BTreeSet<LogId>> {
    let sql = (
        "SELECT v.column1, t.room_id, t.user_id FROM (",
        ") AS v CROSS JOIN rooms r JOIN members t ON t.room_id = r.id \
         WHERE r.id = v.column2 AND r.direct AND t.user_id <> v.column1",
    );
    let rows: Vec<(Uuid, Uuid, Uuid)> =
        select(connection, sql, &needs.reads, |tuple, (user, room)| {
            tuple.push_bind(user.uuid()).push_bind(room.uuid());
        })
        .await?;
    let mut told = BTreeSet::new();
    for (user, room, partner) in rows {
        let (user, partner) = (UserId::from_uuid(user), UserId::from_uuid(partner));
        facts.partners.insert((user, RoomId::from_uuid(room)), partner);
        told.insert(partner.into());
    }
    Ok(told)
}

pub(super) async fn load(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let pairs = facts.partners.iter();
    let told: BTreeSet<(UserId, RoomId)> =
        pairs.map(|((_, room), other)| (*other, *room)).collect();
    let mut users = needs.privacy.clone();
    users.extend(facts.partners.iter().flat_map(|((user, _), other)| [*user, *other]));
    let sql = ("SELECT id, invisible, read_marks FROM users WHERE id IN (", ")");
    let rows: Vec<(Uuid, bool, bool)> = select(connection, sql, &users, |tuple, user| {
        tuple.push_bind(user.uuid());
    })
    .await?;
    for (user, invisible, read_marks) in rows {
        facts.privacy.insert(UserId::from_uuid(user), Privacy { invisible, read_marks });
    }
    let sql = (
        "SELECT t.user_id, t.room_id, t.seq FROM (",
        ") AS v CROSS JOIN partner_reads t WHERE t.user_id = v.column1 AND t.room_id = v.column2",
    );
    let rows: Vec<(Uuid, Uuid, i64)> = select(connection, sql, &told, |tuple, (user, room)| {
        tuple.push_bind(user.uuid()).push_bind(room.uuid());
    })
    .await?;
    for (user, room, seq) in rows {
        let key = (UserId::from_uuid(user), RoomId::from_uuid(room));
        facts.partner_reads.insert(key, row::seq(seq));
    }
    Ok(())
}

pub(super) async fn save(
    connection: &mut Connection,
    user: UserId,
    privacy: Privacy,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET invisible = $2, read_marks = $3 WHERE id = $1")
        .bind(user.uuid())
        .bind(privacy.invisible)
        .bind(privacy.read_marks)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn partner_read(
    connection: &mut Connection,
    user: UserId,
    room: RoomId,
    seq: Seq,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO partner_reads (user_id, room_id, seq) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id, room_id) DO UPDATE SET seq = excluded.seq",
    )
    .bind(user.uuid())
    .bind(room.uuid())
    .bind(row::number(seq))
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn of(db: &Db, user: UserId) -> sqlx::Result<Option<Privacy>> {
    let mut lease = db.reader().await?;
    let found: Option<(bool, bool)> =
        sqlx::query_as("SELECT invisible, read_marks FROM users WHERE id = $1")
            .bind(user.uuid())
            .fetch_optional(&mut *lease)
            .await?;
    lease.done();
    Ok(found.map(|(invisible, read_marks)| Privacy { invisible, read_marks }))
}
