//! What an admin sees of the server.

use std::collections::BTreeSet;

use parlor_domain::{
    AnnouncementLevel, AnnouncementText, AuditEntry, OneTimeHash, Operator, PersonQuery, RoomId,
    RoomQuery, ServerAct, ServerAnnouncement, SignUp, Timestamp, UserId, limits,
};
use uuid::Uuid;

use super::{
    super::DATABASE_BYTES,
    Builder, Connection, Db,
    accounts::pattern,
    facts::select,
    rooms::{room_columns, start},
    row,
};
use crate::{
    Account, FilesUse, RoomUse, Usage, User,
    log::facts::{Facts, Needs},
};

/// Of a user called `u`: runs the server, and may sign in to do so.
macro_rules! runs_the_server {
    () => {
        "u.is_admin AND u.disabled_at IS NULL AND u.deactivated_at IS NULL AND u.deleted_at IS NULL"
    };
}
pub(super) use runs_the_server;

/// Who of those in question is an admin.
pub(super) async fn load(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let sql =
        (concat!("SELECT u.id FROM users u WHERE ", runs_the_server!(), " AND u.id IN ("), ")");
    let admins: &BTreeSet<UserId> = &needs.admins;
    let rows: Vec<(Uuid,)> = select(connection, sql, admins, |tuple, user| {
        tuple.push_bind(user.uuid());
    })
    .await?;
    facts.admins.extend(rows.into_iter().map(|(user,)| UserId::from_uuid(user)));
    Ok(())
}

pub(crate) async fn is_admin(db: &Db, user: UserId) -> sqlx::Result<bool> {
    let mut lease = db.reader().await?;
    let is_admin = sqlx::query_scalar(concat!(
        "SELECT EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND ",
        runs_the_server!(),
        ")"
    ))
    .bind(user.uuid())
    .fetch_one(&mut *lease)
    .await?;
    lease.done();
    Ok(is_admin)
}

pub(crate) async fn sign_up(db: &Db) -> sqlx::Result<SignUp> {
    let mut lease = db.reader().await?;
    let policy: Option<String> =
        sqlx::query_scalar("SELECT sign_up FROM settings").fetch_one(&mut *lease).await?;
    lease.done();
    match policy {
        None => Ok(SignUp::default()),
        Some(name) => SignUp::parse(&name).ok_or_else(|| row::malformed("policy")),
    }
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    #[sqlx(flatten)]
    user: row::UserRow,
    is_admin: bool,
    disabled_at: Option<i64>,
    last_seen_at: Option<i64>,
}

fn account_of(row: AccountRow) -> sqlx::Result<Account> {
    Ok(Account {
        user: row::user(&row.user)?,
        is_admin: row.is_admin,
        disabled_at: row.disabled_at.map(Timestamp::from_micros),
        seen_at: row.last_seen_at.map(Timestamp::from_micros),
    })
}

/// Selects [`AccountRow`]s, without the server itself and what is left of accounts
/// that were deleted.
fn select_accounts() -> Builder {
    let mut query = Builder::new(concat!(
        "SELECT ",
        row::user_columns!(),
        ", u.is_admin, u.disabled_at, (SELECT MAX(d.seen_at) FROM devices d \
         WHERE d.user_id = u.id) AS last_seen_at FROM users u WHERE u.deleted_at IS NULL AND u.id <> "
    ));
    query.push_bind(UserId::SYSTEM.uuid());
    query
}

pub(crate) async fn accounts(
    db: &Db,
    query: Option<&PersonQuery>,
    after: Option<UserId>,
    limit: u32,
) -> sqlx::Result<Vec<Account>> {
    let mut builder = select_accounts();
    if let Some(query) = query {
        builder.push(" AND u.found_by LIKE ");
        builder.push_bind(format!("%{}%", pattern(query.as_str()))).push(" ESCAPE '\\'");
    }
    if let Some(after) = after {
        builder.push(" AND u.found_by > (SELECT l.found_by FROM users l WHERE l.id = ");
        builder.push_bind(after.uuid()).push(")");
    }
    builder.push(" ORDER BY u.found_by LIMIT ").push_bind(i64::from(limit));
    let mut lease = db.reader().await?;
    let rows: Vec<AccountRow> = builder.build_query_as().fetch_all(&mut *lease).await?;
    lease.done();
    rows.into_iter().map(account_of).collect()
}

pub(crate) async fn account(db: &Db, user: UserId) -> sqlx::Result<Option<Account>> {
    let mut builder = select_accounts();
    builder.push(" AND u.id = ").push_bind(user.uuid());
    let mut lease = db.reader().await?;
    let row: Option<AccountRow> = builder.build_query_as().fetch_optional(&mut *lease).await?;
    lease.done();
    row.map(account_of).transpose()
}

#[derive(sqlx::FromRow)]
struct RoomUseRow {
    #[sqlx(flatten)]
    room: row::RoomRow,
    messages: i64,
    file_bytes: i64,
    active_at: i64,
}

fn room_of(row: RoomUseRow) -> sqlx::Result<RoomUse> {
    Ok(RoomUse {
        room: row::room(row.room)?,
        messages: row::count(row.messages),
        file_bytes: row::size(row.file_bytes),
        active_at: Timestamp::from_micros(row.active_at),
    })
}

/// Selects [`RoomUseRow`]s.
fn select_rooms() -> Builder {
    let mut query = Builder::new(concat!(
        "SELECT ",
        room_columns!(),
        ", (SELECT COUNT(*) FROM (SELECT 1 FROM messages m WHERE m.room_id = r.id \
         AND NOT m.deleted LIMIT "
    ));
    query.push_bind(i64::from(limits::ROOM_MESSAGES_COUNTED));
    query.push(
        ") AS counted) AS messages, (SELECT CAST(COALESCE(SUM(f.bytes), 0) AS BIGINT) FROM files f \
         WHERE f.room_id = r.id AND f.state = 'attached') AS file_bytes, COALESCE((SELECT e.at FROM events e \
         WHERE e.log_id = r.id AND e.seq = l.last_seq), r.created_at) AS active_at \
         FROM rooms r JOIN logs l ON l.id = r.id WHERE ",
    );
    query
}

pub(crate) async fn rooms(
    db: &Db,
    query: Option<&RoomQuery>,
    after: Option<RoomId>,
    limit: u32,
) -> sqlx::Result<Vec<RoomUse>> {
    let mut builder = select_rooms();
    builder.push("r.id > ").push_bind(start(after.map(RoomId::uuid)));
    if let Some(query) = query {
        builder.push(" AND NOT r.direct AND r.found_by LIKE ");
        builder.push_bind(format!("%{}%", pattern(query.as_str()))).push(" ESCAPE '\\'");
    }
    builder.push(" ORDER BY r.id LIMIT ").push_bind(i64::from(limit));
    let mut lease = db.reader().await?;
    let rows: Vec<RoomUseRow> = builder.build_query_as().fetch_all(&mut *lease).await?;
    lease.done();
    rows.into_iter().map(room_of).collect()
}

pub(crate) async fn room(db: &Db, room: RoomId) -> sqlx::Result<Option<RoomUse>> {
    let mut builder = select_rooms();
    builder.push("r.id = ").push_bind(room.uuid());
    let mut lease = db.reader().await?;
    let row: Option<RoomUseRow> = builder.build_query_as().fetch_optional(&mut *lease).await?;
    lease.done();
    row.map(room_of).transpose()
}

#[derive(sqlx::FromRow)]
struct AuditRow {
    id: i64,
    at: i64,
    actor: Uuid,
    address: String,
    act: String,
    user_id: Option<Uuid>,
    thing: Option<Uuid>,
    detail: String,
}

fn entry(row: AuditRow) -> sqlx::Result<AuditEntry> {
    Ok(AuditEntry {
        id: u64::try_from(row.id).unwrap_or(0),
        at: Timestamp::from_micros(row.at),
        by: Operator { user: UserId::from_uuid(row.actor), address: row.address },
        act: ServerAct::parse(&row.act).ok_or_else(|| row::malformed("act"))?,
        user: row.user_id.map(UserId::from_uuid),
        thing: row.thing,
        detail: row.detail,
    })
}

pub(crate) async fn audit(
    db: &Db,
    before: Option<u64>,
    limit: u32,
) -> sqlx::Result<Vec<AuditEntry>> {
    let before = before.and_then(|id| i64::try_from(id).ok()).unwrap_or(i64::MAX);
    let mut lease = db.reader().await?;
    let rows: Vec<AuditRow> = sqlx::query_as(
        "SELECT id, at, actor, address, act, user_id, thing, detail FROM audit \
         WHERE id < $1 ORDER BY id DESC LIMIT $2",
    )
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    rows.into_iter().map(entry).collect()
}

#[derive(sqlx::FromRow)]
struct AnnouncementRow {
    id: Uuid,
    text: String,
    level: String,
    created_at: i64,
    until: Option<i64>,
}

pub(crate) async fn announcements(
    db: &Db,
    now: Timestamp,
) -> sqlx::Result<Vec<ServerAnnouncement>> {
    let mut lease = db.reader().await?;
    let rows: Vec<AnnouncementRow> = sqlx::query_as(
        "SELECT id, text, level, created_at, until FROM announcements \
         WHERE NOT ended AND (until IS NULL OR until > $1) ORDER BY id DESC",
    )
    .bind(now.micros())
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    let told = |row: AnnouncementRow| {
        Ok(ServerAnnouncement {
            id: row.id,
            text: AnnouncementText::parse(&row.text).map_err(row::bad)?,
            level: AnnouncementLevel::parse(&row.level).ok_or_else(|| row::malformed("level"))?,
            created_at: Timestamp::from_micros(row.created_at),
            until: row.until.map(Timestamp::from_micros),
        })
    };
    rows.into_iter().map(told).collect()
}

pub(crate) async fn usage(db: &Db) -> sqlx::Result<Usage> {
    let mut lease = db.reader().await?;
    let bytes: i64 = sqlx::query_scalar(DATABASE_BYTES).fetch_one(&mut *lease).await?;
    // Logs have no holes, so that their heads tell how many events there are.
    let (users, devices, rooms, events): (i64, i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM users WHERE id <> $1), (SELECT COUNT(*) FROM devices), \
         (SELECT COUNT(*) FROM rooms), \
         (SELECT CAST(COALESCE(SUM(last_seq), 0) AS BIGINT) FROM logs)",
    )
    .bind(UserId::SYSTEM.uuid())
    .fetch_one(&mut *lease)
    .await?;
    // Of a file on its way there is what came.
    let files: Vec<(bool, i64, i64)> = sqlx::query_as(
        "SELECT state = 'attached', COUNT(*), \
         CAST(SUM(CASE state WHEN 'receiving' THEN received ELSE bytes END) AS BIGINT) \
         FROM files WHERE state <> 'gone' GROUP BY state = 'attached'",
    )
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    let files = |attached| {
        let found = files.iter().find(|(it, ..)| *it == attached);
        let (_, count, bytes) = *found.unwrap_or(&(attached, 0, 0));
        FilesUse { count: row::size(count), bytes: row::size(bytes) }
    };
    Ok(Usage {
        database_bytes: row::size(bytes),
        users: row::size(users),
        devices: row::size(devices),
        rooms: row::size(rooms),
        events: row::size(events),
        attached: files(true),
        waiting: files(false),
    })
}

pub(crate) async fn reset_of(
    db: &Db,
    link: &OneTimeHash,
    now: Timestamp,
) -> sqlx::Result<Option<User>> {
    let mut lease = db.reader().await?;
    let found: Option<row::UserRow> = sqlx::query_as(concat!(
        "SELECT ",
        row::user_columns!(),
        " FROM one_time_links k JOIN users u ON u.id = k.user_id WHERE k.hash = $1 \
         AND k.kind = 'reset' AND k.used_at IS NULL AND k.expires_at > $2"
    ))
    .bind(&link[..])
    .bind(now.micros())
    .fetch_optional(&mut *lease)
    .await?;
    lease.done();
    found.as_ref().map(row::user).transpose()
}
