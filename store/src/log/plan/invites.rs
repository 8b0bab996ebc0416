//! Links that let people into a room.

use parlor_domain::{
    Action, Code, EventBody, Invite, InviteCode, InviteId, InviteTerms, Refusal, RoomId, limits,
};

use super::{Outcome, Plan, Projection, Request};

impl Plan {
    pub(super) fn create_invite(
        &mut self,
        request: Request,
        room: RoomId,
        id: InviteId,
        code: InviteCode,
        terms: InviteTerms,
    ) -> Outcome {
        self.open_room(room, request.actor, Action::Invite)?;
        if self.facts.invites.contains_key(&id) {
            return Err(Refusal::new(Code::Conflict, "the invite link exists already"));
        }
        if self.facts.live_invites.get(&room).is_some_and(|live| *live >= limits::INVITES) {
            let most = limits::INVITES;
            return Err(Refusal::new(
                Code::Conflict,
                format!("a room has at most {most} invite links"),
            ));
        }
        let invite = Invite {
            id,
            room,
            code,
            by: request.actor,
            created_at: self.now,
            expires_at: terms.lifetime().map(|lifetime| self.now.plus(lifetime)),
            max_uses: terms.max_uses(),
            uses: 0,
            revoked: false,
        };
        let done = self.first(request, EventBody::InviteCreated { invite: id })?;
        self.keep_invite(invite.clone());
        self.writes.changes.push(Projection::Invited { invite });
        Ok(done)
    }

    /// A link that was taken back already makes no event.
    pub(super) fn revoke_invite(
        &mut self,
        request: Request,
        room: RoomId,
        id: InviteId,
    ) -> Outcome {
        let invite = self.facts.invites.get(&id).filter(|invite| invite.room == room).cloned();
        let own = invite.as_ref().is_some_and(|invite| invite.by == request.actor);
        // Who may not see the links of others is answered alike, be there one or not.
        let action = if own { Action::Read } else { Action::ManageInvites };
        self.room(room, request.actor, action)?;
        let invite = invite.ok_or_else(|| {
            Refusal::new(Code::NotFound, "there is no such invite link in this room")
        })?;
        if invite.revoked {
            return self.unchanged(room.into());
        }
        let done = self.first(request, EventBody::InviteRevoked { invite: id })?;
        self.keep_invite(Invite { revoked: true, ..invite });
        self.writes.changes.push(Projection::InviteRevoked { invite: id });
        Ok(done)
    }

    /// Who is a member already stays one, whatever became of the link, and uses
    /// nothing of it up.
    pub(super) fn join_by_invite(
        &mut self,
        request: Request,
        room: RoomId,
        id: InviteId,
    ) -> Outcome {
        let actor = request.actor;
        let facts = self.facts.rooms.get(&room).filter(|facts| facts.kept_until.is_none());
        let facts = facts.ok_or_else(Invite::not_valid)?;
        if self.role(room, actor).is_some() {
            return self.unchanged(room.into());
        }
        let invite = self.facts.invites.get(&id).filter(|invite| invite.room == room);
        let invite = invite.filter(|invite| invite.is_live(self.now) && !facts.archived);
        let mut invite = invite.cloned().ok_or_else(Invite::not_valid)?;
        self.turn_away_banned(room, actor)?;
        let done = self.join(request, room, actor)?;
        invite.uses = invite.uses.saturating_add(1);
        self.keep_invite(invite);
        self.writes.changes.push(Projection::InviteUsed { invite: id });
        Ok(done)
    }

    /// Keeps the facts true, and how many links of the room are live.
    fn keep_invite(&mut self, invite: Invite) {
        let (room, is_live) = (invite.room, invite.is_live(self.now));
        let before = self.facts.invites.insert(invite.id, invite);
        let was_live = before.is_some_and(|before| before.is_live(self.now));
        let live = self.facts.live_invites.entry(room).or_default();
        *live = (*live + u32::from(is_live)).saturating_sub(u32::from(was_live));
    }
}
