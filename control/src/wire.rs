//! What things look like in JSON. Domain types and wire types meet here only.

use parlor_domain::{DeviceId, FileId, InviteCode, RoomId, Seq, Timestamp, UserId};
use parlor_store::{Access, Done};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::Listed;

/// A 64-bit number, in JSON a string of digits (C21): JavaScript's numbers end
/// at 2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, pattern = "^[0-9]{1,19}$", example = "12")]
pub(crate) struct Number(pub u64);

impl Number {
    /// Digits alone, up to the largest seq.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|n| digits && *n <= Seq::MAX.get()).map(Self)
    }

    pub(crate) const fn seq(self) -> Seq {
        Seq::new(self.0)
    }
}

impl From<Seq> for Number {
    fn from(seq: Seq) -> Self {
        Self(seq.get())
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a number in a string"))
    }
}

/// A time, in JSON as RFC 3339 with microseconds, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-21T12:00:00.000000Z")]
pub(crate) struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nanos = i128::from(self.0.micros()) * 1_000;
        let at =
            OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        serializer.collect_str(&format_args!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.microsecond(),
        ))
    }
}

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// What the page holds.
    pub items: Vec<T>,
    /// Where the next page begins; null at the end.
    #[schema(required, example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    pub next_cursor: Option<String>,
}

impl<T, U> From<Listed<U>> for Page<T>
where
    T: From<U>,
{
    fn from(listed: Listed<U>) -> Self {
        let items = listed.items.into_iter().map(T::from).collect();
        Self { items, next_cursor: listed.next_cursor }
    }
}

/// Somebody's account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct User {
    /// Its id.
    pub id: Uuid,
    /// Unique, lower case.
    #[schema(example = "ada")]
    pub name: String,
    /// What others see.
    #[schema(example = "Ada Lovelace")]
    pub display_name: String,
    /// What the user is at; empty for nothing.
    #[schema(example = "Back on Monday")]
    pub status_text: String,
    /// The same at a glance; empty for nothing.
    #[schema(example = "🌴")]
    pub status_emoji: String,
    /// Id of the picture; null for none.
    #[schema(required)]
    pub avatar: Option<Uuid>,
    /// When it was made.
    pub created_at: Time,
    /// Whether it is in use.
    pub standing: Standing,
}

/// Whether an account is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// In use.
    Active,
    /// Put aside by its owner, who can take it up again.
    Deactivated,
    /// Gone for good; its names say nothing.
    Deleted,
}

impl From<parlor_domain::Standing> for Standing {
    fn from(standing: parlor_domain::Standing) -> Self {
        match standing {
            parlor_domain::Standing::Active => Self::Active,
            parlor_domain::Standing::Deactivated => Self::Deactivated,
            parlor_domain::Standing::Deleted => Self::Deleted,
        }
    }
}

impl From<parlor_proto::user::Standing> for Standing {
    fn from(standing: parlor_proto::user::Standing) -> Self {
        match standing {
            parlor_proto::user::Standing::Unspecified | parlor_proto::user::Standing::Active => {
                Self::Active
            }
            parlor_proto::user::Standing::Deactivated => Self::Deactivated,
            parlor_proto::user::Standing::Deleted => Self::Deleted,
        }
    }
}

impl From<parlor_store::User> for User {
    fn from(user: parlor_store::User) -> Self {
        Self {
            id: user.id.uuid(),
            name: user.name.into(),
            display_name: user.profile.display_name.into(),
            status_text: user.profile.status_text.into(),
            status_emoji: user.profile.status_emoji.into(),
            avatar: user.profile.avatar.map(FileId::uuid),
            created_at: Time(user.created_at),
            standing: user.standing.into(),
        }
    }
}

impl From<parlor_proto::user::User> for User {
    fn from(user: parlor_proto::user::User) -> Self {
        let standing = user.standing().into();
        Self {
            id: Uuid::from_slice(&user.id).unwrap_or_default(),
            name: user.name,
            display_name: user.display_name,
            status_text: user.status_text,
            status_emoji: user.status_emoji,
            avatar: Uuid::from_slice(&user.avatar).ok(),
            created_at: Time(Timestamp::from_micros(user.created_at_us)),
            standing,
        }
    }
}

/// One of the caller's signed-in devices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Device {
    /// Its id.
    pub id: Uuid,
    /// What it called itself when it signed in.
    #[schema(example = "Firefox on Linux")]
    pub name: String,
    /// The program, as its `User-Agent` says; may be empty.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0")]
    pub client: String,
    /// Where it was seen last; may be empty.
    #[schema(example = "203.0.113.9")]
    pub address: String,
    /// When it signed in.
    pub created_at: Time,
    /// When it was seen last, to within the life of an access token.
    pub seen_at: Time,
    /// It is the one that asks.
    pub current: bool,
}

impl Device {
    /// As it looks from the device called `current`.
    pub(crate) fn new(device: parlor_proto::user::Device, current: DeviceId) -> Self {
        let id = Uuid::from_slice(&device.id).unwrap_or_default();
        Self {
            id,
            name: device.name,
            client: device.client,
            address: device.address,
            created_at: Time(Timestamp::from_micros(device.created_at_us)),
            seen_at: Time(Timestamp::from_micros(device.seen_at_us)),
            current: id == current.uuid(),
        }
    }
}

/// Who shall find and join a new room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NewVisibility {
    /// In the directory; every user may join.
    #[default]
    Public,
    /// Only its members know of it.
    Private,
}

impl From<NewVisibility> for parlor_domain::Visibility {
    fn from(visibility: NewVisibility) -> Self {
        match visibility {
            NewVisibility::Public => Self::Public,
            NewVisibility::Private => Self::Private,
        }
    }
}

/// Who can find and join a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    /// In the directory; every user may join.
    Public,
    /// Only its members know of it.
    Private,
    /// Of exactly two people, for ever.
    Direct,
}

impl From<parlor_domain::Visibility> for Visibility {
    fn from(visibility: parlor_domain::Visibility) -> Self {
        match visibility {
            parlor_domain::Visibility::Public => Self::Public,
            parlor_domain::Visibility::Private => Self::Private,
            parlor_domain::Visibility::Direct => Self::Direct,
        }
    }
}

/// What a member is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// May do everything.
    Owner,
    /// Runs the room day by day.
    Admin,
    /// Reads and writes.
    Member,
}

impl From<parlor_domain::Role> for Role {
    fn from(role: parlor_domain::Role) -> Self {
        match role {
            parlor_domain::Role::Owner => Self::Owner,
            parlor_domain::Role::Admin => Self::Admin,
            parlor_domain::Role::Member => Self::Member,
        }
    }
}

impl From<Role> for parlor_domain::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Admin => Self::Admin,
            Role::Member => Self::Member,
        }
    }
}

/// What to be told of in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Notify {
    /// Every message.
    All,
    /// Messages that mention the caller.
    Mentions,
    /// Nothing.
    None,
}

impl From<parlor_domain::Notify> for Notify {
    fn from(notify: parlor_domain::Notify) -> Self {
        match notify {
            parlor_domain::Notify::All => Self::All,
            parlor_domain::Notify::Mentions => Self::Mentions,
            parlor_domain::Notify::None => Self::None,
        }
    }
}

impl From<Notify> for parlor_domain::Notify {
    fn from(notify: Notify) -> Self {
        match notify {
            Notify::All => Self::All,
            Notify::Mentions => Self::Mentions,
            Notify::None => Self::None,
        }
    }
}

/// What the caller wants of a room.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Preferences {
    /// What to be told of.
    pub notify: Notify,
    /// Whether it stands among the first.
    pub favourite: bool,
}

impl From<parlor_domain::Preferences> for Preferences {
    fn from(preferences: parlor_domain::Preferences) -> Self {
        Self { notify: preferences.notify.into(), favourite: preferences.favourite }
    }
}

/// A room, as the caller sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Room {
    /// Its id, which is its log's id too.
    pub id: Uuid,
    /// Its name; not unique.
    #[schema(example = "design")]
    pub name: String,
    /// What it is about; may be empty.
    #[schema(example = "How things shall look")]
    pub topic: String,
    /// Who can find and join it.
    pub visibility: Visibility,
    /// Read-only for everybody.
    pub archived: bool,
    /// When it was made.
    pub created_at: Time,
    /// How many members it has.
    #[schema(example = 12)]
    pub members: u32,
    /// Incarnation of its log.
    pub epoch: Number,
    /// Seq of its newest event.
    pub head: Number,
    /// What the caller is in it; null where not a member.
    #[schema(required)]
    pub role: Option<Role>,
    /// The other one, of a direct room; its own name says nothing.
    #[schema(required)]
    pub peer: Option<User>,
}

impl Room {
    pub(crate) fn new(
        room: parlor_domain::Room,
        role: Option<parlor_domain::Role>,
        peer: Option<User>,
    ) -> Self {
        Self {
            id: room.id.uuid(),
            name: room.name.into(),
            topic: room.topic.into(),
            visibility: room.visibility.into(),
            archived: room.archived,
            created_at: Time(room.created_at),
            members: room.members,
            epoch: Number(room.epoch.get()),
            head: room.head.into(),
            role: role.map(Role::from),
            peer,
        }
    }
}

impl From<Access> for Room {
    fn from(access: Access) -> Self {
        Self::new(access.room, access.role, None)
    }
}

/// Something about a room, and the other one where it is a direct one.
pub(crate) struct WithPeer<T>(pub T, pub Option<User>);

impl From<WithPeer<Access>> for Room {
    fn from(WithPeer(access, peer): WithPeer<Access>) -> Self {
        Self::new(access.room, access.role, peer)
    }
}

/// One of the caller's rooms, as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoomSummary {
    /// The room.
    #[serde(flatten)]
    pub room: Room,
    /// Up to where the caller has read.
    pub read_seq: Number,
    /// Up to where the other one of a direct room has read, as far as both let it be
    /// known.
    pub peer_read_seq: Number,
    /// Messages of others after that, counted up to 100.
    #[schema(example = 3)]
    pub unread: u32,
    /// Those of them that mention the caller and are not by somebody whom the
    /// caller blocks, counted as far.
    #[schema(example = 1)]
    pub mentions: u32,
    /// The beginning of the newest message; of one without a text, the name of its
    /// first file.
    #[schema(example = "See you tomorrow")]
    #[schema(required)]
    pub preview: Option<String>,
    /// When that was posted, else when the room was made.
    pub last_at: Time,
    /// What the caller wants of it.
    #[serde(flatten)]
    pub preferences: Preferences,
}

impl From<WithPeer<parlor_store::RoomSummary>> for RoomSummary {
    fn from(WithPeer(summary, peer): WithPeer<parlor_store::RoomSummary>) -> Self {
        Self {
            room: Room::new(summary.room, Some(summary.role), peer),
            read_seq: summary.read.into(),
            peer_read_seq: summary.peer_read.into(),
            unread: summary.unread,
            mentions: summary.mentions,
            preview: summary.preview,
            last_at: Time(summary.last_at),
            preferences: summary.preferences.into(),
        }
    }
}

/// What the caller has begun to write in a room.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Draft {
    /// The room.
    pub room_id: Uuid,
    /// Its text so far.
    #[schema(example = "See you *tomo")]
    pub text: String,
    /// The message it answers.
    #[schema(required)]
    pub reply_to: Option<Number>,
}

impl From<(RoomId, parlor_domain::Draft)> for Draft {
    fn from((room, draft): (RoomId, parlor_domain::Draft)) -> Self {
        Self {
            room_id: room.uuid(),
            text: draft.text.into(),
            reply_to: draft.reply_to.map(Into::into),
        }
    }
}

/// What a user lets others know of themselves.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Privacy {
    /// Others never see that the user is there, nor when last.
    pub invisible: bool,
    /// In direct rooms each sees up to where the other has read, where both want it.
    pub read_marks: bool,
}

impl From<parlor_domain::Privacy> for Privacy {
    fn from(privacy: parlor_domain::Privacy) -> Self {
        Self { invisible: privacy.invisible, read_marks: privacy.read_marks }
    }
}

/// A member of a room.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Member {
    /// Who.
    pub user: User,
    /// As what.
    pub role: Role,
    /// Since when.
    pub joined_at: Time,
}

impl From<parlor_store::Member> for Member {
    fn from(member: parlor_store::Member) -> Self {
        Self {
            user: member.user.into(),
            role: member.role.into(),
            joined_at: Time(member.joined_at),
        }
    }
}

/// Somebody who is kept out of a room.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ban {
    /// Who.
    pub user: User,
    /// Who banned them.
    pub banned_by: User,
    /// When.
    pub banned_at: Time,
}

/// What stands between the caller and somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tie {
    /// The caller asks them to be friends.
    Requested,
    /// They ask the caller.
    Asked,
    /// They are friends.
    Friends,
}

impl From<parlor_domain::Tie> for Tie {
    fn from(tie: parlor_domain::Tie) -> Self {
        match tie {
            parlor_domain::Tie::Requested => Self::Requested,
            parlor_domain::Tie::Asked => Self::Asked,
            parlor_domain::Tie::Friends => Self::Friends,
        }
    }
}

impl From<Tie> for parlor_domain::Tie {
    fn from(tie: Tie) -> Self {
        match tie {
            Tie::Requested => Self::Requested,
            Tie::Asked => Self::Asked,
            Tie::Friends => Self::Friends,
        }
    }
}

/// What stands between the caller and somebody else, if anything.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tied {
    /// Null for nothing.
    #[schema(required)]
    pub tie: Option<Tie>,
}

/// Somebody to whom the caller has a tie.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Friend {
    /// Who.
    pub user: User,
    /// What stands between the two.
    pub tie: Tie,
    /// Since when it does.
    pub since: Time,
}

/// Somebody whom the caller blocks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Block {
    /// Who.
    pub user: User,
    /// Since when.
    pub blocked_at: Time,
}

/// A link by which others become members of a room.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invite {
    /// Its id, which is no secret.
    pub id: Uuid,
    /// Where it leads.
    pub room_id: Uuid,
    /// The secret of it: `/invite/` and this, on the web app's host, is the link.
    #[schema(value_type = String, example = "2lTyb6gJc_QfXkY1u0sH7w")]
    pub code: InviteCode,
    /// Who made it.
    pub created_by: User,
    /// When.
    pub created_at: Time,
    /// When it holds no longer; null for never.
    #[schema(required)]
    pub expires_at: Option<Time>,
    /// How many people may come in by it; null for any number.
    #[schema(required, example = 10)]
    pub max_uses: Option<u32>,
    /// How many did.
    #[schema(example = 3)]
    pub uses: u32,
}

impl Invite {
    /// A link, and who made it.
    pub(crate) fn new(invite: parlor_domain::Invite, created_by: User) -> Self {
        Self {
            id: invite.id.uuid(),
            room_id: invite.room.uuid(),
            code: invite.code,
            created_by,
            created_at: Time(invite.created_at),
            expires_at: invite.expires_at.map(Time),
            max_uses: invite.max_uses,
            uses: invite.uses,
        }
    }
}

/// Where a change landed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Committed {
    /// Seq of the event it became.
    pub seq: Number,
    /// Incarnation of the log.
    pub epoch: Number,
    /// When it was committed.
    pub at: Time,
}

impl From<Done> for Committed {
    fn from(done: Done) -> Self {
        Self { seq: done.seq.into(), epoch: Number(done.epoch.get()), at: Time(done.at) }
    }
}

/// A room's id in a path.
pub(crate) const fn room_id(id: Uuid) -> RoomId {
    RoomId::from_uuid(id)
}

/// A user's id in a path.
pub(crate) const fn user_id(id: Uuid) -> UserId {
    UserId::from_uuid(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c21_numbers_are_strings_of_digits() {
        assert_eq!(serde_json::to_string(&Number(u64::MAX)).unwrap(), "\"18446744073709551615\"");
        let parse = |json: &str| serde_json::from_str::<Number>(json).ok();
        assert_eq!(parse("\"9223372036854775807\""), Some(Number(i64::MAX as u64)));
        for bad in ["7", "\"\"", "\"+7\"", "\"-1\"", "\"9223372036854775808\"", "\"1e3\"", "null"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_are_rfc_3339_with_microseconds() {
        let time = |micros| serde_json::to_string(&Time(Timestamp::from_micros(micros))).unwrap();
        assert_eq!(time(0), "\"1970-01-01T00:00:00.000000Z\"");
        assert_eq!(time(1_795_262_400_000_042), "\"2026-11-21T12:00:00.000042Z\"");
        assert_eq!(time(i64::MAX), "\"1970-01-01T00:00:00.000000Z\"", "beyond the calendar");
    }
}
