//! Reads of rooms and members.

use parlor_domain::{Room, RoomId, RoomName, RoomQuery, Timestamp, Topic, UserId, folded, limits};
use sqlx::Pool;
use uuid::Uuid;

use super::{Builder, Connection, Db, Driver, accounts::pattern, mentions, row};
use crate::{Access, DeletedRoom, Member, RoomSummary};

/// The columns of [`row::RoomRow`].
macro_rules! room_columns {
    () => {
        "r.id, r.name, r.topic, r.public, r.direct, r.archived, r.created_at, r.member_count, l.epoch, \
         l.last_seq"
    };
}
pub(super) use room_columns;

/// Selects [`row::MemberRow`]s.
macro_rules! select_members {
    () => {
        concat!(
            "SELECT ",
            row::user_columns!(),
            ", m.role, m.joined_at FROM members m JOIN users u ON u.id = m.user_id "
        )
    };
}

/// Before the first id. The nil id is the system user's, who is in no list.
pub(super) fn start(after: Option<Uuid>) -> Uuid {
    after.unwrap_or(Uuid::nil())
}

pub(crate) async fn access(db: &Db, room: RoomId, user: UserId) -> sqlx::Result<Option<Access>> {
    let mut lease = db.reader().await?;
    let found: Option<row::AccessRow> = sqlx::query_as(concat!(
        "SELECT ",
        room_columns!(),
        ", m.role, (SELECT o.user_id FROM members o WHERE r.direct AND o.room_id = r.id \
         AND o.user_id <> $2 LIMIT 1) AS peer FROM rooms r JOIN logs l ON l.id = r.id \
         LEFT JOIN members m ON m.room_id = r.id AND m.user_id = $2 WHERE r.id = $1 \
         AND r.purge_at IS NULL"
    ))
    .bind(room.uuid())
    .bind(user.uuid())
    .fetch_optional(&mut *lease)
    .await?;
    lease.done();
    found.map(row::access).transpose()
}

/// What the directory finds a room by.
pub(super) fn found_by(name: &RoomName, topic: &Topic) -> String {
    format!("{}\n{}", folded(name.as_str()), folded(topic.as_str()))
}

/// Fills `found_by` of rooms that are older than it.
pub(crate) async fn complete(pool: &Pool<Driver>) -> sqlx::Result<()> {
    loop {
        let rows: Vec<(Uuid, String, String)> =
            sqlx::query_as("SELECT id, name, topic FROM rooms WHERE found_by = '' LIMIT 256")
                .fetch_all(pool)
                .await?;
        if rows.is_empty() {
            return Ok(());
        }
        for (id, name, topic) in rows {
            sqlx::query("UPDATE rooms SET found_by = $2 WHERE id = $1 AND found_by = ''")
                .bind(id)
                .bind(found_by(&row::room_name(&name)?, &row::topic(&topic)?))
                .execute(pool)
                .await?;
        }
    }
}

pub(crate) async fn directory(
    db: &Db,
    query: Option<&RoomQuery>,
    after: Option<RoomId>,
    limit: u32,
) -> sqlx::Result<Vec<Room>> {
    let mut builder = Builder::new(concat!(
        "SELECT ",
        room_columns!(),
        " FROM rooms r JOIN logs l ON l.id = r.id WHERE r.public AND NOT r.archived \
         AND r.purge_at IS NULL AND r.id > "
    ));
    builder.push_bind(start(after.map(RoomId::uuid)));
    if let Some(query) = query {
        builder.push(" AND r.found_by LIKE ");
        builder.push_bind(format!("%{}%", pattern(query.as_str()))).push(" ESCAPE '\\'");
    }
    builder.push(" ORDER BY r.id LIMIT ").push_bind(i64::from(limit));
    let mut lease = db.reader().await?;
    let rows: Vec<row::RoomRow> = builder.build_query_as().fetch_all(&mut *lease).await?;
    lease.done();
    rows.into_iter().map(row::room).collect()
}

pub(crate) async fn members(
    db: &Db,
    room: RoomId,
    after: Option<UserId>,
    limit: u32,
) -> sqlx::Result<Vec<Member>> {
    let mut lease = db.reader().await?;
    let rows: Vec<row::MemberRow> = sqlx::query_as(concat!(
        select_members!(),
        "WHERE m.room_id = $1 AND m.user_id > $2 ORDER BY m.user_id LIMIT $3"
    ))
    .bind(room.uuid())
    .bind(start(after.map(UserId::uuid)))
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    rows.into_iter().map(row::member).collect()
}

pub(crate) async fn member(db: &Db, room: RoomId, user: UserId) -> sqlx::Result<Option<Member>> {
    let mut lease = db.reader().await?;
    let found: Option<row::MemberRow> =
        sqlx::query_as(concat!(select_members!(), "WHERE m.room_id = $1 AND m.user_id = $2"))
            .bind(room.uuid())
            .bind(user.uuid())
            .fetch_optional(&mut *lease)
            .await?;
    lease.done();
    found.map(row::member).transpose()
}

pub(crate) async fn mine(
    db: &Db,
    user: UserId,
    after: Option<RoomId>,
    limit: u32,
) -> sqlx::Result<Vec<RoomSummary>> {
    summarise(db, user, |query| {
        query.push(" AND m.room_id > ").push_bind(start(after.map(RoomId::uuid)));
        query.push(" ORDER BY m.room_id LIMIT ").push_bind(i64::from(limit));
    })
    .await
}

pub(crate) async fn summaries(
    db: &Db,
    user: UserId,
    rooms: &[RoomId],
) -> sqlx::Result<Vec<RoomSummary>> {
    if rooms.is_empty() {
        return Ok(Vec::new());
    }
    summarise(db, user, |query| {
        query.push(" AND m.room_id IN (");
        query.push_values(rooms, |mut tuple, room| {
            tuple.push_bind(room.uuid());
        });
        query.push(")");
    })
    .await
}

/// Summaries of those rooms of `user` that `which` leaves. What is unread, and what
/// of it mentions the user, is counted here and nowhere else.
async fn summarise(
    db: &Db,
    user: UserId,
    which: impl FnOnce(&mut Builder),
) -> sqlx::Result<Vec<RoomSummary>> {
    let mut query = Builder::new(concat!("SELECT ", room_columns!(), ", m.role, "));
    query.push(
        "(SELECT o.user_id FROM members o WHERE r.direct AND o.room_id = r.id \
         AND o.user_id <> m.user_id LIMIT 1) AS peer, COALESCE(d.seq, 0) AS read_seq, \
         COALESCE(k.seq, 0) AS peer_read_seq, \
         (SELECT COUNT(*) FROM (SELECT 1 FROM messages u WHERE u.room_id = r.id \
         AND u.seq > COALESCE(d.seq, 0) AND NOT u.deleted AND u.author <> ",
    );
    query.push_bind(user.uuid()).push(" LIMIT ").push_bind(i64::from(limits::UNREAD_COUNTED));
    query.push(
        ") AS counted) AS unread, \
         (SELECT COUNT(*) FROM (SELECT DISTINCT t.message FROM mentions t \
         JOIN messages u ON u.room_id = t.room_id AND u.seq = t.message \
         WHERE t.room_id = r.id AND t.message > COALESCE(d.seq, 0) AND u.author <> ",
    );
    query.push_bind(user.uuid()).push(" AND t.user_id IN (").push_bind(user.uuid());
    query.push(", ").push_bind(mentions::EVERYBODY.uuid());
    query.push(
        ") AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = m.user_id AND b.other_id = u.author) \
         LIMIT ",
    );
    query.push_bind(i64::from(limits::UNREAD_COUNTED));
    query.push(
        ") AS counted) AS mentions, \
         substr(COALESCE(NULLIF(p.text, ''), NULLIF(p.forwarded_text, ''), (SELECT f.name FROM files f WHERE f.room_id = r.id \
         AND f.message = p.seq AND f.state = 'attached' ORDER BY f.place LIMIT 1)), 1, ",
    );
    query.push_bind(i32::try_from(limits::PREVIEW_CHARS).unwrap_or(i32::MAX));
    query.push(
        ") AS preview, COALESCE(p.posted_at, r.created_at) AS last_at, \
         COALESCE(w.notify, 'all') AS notify, COALESCE(w.favourite, FALSE) AS favourite \
         FROM members m JOIN rooms r ON r.id = m.room_id JOIN logs l ON l.id = r.id \
         LEFT JOIN reads d ON d.user_id = m.user_id AND d.room_id = r.id \
         LEFT JOIN partner_reads k ON k.user_id = m.user_id AND k.room_id = r.id \
         LEFT JOIN preferences w ON w.user_id = m.user_id AND w.room_id = r.id \
         LEFT JOIN messages p ON p.room_id = r.id AND p.seq = (SELECT n.seq FROM messages n \
         WHERE n.room_id = r.id AND NOT n.deleted ORDER BY n.seq DESC LIMIT 1) \
         WHERE r.purge_at IS NULL AND m.user_id = ",
    );
    query.push_bind(user.uuid());
    which(&mut query);
    let mut lease = db.reader().await?;
    let rows: Vec<row::SummaryRow> = query.build_query_as().fetch_all(&mut *lease).await?;
    lease.done();
    rows.into_iter().map(row::summary).collect()
}

pub(super) async fn delete(
    connection: &mut Connection,
    room: RoomId,
    by: UserId,
    until: Timestamp,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE rooms SET deleted_at = $2, deleted_by = $3, purge_at = $4, untold = TRUE \
         WHERE id = $1",
    )
    .bind(room.uuid())
    .bind(now.micros())
    .bind(by.uuid())
    .bind(until.micros())
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn restore(connection: &mut Connection, room: RoomId) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE rooms SET deleted_at = NULL, deleted_by = NULL, purge_at = NULL, untold = TRUE \
         WHERE id = $1",
    )
    .bind(room.uuid())
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn hide(
    connection: &mut Connection,
    room: RoomId,
    user: UserId,
    on: bool,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE members SET hidden = $3 WHERE room_id = $1 AND user_id = $2")
        .bind(room.uuid())
        .bind(user.uuid())
        .bind(on)
        .execute(connection)
        .await?;
    Ok(())
}

/// Rooms that `user` owns and that are deleted, as long as they can be restored.
pub(crate) async fn deleted(
    db: &Db,
    user: UserId,
    now: Timestamp,
    after: Option<RoomId>,
    limit: u32,
) -> sqlx::Result<Vec<DeletedRoom>> {
    let mut lease = db.reader().await?;
    let rows: Vec<row::DeletedRoomRow> = sqlx::query_as(concat!(
        "SELECT ",
        room_columns!(),
        ", r.deleted_at, r.deleted_by, r.purge_at FROM members m JOIN rooms r ON r.id = m.room_id \
         JOIN logs l ON l.id = r.id WHERE m.user_id = $1 AND m.role = 'owner' \
         AND r.purge_at > $2 AND r.id > $3 ORDER BY r.id LIMIT $4"
    ))
    .bind(user.uuid())
    .bind(now.micros())
    .bind(start(after.map(RoomId::uuid)))
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    rows.into_iter().map(row::deleted_room).collect()
}
