//! `GET /api/v1/me/export`

use axum::{
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse as _, Response},
};
use futures_util::{Stream, stream};
use http::header;
use parlor_domain::{Attachment, DeviceId, Refusal, RoomId, Seq, UserId, limits};
use parlor_proto::user::ListDevicesRequest;
use parlor_store::Authored;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{AccessToken, Caller},
    messages::wire::{Forwarded, Version},
    problem::refused,
    wire::{Device, Number, Preferences, Role, Tie, Time, User, Visibility},
};

/// All that the server keeps of somebody. The document is written as it is read, page
/// by page, so that its size does not matter.
#[derive(Serialize, ToSchema)]
pub(crate) struct Export {
    /// Of the form of this document.
    #[schema(example = 1)]
    format: u32,
    /// When it was begun.
    exported_at: Time,
    /// The account.
    user: User,
    /// Where its picture is to be had; null where it has none.
    #[schema(required, example = "/api/v1/users/{id}/avatar/{avatar}")]
    avatar_path: Option<String>,
    /// Its signed-in devices.
    devices: Vec<Device>,
    /// Rooms it is a member of.
    rooms: Vec<ExportedRoom>,
    /// Friends, and requests.
    friends: Vec<ExportedTie>,
    /// Whom it blocks.
    blocks: Vec<ExportedBlock>,
    /// What it said in any room and did not delete, by room and seq.
    messages: Vec<ExportedMessage>,
}

/// A membership.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportedRoom {
    /// The room.
    id: Uuid,
    /// Its name; of a direct room it says nothing.
    #[schema(example = "design")]
    name: String,
    /// What it is about.
    #[schema(example = "How things shall look")]
    topic: String,
    /// Who can find it.
    visibility: Visibility,
    /// As what one is in it.
    role: Role,
    /// The other one, of a direct room.
    #[schema(required)]
    peer_id: Option<Uuid>,
    /// Up to where one has read.
    read_seq: Number,
    /// What one wants of it.
    #[serde(flatten)]
    preferences: Preferences,
}

/// A friend, or a request.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportedTie {
    /// Who.
    user_id: Uuid,
    /// What stands between the two.
    tie: Tie,
    /// Since when.
    since: Time,
}

/// Somebody who is blocked.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportedBlock {
    /// Who.
    user_id: Uuid,
    /// Since when.
    blocked_at: Time,
}

/// A message of one's own.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportedMessage {
    /// Where.
    room_id: Uuid,
    /// Its seq.
    seq: Number,
    /// Markdown, as it stands.
    #[schema(example = "See you *tomorrow*")]
    text: String,
    /// The message it answers.
    #[schema(required)]
    reply_to: Option<Number>,
    /// What it passes on.
    #[schema(required)]
    forwarded: Option<Forwarded>,
    /// When it was posted.
    posted_at: Time,
    /// Every text it has had, the first one first; none where it was never edited.
    versions: Vec<Version>,
    /// The files that stand on it.
    attachments: Vec<ExportedFile>,
}

/// A file that one has sent. Its bytes are not in the copy.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportedFile {
    /// Its id.
    id: Uuid,
    /// As one called it.
    #[schema(example = "plan.png")]
    name: String,
    /// What the server found it to be.
    #[schema(example = "image/png")]
    media_type: String,
    /// How long it is.
    bytes: Number,
    /// Where its bytes are to be had, for as long as one is a member of the room.
    #[schema(example = "/api/v1/rooms/{id}/files/{file_id}")]
    path: String,
}

impl ExportedFile {
    fn new(room: RoomId, file: Attachment) -> Self {
        Self {
            id: file.file.uuid(),
            path: format!("/api/v1/rooms/{room}/files/{}", file.file),
            name: file.name.into(),
            media_type: file.media_type,
            bytes: Number(file.bytes),
        }
    }
}

/// A copy of all that the server keeps of the caller, as one JSON document. Of files it
/// says where they are to be had.
///
/// It is written while it is read: where it breaks off, it is not whole. Some copies may
/// be taken at once, and one more each minute.
#[utoipa::path(
    get, path = "/me/export", tag = "account",
    operation_id = "export_account", security(("bearer" = [])),
    responses(
        (status = 200, description = "The copy, as a file", body = Export),
        (status = 429, description = "RATE_LIMITED: too many copies"),
    ),
)]
pub(crate) async fn export(
    State(app): State<App>,
    caller: Caller,
    AccessToken(token): AccessToken,
) -> Result<Response, Problem> {
    app.exports.take(caller.user).allowed()?;
    let user = app.users.user(caller.user).await?;
    let avatar = user.avatar.map(|avatar| format!("/api/v1/users/{}/avatar/{avatar}", user.id));
    let head = serde_json::json!({
        "format": FORMAT,
        "exported_at": Time(app.deps.clock.now()),
        "user": user,
        "avatar_path": avatar,
    });
    let mut text = head.to_string();
    // The lists follow within the same object.
    text.pop();
    let copy = Copy { app, caller, token, text, at: Some(Part::Devices(None)), begun: false };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"parlor-export.json\""),
    ];
    Ok((headers, Body::from_stream(copy.pages())).into_response())
}

const FORMAT: u32 = 1;

/// Which list is being written, and what of it was written last.
#[derive(Clone, Copy)]
enum Part {
    Devices(Option<DeviceId>),
    Rooms(Option<RoomId>),
    Friends(Option<UserId>),
    Blocks(Option<UserId>),
    Messages(Option<(RoomId, Seq)>),
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Devices(_) => "devices",
            Self::Rooms(_) => "rooms",
            Self::Friends(_) => "friends",
            Self::Blocks(_) => "blocks",
            Self::Messages(_) => "messages",
        }
    }

    const fn next(self) -> Option<Self> {
        match self {
            Self::Devices(_) => Some(Self::Rooms(None)),
            Self::Rooms(_) => Some(Self::Friends(None)),
            Self::Friends(_) => Some(Self::Blocks(None)),
            Self::Blocks(_) => Some(Self::Messages(None)),
            Self::Messages(_) => None,
        }
    }
}

/// A copy in the making.
struct Copy {
    app: App,
    caller: Caller,
    token: String,
    /// Not sent yet.
    text: String,
    /// `None` when all is written.
    at: Option<Part>,
    /// The list has an item.
    begun: bool,
}

impl Copy {
    /// The document, a page of one list at a time.
    fn pages(self) -> impl Stream<Item = Result<Bytes, Refusal>> {
        stream::try_unfold(self, |mut copy| async move {
            let Some(part) = copy.at else { return Ok(None) };
            if !copy.begun {
                copy.text.push_str(&format!(",\"{}\":[", part.name()));
            }
            match copy.page(part).await? {
                Some(more) => copy.at = Some(more),
                None => {
                    copy.text.push(']');
                    copy.begun = false;
                    copy.at = part.next();
                }
            }
            if copy.at.is_none() {
                copy.text.push('}');
            }
            let page = Bytes::from(std::mem::take(&mut copy.text));
            Ok::<_, Refusal>(Some((page, copy)))
        })
    }

    fn item(&mut self, item: &impl Serialize) -> Result<(), Refusal> {
        if std::mem::replace(&mut self.begun, true) {
            self.text.push(',');
        }
        let item = serde_json::to_string(item).map_err(|_| crate::problem::internal())?;
        self.text.push_str(&item);
        Ok(())
    }

    /// Writes a page; returns where the list goes on, if it does.
    async fn page(&mut self, part: Part) -> Result<Option<Part>, Refusal> {
        let (user, most) = (self.caller.user, limits::PAGE_ITEMS);
        Ok(match part {
            Part::Devices(after) => {
                let request = ListDevicesRequest {
                    access_token: self.token.clone(),
                    after: after.map_or_else(Vec::new, |id| id.as_bytes().to_vec()),
                    limit: most,
                };
                let page = self.app.users.devices(request, self.caller.device).await?;
                page.iter().try_for_each(|device| self.item(device))?;
                page.last().map(|last| Part::Devices(Some(DeviceId::from_uuid(last.id))))
            }
            Part::Rooms(after) => {
                let page = self.app.deps.rooms.mine(user, after, most).await.map_err(refused)?;
                let last = page.last().map(|last| Part::Rooms(Some(last.room.id)));
                for summary in page {
                    self.item(&ExportedRoom {
                        id: summary.room.id.uuid(),
                        name: summary.room.name.into(),
                        topic: summary.room.topic.into(),
                        visibility: summary.room.visibility.into(),
                        role: summary.role.into(),
                        peer_id: summary.peer.map(UserId::uuid),
                        read_seq: summary.read.into(),
                        preferences: summary.preferences.into(),
                    })?;
                }
                last
            }
            Part::Friends(after) => {
                let page = self.app.deps.store.friends.list(user, None, after, most).await;
                let page = page.map_err(refused)?;
                for tie in &page {
                    let (user_id, since) = (tie.user.uuid(), Time(tie.since));
                    self.item(&ExportedTie { user_id, tie: tie.tie.into(), since })?;
                }
                page.last().map(|last| Part::Friends(Some(last.user)))
            }
            Part::Blocks(after) => {
                let page = self.app.deps.store.friends.blocks(user, after, most).await;
                let page = page.map_err(refused)?;
                for block in &page {
                    let (user_id, blocked_at) = (block.user.uuid(), Time(block.at));
                    self.item(&ExportedBlock { user_id, blocked_at })?;
                }
                page.last().map(|last| Part::Blocks(Some(last.user)))
            }
            Part::Messages(after) => {
                let page = self.app.deps.rooms.authored(user, after, MESSAGES).await;
                let page = page.map_err(refused)?;
                let last = page.last().map(|last| Part::Messages(Some((last.room, last.seq))));
                for message in page {
                    self.message(message).await?;
                }
                last
            }
        })
    }

    async fn message(&mut self, message: Authored) -> Result<(), Refusal> {
        let (room, seq) = (message.room, message.seq);
        let mut versions = Vec::new();
        let mut edited = message.edited_at.is_some();
        while edited {
            let after = versions.last().map_or(Seq::ZERO, |last: &Version| last.seq.seq());
            let page = self.app.deps.rooms.versions(room, seq, after, VERSIONS).await;
            let page = page.map_err(refused)?.unwrap_or_default();
            edited = !page.is_empty() && versions.len() < MOST_VERSIONS;
            versions.extend(page.into_iter().map(Version::from));
        }
        let attachments = message.attachments.into_iter();
        self.item(&ExportedMessage {
            room_id: room.uuid(),
            seq: seq.into(),
            text: message.text,
            reply_to: message.reply_to.map(Number::from),
            forwarded: message.forwarded.map(Forwarded::from),
            posted_at: Time(message.posted_at),
            versions,
            attachments: attachments.map(|file| ExportedFile::new(room, file)).collect(),
        })
    }
}

/// Messages in memory at once: the longest, which forward others, fill two megabytes.
const MESSAGES: u32 = 64;
/// Versions read at once.
const VERSIONS: u32 = 64;
/// Versions of one message that are in memory at once; a message that was edited more
/// often is told with its first ones.
const MOST_VERSIONS: usize = 256;
