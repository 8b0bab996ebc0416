//! Who is a member of a room, as what, and who is kept out.

use parlor_domain::{Action, Ban, Code, EventBody, Refusal, Role, RoomId, UserId};

use super::{Outcome, Plan, Projection, Request};

impl Plan {
    pub(super) fn join(&mut self, request: Request, room: RoomId, user: UserId) -> Outcome {
        self.known(user)?;
        self.in_use(user)?;
        if self.role(room, user).is_some() {
            return Err(Refusal::new(Code::Conflict, "already a member"));
        }
        let role = Role::Member;
        let mut done = self.first(request, EventBody::MemberJoined { user, role })?;
        let added = EventBody::RoomAdded { room };
        done.events.push(self.further(user.into(), request.actor, added)?);
        self.enlist(room, user, role);
        // What was said before is not news to whoever comes.
        let read = self.place_read(user, room, done.seq);
        done.events.push(self.further(user.into(), request.actor, read)?);
        Ok(done)
    }

    pub(super) fn leave(&mut self, request: Request, room: RoomId, user: UserId) -> Outcome {
        let knows = self.strike(room, user)?;
        let mut done = self.first(request, EventBody::MemberLeft { user })?;
        if knows {
            let removed = EventBody::RoomRemoved { room };
            done.events.push(self.further(user.into(), request.actor, removed)?);
        }
        Ok(done)
    }

    /// Who is banned already, or not banned, makes no event.
    pub(super) fn ban(
        &mut self,
        request: Request,
        room: RoomId,
        user: UserId,
        on: bool,
    ) -> Outcome {
        self.room(room, request.actor, Action::Ban)?;
        self.known(user)?;
        if self.is_banned(room, user) == on {
            return self.unchanged(room.into());
        }
        if !on {
            self.facts.bans.remove(&(room, user));
            self.writes.changes.push(Projection::Unbanned { room, user });
            return self.first(request, EventBody::MemberUnbanned { user });
        }
        if user == request.actor {
            return Err(Refusal::new(Code::InvalidArgument, "nobody bans themselves"));
        }
        self.spare_owners(room, request.actor, user)?;
        let was_member = self.role(room, user).is_some();
        let knows = was_member && self.strike(room, user)?;
        self.facts.bans.insert((room, user));
        let ban = Ban { user, by: request.actor, at: self.now };
        self.writes.changes.push(Projection::Banned { room, ban });
        let mut done = self.first(request, EventBody::MemberBanned { user, was_member })?;
        if knows {
            let removed = EventBody::RoomRemoved { room };
            done.events.push(self.further(user.into(), request.actor, removed)?);
        }
        Ok(done)
    }

    pub(super) fn set_role(
        &mut self,
        request: Request,
        room: RoomId,
        user: UserId,
        role: Role,
    ) -> Outcome {
        self.open_room(room, request.actor, Action::SetRole)?;
        let before = self.role(room, user);
        let before = before.ok_or_else(|| Refusal::new(Code::NotFound, "not a member"))?;
        if before == role {
            return self.unchanged(room.into());
        }
        let facts = self.facts.rooms.get_mut(&room).ok_or_else(Refusal::not_found)?;
        if before == Role::Owner {
            if facts.owners == 1 {
                return Err(Refusal::new(
                    Code::LastOwner,
                    "a room needs an owner: make somebody else one first",
                ));
            }
            facts.owners -= 1;
        }
        facts.owners += u32::from(role == Role::Owner);
        self.facts.roles.insert((room, user), role);
        self.writes.changes.push(Projection::RoleChanged { room, user, before, role });
        let mut done = self.first(request, EventBody::RoleChanged { user, role })?;
        let own = EventBody::OwnRoleChanged { room, role };
        done.events.push(self.further(user.into(), request.actor, own)?);
        Ok(done)
    }

    pub(super) fn is_banned(&self, room: RoomId, user: UserId) -> bool {
        self.facts.bans.contains(&(room, user))
    }

    /// Nobody who is banned comes in by themselves.
    pub(super) fn turn_away_banned(&self, room: RoomId, user: UserId) -> Result<(), Refusal> {
        if self.is_banned(room, user) {
            return Err(Refusal::new(Code::Forbidden, "you are banned from this room"));
        }
        Ok(())
    }

    /// Only an owner takes membership from an owner.
    pub(super) fn spare_owners(
        &self,
        room: RoomId,
        actor: UserId,
        user: UserId,
    ) -> Result<(), Refusal> {
        let owner = Some(Role::Owner);
        let spared = self.role(room, user) == owner
            && actor != UserId::SYSTEM
            && self.role(room, actor) != owner;
        if spared {
            return Err(Refusal::new(Code::Forbidden, "only an owner may remove an owner"));
        }
        Ok(())
    }

    /// Makes `user` a member.
    pub(super) fn enlist(&mut self, room: RoomId, user: UserId, role: Role) {
        if let Some(facts) = self.facts.rooms.get_mut(&room) {
            facts.members += 1;
            facts.owners += u32::from(role == Role::Owner);
        }
        self.facts.roles.insert((room, user), role);
        self.writes.changes.push(Projection::Joined { room, user, role });
    }

    /// Takes the membership of `user`, who is a member. False where they heard last that
    /// the room is gone, so that they need not hear it again.
    pub(super) fn strike(&mut self, room: RoomId, user: UserId) -> Result<bool, Refusal> {
        let role = self.role(room, user).ok_or_else(Refusal::not_found)?;
        let facts = self.facts.rooms.get_mut(&room).ok_or_else(Refusal::not_found)?;
        if role == Role::Owner {
            if facts.owners == 1 && facts.members > 1 {
                return Err(Refusal::new(
                    Code::LastOwner,
                    "the last owner cannot leave while others are in the room",
                ));
            }
            facts.owners -= 1;
        }
        facts.members -= 1;
        self.facts.roles.remove(&(room, user));
        self.facts.preferences.remove(&(user, room));
        self.facts.drafts.remove(&(user, room));
        self.writes.changes.push(Projection::Left { room, user, role });
        Ok(!self.facts.hidden.remove(&(room, user)))
    }
}
