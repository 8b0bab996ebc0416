//! Files that messages bring.

use parlor_domain::{Code, FileId, FileIds, Refusal, RoomId, Seq, UserId};

use super::{Plan, Projection};
use crate::log::facts::CountedFile;

impl Plan {
    /// What a message would tell of these files, where `actor` may attach all of
    /// them and the room has the space. Files of others look as if they were not
    /// there.
    pub(super) fn attachable(
        &self,
        room: RoomId,
        actor: UserId,
        files: &FileIds,
    ) -> Result<Vec<CountedFile>, Refusal> {
        let mut taken = self.facts.room_files.get(&room).copied().unwrap_or_default();
        let mut attachments = Vec::new();
        for id in files.as_slice() {
            let facts = self.facts.files.get(id).filter(|file| file.owner == actor);
            let facts = facts
                .ok_or_else(|| Refusal::new(Code::NotFound, "there is no such file of yours"))?;
            if facts.attached {
                return Err(Refusal::new(Code::Conflict, "the file stands on a message already"));
            }
            let Some(file) = &facts.file else {
                return Err(Refusal::new(Code::Conflict, "the file is not whole yet"));
            };
            attachments.push(CountedFile { file: file.clone(), counted: facts.counted });
            taken = taken.saturating_add(facts.counted);
        }
        if !attachments.is_empty() && taken > self.facts.room_file_bytes {
            return Err(room_is_full());
        }
        Ok(attachments)
    }

    /// Puts files on a message that is just posted.
    pub(super) fn attach(&mut self, room: RoomId, message: Seq, files: &FileIds) {
        if files.is_empty() {
            return;
        }
        let files: Vec<FileId> = files.as_slice().to_vec();
        for id in &files {
            if let Some(facts) = self.facts.files.get_mut(id) {
                facts.attached = true;
                *self.facts.room_files.entry(room).or_default() += facts.counted;
            }
        }
        self.writes.changes.push(Projection::Attached { room, message, files });
    }
}

pub(super) fn room_is_full() -> Refusal {
    let message = "the files of this room take all the space they may";
    Refusal::new(Code::QuotaExceeded, message)
}
