//! Messages that pass on what was said elsewhere.

use parlor_domain::{Action, Body, Code, FileId, Refusal, RoomId, Seq, UserId, forwarded_file};

use super::{Outcome, Plan, Projection, Request, Said};
use crate::log::facts::{CountedFile, SourceFacts};

impl Plan {
    pub(super) fn forward(
        &mut self,
        request: Request,
        room: RoomId,
        body: &Body,
        (source, message): (RoomId, Seq),
    ) -> Outcome {
        let actor = request.actor;
        self.free_room(room, actor, Action::Post)?;
        let SourceFacts { said, files, .. } = self.source(source, message, actor)?.clone();
        self.has_space(room, actor, &files)?;
        let ids: Vec<(FileId, FileId)> = files
            .iter()
            .map(|CountedFile { file, .. }| file.file)
            .map(|file| (file, forwarded_file(room, request.id, file)))
            .collect();
        let copy = |(mut copy, (_, id)): (CountedFile, &(FileId, FileId))| {
            copy.file.file = *id;
            copy
        };
        let copies: Vec<CountedFile> = files.into_iter().zip(&ids).map(copy).collect();
        let added: u64 = copies.iter().map(|copy| copy.counted).sum();
        let said = Said { body, reply_to: None, files: copies, forwarded: Some(said) };
        let done = self.add_message(request, room, said)?;
        if !ids.is_empty() {
            *self.facts.room_files.entry(room).or_default() += added;
            *self.facts.user_files.entry(actor).or_default() += added;
            let message = done.seq;
            self.writes.changes.push(Projection::Shared {
                room,
                message,
                owner: actor,
                files: ids,
            });
        }
        Ok(done)
    }

    /// The message, where `actor` may read it now. What is not so looks as if it were
    /// not there, whatever the reason (R2).
    fn source(&self, room: RoomId, message: Seq, actor: UserId) -> Result<&SourceFacts, Refusal> {
        let readable = self.room(room, actor, Action::Read).is_ok();
        let source = self.facts.sources.get(&(room, message)).and_then(Option::as_ref);
        source
            .filter(|_| readable)
            .ok_or_else(|| Refusal::new(Code::NotFound, "there is no such message to forward"))
    }

    /// Each copy counts like a file of its own: it stays when the others are deleted.
    fn has_space(&self, room: RoomId, user: UserId, files: &[CountedFile]) -> Result<(), Refusal> {
        let facts = &self.facts;
        let added: u64 = files.iter().map(|file| file.counted).sum();
        let taken = |taken: Option<&u64>| taken.copied().unwrap_or_default().saturating_add(added);
        if added > 0 && taken(facts.user_files.get(&user)) > facts.user_file_bytes {
            let message = "your files take all the space they may";
            return Err(Refusal::new(Code::QuotaExceeded, message));
        }
        if added > 0 && taken(facts.room_files.get(&room)) > facts.room_file_bytes {
            return Err(super::files::room_is_full());
        }
        Ok(())
    }

    /// Keeps true what a later command may forward: a new message, another text of one,
    /// or that it is gone.
    pub(super) fn note_source(
        &mut self,
        room: RoomId,
        message: Seq,
        now: impl FnOnce(Option<SourceFacts>) -> Option<SourceFacts>,
    ) {
        if let Some(source) = self.facts.sources.get_mut(&(room, message)) {
            *source = now(source.take());
        }
    }
}
