//! Users, devices and refresh tokens.

use parlor_domain::{DeviceId, Timestamp, UserId, UserName};
use uuid::Uuid;

use super::{Builder, Connection, Db, FOR_UPDATE, row};
use crate::{Credentials, Device, NewDevice, NewUser, RefreshHash, Rotated, Rotation, User};

pub(crate) async fn users(db: &Db, ids: &[UserId]) -> sqlx::Result<Vec<User>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query =
        Builder::new("SELECT id, name, display_name, created_at FROM users WHERE id <> ");
    query.push_bind(UserId::SYSTEM.uuid()).push(" AND id IN (");
    query.push_values(ids, |mut tuple, id| {
        tuple.push_bind(id.uuid());
    });
    query.push(")");
    let mut lease = db.reader().await?;
    let rows: Vec<row::UserRow> = query.build_query_as().fetch_all(&mut *lease).await?;
    lease.done();
    rows.into_iter().map(row::user).collect()
}

type CredentialsRow = (Uuid, String, String, i64, String);

fn credentials(
    (id, name, display_name, created_at, password_hash): CredentialsRow,
) -> sqlx::Result<Credentials> {
    Ok(Credentials { user: row::user((id, name, display_name, created_at))?, password_hash })
}

pub(crate) async fn by_name(db: &Db, name: &UserName) -> sqlx::Result<Option<Credentials>> {
    let mut lease = db.reader().await?;
    let found: Option<CredentialsRow> = sqlx::query_as(
        "SELECT id, name, display_name, created_at, password_hash FROM users \
         WHERE name = $1 AND id <> $2",
    )
    .bind(name.as_str())
    .bind(UserId::SYSTEM.uuid())
    .fetch_optional(&mut *lease)
    .await?;
    lease.done();
    found.map(credentials).transpose()
}

pub(crate) async fn by_id(db: &Db, id: UserId) -> sqlx::Result<Option<Credentials>> {
    let mut lease = db.reader().await?;
    let found: Option<CredentialsRow> = sqlx::query_as(
        "SELECT id, name, display_name, created_at, password_hash FROM users \
         WHERE id = $1 AND id <> $2",
    )
    .bind(id.uuid())
    .bind(UserId::SYSTEM.uuid())
    .fetch_optional(&mut *lease)
    .await?;
    lease.done();
    found.map(credentials).transpose()
}

pub(crate) async fn device(db: &Db, id: DeviceId) -> sqlx::Result<Option<Device>> {
    let mut lease = db.reader().await?;
    let found: Option<row::DeviceRow> = sqlx::query_as(
        "SELECT id, user_id, name, created_at, revoked_at FROM devices WHERE id = $1",
    )
    .bind(id.uuid())
    .fetch_optional(&mut *lease)
    .await?;
    lease.done();
    found.map(row::device).transpose()
}

pub(crate) async fn device_of_refresh(
    db: &Db,
    token: &RefreshHash,
) -> sqlx::Result<Option<Device>> {
    let mut lease = db.reader().await?;
    let found: Option<row::DeviceRow> = sqlx::query_as(
        "SELECT d.id, d.user_id, d.name, d.created_at, d.revoked_at \
         FROM refresh_tokens t JOIN devices d ON d.id = t.device_id WHERE t.hash = $1",
    )
    .bind(&token[..])
    .fetch_optional(&mut *lease)
    .await?;
    lease.done();
    found.map(row::device).transpose()
}

/// `None` where the name is taken.
pub(crate) async fn create_user(
    db: &Db,
    user: &NewUser,
    device: &NewDevice,
    now: Timestamp,
) -> sqlx::Result<Option<User>> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    let inserted = sqlx::query(
        "INSERT INTO users (id, name, display_name, password_hash, created_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING",
    )
    .bind(user.id.uuid())
    .bind(user.name.as_str())
    .bind(user.display_name.as_str())
    .bind(user.password_hash.as_str())
    .bind(now.micros())
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    if inserted == 0 {
        transaction.rollback().await?;
        lease.done();
        return Ok(None);
    }
    sqlx::query("INSERT INTO logs (id, kind, epoch, last_seq) VALUES ($1, 'user', $2, 0)")
        .bind(user.id.uuid())
        .bind(row::epoch_number(db.epoch))
        .execute(&mut *transaction)
        .await?;
    insert_device(&mut transaction, device, now).await?;
    transaction.commit().await?;
    lease.done();
    Ok(Some(User {
        id: user.id,
        name: user.name.clone(),
        display_name: user.display_name.clone(),
        created_at: now,
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
    sqlx::query("INSERT INTO devices (id, user_id, name, created_at) VALUES ($1, $2, $3, $4)")
        .bind(device.id.uuid())
        .bind(device.user.uuid())
        .bind(device.name.as_str())
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
    let Some(device) = lock_device_of(connection, &rotation.presented).await? else {
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
    let user: row::UserRow =
        sqlx::query_as("SELECT id, name, display_name, created_at FROM users WHERE id = $1")
            .bind(device.user.uuid())
            .fetch_one(connection)
            .await?;
    Ok(Rotated::Child { device, user: row::user(user)?, expires_at })
}

async fn lock_device_of(
    connection: &mut Connection,
    token: &RefreshHash,
) -> sqlx::Result<Option<Device>> {
    let mut query = Builder::new(
        "SELECT id, user_id, name, created_at, revoked_at FROM devices \
         WHERE id = (SELECT device_id FROM refresh_tokens WHERE hash = ",
    );
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

/// False where it was revoked before, or is unknown.
async fn revoke(
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
    let revoked: Vec<Uuid> = sqlx::query_scalar(
        "UPDATE devices SET revoked_at = $3 \
         WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL RETURNING id",
    )
    .bind(user.uuid())
    .bind(keep.uuid())
    .bind(now.micros())
    .fetch_all(&mut *transaction)
    .await?;
    transaction.commit().await?;
    lease.done();
    Ok(revoked.into_iter().map(DeviceId::from_uuid).collect())
}
