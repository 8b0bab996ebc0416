//! Files: what is known of them. Their bytes are somewhere else, in objects that
//! are named here.

use std::collections::HashSet;

use parlor_domain::{Attachment, FileId, FileKind, FileName, RoomId, Seq, Timestamp, UserId};
use uuid::Uuid;

use crate::{
    StoreError,
    backend::{Backend, on},
};

/// What is known of files, and the right to bring one up to the point where a
/// message may take it: attaching is the log's. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Files {
    pub(crate) backend: Backend,
}

/// A file that somebody wants to bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUpload {
    /// Its id, chosen by the caller (from the request id, so that a retry makes no
    /// second one).
    pub id: FileId,
    /// Whose it is.
    pub owner: UserId,
    /// What they call it.
    pub name: FileName,
    /// How long it will be.
    pub bytes: u64,
    /// When it is swept, if nothing comes.
    pub expires_at: Timestamp,
}

/// What one user may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of all files.
    pub bytes: u64,
    /// Files that are attached nowhere yet.
    pub open: u32,
}

/// What became of a wish to bring a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Its bytes may come; a retry learns how many have.
    Upload(Box<Upload>),
    /// Its owner has no space left for it.
    QuotaExceeded,
    /// The id stands for another file.
    Mismatch,
}

/// A file on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: FileId,
    /// Whose it is.
    pub owner: UserId,
    /// What they call it.
    pub name: FileName,
    /// How long it will be.
    pub bytes: u64,
    /// How many bytes are stored.
    pub received: u64,
    /// When it is swept, if nothing more comes.
    pub expires_at: Timestamp,
    /// What it was found to be, once it was looked at.
    pub whole: Option<StoredFile>,
    /// It stands on a message.
    pub attached: bool,
}

/// Some bytes of a file on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where they begin in the file.
    pub start: u64,
    /// How many they are.
    pub bytes: u64,
    /// The object that holds them.
    pub object: Uuid,
}

/// A file whose bytes are all there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// What messages tell of it.
    pub file: Attachment,
    /// The object that holds it.
    pub object: Uuid,
    /// Media type of its small picture; empty where there is none.
    pub thumbnail_type: String,
}

/// A file of a room, as a list of them shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomFile {
    /// The file.
    pub file: Attachment,
    /// The message that it stands on.
    pub message: Seq,
    /// In which place there, from 0.
    pub place: u32,
    /// Who posted it.
    pub sender: UserId,
    /// When.
    pub at: Timestamp,
}

/// What is left of a file that nobody may fetch any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoneFile {
    /// Its id.
    pub id: FileId,
    /// The object that holds it, where there is one that holds no other file too.
    pub object: Option<Uuid>,
}

impl Files {
    /// Says how many bytes the files of any one room may take, from now on;
    /// [`parlor_domain::limits::ROOM_FILE_BYTES`] where nothing was said.
    pub fn limit_rooms(&self, bytes: u64) {
        match &self.backend {
            Backend::Sqlite(db) => db.limit_rooms(bytes),
            Backend::Postgres(db) => db.limit_rooms(bytes),
        }
    }

    /// Says how many bytes the files of any one user may take where they forward files,
    /// from now on; [`parlor_domain::limits::USER_FILE_BYTES`] where nothing was said.
    pub fn limit_users(&self, bytes: u64) {
        match &self.backend {
            Backend::Sqlite(db) => db.limit_users(bytes),
            Backend::Postgres(db) => db.limit_users(bytes),
        }
    }

    /// Takes the space for a file, where its owner has it.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn begin(&self, new: &NewUpload, quota: Quota) -> Result<Begun, StoreError> {
        on!(&self.backend, files::begin(new, quota))
    }

    /// A file that is not gone, attached or not.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn upload(&self, id: FileId) -> Result<Option<Upload>, StoreError> {
        on!(&self.backend, files::upload(id))
    }

    /// Adds a piece to a file of which exactly `received` bytes have come. It takes
    /// the place of those that begin where it does or after. False where something
    /// else has come: nothing is changed then.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn advance(
        &self,
        id: FileId,
        received: u64,
        piece: Piece,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        on!(&self.backend, files::advance(id, received, piece, expires_at))
    }

    /// The pieces of a file on its way, ascending, without holes.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn pieces(&self, id: FileId) -> Result<Vec<Piece>, StoreError> {
        on!(&self.backend, files::pieces(id))
    }

    /// Says what a file is whose bytes have all come. `counted` is what it takes of
    /// its owner's space. False where somebody else has said so, or it is gone:
    /// nothing is changed then.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn finish(&self, whole: &StoredFile, counted: u64) -> Result<bool, StoreError> {
        on!(&self.backend, files::finish(whole, counted))
    }

    /// Gives up a file that is not attached.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn discard(&self, id: FileId, now: Timestamp) -> Result<bool, StoreError> {
        on!(&self.backend, files::discard(id, now))
    }

    /// A file that stands on a message of this room. Says nothing about who may see
    /// it.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn attached(
        &self,
        room: RoomId,
        file: FileId,
    ) -> Result<Option<StoredFile>, StoreError> {
        on!(&self.backend, files::attached(room, file))
    }

    /// Files of a room, of one kind where one is given, the newest first, those
    /// before the message and the place in `before`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn list(
        &self,
        room: RoomId,
        kind: Option<FileKind>,
        before: Option<(Seq, u32)>,
        limit: u32,
    ) -> Result<Vec<RoomFile>, StoreError> {
        on!(&self.backend, files::list(room, kind, before, limit))
    }

    /// Gives up what has expired at `now`, and tells of up to `limit` files of which
    /// something is left that nobody may fetch.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn gone(&self, now: Timestamp, limit: u32) -> Result<Vec<GoneFile>, StoreError> {
        on!(&self.backend, files::gone(now, limit))
    }

    /// Forgets a file of which no object is left.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn forget(&self, id: FileId) -> Result<(), StoreError> {
        on!(&self.backend, files::forget(id))
    }

    /// Those of `ids` that name objects: of pieces, of files, or pictures of users.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn known(&self, ids: &[Uuid]) -> Result<HashSet<Uuid>, StoreError> {
        on!(&self.backend, files::known(ids))
    }
}
