//! Table columns to domain types and back.

use parlor_domain::{
    DeviceId, DeviceName, DisplayName, Epoch, Event, Message, RequestId, Role, Room, RoomId,
    RoomName, Seq, Timestamp, Topic, UserId, UserName, Visibility,
};
use uuid::Uuid;

use crate::{Access, Device, RoomSummary, User};

pub(super) type UserRow = (Uuid, String, String, i64);
pub(super) type DeviceRow = (Uuid, Uuid, String, i64, Option<i64>);
pub(super) type MessageRow = (i64, Uuid, String, Option<i64>, i64, Option<i64>, bool, i64);
pub(super) type EventRow = (i64, i64, Uuid, Option<Uuid>, String);

/// What stands in the database was valid when it was written.
fn bad(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

pub(super) fn malformed(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("malformed {what}").into())
}

pub(super) fn seq(seq: i64) -> Seq {
    Seq::new(u64::try_from(seq).unwrap_or(0))
}

/// A seq is at most `i64::MAX`.
pub(super) fn number(seq: Seq) -> i64 {
    i64::try_from(seq.get()).unwrap_or(i64::MAX)
}

pub(super) fn epoch(epoch: i64) -> Epoch {
    Epoch::new(u64::try_from(epoch).unwrap_or(0))
}

pub(super) fn epoch_number(epoch: Epoch) -> i64 {
    i64::try_from(epoch.get()).unwrap_or(i64::MAX)
}

pub(super) fn count(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(0)
}

pub(super) fn visibility(public: bool) -> Visibility {
    if public { Visibility::Public } else { Visibility::Private }
}

pub(super) const fn role_text(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Admin => "admin",
        Role::Member => "member",
    }
}

pub(super) fn role(text: &str) -> sqlx::Result<Role> {
    match text {
        "owner" => Ok(Role::Owner),
        "admin" => Ok(Role::Admin),
        "member" => Ok(Role::Member),
        _ => Err(malformed("role")),
    }
}

pub(super) fn room_name(text: &str) -> sqlx::Result<RoomName> {
    RoomName::parse(text).map_err(bad)
}

pub(super) fn topic(text: &str) -> sqlx::Result<Topic> {
    Topic::parse(text).map_err(bad)
}

pub(super) fn user((id, name, display_name, created_at): UserRow) -> sqlx::Result<User> {
    Ok(User {
        id: UserId::from_uuid(id),
        name: UserName::parse(&name).map_err(bad)?,
        display_name: DisplayName::parse(&display_name).map_err(bad)?,
        created_at: Timestamp::from_micros(created_at),
    })
}

pub(super) fn device((id, user, name, created_at, revoked_at): DeviceRow) -> sqlx::Result<Device> {
    Ok(Device {
        id: DeviceId::from_uuid(id),
        user: UserId::from_uuid(user),
        name: DeviceName::parse(&name).map_err(bad)?,
        created_at: Timestamp::from_micros(created_at),
        revoked_at: revoked_at.map(Timestamp::from_micros),
    })
}

/// A room and its log.
#[derive(sqlx::FromRow)]
pub(super) struct RoomRow {
    id: Uuid,
    name: String,
    topic: String,
    public: bool,
    archived: bool,
    created_at: i64,
    member_count: i64,
    epoch: i64,
    last_seq: i64,
}

pub(super) fn room(row: RoomRow) -> sqlx::Result<Room> {
    Ok(Room {
        id: RoomId::from_uuid(row.id),
        name: room_name(&row.name)?,
        topic: topic(&row.topic)?,
        visibility: visibility(row.public),
        archived: row.archived,
        created_at: Timestamp::from_micros(row.created_at),
        epoch: epoch(row.epoch),
        head: seq(row.last_seq),
        members: count(row.member_count),
    })
}

/// A room and the role of one user.
#[derive(sqlx::FromRow)]
pub(super) struct AccessRow {
    #[sqlx(flatten)]
    room: RoomRow,
    role: Option<String>,
}

pub(super) fn access(row: AccessRow) -> sqlx::Result<Access> {
    let role = row.role.as_deref().map(role).transpose()?;
    Ok(Access { room: room(row.room)?, role })
}

/// A room as a member's list shows it.
#[derive(sqlx::FromRow)]
pub(super) struct SummaryRow {
    #[sqlx(flatten)]
    room: RoomRow,
    role: String,
    read_seq: i64,
    unread: i64,
    preview: Option<String>,
    last_at: i64,
}

pub(super) fn summary(row: SummaryRow) -> sqlx::Result<RoomSummary> {
    Ok(RoomSummary {
        room: room(row.room)?,
        role: role(&row.role)?,
        read: seq(row.read_seq),
        unread: count(row.unread),
        preview: row.preview,
        last_at: Timestamp::from_micros(row.last_at),
    })
}

pub(super) fn message(
    (at, author, text, reply_to, posted_at, edited_at, deleted, version): MessageRow,
) -> Message {
    Message {
        seq: seq(at),
        author: UserId::from_uuid(author),
        text,
        reply_to: reply_to.map(seq),
        posted_at: Timestamp::from_micros(posted_at),
        edited_at: edited_at.map(Timestamp::from_micros),
        deleted,
        version: seq(version),
    }
}

pub(super) fn event((at_seq, at, actor, request_id, body): EventRow) -> sqlx::Result<Event> {
    Ok(Event {
        seq: seq(at_seq),
        at: Timestamp::from_micros(at),
        actor: UserId::from_uuid(actor),
        request_id: request_id.map(RequestId::from_uuid),
        body: serde_json::from_str(&body).map_err(bad)?,
    })
}
