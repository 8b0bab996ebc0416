//! Emoji on messages.

use parlor_domain::{Action, Code, EventBody, Refusal, limits};

use super::{Outcome, Plan, Projection, Request, not_deleted};
use crate::log::facts::{EmojiFacts, ReactionFacts, ReactionKey};

impl Plan {
    /// Each user has each emoji once on a message: what is there already, or
    /// gone already, makes no event.
    pub(super) fn react(&mut self, request: Request, key: ReactionKey, on: bool) -> Outcome {
        let (room, message, ..) = key;
        self.free_room(room, request.actor, Action::React)?;
        not_deleted(&self.message(room, message)?)?;
        match (self.facts.reactions.get(&key).copied(), on) {
            (Some(first), true) => self.nothing_new(room.into(), first.seq, first.at),
            (None, true) => self.add_reaction(request, key),
            (Some(_), false) => self.remove_reaction(request, key),
            (None, false) => self.unchanged(room.into()),
        }
    }

    fn add_reaction(&mut self, request: Request, key: ReactionKey) -> Outcome {
        let (room, message, emoji, _) = key.clone();
        let borne = self.facts.emoji.get(&(room, message));
        let known = borne.and_then(|borne| borne.get(&emoji)).copied();
        if known.is_none() && borne.is_some_and(|borne| borne.len() >= limits::REACTION_KINDS) {
            let most = limits::REACTION_KINDS;
            let words = format!("a message bears at most {most} different emoji");
            return Err(Refusal::new(Code::Conflict, words));
        }
        let body = EventBody::ReactionAdded { message, emoji: emoji.clone() };
        let done = self.first(request, body)?;
        let EmojiFacts { since, users } = known.unwrap_or(EmojiFacts { since: done.seq, users: 0 });
        let borne = self.facts.emoji.entry((room, message)).or_default();
        borne.insert(emoji, EmojiFacts { since, users: users + 1 });
        let facts = ReactionFacts { seq: done.seq, at: done.at };
        self.facts.reactions.insert(key.clone(), facts);
        self.writes.changes.push(Projection::Reacted { key, since, by: done.seq });
        Ok(done)
    }

    fn remove_reaction(&mut self, request: Request, key: ReactionKey) -> Outcome {
        let (room, message, emoji, _) = key.clone();
        let body = EventBody::ReactionRemoved { message, emoji: emoji.clone() };
        let done = self.first(request, body)?;
        self.facts.reactions.remove(&key);
        if let Some(borne) = self.facts.emoji.get_mut(&(room, message)) {
            if let Some(facts) = borne.get_mut(&emoji) {
                facts.users -= 1;
            }
            borne.retain(|_, facts| facts.users > 0);
        }
        self.writes.changes.push(Projection::Unreacted { key, by: done.seq });
        Ok(done)
    }
}
