//! The people whose presence a session shows, and its own place among them.

use std::time::Instant;

use parlor_domain::{
    UserId,
    limits::{PRESENCE_INTERVAL, PRESENCE_REFRESH},
};
use parlor_store::{Acquaintance, Standing};
use tokio::task::AbortHandle;

use super::{jobs::Context, machine::Checked};
use crate::presence::{
    Seat,
    machine::{self, Watched, minute},
};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct People {
    seat: Option<Seat>,
    watched: Vec<UserId>,
    /// They have to be looked up.
    wanted: bool,
    /// All of them shall be told of, not only who is new.
    afresh: bool,
    /// Those who are being looked up.
    looking: Option<Vec<UserId>>,
    looked_at: Option<Instant>,
    /// The latest look-up of what the user has decided.
    standing: Option<AbortHandle>,
}

impl From<Standing> for machine::Standing {
    fn from(standing: Standing) -> Self {
        let hidden_from = standing.hidden_from.into_iter().collect();
        Self { invisible: standing.invisible, hidden_from }
    }
}

impl People {
    /// From here on the session counts.
    pub(crate) fn take_seat(&mut self, context: &Context, who: Checked, standing: Standing) {
        let presences = &context.node.presences;
        self.seat = Some(presences.begin(&context.session, who, standing.into()));
    }

    pub(crate) fn set_away(&self, away: bool) {
        if let Some(seat) = &self.seat {
            seat.set_away(away);
        }
    }

    /// Shows these from now on; the last of several lists within a second counts.
    pub(crate) fn watch(&mut self, mut users: Vec<UserId>) {
        users.sort_unstable();
        users.dedup();
        self.watched = users;
        self.wanted = true;
    }

    /// Whom the user knows may have changed.
    pub(crate) fn refresh(&mut self) {
        self.wanted |= !self.watched.is_empty();
    }

    /// What was told may have been lost on its way.
    pub(crate) fn refresh_if_old(&mut self) {
        if self.looked_at.is_some_and(|at| at.elapsed() >= PRESENCE_REFRESH) {
            self.afresh = true;
            self.refresh();
        }
    }

    /// True where they have to be looked up at [`Self::due`].
    pub(crate) fn is_due(&self) -> bool {
        self.wanted && self.looking.is_none()
    }

    pub(crate) fn due(&self) -> Instant {
        self.looked_at.map_or_else(Instant::now, |at| at + PRESENCE_INTERVAL)
    }

    /// Whom to look up now.
    pub(crate) fn begin_look_up(&mut self) -> Vec<UserId> {
        self.wanted = false;
        self.looked_at = Some(Instant::now());
        self.looking.insert(self.watched.clone()).clone()
    }

    /// Those of them whom the user knows. Nothing is told of the others but that they
    /// are not there, as of whoever hides.
    pub(crate) fn found(&mut self, known: &[Acquaintance]) {
        let Some(looked_up) = self.looking.take() else { return };
        let person = |user: &UserId| {
            let known = known.iter().find(|one| one.user == *user);
            let last_seen = known.and_then(|one| one.last_seen).map(minute);
            Watched { user: *user, known: known.is_some(), last_seen }
        };
        let people: Vec<Watched> = looked_up.iter().map(person).collect();
        if let Some(seat) = &self.seat {
            seat.watch(&people, std::mem::take(&mut self.afresh));
        }
    }

    pub(crate) fn look_up_standing(&mut self, job: AbortHandle) {
        if let Some(before) = self.standing.replace(job) {
            before.abort();
        }
    }

    pub(crate) fn stands(&self, standing: Standing) {
        if let Some(seat) = &self.seat {
            seat.stands(standing.into());
        }
    }
}
