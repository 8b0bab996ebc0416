//! What stands between two users. Each has a tie of their own to the other: the
//! two say the same, but where one of them asks somebody who blocks them. Then
//! the request stands with the one who asks alone, like any that waits.

use parlor_domain::{Code, Event, EventBody, LogId, Refusal, Tie, UserId, direct_room};

use super::{Outcome, Plan, Projection, Request};

impl Plan {
    /// What is asked for already, or is so already, makes no event.
    pub(super) fn befriend(&mut self, request: Request, other: UserId) -> Outcome {
        let actor = request.actor;
        self.somebody_else(actor, other)?;
        if self.blocks(actor, other) {
            return Err(Refusal::new(Code::Conflict, "you block this person"));
        }
        self.in_use(actor)?;
        self.in_use(other)?;
        if matches!(self.tie(actor, other), Some(Tie::Requested | Tie::Friends)) {
            return self.unchanged(actor.into());
        }
        if self.tie(other, actor) == Some(Tie::Requested) {
            let mut done = self.first(request, EventBody::FriendAdded { user: other })?;
            let theirs = EventBody::FriendAdded { user: actor };
            done.events.push(self.further(other.into(), actor, theirs)?);
            self.bind(actor, other, Some(Tie::Friends));
            self.bind(other, actor, Some(Tie::Friends));
            return Ok(done);
        }
        let asks = EventBody::FriendRequested { user: other, outgoing: true };
        let mut done = self.first(request, asks)?;
        self.bind(actor, other, Some(Tie::Requested));
        if !self.blocks(other, actor) {
            let asked = EventBody::FriendRequested { user: actor, outgoing: false };
            done.events.push(self.further(other.into(), actor, asked)?);
            self.bind(other, actor, Some(Tie::Asked));
        }
        Ok(done)
    }

    pub(super) fn unfriend(&mut self, request: Request, other: UserId) -> Outcome {
        let actor = request.actor;
        self.somebody_else(actor, other)?;
        if self.tie(actor, other).is_none() {
            return self.unchanged(actor.into());
        }
        let mut done = self.first(request, EventBody::FriendRemoved { user: other })?;
        self.bind(actor, other, None);
        done.events.extend(self.part(actor, other)?);
        Ok(done)
    }

    /// Whoever is blocked hears of it only what anybody hears whose friendship or
    /// request ends.
    pub(super) fn block(&mut self, request: Request, other: UserId, on: bool) -> Outcome {
        let actor = request.actor;
        self.somebody_else(actor, other)?;
        if self.blocks(actor, other) == on {
            return self.unchanged(actor.into());
        }
        let body = if on {
            self.facts.blocks.insert((actor, other));
            EventBody::UserBlocked { user: other }
        } else {
            self.facts.blocks.remove(&(actor, other));
            EventBody::UserUnblocked { user: other }
        };
        let blocked = self.is_blocked(actor, other);
        if let Some(room) = self.facts.rooms.get_mut(&direct_room(actor, other)) {
            room.blocked = blocked;
        }
        self.writes.changes.push(Projection::Blocked { user: actor, other, on });
        let mut done = self.first(request, body)?;
        if on {
            done.events.extend(self.part(actor, other)?);
        }
        Ok(done)
    }

    /// Ends what still stands between the two, and tells each for whom there was
    /// something.
    fn part(&mut self, actor: UserId, other: UserId) -> Result<Vec<(LogId, Event)>, Refusal> {
        let mut told = Vec::new();
        for (user, other) in [(actor, other), (other, actor)] {
            if self.tie(user, other).is_some() {
                let removed = EventBody::FriendRemoved { user: other };
                told.push(self.further(user.into(), actor, removed)?);
                self.bind(user, other, None);
            }
        }
        Ok(told)
    }

    /// Both are users, and not the same one.
    fn somebody_else(&self, actor: UserId, other: UserId) -> Result<(), Refusal> {
        self.known(actor)?;
        self.known(other)?;
        if actor == other {
            return Err(Refusal::new(Code::InvalidArgument, "that is you"));
        }
        Ok(())
    }

    fn tie(&self, user: UserId, other: UserId) -> Option<Tie> {
        self.facts.ties.get(&(user, other)).copied()
    }

    fn bind(&mut self, user: UserId, other: UserId, tie: Option<Tie>) {
        match tie {
            Some(tie) => self.facts.ties.insert((user, other), tie),
            None => self.facts.ties.remove(&(user, other)),
        };
        self.writes.changes.push(Projection::Tied { user, other, tie });
    }

    fn blocks(&self, user: UserId, other: UserId) -> bool {
        self.facts.blocks.contains(&(user, other))
    }

    /// One of the two blocks the other.
    pub(super) fn is_blocked(&self, one: UserId, other: UserId) -> bool {
        self.blocks(one, other) || self.blocks(other, one)
    }
}
