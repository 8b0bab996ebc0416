//! Rooms that are deleted and restored, and what is left in rooms of an account that
//! is deleted.

use std::time::Duration;

use parlor_domain::{
    Action, Code, EventBody, Preferences, Refusal, Role, RoomId, Seq, Standing, UserId, Visibility,
    limits, permit,
};

use super::{Outcome, Plan, Projection, Request};
use crate::Done;

impl Plan {
    pub(super) fn delete_room(
        &mut self,
        request: Request,
        room: RoomId,
        kept_for: Duration,
    ) -> Outcome {
        let facts = self.room(room, request.actor, Action::Delete)?;
        if facts.untold {
            return Err(still_telling());
        }
        let until = self.now.plus(kept_for);
        if let Some(facts) = self.facts.rooms.get_mut(&room) {
            (facts.kept_until, facts.untold) = (Some(until), true);
        }
        let by = request.actor;
        self.writes.changes.push(Projection::RoomDeleted { room, by, until });
        self.first(request, EventBody::RoomDeleted)
    }

    /// A room that is there already makes no event. One whose time is over is there
    /// for nobody, purged yet or not.
    pub(super) fn restore_room(&mut self, request: Request, room: RoomId) -> Outcome {
        let facts = self.facts.rooms.get(&room).ok_or_else(Refusal::not_found)?;
        let Some(until) = facts.kept_until else {
            self.room(room, request.actor, Action::Delete)?;
            return self.unchanged(room.into());
        };
        let role = self.role(room, request.actor);
        let may = request.actor == UserId::SYSTEM
            || permit(role, facts.visibility, Action::Delete).is_ok();
        if !may || until <= self.now {
            return Err(Refusal::not_found());
        }
        if facts.untold {
            return Err(still_telling());
        }
        if let Some(facts) = self.facts.rooms.get_mut(&room) {
            (facts.kept_until, facts.untold) = (None, true);
        }
        self.writes.changes.push(Projection::RoomRestored { room });
        self.first(request, EventBody::RoomRestored)
    }

    /// Who knows already makes no event.
    pub(super) fn tell_member(&mut self, request: Request, room: RoomId, user: UserId) -> Outcome {
        let facts = self.facts.rooms.get(&room).ok_or_else(Refusal::not_found)?;
        let (gone, key) = (facts.kept_until.is_some(), (room, user));
        if self.role(room, user).is_none() || self.facts.hidden.contains(&key) == gone {
            return self.unchanged(user.into());
        }
        self.writes.changes.push(Projection::Hidden { room, user, on: gone });
        if gone {
            self.facts.hidden.insert(key);
            self.facts.drafts.remove(&(user, room));
            return self.first(request, EventBody::RoomRemoved { room });
        }
        self.facts.hidden.remove(&key);
        let mut done = self.first(request, EventBody::RoomAdded { room })?;
        // Whoever heard that the room is gone forgot what they wanted of it.
        let preferences = self.facts.preferences.get(&(user, room)).copied().unwrap_or_default();
        if preferences != Preferences::default() {
            let wanted = EventBody::PreferencesChanged { room, preferences };
            done.events.push(self.further(user.into(), request.actor, wanted)?);
        }
        Ok(done)
    }

    /// Whoever left already makes no event. A room without an owner passes to the
    /// heir; one without members is archived.
    pub(super) fn depart(
        &mut self,
        request: Request,
        room: RoomId,
        heir: Option<UserId>,
    ) -> Outcome {
        let user = request.actor;
        let facts = self.facts.rooms.get(&room).ok_or_else(Refusal::not_found)?.clone();
        let Some(role) = self.role(room, user) else { return self.unchanged(room.into()) };
        if facts.visibility == Visibility::Direct {
            return Err(Refusal::new(Code::Forbidden, "nobody leaves a direct room"));
        }
        let mut done = None;
        if role == Role::Owner && facts.owners == 1 && facts.members > 1 {
            self.hand_over(&mut done, request, room, heir)?;
        }
        if facts.members == 1 && !facts.archived {
            if let Some(facts) = self.facts.rooms.get_mut(&room) {
                facts.archived = true;
                let facts = facts.clone();
                self.writes.changes.push(Projection::RoomChanged { room, facts });
            }
            self.say(&mut done, request, EventBody::RoomArchived { archived: true })?;
        }
        let knows = self.strike(room, user)?;
        let mut done = self.say(&mut done, request, EventBody::MemberLeft { user })?;
        if knows {
            let removed = EventBody::RoomRemoved { room };
            done.events.push(self.further(user.into(), user, removed)?);
        }
        Ok(done)
    }

    /// Makes somebody else an owner.
    fn hand_over(
        &mut self,
        done: &mut Option<Done>,
        request: Request,
        room: RoomId,
        heir: Option<UserId>,
    ) -> Result<(), Refusal> {
        let heir = heir.filter(|heir| *heir != request.actor);
        let before = heir.and_then(|heir| Some((heir, self.role(room, heir)?)));
        let (user, before) =
            before.ok_or_else(|| Refusal::new(Code::Conflict, "the heir is no member"))?;
        let role = Role::Owner;
        if let Some(facts) = self.facts.rooms.get_mut(&room) {
            facts.owners += 1;
        }
        self.facts.roles.insert((room, user), role);
        self.writes.changes.push(Projection::RoleChanged { room, user, before, role });
        self.say(done, request, EventBody::RoleChanged { user, role })?;
        if !self.facts.hidden.contains(&(room, user)) {
            let own =
                self.further(user.into(), request.actor, EventBody::OwnRoleChanged { room, role });
            let own = own?;
            if let Some(done) = done {
                done.events.push(own);
            }
        }
        Ok(())
    }

    /// Appends an event: the one that answers the request, where none does yet.
    /// Returns what came of the request so far.
    fn say(&mut self, done: &mut Option<Done>, request: Request, body: EventBody) -> Outcome {
        match done {
            None => *done = Some(self.first(request, body)?),
            Some(done) => done.events.push(self.further(request.log, request.actor, body)?),
        }
        done.clone().ok_or_else(Refusal::not_found)
    }

    /// What is deleted already makes no event.
    pub(super) fn withdraw(&mut self, request: Request, room: RoomId, message: Seq) -> Outcome {
        let facts = self.message(room, message)?;
        if facts.author != request.actor {
            return Err(Refusal::new(Code::Forbidden, "only its author may withdraw a message"));
        }
        if facts.deleted {
            return self.unchanged(room.into());
        }
        self.erase(request, room, message, facts)
    }

    pub(super) fn tell_deleted(&mut self, request: Request, other: UserId) -> Outcome {
        self.known(other)?;
        self.first(request, EventBody::AccountDeleted { user: request.actor })
    }

    /// Nobody comes into a room, or becomes a friend, whose account is not in use.
    pub(super) fn in_use(&self, user: UserId) -> Result<(), Refusal> {
        match self.facts.absent.get(&user) {
            None | Some(Standing::Active) => Ok(()),
            Some(Standing::Deactivated) => {
                Err(Refusal::new(Code::Conflict, "this account is deactivated"))
            }
            Some(Standing::Deleted) => Err(Refusal::new(Code::Conflict, "this account is deleted")),
        }
    }
}

/// A room is deleted and restored in turn, and every member hears of each.
fn still_telling() -> Refusal {
    Refusal::new(Code::Unavailable, "the members are still being told what became of the room")
        .retry_after(limits::UNAVAILABLE_RETRY)
}
