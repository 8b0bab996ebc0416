//! Who is there, and who is told of it: pure. Nothing here grows with the size of a
//! room: a change costs as much as there are sessions that show its user.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Instant,
};

use parlor_domain::{
    DeviceId, Presence, SessionId, Timestamp, UserId,
    limits::{PRESENCE_GRACE, PRESENCE_INTERVAL, SEEN_INTERVAL, SEEN_SOON},
};

/// What a user has decided about being seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// By nobody.
    pub invisible: bool,
    /// Those whom the user blocks, and those who block the user.
    pub hidden_from: HashSet<UserId>,
}

/// Somebody whose presence a session shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    pub user: UserId,
    /// They are friends or share a room.
    pub known: bool,
    /// When last seen, where that may be told.
    pub last_seen: Option<Timestamp>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell a session what is new to it.
    Tell { session: SessionId, entries: Vec<(UserId, Presence)> },
    /// Keep that these devices were seen just now.
    Seen(Vec<DeviceId>),
}

/// Everybody who is there, and everybody who watches.
#[derive(Debug)]
pub struct Machine {
    users: HashMap<UserId, User>,
    sessions: HashMap<SessionId, Session>,
    watchers: HashMap<UserId, HashSet<SessionId>>,
    /// When a session shall be told what is new to it.
    due: BTreeSet<(Instant, SessionId)>,
    /// When somebody may be gone for good.
    leaving: BTreeSet<(Instant, UserId)>,
    /// Devices that left since it was last kept when devices were seen.
    left: BTreeSet<DeviceId>,
    /// When that is kept of those that left.
    left_due: Option<Instant>,
    /// When it is kept of those that are there.
    round_due: Instant,
    /// Looks at what users have decided.
    stood: u64,
}

/// Somebody with a session, or without one for a moment.
#[derive(Debug, Default)]
struct User {
    standing: Standing,
    /// Grows with every look at what anybody has decided.
    stood: u64,
    /// Whether each session is away.
    sessions: HashMap<SessionId, bool>,
    /// Sessions that ended a moment ago.
    left: Vec<Left>,
}

/// A session that may come back.
#[derive(Clone, Copy, Debug)]
struct Left {
    device: DeviceId,
    away: bool,
    at: Timestamp,
    until: Instant,
}

#[derive(Debug)]
struct Session {
    user: UserId,
    device: DeviceId,
    watched: HashMap<UserId, Shown>,
    /// Whose presence may be new to it.
    news: BTreeSet<UserId>,
    told_at: Option<Instant>,
    due: Option<Instant>,
}

/// Somebody as a session shows them.
#[derive(Clone, Copy, Debug)]
struct Shown {
    known: bool,
    last_seen: Option<Timestamp>,
    told: Option<Presence>,
}

impl User {
    fn hides(&self, other: UserId) -> bool {
        self.standing.hidden_from.contains(&other)
    }

    fn presence(&self) -> Option<Presence> {
        let mut away = self.sessions.values().copied().chain(self.left.iter().map(|it| it.away));
        let first = away.next()?;
        Some(if first && away.all(|away| away) { Presence::Away } else { Presence::Online })
    }
}

impl Machine {
    /// Nobody is there.
    pub fn new(now: Instant) -> Self {
        Self {
            users: HashMap::new(),
            sessions: HashMap::new(),
            watchers: HashMap::new(),
            due: BTreeSet::new(),
            leaving: BTreeSet::new(),
            left: BTreeSet::new(),
            left_due: None,
            round_due: now + SEEN_INTERVAL,
            stood: 0,
        }
    }

    /// A session began. It is as active as the session of the same device that was
    /// lost a moment ago, and else active.
    pub fn began(
        &mut self,
        now: Instant,
        session: SessionId,
        (user, device): (UserId, DeviceId),
        standing: Standing,
    ) {
        let watched = HashMap::new();
        let news = BTreeSet::new();
        let fresh = Session { user, device, watched, news, told_at: None, due: None };
        self.sessions.insert(session, fresh);
        let entry = self.users.entry(user).or_default();
        let lost = entry.left.iter().rev().find(|left| left.device == device);
        let away = lost.is_some_and(|left| left.away);
        entry.left.retain(|left| left.device != device);
        entry.sessions.insert(session, away);
        self.stands(now, user, standing);
    }

    /// A session ended, at this time of the wall clock.
    pub fn ended(&mut self, now: Instant, at: Timestamp, session: SessionId) {
        let Some(Session { user, device, watched, due, .. }) = self.sessions.remove(&session)
        else {
            return;
        };
        for one in watched.into_keys() {
            self.unwatch(one, session);
        }
        if let Some(due) = due {
            self.due.remove(&(due, session));
        }
        self.left.insert(device);
        self.left_due.get_or_insert(now + SEEN_SOON);
        if let Some(entry) = self.users.get_mut(&user) {
            let away = entry.sessions.remove(&session).unwrap_or_default();
            // Of one device the last one counts.
            entry.left.retain(|left| left.device != device);
            let until = now + PRESENCE_GRACE;
            entry.left.push(Left { device, away, at, until });
            self.leaving.insert((until, user));
        }
    }

    /// What a session says of its user.
    pub fn set_away(&mut self, now: Instant, session: SessionId, away: bool) {
        let Some(user) = self.sessions.get(&session).map(|it| it.user) else { return };
        let entry = self.users.entry(user).or_default();
        if entry.sessions.insert(session, away) != Some(away) {
            self.news(now, user);
        }
    }

    /// A user may have decided otherwise about being seen, or others about them.
    pub fn stands(&mut self, now: Instant, user: UserId, standing: Standing) {
        let Some(entry) = self.users.get_mut(&user) else { return };
        self.stood += 1;
        (entry.standing, entry.stood) = (standing, self.stood);
        let sessions: Vec<SessionId> = entry.sessions.keys().copied().collect();
        for session in sessions {
            if let Some(watcher) = self.sessions.get_mut(&session) {
                watcher.news.extend(watcher.watched.keys());
            }
            self.schedule(now, session);
        }
        self.news(now, user);
    }

    /// A session shows these people from now on. It is told of those who are new to
    /// it; `afresh` of all, for what it was told may have been lost.
    pub fn watch(&mut self, now: Instant, session: SessionId, people: &[Watched], afresh: bool) {
        let Some(watcher) = self.sessions.get_mut(&session) else { return };
        let mut before = std::mem::take(&mut watcher.watched);
        for Watched { user, known, last_seen } in people {
            let told = before.remove(user).and_then(|shown| shown.told).filter(|_| !afresh);
            watcher.watched.insert(*user, Shown { known: *known, last_seen: *last_seen, told });
            watcher.news.insert(*user);
            self.watchers.entry(*user).or_default().insert(session);
        }
        for gone in before.into_keys() {
            self.unwatch(gone, session);
        }
        self.schedule(now, session);
    }

    fn unwatch(&mut self, user: UserId, session: SessionId) {
        if let Some(watchers) = self.watchers.get_mut(&user) {
            watchers.remove(&session);
            if watchers.is_empty() {
                self.watchers.remove(&user);
            }
        }
    }

    /// Something about `user` may be new to those who watch.
    fn news(&mut self, now: Instant, user: UserId) {
        let watchers = self.watchers.get(&user).into_iter().flatten().copied();
        for session in watchers.collect::<Vec<_>>() {
            if let Some(watcher) = self.sessions.get_mut(&session) {
                watcher.news.insert(user);
            }
            self.schedule(now, session);
        }
    }

    fn schedule(&mut self, now: Instant, session: SessionId) {
        let Some(watcher) = self.sessions.get_mut(&session) else { return };
        if watcher.due.is_none() && !watcher.news.is_empty() {
            let due = watcher.told_at.map_or(now, |told| now.max(told + PRESENCE_INTERVAL));
            watcher.due = Some(due);
            self.due.insert((due, session));
        }
    }

    /// When [`Self::tick`] has something to do.
    pub fn deadline(&self) -> Instant {
        let firsts = [self.due.first().map(|it| it.0), self.leaving.first().map(|it| it.0)];
        firsts.into_iter().chain([self.left_due]).flatten().fold(self.round_due, Instant::min)
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Instant) -> Vec<Effect> {
        while let Some((until, user)) = self.leaving.first().copied().filter(|it| it.0 <= now) {
            self.leaving.remove(&(until, user));
            self.leave(now, user);
        }
        let mut effects = Vec::new();
        while let Some((due, session)) = self.due.first().copied().filter(|it| it.0 <= now) {
            self.due.remove(&(due, session));
            effects.extend(self.tell(now, session));
        }
        let round = self.round_due <= now;
        if round {
            self.round_due = now + SEEN_INTERVAL;
            self.left.extend(self.sessions.values().map(|session| session.device));
        }
        if round || self.left_due.is_some_and(|due| due <= now) {
            effects.extend(self.flush());
        }
        effects
    }

    /// What is not kept yet of those that left.
    pub fn flush(&mut self) -> Option<Effect> {
        self.left_due = None;
        let seen = std::mem::take(&mut self.left);
        (!seen.is_empty()).then(|| Effect::Seen(seen.into_iter().collect()))
    }

    /// Forgets the sessions of `user` that did not come back.
    fn leave(&mut self, now: Instant, user: UserId) {
        let Some(entry) = self.users.get_mut(&user) else { return };
        let last = entry.left.iter().map(|left| left.at).max();
        entry.left.retain(|left| left.until > now);
        if entry.presence().is_some() {
            return self.news(now, user);
        }
        let seen = last.map(minute);
        for session in self.watchers.get(&user).into_iter().flatten() {
            let Some(viewer) = self.sessions.get(session).map(|it| it.user) else { continue };
            let hidden = self.is_hidden(user, viewer);
            let shown = self.sessions.get_mut(session).and_then(|it| it.watched.get_mut(&user));
            if let Some(shown) = shown {
                shown.last_seen = seen.filter(|_| !hidden);
            }
        }
        self.users.remove(&user);
        self.news(now, user);
    }

    /// A block is known by both of its sides; the one that looked last is right.
    fn is_hidden(&self, user: UserId, viewer: UserId) -> bool {
        let (theirs, mine) = (self.users.get(&user), self.users.get(&viewer));
        let blocked = match (theirs, mine) {
            (Some(theirs), Some(mine)) if theirs.stood < mine.stood => mine.hides(user),
            (None, Some(mine)) => mine.hides(user),
            (Some(theirs), _) => theirs.hides(viewer),
            (None, None) => false,
        };
        blocked || theirs.is_some_and(|it| it.standing.invisible)
    }

    /// How `user` is for somebody who shows them so.
    fn seen(&self, viewer: UserId, user: UserId, shown: &Shown) -> Presence {
        if !shown.known || self.is_hidden(user, viewer) {
            return Presence::HIDDEN;
        }
        let there = self.users.get(&user).and_then(User::presence);
        there.unwrap_or(Presence::Offline { last_seen: shown.last_seen })
    }

    fn tell(&mut self, now: Instant, session: SessionId) -> Option<Effect> {
        let watcher = self.sessions.get_mut(&session)?;
        watcher.due = None;
        let (viewer, news) = (watcher.user, std::mem::take(&mut watcher.news));
        let watcher = self.sessions.get(&session)?;
        let current = news.into_iter().filter_map(|user| {
            let shown = watcher.watched.get(&user)?;
            let presence = self.seen(viewer, user, shown);
            (shown.told != Some(presence)).then_some((user, presence))
        });
        let entries: Vec<_> = current.collect();
        if entries.is_empty() {
            return None;
        }
        let watcher = self.sessions.get_mut(&session)?;
        watcher.told_at = Some(now);
        for (user, presence) in &entries {
            if let Some(shown) = watcher.watched.get_mut(user) {
                shown.told = Some(*presence);
            }
        }
        Some(Effect::Tell { session, entries })
    }
}

/// A time as it is told: cut to the minute.
pub fn minute(at: Timestamp) -> Timestamp {
    const MINUTE_US: i64 = 60 * 1_000_000;
    Timestamp::from_micros(at.micros() - at.micros().rem_euclid(MINUTE_US))
}

#[cfg(test)]
mod tests;
