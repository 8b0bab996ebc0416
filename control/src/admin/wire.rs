//! What running the server looks like in JSON.

use parlor_domain::Timestamp;
use parlor_store::{Account, RoomUse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::{Number, Time, User, Visibility};

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SignUp {
    /// Anybody.
    Open,
    /// Who has a link: into a room, or one that an admin made.
    Invite,
    /// Nobody.
    Closed,
}

impl From<parlor_domain::SignUp> for SignUp {
    fn from(policy: parlor_domain::SignUp) -> Self {
        match policy {
            parlor_domain::SignUp::Open => Self::Open,
            parlor_domain::SignUp::Invite => Self::Invite,
            parlor_domain::SignUp::Closed => Self::Closed,
        }
    }
}

impl From<SignUp> for parlor_domain::SignUp {
    fn from(policy: SignUp) -> Self {
        match policy {
            SignUp::Open => Self::Open,
            SignUp::Invite => Self::Invite,
            SignUp::Closed => Self::Closed,
        }
    }
}

/// An account as an admin sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminUser {
    /// Whose.
    pub user: User,
    /// Whether it runs the server.
    pub is_admin: bool,
    /// Since when it is let in no more; null where it is.
    #[schema(required)]
    pub disabled_at: Option<Time>,
    /// When one of its devices was seen last.
    #[schema(required)]
    pub seen_at: Option<Time>,
}

impl From<Account> for AdminUser {
    fn from(account: Account) -> Self {
        Self {
            user: account.user.into(),
            is_admin: account.is_admin,
            disabled_at: account.disabled_at.map(Time),
            seen_at: account.seen_at.map(Time),
        }
    }
}

/// A room as an admin sees it: how large it is, not what is said there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminRoom {
    /// Its id.
    pub id: Uuid,
    /// Its name; null where two people talk, which is theirs alone.
    #[schema(required, example = "design")]
    pub name: Option<String>,
    /// Who can find and join it.
    pub visibility: Visibility,
    /// Whether it is read-only.
    pub archived: bool,
    /// How many members it has.
    #[schema(example = 12)]
    pub members: u32,
    /// Messages that are not deleted, counted up to 10,000.
    #[schema(example = 4_213)]
    pub messages: u32,
    /// The files that stand on its messages.
    pub file_bytes: Number,
    /// When something happened there last.
    pub active_at: Time,
    /// When it was made.
    pub created_at: Time,
}

impl From<RoomUse> for AdminRoom {
    fn from(it: RoomUse) -> Self {
        let visibility = Visibility::from(it.room.visibility);
        let is_direct = visibility == Visibility::Direct;
        Self {
            id: it.room.id.uuid(),
            name: (!is_direct).then(|| it.room.name.into()),
            visibility,
            archived: it.room.archived,
            members: it.room.members,
            messages: it.messages,
            file_bytes: Number(it.file_bytes),
            active_at: Time(it.active_at),
            created_at: Time(it.room.created_at),
        }
    }
}

/// A one-time link. The code is told this once, and to nobody else.
#[derive(Serialize, ToSchema)]
pub(crate) struct OneTimeLink {
    /// The secret of it.
    #[schema(example = "q1Zk0k3H9sV2hC1xkHjB8m6s7d3Wm0pYw4n5t6u7v8w")]
    pub code: String,
    /// The page on the web app's host where it works; what follows `#` never
    /// reaches a server.
    #[schema(example = "/reset#q1Zk0k3H9sV2hC1xkHjB8m6s7d3Wm0pYw4n5t6u7v8w")]
    pub path: String,
    /// When it holds no longer.
    pub expires_at: Time,
}

impl OneTimeLink {
    /// The link of this code to the page at `path`.
    pub(crate) fn new(path: &str, code: String, expires_at_us: i64) -> Self {
        let expires_at = Time(Timestamp::from_micros(expires_at_us));
        Self { path: format!("{path}#{code}"), code, expires_at }
    }
}

/// How much something matters that is told to everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnnouncementLevel {
    /// Good to know.
    #[default]
    Info,
    /// Something is going to be different, or is wrong.
    Warning,
}

impl From<parlor_domain::AnnouncementLevel> for AnnouncementLevel {
    fn from(level: parlor_domain::AnnouncementLevel) -> Self {
        match level {
            parlor_domain::AnnouncementLevel::Info => Self::Info,
            parlor_domain::AnnouncementLevel::Warning => Self::Warning,
        }
    }
}

impl From<AnnouncementLevel> for parlor_domain::AnnouncementLevel {
    fn from(level: AnnouncementLevel) -> Self {
        match level {
            AnnouncementLevel::Info => Self::Info,
            AnnouncementLevel::Warning => Self::Warning,
        }
    }
}

/// Something that is told to everybody who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Announcement {
    /// Its id.
    pub id: Uuid,
    /// What is told.
    #[schema(example = "The server moves on Friday at 18:00")]
    pub text: String,
    /// How much it matters.
    pub level: AnnouncementLevel,
    /// Since when.
    pub created_at: Time,
    /// Until when; null until it is taken back.
    #[schema(required)]
    pub until: Option<Time>,
}

impl From<parlor_domain::ServerAnnouncement> for Announcement {
    fn from(told: parlor_domain::ServerAnnouncement) -> Self {
        Self {
            id: told.id,
            text: told.text.into(),
            level: told.level.into(),
            created_at: Time(told.created_at),
            until: told.until.map(Time),
        }
    }
}

/// Something that was done to the server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Its number: later entries have greater ones.
    pub id: Number,
    /// When.
    pub at: Time,
    /// Who did it; null for whoever holds the server's keys (`parlor admin`).
    #[schema(required)]
    pub by: Option<User>,
    /// From where; may be empty.
    #[schema(example = "203.0.113.9")]
    pub address: String,
    /// What: `claim_admin`, `grant_admin`, `revoke_admin`, `disable_user`,
    /// `enable_user`, `make_reset_link`, `reset_password`, `sign_out_device`,
    /// `archive_room`, `restore_room`, `set_sign_up`, `make_sign_up_link`,
    /// `announce`, `end_announcement`.
    #[schema(example = "disable_user")]
    pub act: &'static str,
    /// To whom, where it was done to somebody.
    #[schema(required)]
    pub user: Option<User>,
    /// To what else: the id of a room, a device or an announcement.
    #[schema(required)]
    pub thing: Option<Uuid>,
    /// What the ids do not say: a name, a policy, a text.
    #[schema(example = "")]
    pub detail: String,
}

/// A realtime session that is live on this node.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdminSession {
    /// Its id, as the session's own client shows it.
    pub id: Uuid,
    /// Whose.
    pub user: User,
    /// Of which device.
    pub device_id: Uuid,
    /// `webtransport`, `websocket` or `quic`.
    #[schema(example = "webtransport")]
    pub lane: &'static str,
    /// When it began.
    pub since: Time,
    /// Round-trip time in microseconds, as QUIC measures it; null on a WebSocket,
    /// where nobody does.
    #[schema(required, example = 18_400)]
    pub rtt_us: Option<u32>,
    /// Output that waits to be written.
    #[schema(example = 0)]
    pub queued_bytes: u32,
    /// Where it comes from: the last hop, where that is a proxy.
    #[schema(example = "203.0.113.9:50000")]
    pub address: String,
}

/// A rate limit: a bucket of requests, and how often it was empty.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RateLimit {
    /// Whose requests it counts: `http_address`, `http_user`, `realtime`: one
    /// session, `realtime_user`: all sessions of one user.
    #[schema(example = "http_address")]
    pub name: &'static str,
    /// Requests in the full bucket.
    #[schema(example = 1_000)]
    pub burst: u32,
    /// Requests that flow in each second.
    #[schema(example = 200)]
    pub per_second: u32,
    /// Requests that this node refused since it started. Those of a session and of
    /// its user are counted together.
    pub limited: Number,
}
