//! Files that are posted with messages.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use sha2::{Digest as _, Sha256};

use crate::{Code, FileId, FileName, Refusal, RequestId, RoomId, limits};

/// A file that stands on a message, or could.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its id.
    pub file: FileId,
    /// As its uploader called it.
    pub name: FileName,
    /// What the server found it to be (RFC 9110 section 8.3).
    pub media_type: String,
    /// How long it is.
    pub bytes: u64,
    /// How it is shown.
    pub kind: FileKind,
    /// In pixels, of an image; 0 where not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub width: u32,
    /// In pixels, of an image; 0 where not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub height: u32,
    /// A blurred picture of an image.
    #[serde(default, skip_serializing_if = "Thumbhash::is_empty")]
    pub thumbhash: Thumbhash,
    /// There is a small picture of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub thumbnail: bool,
    /// How long it plays, in milliseconds; 0 where not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub duration_ms: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes by reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Attachment {
    /// How much memory it takes besides its own size, in bytes.
    pub fn weight(&self) -> usize {
        self.name.as_str().len() + self.media_type.len() + self.thumbhash.as_bytes().len()
    }
}

/// How a file is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A picture that the server has made anew.
    Image,
    /// A clip to watch.
    Video,
    /// A clip to hear.
    Audio,
    /// Anything else: to be taken home.
    Other,
}

impl FileKind {
    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Other => "other",
        }
    }

    /// The kind with this text form.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Image, Self::Video, Self::Audio, Self::Other]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// A blurred picture in at most [`limits::THUMBHASH_BYTES`] bytes
/// (<https://evanw.github.io/thumbhash/>); may be empty. Its text form is base64.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Thumbhash(Vec<u8>);

impl Thumbhash {
    /// Takes the bytes; `None` where they are too many.
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= limits::THUMBHASH_BYTES).then_some(Self(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// There is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text form (RFC 4648 section 4).
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.0)
    }
}

impl fmt::Debug for Thumbhash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbhash({})", self.base64())
    }
}

impl Serialize for Thumbhash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.base64().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Thumbhash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(D::Error::custom)?;
        Self::new(bytes).ok_or_else(|| D::Error::custom("too long for a thumbhash"))
    }
}

/// Files to attach to a message: at most [`limits::ATTACHMENTS`], each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileIds(Vec<FileId>);

impl FileIds {
    /// Takes the ids, in the order in which they shall be shown.
    ///
    /// # Errors
    /// Too many, or one of them twice.
    pub fn new(ids: Vec<FileId>) -> Result<Self, Refusal> {
        if ids.len() > limits::ATTACHMENTS {
            let message = format!("a message has at most {} attachments", limits::ATTACHMENTS);
            return Err(Refusal::new(Code::InvalidArgument, message));
        }
        if (1..ids.len()).any(|at| ids[..at].contains(&ids[at])) {
            return Err(Refusal::new(Code::InvalidArgument, "an attachment is named twice"));
        }
        Ok(Self(ids))
    }

    /// The ids.
    pub fn as_slice(&self) -> &[FileId] {
        &self.0
    }

    /// There are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The id that `file` has on the message that a request forwards it by to `room`. It
/// is made of the request's, which nobody knows before, so that nobody can take it first.
pub fn forwarded_file(room: RoomId, request: RequestId, file: FileId) -> FileId {
    let mut hash = Sha256::new();
    hash.update(b"parlor forwarded file");
    for part in [room.as_bytes(), request.as_bytes(), file.as_bytes()] {
        hash.update(part);
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    FileId::from_uuid(uuid::Builder::from_custom_bytes(id).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_forward_of_a_file_has_an_id_of_its_own() {
        let (room, request, file) = (RoomId::random(), RequestId::random(), FileId::random());
        let id = forwarded_file(room, request, file);
        assert_eq!(forwarded_file(room, request, file), id);
        assert_ne!(forwarded_file(RoomId::random(), request, file), id);
        assert_ne!(forwarded_file(room, RequestId::random(), file), id);
        assert_ne!(forwarded_file(room, request, FileId::random()), id);
    }

    #[test]
    fn at_most_ten_files_and_each_once() {
        let ids: Vec<FileId> = (0..=limits::ATTACHMENTS).map(|_| FileId::random()).collect();
        assert!(FileIds::new(ids[1..].to_vec()).is_ok());
        assert!(FileIds::new(ids.clone()).is_err());
        assert!(FileIds::new(vec![ids[0], ids[1], ids[0]]).is_err());
    }

    #[test]
    fn what_is_not_known_takes_no_room_in_an_event() {
        let file = Attachment {
            file: FileId::random(),
            name: FileName::parse("notes.txt").expect("valid"),
            media_type: "text/plain".to_owned(),
            bytes: 7,
            kind: FileKind::Other,
            width: 0,
            height: 0,
            thumbhash: Thumbhash::default(),
            thumbnail: false,
            duration_ms: 0,
        };
        let json = serde_json::to_string(&file).expect("writes");
        assert!(!json.contains("width") && !json.contains("thumb"), "{json}");
        assert_eq!(serde_json::from_str::<Attachment>(&json).expect("reads"), file);
        let image = Attachment {
            kind: FileKind::Image,
            width: 3,
            thumbhash: Thumbhash::new(vec![1, 2, 3]).expect("short"),
            ..file
        };
        let json = serde_json::to_string(&image).expect("writes");
        assert_eq!(serde_json::from_str::<Attachment>(&json).expect("reads"), image);
    }
}
