//! What things mean in Parlor: ids, positions in logs, texts, rooms and their
//! one permission table, changes and the events they become, limits, time.
//!
//! Pure: no socket, no database, no task. Wire types (`parlor-proto`) and table
//! rows (`parlor-store`) are turned into these types at the edges, once.

mod admin;
mod attachment;
mod change;
mod clock;
mod code;
mod draft;
mod emoji;
mod event;
mod find;
mod id;
mod invite;
pub mod limits;
mod mention;
mod message;
mod origin;
mod permission;
pub mod planted;
mod position;
mod preferences;
mod presence;
mod privacy;
mod profile;
mod room;
mod search;
mod standing;
mod text;
mod tie;

pub use admin::{
    AnnouncementLevel, AuditEntry, OneTimeCode, OneTimeCodeError, OneTimeHash, Operator, ServerAct,
    ServerAnnouncement, SignUp, permit_server,
};
pub use attachment::{Attachment, FileIds, FileKind, Thumbhash, forwarded_file};
pub use change::{Change, Command, Digest};
pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use code::{Code, Refusal};
pub use draft::Draft;
pub use event::{Departed, Event, EventBody};
pub use find::{PersonQuery, RoomQuery, folded};
pub use id::{DeviceId, FileId, InviteId, LogId, RequestId, RoomId, SessionId, UserId};
pub use invite::{Invite, InviteCode, InviteCodeError, InviteTerms};
pub use mention::{Calls, Mentions};
pub use message::{Forwarded, Message, Pin, Reaction, Version};
pub use origin::OriginPolicy;
pub use permission::{Action, permit};
pub use position::{Epoch, HeadsDigest, Position, Seq};
pub use preferences::{Notify, Preferences, PreferencesChange};
pub use presence::Presence;
pub use privacy::{Privacy, PrivacyChange};
pub use profile::{Profile, ProfileChange};
pub use room::{Ban, Role, Room, Visibility, direct_room};
pub use search::{
    Has, Match, Phrase, SearchError, SearchQuery, Sender, Sort, Token, has_link, tokens,
};
pub use standing::Standing;
pub use text::{
    AnnouncementText, Body, ClientName, DeviceName, DisplayName, DraftText, Emoji, FileName,
    Password, RoomName, StatusEmoji, StatusText, TextError, Topic, UserName,
};
pub use tie::{Block, Friend, Tie};
