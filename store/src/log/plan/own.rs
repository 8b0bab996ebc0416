//! What concerns its user alone, or how far a user has read.

use parlor_domain::{
    Action, Draft, Event, EventBody, LogId, PreferencesChange, Privacy, PrivacyChange, Profile,
    Refusal, RoomId, Seq, UserId,
};

use super::{Outcome, Plan, Projection, Request};

impl Plan {
    pub(super) fn mark_read(&mut self, request: Request, room: RoomId, seq: Seq) -> Outcome {
        let user = request.actor;
        let loaded = self.room(room, user, Action::Read)?.head;
        self.known(user)?;
        let head = self.facts.logs.get(&room.into()).map_or(loaded, |log| log.head.seq);
        let seq = seq.min(head);
        let read = self.facts.reads.get(&(user, room)).copied().unwrap_or_default();
        if seq <= read {
            return self.unchanged(user.into());
        }
        let mut done = self.move_read(request, room, seq)?;
        done.events.extend(self.tell_partner(user, room, seq)?);
        Ok(done)
    }

    /// In a direct room the other one learns how far `user` has read, where both let
    /// it be known; never of less than before.
    fn tell_partner(
        &mut self,
        user: UserId,
        room: RoomId,
        seq: Seq,
    ) -> Result<Option<(LogId, Event)>, Refusal> {
        let Some(partner) = self.facts.partners.get(&(user, room)).copied() else {
            return Ok(None);
        };
        let told = self.facts.partner_reads.get(&(partner, room)).copied().unwrap_or_default();
        if seq <= told || ![user, partner].iter().all(|one| self.privacy(*one).read_marks) {
            return Ok(None);
        }
        self.facts.partner_reads.insert((partner, room), seq);
        self.writes.changes.push(Projection::PartnerRead { user: partner, room, seq });
        self.further(partner.into(), user, EventBody::PartnerRead { room, seq }).map(Some)
    }

    pub(super) fn mark_unread(&mut self, request: Request, room: RoomId, from: Seq) -> Outcome {
        let user = request.actor;
        self.room(room, user, Action::Read)?;
        self.known(user)?;
        let read = self.facts.reads.get(&(user, room)).copied().unwrap_or_default();
        let before = Seq::new(from.get().saturating_sub(1));
        if read <= before {
            return self.unchanged(user.into());
        }
        self.move_read(request, room, before)
    }

    fn move_read(&mut self, request: Request, room: RoomId, seq: Seq) -> Outcome {
        let moved = self.place_read(request.actor, room, seq);
        self.first(request, moved)
    }

    /// Puts the read position there; to be told in the user's log.
    pub(super) fn place_read(&mut self, user: UserId, room: RoomId, seq: Seq) -> EventBody {
        self.facts.reads.insert((user, room), seq);
        self.writes.reads.insert((user, room), seq);
        EventBody::ReadMoved { room, seq }
    }

    pub(super) fn set_preferences(
        &mut self,
        request: Request,
        room: RoomId,
        change: PreferencesChange,
    ) -> Outcome {
        let user = request.actor;
        self.room(room, user, Action::Read)?;
        self.known(user)?;
        let before = self.facts.preferences.get(&(user, room)).copied().unwrap_or_default();
        let preferences = before.with(change);
        if preferences == before {
            return self.unchanged(user.into());
        }
        self.facts.preferences.insert((user, room), preferences);
        self.writes.changes.push(Projection::Preferred { user, room, preferences });
        self.first(request, EventBody::PreferencesChanged { room, preferences })
    }

    pub(super) fn set_profile(
        &mut self,
        request: Request,
        change: impl FnOnce(&Profile) -> Profile,
    ) -> Outcome {
        let user = request.actor;
        self.known(user)?;
        let before = self.facts.profiles.get(&user).ok_or_else(Refusal::not_found)?;
        let profile = change(before);
        if profile == *before {
            return self.unchanged(user.into());
        }
        self.facts.profiles.insert(user, profile.clone());
        let saved = Projection::ProfileChanged { user, profile: profile.clone() };
        self.writes.changes.push(saved);
        self.first(request, EventBody::ProfileChanged { profile })
    }

    /// What is kept for a room that is archived, or of two of whom one blocks the
    /// other, can still be changed: it is the user's own.
    pub(super) fn set_draft(&mut self, request: Request, room: RoomId, draft: &Draft) -> Outcome {
        let user = request.actor;
        self.room(room, user, Action::Post)?;
        self.known(user)?;
        let key = (user, room);
        if self.facts.drafts.get(&key).cloned().unwrap_or_default() == *draft {
            return self.unchanged(user.into());
        }
        self.facts.drafts.insert(key, draft.clone());
        let body = EventBody::DraftChanged { room, draft: draft.clone(), superseded: false };
        let done = self.first(request, body)?;
        let drafted = Projection::Drafted { user, room, draft: draft.clone(), by: done.seq };
        self.writes.changes.push(drafted);
        Ok(done)
    }

    pub(super) fn set_privacy(&mut self, request: Request, change: PrivacyChange) -> Outcome {
        let user = request.actor;
        self.known(user)?;
        let before = self.privacy(user);
        let privacy = before.with(change);
        if privacy == before {
            return self.unchanged(user.into());
        }
        self.facts.privacy.insert(user, privacy);
        self.writes.changes.push(Projection::PrivacyChanged { user, privacy });
        self.first(request, EventBody::PrivacyChanged { privacy })
    }

    fn privacy(&self, user: UserId) -> Privacy {
        self.facts.privacy.get(&user).copied().unwrap_or_default()
    }
}
