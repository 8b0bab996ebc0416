//! What the REST face speaks of.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use parlor_domain::{
    DeviceId, Epoch, FileId, FileKind, InviteCode, InviteId, Position, Preferences, Role, RoomId,
    Seq, Tie, UserId, Visibility,
};
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use crate::{status::Lane, tls::CertificateHash};

/// An account as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct UserInfo {
    /// Its id.
    pub id: UserId,
    /// Its unique name.
    pub name: String,
    /// The name others see.
    pub display_name: String,
    /// What the user is at; empty for nothing.
    #[serde(default)]
    pub status_text: String,
    /// The same at a glance; empty for nothing.
    #[serde(default)]
    pub status_emoji: String,
    /// The picture, if there is one.
    #[serde(default)]
    pub avatar: Option<FileId>,
    /// Whether it is in use.
    #[serde(default)]
    pub standing: StandingInfo,
}

/// Whether an account is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandingInfo {
    /// In use.
    #[default]
    Active,
    /// Put aside by its owner, who can take it up again.
    Deactivated,
    /// Gone for good; its names say nothing.
    Deleted,
}

/// A deleted room, as its owners find it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DeletedRoomInfo {
    /// Its id.
    pub id: RoomId,
    /// Its name.
    pub name: String,
    /// What it was about.
    pub topic: String,
    /// Who could find it.
    pub visibility: Visibility,
    /// How many members it has.
    pub members: u32,
    /// When it was deleted, as RFC 3339 says it.
    pub deleted_at: String,
    /// By whom.
    pub deleted_by: UserId,
    /// Until when it can be restored.
    pub kept_until: String,
}

/// Something that those who run the server tell everybody.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AnnouncementInfo {
    /// Its id.
    pub id: Uuid,
    /// What is told.
    pub text: String,
    /// `info` or `warning`; a newer server may have others.
    pub level: String,
    /// Since when, as RFC 3339 says it.
    pub created_at: String,
    /// Until when; `None` until it is taken back.
    pub until: Option<String>,
}

/// A list that is never long.
#[derive(Deserialize)]
pub(super) struct Items<T> {
    pub(super) items: Vec<T>,
}

/// A file that stands on a message, or could.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FileInfo {
    /// Its id.
    pub id: FileId,
    /// As its uploader called it.
    pub name: String,
    /// What the server found it to be.
    pub media_type: String,
    /// How long it is.
    #[serde(deserialize_with = "number")]
    pub bytes: u64,
    /// How it is shown.
    pub kind: FileKind,
    /// In pixels, of an image; 0 where not known.
    pub width: u32,
    /// In pixels, of an image; 0 where not known.
    pub height: u32,
    /// A blurred picture of an image, in base64; empty for none.
    pub thumbhash: String,
    /// There is a small picture of it.
    pub thumbnail: bool,
    /// How long it plays, in milliseconds; 0 where not known.
    pub duration_ms: u32,
}

/// A file on its way.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct UploadInfo {
    /// Its id, and the file's once it is whole.
    pub id: FileId,
    /// How long it will be.
    #[serde(deserialize_with = "number")]
    pub bytes: u64,
    /// How many bytes came.
    #[serde(deserialize_with = "number")]
    pub offset: u64,
    /// What it is, once all of it came.
    pub file: Option<FileInfo>,
}

/// A file of a room, as a list of them shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RoomFileInfo {
    /// The file.
    #[serde(flatten)]
    pub file: FileInfo,
    /// Seq of the message that it stands on.
    #[serde(deserialize_with = "number")]
    pub message_seq: u64,
    /// Who posted it.
    pub sender_id: UserId,
    /// When, as RFC 3339 says it.
    pub at: String,
}

/// One of the caller's signed-in devices, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DeviceInfo {
    /// Its id.
    pub id: DeviceId,
    /// What it called itself when it signed in.
    pub name: String,
    /// The program; may be empty.
    pub client: String,
    /// Where it was seen last; may be empty.
    pub address: String,
    /// When it signed in, as RFC 3339 says it.
    pub created_at: String,
    /// When it was seen last.
    pub seen_at: String,
    /// It is the one that asks.
    pub current: bool,
}

/// A signed-in device.
#[derive(Clone, Deserialize)]
pub struct SessionTokens {
    /// Whose device it is.
    pub user: UserInfo,
    /// Which device it is.
    pub device_id: DeviceId,
    /// Opens sessions for some minutes.
    pub access_token: String,
    /// When the access token ends, as RFC 3339 says it.
    pub access_expires_at: String,
    /// Gets the next pair of tokens, once.
    pub refresh_token: String,
}

impl std::fmt::Debug for SessionTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionTokens")
            .field("user", &self.user)
            .field("device_id", &self.device_id)
            .finish_non_exhaustive()
    }
}

/// What the server says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ServerInfo {
    /// Its version.
    pub version: String,
    /// The lanes it offers.
    pub lanes: Vec<LaneInfo>,
}

impl ServerInfo {
    pub(crate) fn lane(&self, lane: Lane) -> Option<&LaneInfo> {
        self.lanes.iter().find(|info| info.lane == lane.as_str())
    }
}

/// A lane that the server offers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LaneInfo {
    /// Its name.
    pub lane: String,
    /// Where it leads.
    pub url: String,
    /// SHA-256 hashes of the certificates to trust, in base64; empty where
    /// public authorities vouch for it.
    #[serde(default)]
    pub certificate_hashes: Vec<String>,
}

impl LaneInfo {
    pub(crate) fn hashes(&self) -> Result<Vec<CertificateHash>, String> {
        let hash = |text: &String| {
            let bytes = BASE64_STANDARD.decode(text).map_err(|error| error.to_string())?;
            CertificateHash::try_from(bytes).map_err(|_| "a hash that is not SHA-256".to_owned())
        };
        self.certificate_hashes.iter().map(hash).collect()
    }
}

/// A room as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RoomInfo {
    /// Its id.
    pub id: RoomId,
    /// Its name; not unique.
    pub name: String,
    /// What it is about.
    pub topic: String,
    /// Who can find it.
    pub visibility: Visibility,
    /// Read-only for everybody.
    pub archived: bool,
    /// How many members it has.
    pub members: u32,
    /// Incarnation of its log.
    #[serde(deserialize_with = "number")]
    pub epoch: u64,
    /// Seq of its newest event.
    #[serde(deserialize_with = "number")]
    pub head: u64,
    /// What the caller is in it.
    #[serde(default)]
    pub role: Option<Role>,
    /// Up to where the other one of a direct room has read, as far as both let it be
    /// known; 0 but in a list of the caller's rooms.
    #[serde(default, deserialize_with = "number")]
    pub peer_read_seq: u64,
    /// The other one, of a direct room; its own name says nothing.
    #[serde(default)]
    pub peer: Option<UserInfo>,
    /// What the caller wants of it, where it is one of the caller's rooms in a
    /// list; else the default.
    #[serde(flatten)]
    pub preferences: Preferences,
}

impl RoomInfo {
    /// Where its log stands.
    pub fn position(&self) -> Position {
        Position { epoch: Epoch::new(self.epoch), seq: Seq::new(self.head) }
    }
}

/// What the caller has begun to write in a room.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DraftInfo {
    /// The room.
    pub room_id: RoomId,
    /// Its text so far.
    pub text: String,
    /// Seq of the message it answers.
    #[serde(default, deserialize_with = "some_number")]
    pub reply_to: Option<u64>,
}

/// A member of a room.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MemberInfo {
    /// Who.
    pub user: UserInfo,
    /// As what.
    pub role: Role,
    /// Since when, as RFC 3339 says it.
    pub joined_at: String,
}

/// Somebody who is kept out of a room.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BanInfo {
    /// Who.
    pub user: UserInfo,
    /// Who banned them.
    pub banned_by: UserInfo,
    /// When, as RFC 3339 says it.
    pub banned_at: String,
}

/// Somebody to whom the caller has a tie.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FriendInfo {
    /// Who.
    pub user: UserInfo,
    /// What stands between the two.
    pub tie: Tie,
    /// Since when it does, as RFC 3339 says it.
    pub since: String,
}

/// Somebody whom the caller blocks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BlockInfo {
    /// Who.
    pub user: UserInfo,
    /// Since when, as RFC 3339 says it.
    pub blocked_at: String,
}

/// A link by which others become members of a room.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct InviteInfo {
    /// Its id, which is no secret.
    pub id: InviteId,
    /// Where it leads.
    pub room_id: RoomId,
    /// The secret of it: `/invite/` and this, on the web app's host, is the link.
    pub code: InviteCode,
    /// Who made it.
    pub created_by: UserInfo,
    /// When, as RFC 3339 says it.
    pub created_at: String,
    /// When it holds no longer, as RFC 3339 says it; `None` for never.
    pub expires_at: Option<String>,
    /// How many people may come in by it; `None` for any number.
    pub max_uses: Option<u32>,
    /// How many did.
    pub uses: u32,
}

/// Where a link leads, as anybody who has it is told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct InvitePreview {
    /// The room.
    pub room_id: RoomId,
    /// The room's name.
    pub name: String,
    /// What it is about; may be empty.
    pub topic: String,
    /// Who else can find and join it.
    pub visibility: Visibility,
    /// How many members it has.
    pub members: u32,
    /// Who made the link.
    pub invited_by: InviterInfo,
    /// When it holds no longer, as RFC 3339 says it; `None` for never.
    pub expires_at: Option<String>,
}

/// Who made a link, as far as strangers are told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct InviterInfo {
    /// Unique.
    pub name: String,
    /// What others see.
    pub display_name: String,
}

/// A part of a list.
#[derive(Clone, Debug, Deserialize)]
pub struct Page<T> {
    /// The part.
    pub items: Vec<T>,
    /// Gets the next part; `None` at the end.
    pub next_cursor: Option<String>,
}

/// Which rooms to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those the caller is a member of.
    Mine,
    /// The directory: public ones.
    Public,
}

/// A message as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MessageInfo {
    /// Its id within the room.
    #[serde(deserialize_with = "number")]
    pub seq: u64,
    /// Who wrote it.
    pub author_id: UserId,
    /// Its text; empty where it was deleted.
    pub text: String,
    /// The files that stand on it.
    #[serde(default)]
    pub attachments: Vec<FileInfo>,
    /// What it passes on, with its files.
    #[serde(default)]
    pub forwarded: Option<ForwardedInfo>,
    /// When it was posted, as RFC 3339 says it.
    pub posted_at: String,
    /// Only a tombstone is left.
    pub deleted: bool,
    /// It is pinned to the room.
    pub pinned: bool,
    /// Members whom the text calls by name.
    pub mention_ids: Vec<UserId>,
    /// The text calls all members.
    pub mentions_room: bool,
    /// In the order in which the emoji came.
    pub reactions: Vec<ReactionInfo>,
}

/// What somebody said elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ForwardedInfo {
    /// Who said it first.
    pub author_id: UserId,
    /// When, as RFC 3339 says it.
    pub said_at: String,
    /// Its text as it stood when it was forwarded; may be empty beside files.
    pub text: String,
}

/// One emoji on a message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReactionInfo {
    /// The emoji.
    pub emoji: String,
    /// How many users put it there.
    pub count: u32,
    /// The first of them, and oneself if among the others.
    pub user_ids: Vec<UserId>,
}

/// A text that a message has, or had before it was edited.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct VersionInfo {
    /// Seq of the event that brought it.
    #[serde(deserialize_with = "number")]
    pub seq: u64,
    /// The text.
    pub text: String,
    /// When it was written, as RFC 3339 says it.
    pub at: String,
}

/// A part of a room's history, and where its log stood then.
#[derive(Clone, Debug, Deserialize)]
pub struct History {
    /// In the order they were posted.
    pub messages: Vec<MessageInfo>,
    /// Everybody who wrote one of them.
    pub authors: Vec<UserInfo>,
    /// Incarnation of the log.
    #[serde(deserialize_with = "number")]
    pub epoch: u64,
    /// Seq of the newest event.
    #[serde(deserialize_with = "number")]
    pub head: u64,
}

impl History {
    /// The position whose following events are not in this history.
    pub fn position(&self) -> Position {
        Position { epoch: Epoch::new(self.epoch), seq: Seq::new(self.head) }
    }
}

fn some_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}

/// 64-bit numbers travel as text (C21).
pub(super) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn t9_tokens_are_not_printed() {
        let tokens: SessionTokens = serde_json::from_value(json!({
            "user": { "id": UserId::random(), "name": "ada", "display_name": "Ada" },
            "device_id": DeviceId::random(),
            "access_token": "secret-1", "access_expires_at": "2026-11-21T22:00:00.000000Z",
            "refresh_token": "secret-2", "refresh_expires_at": "2026-11-21T22:00:00.000000Z",
        }))
        .expect("a session");
        assert!(!format!("{tokens:?}").contains("secret"));
    }

    #[test]
    fn c21_numbers_travel_as_text() {
        let history = r#"{"messages":[],"authors":[],"epoch":"18446744073709551615","head":"7"}"#;
        let history: History = serde_json::from_str(history).expect("valid");
        assert_eq!(history.epoch, u64::MAX);
        let wrong = r#"{"messages":[],"authors":[],"epoch":1,"head":"7"}"#;
        assert!(serde_json::from_str::<History>(wrong).is_err());
    }
}
