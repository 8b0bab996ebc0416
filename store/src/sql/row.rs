//! Table columns to domain types and back.

use parlor_domain::{
    Attachment, ClientName, DeviceId, DeviceName, DisplayName, Draft, DraftText, Emoji, Epoch,
    Event, FileId, FileKind, FileName, Forwarded, Invite, InviteId, Mentions, Message, Notify, Pin,
    Preferences, Profile, RequestId, Role, Room, RoomId, RoomName, Seq, Standing, StatusEmoji,
    StatusText, Thumbhash, Tie, Timestamp, Topic, UserId, UserName, Visibility,
};
use uuid::Uuid;

use crate::{
    Access, Authored, Credentials, DeletedRoom, Device, Found, Member, RoomSummary, Seen,
    StoredFile, Upload, User,
};

pub(super) type EventRow = (i64, i64, Uuid, Option<Uuid>, String);

/// What stands in the database was valid when it was written.
pub(super) fn bad(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

pub(super) fn malformed(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("malformed {what}").into())
}

pub(super) fn seq(seq: i64) -> Seq {
    Seq::new(u64::try_from(seq).unwrap_or(0))
}

/// A seq is at most `i64::MAX`.
pub(crate) fn number(seq: Seq) -> i64 {
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

pub(super) const fn visibility(public: bool, direct: bool) -> Visibility {
    match (public, direct) {
        (_, true) => Visibility::Direct,
        (true, false) => Visibility::Public,
        (false, false) => Visibility::Private,
    }
}

pub(super) fn role(text: &str) -> sqlx::Result<Role> {
    Role::parse(text).ok_or_else(|| malformed("role"))
}

pub(super) fn preferences(notify: &str, favourite: bool) -> sqlx::Result<Preferences> {
    let notify = Notify::parse(notify).ok_or_else(|| malformed("notify"))?;
    Ok(Preferences { notify, favourite })
}

pub(super) fn draft(text: &str, reply_to: Option<i64>) -> sqlx::Result<Draft> {
    Ok(Draft { text: DraftText::parse(text).map_err(bad)?, reply_to: reply_to.map(seq) })
}

pub(super) fn tie(text: &str) -> sqlx::Result<Tie> {
    Tie::parse(text).ok_or_else(|| malformed("tie"))
}

pub(super) fn room_name(text: &str) -> sqlx::Result<RoomName> {
    RoomName::parse(text).map_err(bad)
}

pub(super) fn user_name(text: &str) -> sqlx::Result<UserName> {
    UserName::parse(text).map_err(bad)
}

pub(super) fn emoji(text: &str) -> sqlx::Result<Emoji> {
    Emoji::parse(text).map_err(bad)
}

pub(super) fn display_name(text: &str) -> sqlx::Result<DisplayName> {
    DisplayName::parse(text).map_err(bad)
}

pub(super) fn topic(text: &str) -> sqlx::Result<Topic> {
    Topic::parse(text).map_err(bad)
}

/// What a user shows.
#[derive(sqlx::FromRow)]
pub(super) struct ProfileRow {
    display_name: String,
    status_text: String,
    status_emoji: String,
    avatar: Option<Uuid>,
}

pub(super) fn profile(row: &ProfileRow) -> sqlx::Result<Profile> {
    Ok(Profile {
        display_name: display_name(&row.display_name)?,
        status_text: StatusText::parse(&row.status_text).map_err(bad)?,
        status_emoji: StatusEmoji::parse(&row.status_emoji).map_err(bad)?,
        avatar: row.avatar.map(FileId::from_uuid),
    })
}

/// The same, and whose it is.
#[derive(sqlx::FromRow)]
pub(super) struct KeyedProfileRow {
    id: Uuid,
    #[sqlx(flatten)]
    profile: ProfileRow,
}

pub(super) fn keyed_profile(row: &KeyedProfileRow) -> sqlx::Result<(UserId, Profile)> {
    Ok((UserId::from_uuid(row.id), profile(&row.profile)?))
}

/// The columns of [`UserRow`], of a table `users` called `u`.
macro_rules! user_columns {
    () => {
        "u.id, u.name, u.display_name, u.status_text, u.status_emoji, u.avatar, u.created_at, \
         u.deactivated_at, u.deleted_at"
    };
}
pub(super) use user_columns;

/// An account.
#[derive(sqlx::FromRow)]
pub(super) struct UserRow {
    id: Uuid,
    name: String,
    #[sqlx(flatten)]
    profile: ProfileRow,
    created_at: i64,
    deactivated_at: Option<i64>,
    deleted_at: Option<i64>,
}

pub(super) const fn standing(deactivated: bool, deleted: bool) -> Standing {
    match (deactivated, deleted) {
        (_, true) => Standing::Deleted,
        (true, false) => Standing::Deactivated,
        (false, false) => Standing::Active,
    }
}

/// What a deleted account is called: its own name, which stays taken, is told nobody.
fn name_of_deleted(id: Uuid) -> String {
    let digits = id.simple().to_string();
    format!("deleted-{}", &digits[digits.len() - 12..])
}

pub(super) fn user(row: &UserRow) -> sqlx::Result<User> {
    let standing = standing(row.deactivated_at.is_some(), row.deleted_at.is_some());
    let name = match standing {
        Standing::Deleted => user_name(&name_of_deleted(row.id))?,
        Standing::Active | Standing::Deactivated => user_name(&row.name)?,
    };
    Ok(User {
        id: UserId::from_uuid(row.id),
        name,
        profile: profile(&row.profile)?,
        created_at: Timestamp::from_micros(row.created_at),
        standing,
    })
}

/// An account that was looked for.
#[derive(sqlx::FromRow)]
pub(super) struct FoundRow {
    #[sqlx(flatten)]
    user: UserRow,
    rank: i64,
}

pub(super) fn found(row: &FoundRow) -> sqlx::Result<Found> {
    Ok(Found { user: user(&row.user)?, rank: u8::from(row.rank != 0) })
}

/// An account, and what a log-in to it is checked against.
#[derive(sqlx::FromRow)]
pub(super) struct CredentialsRow {
    #[sqlx(flatten)]
    user: UserRow,
    password_hash: String,
    disabled_at: Option<i64>,
}

pub(super) fn credentials(row: CredentialsRow) -> sqlx::Result<Credentials> {
    Ok(Credentials {
        user: user(&row.user)?,
        password_hash: row.password_hash,
        disabled_at: row.disabled_at.map(Timestamp::from_micros),
    })
}

/// A member of a room.
#[derive(sqlx::FromRow)]
pub(super) struct MemberRow {
    #[sqlx(flatten)]
    user: UserRow,
    role: String,
    joined_at: i64,
}

pub(super) fn member(row: MemberRow) -> sqlx::Result<Member> {
    Ok(Member {
        user: user(&row.user)?,
        role: role(&row.role)?,
        joined_at: Timestamp::from_micros(row.joined_at),
    })
}

/// The columns of [`DeviceRow`], of a table `devices` called `d`.
macro_rules! device_columns {
    () => {
        "d.id, d.user_id, d.name, d.client, d.address, d.created_at, d.seen_at, d.revoked_at"
    };
}
pub(super) use device_columns;

/// A device.
#[derive(sqlx::FromRow)]
pub(super) struct DeviceRow {
    id: Uuid,
    user_id: Uuid,
    name: String,
    client: String,
    address: String,
    created_at: i64,
    seen_at: i64,
    revoked_at: Option<i64>,
}

pub(super) fn device(row: DeviceRow) -> sqlx::Result<Device> {
    Ok(Device {
        id: DeviceId::from_uuid(row.id),
        user: UserId::from_uuid(row.user_id),
        name: DeviceName::parse(&row.name).map_err(bad)?,
        created_at: Timestamp::from_micros(row.created_at),
        seen: Seen { client: ClientName::parse(&row.client).map_err(bad)?, address: row.address },
        seen_at: Timestamp::from_micros(row.seen_at),
        revoked_at: row.revoked_at.map(Timestamp::from_micros),
    })
}

/// A room and its log.
#[derive(sqlx::FromRow)]
pub(super) struct RoomRow {
    id: Uuid,
    name: String,
    topic: String,
    public: bool,
    direct: bool,
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
        visibility: visibility(row.public, row.direct),
        archived: row.archived,
        created_at: Timestamp::from_micros(row.created_at),
        epoch: epoch(row.epoch),
        head: seq(row.last_seq),
        members: count(row.member_count),
    })
}

/// A deleted room.
#[derive(sqlx::FromRow)]
pub(super) struct DeletedRoomRow {
    #[sqlx(flatten)]
    room: RoomRow,
    deleted_at: Option<i64>,
    deleted_by: Option<Uuid>,
    purge_at: i64,
}

pub(super) fn deleted_room(row: DeletedRoomRow) -> sqlx::Result<DeletedRoom> {
    Ok(DeletedRoom {
        room: room(row.room)?,
        deleted_at: Timestamp::from_micros(row.deleted_at.unwrap_or_default()),
        deleted_by: UserId::from_uuid(row.deleted_by.unwrap_or_default()),
        kept_until: Timestamp::from_micros(row.purge_at),
    })
}

/// A room, the role of one user, and of a direct one the other.
#[derive(sqlx::FromRow)]
pub(super) struct AccessRow {
    #[sqlx(flatten)]
    room: RoomRow,
    role: Option<String>,
    peer: Option<Uuid>,
}

pub(super) fn access(row: AccessRow) -> sqlx::Result<Access> {
    let role = row.role.as_deref().map(role).transpose()?;
    Ok(Access { room: room(row.room)?, role, peer: row.peer.map(UserId::from_uuid) })
}

/// A room as a member's list shows it.
#[derive(sqlx::FromRow)]
pub(super) struct SummaryRow {
    #[sqlx(flatten)]
    room: RoomRow,
    role: String,
    peer: Option<Uuid>,
    read_seq: i64,
    peer_read_seq: i64,
    unread: i64,
    mentions: i64,
    preview: Option<String>,
    last_at: i64,
    notify: String,
    favourite: bool,
}

pub(super) fn summary(row: SummaryRow) -> sqlx::Result<RoomSummary> {
    Ok(RoomSummary {
        room: room(row.room)?,
        role: role(&row.role)?,
        peer: row.peer.map(UserId::from_uuid),
        read: seq(row.read_seq),
        peer_read: seq(row.peer_read_seq),
        unread: count(row.unread),
        mentions: count(row.mentions),
        preview: row.preview,
        last_at: Timestamp::from_micros(row.last_at),
        preferences: preferences(&row.notify, row.favourite)?,
    })
}

/// A link that lets people into a room.
#[derive(sqlx::FromRow)]
pub(super) struct InviteRow {
    id: Uuid,
    room_id: Uuid,
    code: String,
    by: Uuid,
    created_at: i64,
    expires_at: Option<i64>,
    max_uses: Option<i64>,
    uses: i64,
    revoked: bool,
}

pub(super) fn invite(row: InviteRow) -> sqlx::Result<Invite> {
    Ok(Invite {
        id: InviteId::from_uuid(row.id),
        room: RoomId::from_uuid(row.room_id),
        code: row.code.parse().map_err(bad)?,
        by: UserId::from_uuid(row.by),
        created_at: Timestamp::from_micros(row.created_at),
        expires_at: row.expires_at.map(Timestamp::from_micros),
        max_uses: row.max_uses.map(count),
        uses: count(row.uses),
        revoked: row.revoked,
    })
}

/// A message of one author, in whatever room.
#[derive(sqlx::FromRow)]
pub(super) struct AuthoredRow {
    room_id: Uuid,
    seq: i64,
    text: String,
    reply_to: Option<i64>,
    posted_at: i64,
    edited_at: Option<i64>,
    #[sqlx(flatten)]
    forwarded: ForwardedRow,
}

pub(super) fn authored(row: AuthoredRow) -> Authored {
    Authored {
        room: RoomId::from_uuid(row.room_id),
        seq: seq(row.seq),
        text: row.text,
        reply_to: row.reply_to.map(seq),
        posted_at: Timestamp::from_micros(row.posted_at),
        edited_at: row.edited_at.map(Timestamp::from_micros),
        attachments: Vec::new(),
        forwarded: forwarded(row.forwarded),
    }
}

/// What a message passes on: all of it is null where that is nothing.
#[derive(sqlx::FromRow)]
pub(super) struct ForwardedRow {
    forwarded_author: Option<Uuid>,
    forwarded_at: Option<i64>,
    forwarded_text: Option<String>,
}

pub(super) fn forwarded(row: ForwardedRow) -> Option<Forwarded> {
    Some(Forwarded {
        author: UserId::from_uuid(row.forwarded_author?),
        said_at: Timestamp::from_micros(row.forwarded_at?),
        text: row.forwarded_text?,
    })
}

pub(super) fn size(bytes: i64) -> u64 {
    u64::try_from(bytes).unwrap_or(0)
}

/// What is longer than this is longer than all disks.
pub(super) fn size_number(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// A file.
#[derive(sqlx::FromRow)]
pub(super) struct FileRow {
    id: Uuid,
    name: String,
    object: Option<Uuid>,
    media_type: String,
    kind: String,
    bytes: i64,
    width: i64,
    height: i64,
    thumbhash: Vec<u8>,
    thumbnail_type: String,
    duration_ms: i64,
}

pub(super) fn stored_file(row: FileRow) -> sqlx::Result<StoredFile> {
    Ok(StoredFile {
        file: Attachment {
            file: FileId::from_uuid(row.id),
            name: FileName::parse(&row.name).map_err(bad)?,
            media_type: row.media_type,
            bytes: size(row.bytes),
            kind: FileKind::parse(&row.kind).ok_or_else(|| malformed("kind of file"))?,
            width: count(row.width),
            height: count(row.height),
            thumbhash: Thumbhash::new(row.thumbhash).ok_or_else(|| malformed("thumbhash"))?,
            thumbnail: !row.thumbnail_type.is_empty(),
            duration_ms: count(row.duration_ms),
        },
        object: row.object.ok_or_else(|| malformed("file without an object"))?,
        thumbnail_type: row.thumbnail_type,
    })
}

/// A file, and which message it stands on.
#[derive(sqlx::FromRow)]
pub(super) struct OnMessageRow {
    #[sqlx(flatten)]
    pub(super) file: FileRow,
    pub(super) message: i64,
}

/// The same, and in which room.
#[derive(sqlx::FromRow)]
pub(super) struct OfRoomRow {
    #[sqlx(flatten)]
    pub(super) on: OnMessageRow,
    pub(super) room_id: Uuid,
}

/// The same, in which room, and the bytes that it takes.
#[derive(sqlx::FromRow)]
pub(super) struct CountedRow {
    #[sqlx(flatten)]
    pub(super) on: OnMessageRow,
    pub(super) room_id: Uuid,
    pub(super) counted: i64,
}

/// The same of a room that is known, as a list shows it.
#[derive(sqlx::FromRow)]
pub(super) struct RoomFileRow {
    #[sqlx(flatten)]
    pub(super) on: OnMessageRow,
    pub(super) place: i64,
    pub(super) author: Uuid,
    pub(super) posted_at: i64,
}

/// A file from its beginning on.
#[derive(sqlx::FromRow)]
pub(super) struct UploadRow {
    #[sqlx(flatten)]
    file: FileRow,
    owner: Uuid,
    pub(super) state: String,
    announced: i64,
    received: i64,
    pub(super) counted: i64,
    expires_at: i64,
}

pub(super) fn upload(row: UploadRow) -> sqlx::Result<Upload> {
    Ok(Upload {
        id: FileId::from_uuid(row.file.id),
        owner: UserId::from_uuid(row.owner),
        name: FileName::parse(&row.file.name).map_err(bad)?,
        bytes: size(row.announced),
        received: size(row.received),
        expires_at: Timestamp::from_micros(row.expires_at),
        attached: row.state == "attached",
        whole: row.file.object.is_some().then(|| stored_file(row.file)).transpose()?,
    })
}

#[derive(sqlx::FromRow)]
pub(super) struct MessageRow {
    seq: i64,
    author: Uuid,
    text: String,
    reply_to: Option<i64>,
    posted_at: i64,
    edited_at: Option<i64>,
    deleted: bool,
    version: i64,
    #[sqlx(flatten)]
    forwarded: ForwardedRow,
}

/// Without whom it mentions and what was put on it, which stand in other tables.
pub(super) fn message(row: MessageRow) -> Message {
    Message {
        seq: seq(row.seq),
        author: UserId::from_uuid(row.author),
        text: row.text,
        mentions: Mentions::default(),
        reply_to: row.reply_to.map(seq),
        attachments: Vec::new(),
        forwarded: forwarded(row.forwarded),
        posted_at: Timestamp::from_micros(row.posted_at),
        edited_at: row.edited_at.map(Timestamp::from_micros),
        deleted: row.deleted,
        pinned: false,
        reactions: Vec::new(),
        version: seq(row.version),
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct PinRow {
    seq: i64,
    author: Uuid,
    text: String,
    posted_at: i64,
    user_id: Uuid,
    at: i64,
    #[sqlx(flatten)]
    forwarded: ForwardedRow,
}

/// Without its files, which stand in another table.
pub(super) fn pin(row: PinRow) -> Pin {
    Pin {
        message: seq(row.seq),
        author: UserId::from_uuid(row.author),
        text: row.text,
        attachments: Vec::new(),
        forwarded: forwarded(row.forwarded),
        posted_at: Timestamp::from_micros(row.posted_at),
        by: UserId::from_uuid(row.user_id),
        at: Timestamp::from_micros(row.at),
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
