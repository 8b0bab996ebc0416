//! Links that let people into rooms: what decides about them, their rows, and
//! reads.

use std::collections::BTreeSet;

use parlor_domain::{Invite, InviteCode, InviteId, RoomId, Timestamp, UserId};
use uuid::Uuid;

use super::{Connection, Db, facts::select, rooms::start, row};
use crate::log::facts::{Facts, Needs};

/// The columns of [`row::InviteRow`], of a table `invites` called `i`.
macro_rules! invite_columns {
    () => {
        "i.id, i.room_id, i.code, i.by, i.created_at, i.expires_at, i.max_uses, i.uses, i.revoked"
    };
}

/// What [`Invite::is_live`] says, of an invite called `i`, at the time `$at`.
macro_rules! live {
    ($at:literal) => {
        concat!(
            "NOT i.revoked AND (i.expires_at IS NULL OR i.expires_at > ",
            $at,
            ") AND (i.max_uses IS NULL OR i.uses < i.max_uses)"
        )
    };
}

pub(super) async fn load(
    connection: &mut Connection,
    needs: &Needs,
    now: Timestamp,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let sql = (concat!("SELECT ", invite_columns!(), " FROM invites i WHERE i.id IN ("), ")");
    let rows: Vec<row::InviteRow> = select(connection, sql, &needs.invites, |tuple, invite| {
        tuple.push_bind(invite.uuid());
    })
    .await?;
    for row in rows {
        let invite = row::invite(row)?;
        facts.invites.insert(invite.id, invite);
    }
    let rooms: BTreeSet<_> = needs.live_invites.iter().map(|room| (*room, now)).collect();
    let sql = (
        "SELECT i.room_id, COUNT(*) FROM (",
        concat!(
            ") AS v CROSS JOIN invites i WHERE i.room_id = v.column1 AND ",
            live!("v.column2"),
            " GROUP BY i.room_id"
        ),
    );
    let rows: Vec<(Uuid, i64)> = select(connection, sql, &rooms, |tuple, (room, now)| {
        tuple.push_bind(room.uuid()).push_bind(now.micros());
    })
    .await?;
    for (room, live) in rows {
        facts.live_invites.insert(RoomId::from_uuid(room), row::count(live));
    }
    Ok(())
}

pub(super) async fn add(connection: &mut Connection, invite: &Invite) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO invites \
         (id, room_id, code, by, created_at, expires_at, max_uses, uses, revoked) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(invite.id.uuid())
    .bind(invite.room.uuid())
    .bind(invite.code.expose())
    .bind(invite.by.uuid())
    .bind(invite.created_at.micros())
    .bind(invite.expires_at.map(Timestamp::micros))
    .bind(invite.max_uses.map(i64::from))
    .bind(i64::from(invite.uses))
    .bind(invite.revoked)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn revoke(connection: &mut Connection, invite: InviteId) -> sqlx::Result<()> {
    change(connection, "UPDATE invites SET revoked = TRUE WHERE id = $1", invite).await
}

pub(super) async fn count_use(connection: &mut Connection, invite: InviteId) -> sqlx::Result<()> {
    change(connection, "UPDATE invites SET uses = uses + 1 WHERE id = $1", invite).await
}

async fn change(
    connection: &mut Connection,
    sql: &'static str,
    invite: InviteId,
) -> sqlx::Result<()> {
    sqlx::query(sql).bind(invite.uuid()).execute(connection).await?;
    Ok(())
}

/// Live links of a room, ascending by id; where `by` is given, that user's alone.
pub(crate) async fn list(
    db: &Db,
    room: RoomId,
    by: Option<UserId>,
    now: Timestamp,
    after: Option<InviteId>,
    limit: u32,
) -> sqlx::Result<Vec<Invite>> {
    let mut lease = db.reader().await?;
    let rows: Vec<row::InviteRow> = sqlx::query_as(concat!(
        "SELECT ",
        invite_columns!(),
        " FROM invites i WHERE i.room_id = $1 AND i.id > $2 AND ",
        live!("$3"),
        " AND ($4 OR i.by = $5) ORDER BY i.id LIMIT $6"
    ))
    .bind(room.uuid())
    .bind(start(after.map(InviteId::uuid)))
    .bind(now.micros())
    .bind(by.is_none())
    .bind(start(by.map(UserId::uuid)))
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    rows.into_iter().map(row::invite).collect()
}

pub(crate) async fn by_id(db: &Db, invite: InviteId) -> sqlx::Result<Option<Invite>> {
    let mut lease = db.reader().await?;
    let row: Option<row::InviteRow> =
        sqlx::query_as(concat!("SELECT ", invite_columns!(), " FROM invites i WHERE i.id = $1"))
            .bind(invite.uuid())
            .fetch_optional(&mut *lease)
            .await?;
    lease.done();
    row.map(row::invite).transpose()
}

pub(crate) async fn by_code(db: &Db, code: InviteCode) -> sqlx::Result<Option<Invite>> {
    let mut lease = db.reader().await?;
    let row: Option<row::InviteRow> =
        sqlx::query_as(concat!("SELECT ", invite_columns!(), " FROM invites i WHERE i.code = $1"))
            .bind(code.expose())
            .fetch_optional(&mut *lease)
            .await?;
    lease.done();
    row.map(row::invite).transpose()
}
