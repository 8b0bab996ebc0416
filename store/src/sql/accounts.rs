//! Users, devices and refresh tokens.

use parlor_domain::{
    DeviceId, DisplayName, PersonQuery, Profile, Standing, StatusEmoji, StatusText, Timestamp,
    UserId, UserName, folded,
};
use sqlx::Pool;
use uuid::Uuid;

use super::{Builder, Connection, Db, Driver, FOR_UPDATE, admin, row};
use crate::{
    Credentials, Device, Found, NewDevice, NewUser, Rank, RefreshHash, Rotated, Rotation, Seen,
    User, accounts::NotCreated,
};

pub(crate) async fn users(db: &Db, ids: &[UserId]) -> sqlx::Result<Vec<User>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query =
        Builder::new(concat!("SELECT ", row::user_columns!(), " FROM users u WHERE u.id <> "));
    query.push_bind(UserId::SYSTEM.uuid()).push(" AND u.id IN (");
    query.push_values(ids, |mut tuple, id| {
        tuple.push_bind(id.uuid());
    });
    query.push(")");
    let mut lease = db.reader().await?;
    let rows: Vec<row::UserRow> = query.build_query_as().fetch_all(&mut *lease).await?;
    lease.done();
    rows.iter().map(row::user).collect()
}

pub(crate) async fn by_name(db: &Db, name: &UserName) -> sqlx::Result<Option<Credentials>> {
    let mut lease = db.reader().await?;
    let found: Option<row::CredentialsRow> = sqlx::query_as(concat!(
        "SELECT ",
        row::user_columns!(),
        ", u.password_hash, u.disabled_at FROM users u WHERE u.name = $1 AND u.id <> $2 AND u.deleted_at IS NULL"
    ))
    .bind(name.as_str())
    .bind(UserId::SYSTEM.uuid())
    .fetch_optional(&mut *lease)
    .await?;
    lease.done();
    found.map(row::credentials).transpose()
}

pub(crate) async fn by_id(db: &Db, id: UserId) -> sqlx::Result<Option<Credentials>> {
    let mut lease = db.reader().await?;
    let found: Option<row::CredentialsRow> = sqlx::query_as(concat!(
        "SELECT ",
        row::user_columns!(),
        ", u.password_hash, u.disabled_at FROM users u WHERE u.id = $1 AND u.id <> $2 AND u.deleted_at IS NULL"
    ))
    .bind(id.uuid())
    .bind(UserId::SYSTEM.uuid())
    .fetch_optional(&mut *lease)
    .await?;
    lease.done();
    found.map(row::credentials).transpose()
}

/// What follows the name in `found_by`.
pub(super) fn found_by(display_name: &DisplayName) -> String {
    format!("\n{}", folded(display_name.as_str()))
}

/// Fills `found_by` of accounts that are older than it.
pub(crate) async fn complete(pool: &Pool<Driver>) -> sqlx::Result<()> {
    loop {
        let rows: Vec<(Uuid, String)> = sqlx::query_as(
            "SELECT id, display_name FROM users WHERE found_by = '' AND id <> $1 LIMIT 256",
        )
        .bind(UserId::SYSTEM.uuid())
        .fetch_all(pool)
        .await?;
        if rows.is_empty() {
            return Ok(());
        }
        for (id, display_name) in rows {
            let display_name = row::display_name(&display_name)?;
            sqlx::query("UPDATE users SET found_by = name || $2 WHERE id = $1 AND found_by = ''")
                .bind(id)
                .bind(found_by(&display_name))
                .execute(pool)
                .await?;
        }
    }
}

/// Those whose names hold the query: first those with a word that begins with
/// it, and then the others; each by name, in the order of code points.
pub(crate) async fn search(
    db: &Db,
    query: &PersonQuery,
    after: Option<(Rank, UserId)>,
    limit: u32,
) -> sqlx::Result<Vec<Found>> {
    let text = pattern(query.as_str());
    let mut builder = Builder::new(concat!(
        "SELECT ",
        row::user_columns!(),
        ", u.rank FROM (SELECT p.*, CAST(CASE"
    ));
    // The name, the shown name, and every further word of it.
    for before in ["", "%\n", "% "] {
        builder.push(" WHEN p.found_by LIKE ").push_bind(format!("{before}{text}%"));
        builder.push(" ESCAPE '\\' THEN 0");
    }
    builder.push(" ELSE 1 END AS BIGINT) AS rank FROM users p WHERE p.id <> ");
    builder.push_bind(UserId::SYSTEM.uuid());
    builder.push(" AND p.deactivated_at IS NULL AND p.deleted_at IS NULL");
    builder.push(" AND p.found_by LIKE ").push_bind(format!("%{text}%"));
    builder.push(" ESCAPE '\\') AS u");
    if let Some((rank, id)) = after {
        builder.push(" WHERE u.rank > ").push_bind(i64::from(rank));
        builder.push(" OR (u.rank = ").push_bind(i64::from(rank));
        builder.push(" AND u.found_by > (SELECT l.found_by FROM users l WHERE l.id = ");
        builder.push_bind(id.uuid()).push("))");
    }
    builder.push(" ORDER BY u.rank, u.found_by LIMIT ").push_bind(i64::from(limit));
    let mut lease = db.reader().await?;
    let rows: Vec<row::FoundRow> = builder.build_query_as().fetch_all(&mut *lease).await?;
    lease.done();
    rows.iter().map(row::found).collect()
}

/// A text as LIKE finds it and nothing else.
pub(super) fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

pub(crate) async fn device(db: &Db, id: DeviceId) -> sqlx::Result<Option<Device>> {
    let mut lease = db.reader().await?;
    let found: Option<row::DeviceRow> = sqlx::query_as(concat!(
        "SELECT ",
        row::device_columns!(),
        " FROM devices d WHERE d.id = $1"
    ))
    .bind(id.uuid())
    .fetch_optional(&mut *lease)
    .await?;
    lease.done();
    found.map(row::device).transpose()
}

pub(crate) async fn devices(
    db: &Db,
    user: UserId,
    now: Timestamp,
    after: Option<DeviceId>,
    limit: u32,
) -> sqlx::Result<Vec<Device>> {
    let mut lease = db.reader().await?;
    let rows: Vec<row::DeviceRow> = sqlx::query_as(concat!(
        "SELECT ",
        row::device_columns!(),
        " FROM devices d WHERE d.user_id = $1 AND d.id > $2 AND d.revoked_at IS NULL \
         AND EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.device_id = d.id \
         AND t.expires_at > $3) ORDER BY d.id LIMIT $4"
    ))
    .bind(user.uuid())
    .bind(after.map_or(Uuid::nil(), DeviceId::uuid))
    .bind(now.micros())
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    rows.into_iter().map(row::device).collect()
}

pub(crate) async fn device_of_refresh(
    db: &Db,
    token: &RefreshHash,
) -> sqlx::Result<Option<Device>> {
    let mut lease = db.reader().await?;
    let found: Option<row::DeviceRow> = sqlx::query_as(concat!(
        "SELECT ",
        row::device_columns!(),
        " FROM refresh_tokens t JOIN devices d ON d.id = t.device_id WHERE t.hash = $1"
    ))
    .bind(&token[..])
    .fetch_optional(&mut *lease)
    .await?;
    lease.done();
    found.map(row::device).transpose()
}

pub(crate) async fn create_user(
    db: &Db,
    user: &NewUser,
    device: &NewDevice,
    now: Timestamp,
) -> sqlx::Result<Result<User, NotCreated>> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    if !admin::admits(&mut transaction, &user.entry, now).await? {
        transaction.rollback().await?;
        lease.done();
        return Ok(Err(NotCreated::SignUpClosed));
    }
    let inserted = sqlx::query(
        "INSERT INTO users (id, name, display_name, password_hash, created_at, found_by) \
         VALUES ($1, $2, $3, $4, $5, $2 || $6) ON CONFLICT (name) DO NOTHING",
    )
    .bind(user.id.uuid())
    .bind(user.name.as_str())
    .bind(user.display_name.as_str())
    .bind(user.password_hash.as_str())
    .bind(now.micros())
    .bind(found_by(&user.display_name))
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    if inserted == 0 {
        transaction.rollback().await?;
        lease.done();
        return Ok(Err(NotCreated::NameTaken));
    }
    sqlx::query("INSERT INTO logs (id, kind, epoch, last_seq) VALUES ($1, 'user', $2, 0)")
        .bind(user.id.uuid())
        .bind(row::epoch_number(db.epoch))
        .execute(&mut *transaction)
        .await?;
    insert_device(&mut transaction, device, now).await?;
    transaction.commit().await?;
    lease.done();
    Ok(Ok(User {
        id: user.id,
        name: user.name.clone(),
        profile: Profile {
            display_name: user.display_name.clone(),
            status_text: StatusText::default(),
            status_emoji: StatusEmoji::default(),
            avatar: None,
        },
        created_at: now,
        standing: Standing::Active,
    }))
}

pub(crate) async fn create_device(db: &Db, device: &NewDevice, now: Timestamp) -> sqlx::Result<()> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    insert_device(&mut transaction, device, now).await?;
    transaction.commit().await?;
    lease.done();
    Ok(())
}

async fn insert_device(
    connection: &mut Connection,
    device: &NewDevice,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO devices (id, user_id, name, client, address, created_at, seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(device.id.uuid())
    .bind(device.user.uuid())
    .bind(device.name.as_str())
    .bind(device.seen.client.as_str())
    .bind(device.seen.address.as_str())
    .bind(now.micros())
    .execute(&mut *connection)
    .await?;
    insert_token(connection, &device.refresh, device.id, device.refresh_expires_at).await
}

async fn insert_token(
    connection: &mut Connection,
    hash: &RefreshHash,
    device: DeviceId,
    expires_at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO refresh_tokens (hash, device_id, expires_at) VALUES ($1, $2, $3)")
        .bind(&hash[..])
        .bind(device.uuid())
        .bind(expires_at.micros())
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn rotate(db: &Db, rotation: &Rotation, now: Timestamp) -> sqlx::Result<Rotated> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    let rotated = exchange(&mut transaction, rotation, now).await?;
    transaction.commit().await?;
    lease.done();
    Ok(rotated)
}

async fn exchange(
    connection: &mut Connection,
    rotation: &Rotation,
    now: Timestamp,
) -> sqlx::Result<Rotated> {
    let Some(mut device) = lock_device_of(connection, &rotation.presented).await? else {
        return Ok(Rotated::Invalid);
    };
    // Read after the lock: of many presentations at once each sees what the one
    // before it did.
    let Some(presented) = token(connection, &rotation.presented).await? else {
        return Ok(Rotated::Invalid);
    };
    if device.revoked_at.is_some() || presented.expires_at <= now {
        return Ok(Rotated::Invalid);
    }
    let expires_at = match presented.used_at {
        None => {
            insert_child(connection, rotation, device.id, now).await?;
            rotation.child_expires_at
        }
        Some(used_at) => match token(connection, &rotation.child).await? {
            Some(child) if child.used_at.is_none() && now.since(used_at) <= rotation.grace => {
                child.expires_at
            }
            _ => {
                revoke(connection, device.id, now).await?;
                return Ok(Rotated::Reused { device: Device { revoked_at: Some(now), ..device } });
            }
        },
    };
    see(connection, &mut device, &rotation.seen, now).await?;
    let user: row::UserRow =
        sqlx::query_as(concat!("SELECT ", row::user_columns!(), " FROM users u WHERE u.id = $1"))
            .bind(device.user.uuid())
            .fetch_one(connection)
            .await?;
    Ok(Rotated::Child { device, user: row::user(&user)?, expires_at })
}

async fn lock_device_of(
    connection: &mut Connection,
    token: &RefreshHash,
) -> sqlx::Result<Option<Device>> {
    let mut query = Builder::new(concat!(
        "SELECT ",
        row::device_columns!(),
        " FROM devices d WHERE d.id = (SELECT device_id FROM refresh_tokens WHERE hash = "
    ));
    query.push_bind(token.to_vec()).push(")").push(FOR_UPDATE);
    let found: Option<row::DeviceRow> = query.build_query_as().fetch_optional(connection).await?;
    found.map(row::device).transpose()
}

struct Token {
    expires_at: Timestamp,
    used_at: Option<Timestamp>,
}

async fn token(connection: &mut Connection, hash: &RefreshHash) -> sqlx::Result<Option<Token>> {
    let found: Option<(i64, Option<i64>)> =
        sqlx::query_as("SELECT expires_at, used_at FROM refresh_tokens WHERE hash = $1")
            .bind(&hash[..])
            .fetch_optional(connection)
            .await?;
    Ok(found.map(|(expires_at, used_at)| Token {
        expires_at: Timestamp::from_micros(expires_at),
        used_at: used_at.map(Timestamp::from_micros),
    }))
}

async fn insert_child(
    connection: &mut Connection,
    rotation: &Rotation,
    device: DeviceId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE refresh_tokens SET used_at = $2 WHERE hash = $1")
        .bind(&rotation.presented[..])
        .bind(now.micros())
        .execute(&mut *connection)
        .await?;
    // An expired token proves nothing any more, so that a device's family stays
    // bounded.
    sqlx::query("DELETE FROM refresh_tokens WHERE device_id = $1 AND expires_at <= $2")
        .bind(device.uuid())
        .bind(now.micros())
        .execute(&mut *connection)
        .await?;
    insert_token(connection, &rotation.child, device, rotation.child_expires_at).await
}

/// Notes where a device was seen.
async fn see(
    connection: &mut Connection,
    device: &mut Device,
    seen: &Seen,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE devices SET client = $2, address = $3, seen_at = $4 WHERE id = $1")
        .bind(device.id.uuid())
        .bind(seen.client.as_str())
        .bind(seen.address.as_str())
        .bind(now.micros())
        .execute(connection)
        .await?;
    (device.seen, device.seen_at) = (seen.clone(), now);
    Ok(())
}

/// False where it was revoked before, or is unknown.
pub(super) async fn revoke(
    connection: &mut Connection,
    device: DeviceId,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let done =
        sqlx::query("UPDATE devices SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
            .bind(device.uuid())
            .bind(now.micros())
            .execute(connection)
            .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn revoke_device(db: &Db, device: DeviceId, now: Timestamp) -> sqlx::Result<bool> {
    let mut lease = db.writer().await?;
    let revoked = revoke(&mut lease, device, now).await?;
    lease.done();
    Ok(revoked)
}

pub(crate) async fn set_password(
    db: &Db,
    user: UserId,
    password_hash: &str,
    keep: DeviceId,
    now: Timestamp,
) -> sqlx::Result<Vec<DeviceId>> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1 AND id <> $3")
        .bind(user.uuid())
        .bind(password_hash)
        .bind(UserId::SYSTEM.uuid())
        .execute(&mut *transaction)
        .await?;
    let revoked = revoke_others(&mut transaction, user, keep, now).await?;
    transaction.commit().await?;
    lease.done();
    Ok(revoked)
}

pub(crate) async fn revoke_all_others(
    db: &Db,
    user: UserId,
    keep: DeviceId,
    now: Timestamp,
) -> sqlx::Result<Vec<DeviceId>> {
    let mut lease = db.writer().await?;
    let revoked = revoke_others(&mut lease, user, keep, now).await?;
    lease.done();
    Ok(revoked)
}

/// No device has this id.
const NO_DEVICE: DeviceId = DeviceId::from_uuid(Uuid::nil());

pub(super) async fn revoke_others(
    connection: &mut Connection,
    user: UserId,
    keep: DeviceId,
    now: Timestamp,
) -> sqlx::Result<Vec<DeviceId>> {
    let revoked: Vec<Uuid> = sqlx::query_scalar(
        "UPDATE devices SET revoked_at = $3 \
         WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL RETURNING id",
    )
    .bind(user.uuid())
    .bind(keep.uuid())
    .bind(now.micros())
    .fetch_all(connection)
    .await?;
    Ok(revoked.into_iter().map(DeviceId::from_uuid).collect())
}

/// Begins a change of what an account is: whoever makes it a member or a friend waits.
async fn hold_log(connection: &mut Connection, user: UserId) -> sqlx::Result<()> {
    let mut query = Builder::new("SELECT last_seq FROM logs WHERE id = ");
    query.push_bind(user.uuid()).push(FOR_UPDATE);
    query.build().fetch_optional(connection).await?;
    Ok(())
}

pub(crate) async fn deactivate(
    db: &Db,
    user: UserId,
    now: Timestamp,
) -> admin::Acted<Vec<DeviceId>> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    if let Err(refusal) = admin::may_leave(&mut transaction, user).await? {
        transaction.rollback().await?;
        lease.done();
        return Ok(Err(refusal));
    }
    hold_log(&mut transaction, user).await?;
    sqlx::query(
        "UPDATE users SET deactivated_at = $2 \
         WHERE id = $1 AND deactivated_at IS NULL AND deleted_at IS NULL AND id <> $3",
    )
    .bind(user.uuid())
    .bind(now.micros())
    .bind(UserId::SYSTEM.uuid())
    .execute(&mut *transaction)
    .await?;
    let revoked = revoke_others(&mut transaction, user, NO_DEVICE, now).await?;
    transaction.commit().await?;
    lease.done();
    Ok(Ok(revoked))
}

pub(crate) async fn reactivate(db: &Db, user: UserId) -> sqlx::Result<()> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    hold_log(&mut transaction, user).await?;
    sqlx::query("UPDATE users SET deactivated_at = NULL WHERE id = $1 AND deleted_at IS NULL")
        .bind(user.uuid())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    lease.done();
    Ok(())
}

/// What a deleted account shows. Clients say it in their own language.
const DELETED: &str = "Deleted account";

pub(crate) async fn delete_user(
    db: &Db,
    user: UserId,
    erase_messages: bool,
    now: Timestamp,
) -> admin::Acted<Vec<DeviceId>> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    if let Err(refusal) = admin::may_leave(&mut transaction, user).await? {
        transaction.rollback().await?;
        lease.done();
        return Ok(Err(refusal));
    }
    hold_log(&mut transaction, user).await?;
    let deleted = sqlx::query(
        "UPDATE users SET deleted_at = $2, display_name = $3, status_text = '', \
         status_emoji = '', avatar = NULL, password_hash = '*', found_by = name || $4 \
         WHERE id = $1 AND deleted_at IS NULL AND id <> $5",
    )
    .bind(user.uuid())
    .bind(now.micros())
    .bind(DELETED)
    .bind(found_by(&row::display_name(DELETED)?))
    .bind(UserId::SYSTEM.uuid())
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    if deleted == 0 {
        transaction.rollback().await?;
        lease.done();
        return Ok(Ok(Vec::new()));
    }
    sqlx::query(
        "DELETE FROM refresh_tokens WHERE device_id IN (SELECT id FROM devices WHERE user_id = $1)",
    )
    .bind(user.uuid())
    .execute(&mut *transaction)
    .await?;
    let devices: Vec<Uuid> =
        sqlx::query_scalar("DELETE FROM devices WHERE user_id = $1 RETURNING id")
            .bind(user.uuid())
            .fetch_all(&mut *transaction)
            .await?;
    sqlx::query("INSERT INTO endings (user_id, erase_messages, began_at) VALUES ($1, $2, $3)")
        .bind(user.uuid())
        .bind(erase_messages)
        .bind(now.micros())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    lease.done();
    Ok(Ok(devices.into_iter().map(DeviceId::from_uuid).collect()))
}
