//! What files look like in JSON.

use parlor_domain::Attachment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::{Number, Time};

/// How a file is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileKind {
    /// A picture that the server has made anew: JPEG, PNG, GIF or WebP.
    Image,
    /// A clip to watch.
    Video,
    /// A clip to hear.
    Audio,
    /// Anything else: to be taken home.
    Other,
}

impl From<parlor_domain::FileKind> for FileKind {
    fn from(kind: parlor_domain::FileKind) -> Self {
        match kind {
            parlor_domain::FileKind::Image => Self::Image,
            parlor_domain::FileKind::Video => Self::Video,
            parlor_domain::FileKind::Audio => Self::Audio,
            parlor_domain::FileKind::Other => Self::Other,
        }
    }
}

impl From<FileKind> for parlor_domain::FileKind {
    fn from(kind: FileKind) -> Self {
        match kind {
            FileKind::Image => Self::Image,
            FileKind::Video => Self::Video,
            FileKind::Audio => Self::Audio,
            FileKind::Other => Self::Other,
        }
    }
}

/// A file that stands on a message, or could.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct File {
    /// Its id.
    pub id: Uuid,
    /// As its uploader called it.
    #[schema(example = "plan.png")]
    pub name: String,
    /// What the server found it to be.
    #[schema(example = "image/png")]
    pub media_type: String,
    /// How long it is.
    pub bytes: Number,
    /// How it is shown.
    pub kind: FileKind,
    /// Of an image, in pixels; 0 where not known.
    #[schema(example = 1280)]
    pub width: u32,
    /// Of an image, in pixels; 0 where not known.
    #[schema(example = 720)]
    pub height: u32,
    /// A blurred picture of an image (thumbhash, base64); empty for none.
    #[schema(example = "1QcSHQRnh493V4dIh4eXh1h4kJUI")]
    pub thumbhash: String,
    /// There is a small picture of it, `?rendition=thumbnail`.
    pub thumbnail: bool,
    /// How long it plays; 0 where not known.
    #[schema(example = 0)]
    pub duration_ms: u32,
}

impl From<Attachment> for File {
    fn from(file: Attachment) -> Self {
        Self {
            id: file.file.uuid(),
            name: file.name.into(),
            media_type: file.media_type,
            bytes: Number(file.bytes),
            kind: file.kind.into(),
            width: file.width,
            height: file.height,
            thumbhash: file.thumbhash.base64(),
            thumbnail: file.thumbnail,
            duration_ms: file.duration_ms,
        }
    }
}

/// A file on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Upload {
    /// Its id, and the file's once it is whole.
    pub id: Uuid,
    /// As its uploader called it.
    #[schema(example = "plan.png")]
    pub name: String,
    /// How long it will be.
    pub bytes: Number,
    /// How many bytes came: where to go on.
    pub offset: Number,
    /// When it is forgotten, unless more comes or it is attached.
    pub expires_at: Time,
    /// What it is, once all of it came; null before.
    #[schema(required)]
    pub file: Option<File>,
}

impl From<parlor_store::Upload> for Upload {
    fn from(upload: parlor_store::Upload) -> Self {
        Self {
            id: upload.id.uuid(),
            name: upload.name.into(),
            bytes: Number(upload.bytes),
            offset: Number(upload.received),
            expires_at: Time(upload.expires_at),
            file: upload.whole.map(|whole| whole.file.into()),
        }
    }
}

/// A file of a room, as a list of them shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoomFile {
    /// The file.
    #[serde(flatten)]
    pub file: File,
    /// The message that it stands on.
    pub message_seq: Number,
    /// Who posted it.
    pub sender_id: Uuid,
    /// When.
    pub at: Time,
}

impl From<parlor_store::RoomFile> for RoomFile {
    fn from(file: parlor_store::RoomFile) -> Self {
        Self {
            file: file.file.into(),
            message_seq: file.message.into(),
            sender_id: file.sender.uuid(),
            at: Time(file.at),
        }
    }
}

/// Bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, example = "some bytes")]
#[allow(dead_code, reason = "described, never built: bytes are streamed")]
pub(crate) struct FileBytes(Vec<u8>);

/// Bytes of a file, from where `Upload-Offset` says.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, example = "some bytes")]
#[allow(dead_code, reason = "described, never built: bytes are streamed")]
pub(crate) struct OffsetBytes(Vec<u8>);
