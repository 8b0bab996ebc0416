//! Acts on the whole server and on other people's accounts. Each decides, acts and
//! leaves its entry in one transaction, which holds the row of settings.

use parlor_domain::{
    Code, DeviceId, OneTimeCode, OneTimeHash, Operator, Refusal, RoomName, ServerAct,
    ServerAnnouncement, SignUp, Timestamp, UserId, permit_server,
};
use uuid::Uuid;

use super::{
    Builder, Connection, Db, FOR_UPDATE,
    accounts::{revoke, revoke_others},
    overview::runs_the_server,
};
use crate::{Entry, log::plan::Projection};

pub(super) type Acted<T> = sqlx::Result<Result<T, Refusal>>;

/// The value, or the refusal as the answer.
macro_rules! allowed {
    ($decided:expr) => {
        match $decided {
            Ok(value) => value,
            Err(refusal) => return Ok(Err(refusal)),
        }
    };
}

/// Runs an act in a transaction; a refused one leaves no trace.
macro_rules! act {
    ($db:expr, $work:ident($($argument:expr),*)) => {{
        let mut lease = $db.writer().await?;
        let mut transaction = lease.begin_write().await?;
        let done = $work(&mut transaction, $($argument),*).await?;
        if done.is_ok() {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        lease.done();
        Ok(done)
    }};
}

/// What an act was done to, apart from a user.
#[derive(Default)]
struct Thing<'a> {
    id: Option<Uuid>,
    detail: &'a str,
}

async fn record(
    connection: &mut Connection,
    by: &Operator,
    act: ServerAct,
    user: Option<UserId>,
    thing: Thing<'_>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO audit (at, actor, address, act, user_id, thing, detail) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(now.micros())
    .bind(by.user.uuid())
    .bind(by.address.as_str())
    .bind(act.as_str())
    .bind(user.map(UserId::uuid))
    .bind(thing.id)
    .bind(thing.detail)
    .execute(connection)
    .await?;
    Ok(())
}

/// The entry of what the log has decided about a room.
pub(super) async fn record_of_room(
    connection: &mut Connection,
    audited: &Projection,
    now: Timestamp,
) -> sqlx::Result<()> {
    let Projection::Audited { by, act, room, name } = audited else { return Ok(()) };
    let thing = Thing { id: Some(room.uuid()), detail: RoomName::as_str(name) };
    record(connection, by, *act, None, thing, now).await
}

/// Holds the settings until commit, and with them who runs the server.
async fn hold(connection: &mut Connection) -> sqlx::Result<()> {
    let mut query = Builder::new("SELECT one FROM settings WHERE one = 1");
    query.push(FOR_UPDATE);
    query.build().fetch_one(connection).await?;
    Ok(())
}

/// The same, and whether `by` may do it, as it is then.
async fn permitted(connection: &mut Connection, by: &Operator, act: ServerAct) -> Acted<()> {
    hold(connection).await?;
    let is_admin = by.user == UserId::SYSTEM || admins(connection, Some(by.user)).await? > 0;
    Ok(permit_server(is_admin, act))
}

/// How many admins there are who may sign in; where one is given, whether it is one.
async fn admins(connection: &mut Connection, which: Option<UserId>) -> sqlx::Result<i64> {
    sqlx::query_scalar(concat!(
        "SELECT COUNT(*) FROM users u WHERE ",
        runs_the_server!(),
        " AND ($1 OR u.id = $2)"
    ))
    .bind(which.is_none())
    .bind(which.unwrap_or(UserId::SYSTEM).uuid())
    .fetch_one(connection)
    .await
}

/// What an account is.
struct Standing {
    is_admin: bool,
    is_disabled: bool,
    /// An admin who may sign in.
    runs_the_server: bool,
}

async fn standing(connection: &mut Connection, user: UserId) -> Acted<Standing> {
    let found: Option<(bool, Option<i64>, bool)> = sqlx::query_as(concat!(
        "SELECT u.is_admin, u.disabled_at, ",
        runs_the_server!(),
        " FROM users u WHERE u.id = $1 AND u.id <> $2 AND u.deleted_at IS NULL"
    ))
    .bind(user.uuid())
    .bind(UserId::SYSTEM.uuid())
    .fetch_optional(connection)
    .await?;
    let standing = found.map(|(is_admin, disabled_at, runs_the_server)| Standing {
        is_admin,
        is_disabled: disabled_at.is_some(),
        runs_the_server,
    });
    Ok(standing.ok_or_else(Refusal::not_found))
}

/// Whoever is the last who can run the server goes on doing so.
async fn not_the_last(connection: &mut Connection, runs_the_server: bool) -> Acted<()> {
    if runs_the_server && admins(connection, None).await? == 1 {
        let words = "the last admin stays: make somebody else one first";
        return Ok(Err(Refusal::new(Code::LastAdmin, words)));
    }
    Ok(Ok(()))
}

/// Whether the server goes on without this account, which nobody changes until commit.
pub(super) async fn may_leave(connection: &mut Connection, user: UserId) -> Acted<()> {
    hold(connection).await?;
    let runs_the_server = admins(connection, Some(user)).await? > 0;
    not_the_last(connection, runs_the_server).await
}

pub(crate) async fn begin(db: &Db, sign_up: SignUp) -> sqlx::Result<()> {
    let mut lease = db.writer().await?;
    sqlx::query("UPDATE settings SET sign_up = $1 WHERE sign_up IS NULL")
        .bind(sign_up.as_str())
        .execute(&mut *lease)
        .await?;
    lease.done();
    Ok(())
}

pub(crate) async fn set_sign_up(
    db: &Db,
    by: &Operator,
    sign_up: SignUp,
    now: Timestamp,
) -> Acted<()> {
    async fn work(
        connection: &mut Connection,
        by: &Operator,
        sign_up: SignUp,
        now: Timestamp,
    ) -> Acted<()> {
        let act = ServerAct::SetSignUp;
        allowed!(permitted(connection, by, act).await?);
        let changed =
            sqlx::query("UPDATE settings SET sign_up = $1 WHERE COALESCE(sign_up, 'open') <> $1")
                .bind(sign_up.as_str())
                .execute(&mut *connection)
                .await?;
        if changed.rows_affected() > 0 {
            let thing = Thing { id: None, detail: sign_up.as_str() };
            record(connection, by, act, None, thing, now).await?;
        }
        Ok(Ok(()))
    }
    act!(db, work(by, sign_up, now))
}

pub(crate) async fn announce(
    db: &Db,
    by: &Operator,
    told: &ServerAnnouncement,
) -> Acted<ServerAnnouncement> {
    async fn work(
        connection: &mut Connection,
        by: &Operator,
        told: &ServerAnnouncement,
    ) -> Acted<ServerAnnouncement> {
        let act = ServerAct::Announce;
        allowed!(permitted(connection, by, act).await?);
        let live: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM announcements WHERE NOT ended AND (until IS NULL OR until > $1)",
        )
        .bind(told.created_at.micros())
        .fetch_one(&mut *connection)
        .await?;
        if live >= i64::from(parlor_domain::limits::ANNOUNCEMENTS) {
            let words = "so many announcements are read by nobody: take one back first";
            return Ok(Err(Refusal::new(Code::Conflict, words)));
        }
        sqlx::query(
            "INSERT INTO announcements (id, text, level, created_at, until, ended) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(told.id)
        .bind(told.text.as_str())
        .bind(told.level.as_str())
        .bind(told.created_at.micros())
        .bind(told.until.map(Timestamp::micros))
        .bind(false)
        .execute(&mut *connection)
        .await?;
        let thing = Thing { id: Some(told.id), detail: told.text.as_str() };
        record(connection, by, act, None, thing, told.created_at).await?;
        Ok(Ok(told.clone()))
    }
    act!(db, work(by, told))
}

pub(crate) async fn end_announcement(
    db: &Db,
    by: &Operator,
    id: Uuid,
    now: Timestamp,
) -> Acted<()> {
    async fn work(
        connection: &mut Connection,
        by: &Operator,
        id: Uuid,
        now: Timestamp,
    ) -> Acted<()> {
        let act = ServerAct::EndAnnouncement;
        allowed!(permitted(connection, by, act).await?);
        let found: Option<(String, bool)> =
            sqlx::query_as("SELECT text, ended FROM announcements WHERE id = $1")
                .bind(id)
                .fetch_optional(&mut *connection)
                .await?;
        let (text, ended) = allowed!(found.ok_or_else(Refusal::not_found));
        if !ended {
            sqlx::query("UPDATE announcements SET ended = TRUE WHERE id = $1")
                .bind(id)
                .execute(&mut *connection)
                .await?;
            record(connection, by, act, None, Thing { id: Some(id), detail: &text }, now).await?;
        }
        Ok(Ok(()))
    }
    act!(db, work(by, id, now))
}

pub(crate) async fn set_disabled(
    db: &Db,
    by: &Operator,
    user: UserId,
    disabled: bool,
    now: Timestamp,
) -> Acted<Vec<DeviceId>> {
    async fn work(
        connection: &mut Connection,
        by: &Operator,
        user: UserId,
        disabled: bool,
        now: Timestamp,
    ) -> Acted<Vec<DeviceId>> {
        let act = if disabled { ServerAct::DisableUser } else { ServerAct::EnableUser };
        allowed!(permitted(connection, by, act).await?);
        let it = allowed!(standing(connection, user).await?);
        if it.is_disabled == disabled {
            // Whoever missed the first time which devices that signed out hears it now.
            return disabled_devices(connection, user).await.map(Ok);
        }
        if disabled {
            allowed!(not_the_last(connection, it.runs_the_server).await?);
        }
        sqlx::query("UPDATE users SET disabled_at = $2 WHERE id = $1")
            .bind(user.uuid())
            .bind(disabled.then(|| now.micros()))
            .execute(&mut *connection)
            .await?;
        record(connection, by, act, Some(user), Thing::default(), now).await?;
        if !disabled {
            return Ok(Ok(Vec::new()));
        }
        revoke_all(connection, user, now).await.map(Ok)
    }
    act!(db, work(by, user, disabled, now))
}

/// Devices that were signed out when the account was disabled; none of one that is not.
async fn disabled_devices(
    connection: &mut Connection,
    user: UserId,
) -> sqlx::Result<Vec<DeviceId>> {
    let devices: Vec<Uuid> = sqlx::query_scalar(
        "SELECT d.id FROM devices d JOIN users u ON u.id = d.user_id \
         WHERE u.id = $1 AND d.revoked_at >= u.disabled_at",
    )
    .bind(user.uuid())
    .fetch_all(connection)
    .await?;
    Ok(devices.into_iter().map(DeviceId::from_uuid).collect())
}

/// Signs out every device of the user.
async fn revoke_all(
    connection: &mut Connection,
    user: UserId,
    now: Timestamp,
) -> sqlx::Result<Vec<DeviceId>> {
    // No device has the nil id.
    revoke_others(connection, user, DeviceId::from_uuid(Uuid::nil()), now).await
}

pub(crate) async fn set_admin(
    db: &Db,
    by: &Operator,
    user: UserId,
    admin: bool,
    now: Timestamp,
) -> Acted<()> {
    async fn work(
        connection: &mut Connection,
        by: &Operator,
        user: UserId,
        admin: bool,
        now: Timestamp,
    ) -> Acted<()> {
        let act = if admin { ServerAct::GrantAdmin } else { ServerAct::RevokeAdmin };
        allowed!(permitted(connection, by, act).await?);
        let it = allowed!(standing(connection, user).await?);
        if it.is_admin == admin {
            return Ok(Ok(()));
        }
        if !admin {
            allowed!(not_the_last(connection, it.runs_the_server).await?);
        }
        make_admin(connection, user, admin).await?;
        record(connection, by, act, Some(user), Thing::default(), now).await.map(Ok)
    }
    act!(db, work(by, user, admin, now))
}

async fn make_admin(connection: &mut Connection, user: UserId, admin: bool) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET is_admin = $2 WHERE id = $1")
        .bind(user.uuid())
        .bind(admin)
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn end_device(
    db: &Db,
    by: &Operator,
    device: DeviceId,
    now: Timestamp,
) -> Acted<bool> {
    async fn work(
        connection: &mut Connection,
        by: &Operator,
        device: DeviceId,
        now: Timestamp,
    ) -> Acted<bool> {
        let act = ServerAct::SignOutDevice;
        allowed!(permitted(connection, by, act).await?);
        let found: Option<(Uuid, String)> =
            sqlx::query_as("SELECT user_id, name FROM devices WHERE id = $1")
                .bind(device.uuid())
                .fetch_optional(&mut *connection)
                .await?;
        let (user, name) = allowed!(found.ok_or_else(Refusal::not_found));
        let was_signed_in = revoke(connection, device, now).await?;
        if was_signed_in {
            let thing = Thing { id: Some(device.uuid()), detail: &name };
            record(connection, by, act, Some(UserId::from_uuid(user)), thing, now).await?;
        }
        Ok(Ok(was_signed_in))
    }
    act!(db, work(by, device, now))
}

/// What a link is for.
#[derive(Clone, Copy)]
enum Kind {
    Claim,
    Reset,
    SignUp,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Reset => "reset",
            Self::SignUp => "sign_up",
        }
    }
}

async fn insert_link(
    connection: &mut Connection,
    kind: Kind,
    user: Option<UserId>,
    link: &OneTimeHash,
    expires_at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO one_time_links (hash, kind, user_id, expires_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(&link[..])
    .bind(kind.as_str())
    .bind(user.map(UserId::uuid))
    .bind(expires_at.micros())
    .execute(connection)
    .await?;
    Ok(())
}

/// Uses a link up, once: of many who try at the same time one is first.
async fn use_up(
    connection: &mut Connection,
    kind: Kind,
    link: &OneTimeHash,
    now: Timestamp,
) -> Acted<()> {
    let used = sqlx::query(
        "UPDATE one_time_links SET used_at = $3 \
         WHERE hash = $1 AND kind = $2 AND used_at IS NULL AND expires_at > $3",
    )
    .bind(&link[..])
    .bind(kind.as_str())
    .bind(now.micros())
    .execute(connection)
    .await?;
    Ok(if used.rows_affected() > 0 { Ok(()) } else { Err(OneTimeCode::not_valid()) })
}

pub(crate) async fn make_reset_link(
    db: &Db,
    by: &Operator,
    user: UserId,
    link: &OneTimeHash,
    expires_at: Timestamp,
    now: Timestamp,
) -> Acted<()> {
    async fn work(
        connection: &mut Connection,
        by: &Operator,
        user: UserId,
        link: &OneTimeHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Acted<()> {
        let act = ServerAct::MakeResetLink;
        allowed!(permitted(connection, by, act).await?);
        allowed!(standing(connection, user).await?);
        forget_resets(connection, user).await?;
        insert_link(connection, Kind::Reset, Some(user), link, expires_at).await?;
        record(connection, by, act, Some(user), Thing::default(), now).await.map(Ok)
    }
    act!(db, work(by, user, link, expires_at, now))
}

/// One link at a time sets a user's password.
async fn forget_resets(connection: &mut Connection, user: UserId) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM one_time_links WHERE user_id = $1 AND kind = 'reset'")
        .bind(user.uuid())
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn make_sign_up_link(
    db: &Db,
    by: &Operator,
    link: &OneTimeHash,
    expires_at: Timestamp,
    now: Timestamp,
) -> Acted<()> {
    async fn work(
        connection: &mut Connection,
        by: &Operator,
        link: &OneTimeHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Acted<()> {
        let act = ServerAct::MakeSignUpLink;
        allowed!(permitted(connection, by, act).await?);
        insert_link(connection, Kind::SignUp, None, link, expires_at).await?;
        record(connection, by, act, None, Thing::default(), now).await.map(Ok)
    }
    act!(db, work(by, link, expires_at, now))
}

pub(crate) async fn make_claim(
    db: &Db,
    link: &OneTimeHash,
    expires_at: Timestamp,
) -> sqlx::Result<bool> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    hold(&mut transaction).await?;
    let is_needed = admins(&mut transaction, None).await? == 0;
    if is_needed {
        sqlx::query("DELETE FROM one_time_links WHERE kind = 'claim'")
            .execute(&mut *transaction)
            .await?;
        insert_link(&mut transaction, Kind::Claim, None, link, expires_at).await?;
    }
    transaction.commit().await?;
    lease.done();
    Ok(is_needed)
}

pub(crate) async fn claim(db: &Db, by: &Operator, link: &OneTimeHash, now: Timestamp) -> Acted<()> {
    async fn work(
        connection: &mut Connection,
        by: &Operator,
        link: &OneTimeHash,
        now: Timestamp,
    ) -> Acted<()> {
        let act = ServerAct::ClaimAdmin;
        allowed!(permitted(connection, by, act).await?);
        allowed!(standing(connection, by.user).await?);
        // Somebody may have become one in another way since the link was made.
        if admins(connection, None).await? > 0 {
            return Ok(Err(OneTimeCode::not_valid()));
        }
        allowed!(use_up(connection, Kind::Claim, link, now).await?);
        make_admin(connection, by.user, true).await?;
        record(connection, by, act, Some(by.user), Thing::default(), now).await.map(Ok)
    }
    act!(db, work(by, link, now))
}

pub(crate) async fn reset_password(
    db: &Db,
    link: &OneTimeHash,
    password_hash: &str,
    address: &str,
    now: Timestamp,
) -> Acted<Vec<DeviceId>> {
    async fn work(
        connection: &mut Connection,
        link: &OneTimeHash,
        password_hash: &str,
        address: &str,
        now: Timestamp,
    ) -> Acted<Vec<DeviceId>> {
        hold(connection).await?;
        allowed!(use_up(connection, Kind::Reset, link, now).await?);
        let user: Option<Uuid> =
            sqlx::query_scalar("SELECT user_id FROM one_time_links WHERE hash = $1")
                .bind(&link[..])
                .fetch_one(&mut *connection)
                .await?;
        let user = allowed!(user.map(UserId::from_uuid).ok_or_else(OneTimeCode::not_valid));
        sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1")
            .bind(user.uuid())
            .bind(password_hash)
            .execute(&mut *connection)
            .await?;
        let by = Operator { user, address: address.to_owned() };
        let act = ServerAct::ResetPassword;
        record(connection, &by, act, Some(user), Thing::default(), now).await?;
        revoke_all(connection, user, now).await.map(Ok)
    }
    act!(db, work(link, password_hash, address, now))
}

/// Whether somebody who shows this may make an account; a link made for it is used
/// up.
pub(super) async fn admits(
    connection: &mut Connection,
    entry: &Entry,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let policy: Option<String> =
        sqlx::query_scalar("SELECT sign_up FROM settings").fetch_one(&mut *connection).await?;
    let policy = policy.as_deref().and_then(SignUp::parse).unwrap_or_default();
    let (claims, invited) = match entry {
        Entry::Unasked => (false, false),
        Entry::Invited(code) => {
            let live: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM invites i JOIN rooms r ON r.id = i.room_id \
                 WHERE i.code = $1 AND NOT r.archived AND NOT i.revoked \
                 AND (i.expires_at IS NULL OR i.expires_at > $2) \
                 AND (i.max_uses IS NULL OR i.uses < i.max_uses))",
            )
            .bind(code.expose())
            .bind(now.micros())
            .fetch_one(connection)
            .await?;
            (false, live)
        }
        Entry::ByLink(link) => {
            let claims: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM one_time_links WHERE hash = $1 \
                 AND kind = 'claim' AND used_at IS NULL AND expires_at > $2)",
            )
            .bind(&link[..])
            .bind(now.micros())
            .fetch_one(&mut *connection)
            .await?;
            (claims, use_up(connection, Kind::SignUp, link, now).await?.is_ok())
        }
    };
    Ok(claims
        || match policy {
            SignUp::Open => true,
            SignUp::Invite => invited,
            SignUp::Closed => false,
        })
}
