//! Files: how they come, what they are made into, and who gets them.
//!
//! The database says what there is; the bytes are objects beside it. An object is
//! written before the database names it, and is forgotten there before it is taken
//! away, so that what the database names is there, as a whole, whenever the server is
//! killed. What is written and never named is swept away.

pub(crate) mod avatar;
pub(crate) mod begin;
pub(crate) mod cancel;
mod clip;
pub(crate) mod download;
mod finish;
mod imaging;
mod kind;
pub(crate) mod list;
mod objects;
mod places;
pub(crate) mod receive;
mod serve;
pub(crate) mod status;
mod sweep;
pub(crate) mod wire;
mod workshop;

use parlor_domain::{FileId, FileKind, Refusal, RequestId, RoomId, Seq, UserId, limits};
use parlor_store::{RoomFile, Upload};

pub(crate) use imaging::Square;
pub use objects::{Objects, ObjectsError};
pub(crate) use places::Places;
pub(crate) use receive::UPLOAD_OFFSET;
pub use sweep::Sweeper;
pub(crate) use workshop::Workshop;

use crate::{
    app::{App, Asked, Listed, made_by},
    cursor::List,
    problem::refused,
};

/// What files may take, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct FileLimits {
    /// One file.
    pub file_bytes: u64,
    /// All files of one user.
    pub user_bytes: u64,
}

impl Default for FileLimits {
    fn default() -> Self {
        Self { file_bytes: limits::FILE_BYTES, user_bytes: limits::USER_FILE_BYTES }
    }
}

/// The id of the upload that this request begins.
fn file_of_request(actor: UserId, request_id: RequestId) -> FileId {
    FileId::from_uuid(made_by(b"parlor upload", &[actor.as_bytes(), request_id.as_bytes()]))
}

/// An upload of `user`'s. Those of others look as if they were not there.
async fn own_upload(app: &App, user: UserId, id: FileId) -> Result<Upload, Refusal> {
    let upload = app.deps.store.files.upload(id).await.map_err(refused)?;
    upload.filter(|upload| upload.owner == user).ok_or_else(Refusal::not_found)
}

/// Forgets an upload at once, as far as it can be: the rest is the sweeper's.
async fn give_up(app: &App, id: FileId) {
    let store = &app.deps.store;
    let work = async {
        if store.files.discard(id, app.deps.clock.now()).await.map_err(refused)? {
            app.deps.objects.delete_pieces(id).await?;
        }
        Ok::<_, Refusal>(())
    };
    if let Err(error) = work.await {
        tracing::debug!(%error, "an upload is left for the sweeper");
    }
}

impl App {
    /// Files of a room, of one kind where one is given.
    pub(crate) async fn files(
        &self,
        user: UserId,
        room: RoomId,
        kind: Option<FileKind>,
        asked: Asked<'_>,
    ) -> Result<Listed<RoomFile>, Refusal> {
        self.access(user, room, parlor_domain::Action::Read).await?;
        let of = [&room.as_bytes()[..], kind.map_or("", FileKind::as_str).as_bytes()].concat();
        let list = List::new("files", &of);
        let before = asked.after(&list)?.map(place_of);
        let found = self.deps.store.files.list(room, kind, before, asked.limit + 1).await;
        Ok(asked.listed(&list, found.map_err(refused)?, |file| key_of(file.message, file.place)))
    }
}

/// Where a file stands in the list of a room, as a key of a cursor.
fn key_of(message: Seq, place: u32) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&message.get().to_be_bytes());
    key[8..].copy_from_slice(&place.to_be_bytes());
    key
}

fn place_of(key: [u8; 12]) -> (Seq, u32) {
    let (message, place) = key.split_at(8);
    let message = message.iter().fold(0, |seq, byte| seq << 8 | u64::from(*byte));
    let place = place.iter().fold(0, |place, byte| place << 8 | u32::from(*byte));
    (Seq::new(message), place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_is_its_key_and_back() {
        for (seq, place) in [(0, 0), (1, 9), (i64::MAX as u64, u32::MAX)] {
            let key = key_of(Seq::new(seq), place);
            assert_eq!(place_of(key), (Seq::new(seq), place));
        }
    }
}
