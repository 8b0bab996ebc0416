//! The sessions of a node, by what others look for.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use parlor_domain::{DeviceId, LogId, SessionId, Timestamp, UserId};

use crate::{
    LiveSession,
    session::{
        close::CloseReason,
        machine::Checked,
        rate::{Rate, TokenBucket},
        shared::Shared,
    },
    transport::{Lane, streams::Opener},
};

/// Every session that has said Hello.
#[derive(Debug)]
pub(crate) struct Sessions {
    user_rate: Rate,
    index: Mutex<Index>,
}

#[derive(Debug, Default)]
struct Index {
    all: HashMap<SessionId, Entry>,
    by_device: HashMap<DeviceId, Vec<Arc<Shared>>>,
    /// Who wants to know when a log grows without following it.
    watchers: HashMap<LogId, Vec<Arc<Shared>>>,
    /// The bucket that all sessions of a user share, while there are any.
    buckets: HashMap<UserId, Arc<Mutex<TokenBucket>>>,
}

#[derive(Debug)]
struct Entry {
    shared: Arc<Shared>,
    who: Checked,
    about: About,
}

/// What those who run the server are told of a session.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) lane: Lane,
    pub(crate) peer: SocketAddr,
    pub(crate) since: Timestamp,
    /// Knows how long the way is, on a lane that measures it.
    pub(crate) under: Option<Opener>,
}

fn take_out<K: Hash + Eq>(index: &mut HashMap<K, Vec<Arc<Shared>>>, key: &K, session: SessionId) {
    if let Some(list) = index.get_mut(key) {
        list.retain(|shared| shared.id != session);
        if list.is_empty() {
            index.remove(key);
        }
    }
}

impl Sessions {
    pub(crate) fn new(user_rate: Rate) -> Self {
        Self { user_rate, index: Mutex::default() }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a session known; dropping the guard makes it unknown again.
    pub(crate) fn register(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
        who: Checked,
        about: About,
    ) -> SessionGuard {
        let mut index = self.index();
        index.all.insert(shared.id, Entry { shared: Arc::clone(shared), who, about });
        index.by_device.entry(who.device).or_default().push(Arc::clone(shared));
        let fresh = || Arc::new(Mutex::new(TokenBucket::new(self.user_rate, Instant::now())));
        let bucket = Arc::clone(index.buckets.entry(who.user).or_insert_with(fresh));
        drop(index);
        SessionGuard {
            sessions: Arc::clone(self),
            shared: Arc::clone(shared),
            who,
            bucket,
            watched: HashSet::new(),
            followed: HashSet::new(),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.index().all.len()
    }

    /// What there is to know of each.
    pub(crate) fn live(&self) -> Vec<LiveSession> {
        let live = |Entry { shared, who, about }: &Entry| LiveSession {
            id: shared.id,
            user: who.user,
            device: who.device,
            lane: about.lane,
            since: about.since,
            rtt: about.under.as_ref().map(Opener::rtt),
            queued_bytes: shared.outbox.bytes(),
            peer: about.peer,
        };
        self.index().all.values().map(live).collect()
    }

    /// What is told to everybody has changed: every session hears of it.
    pub(crate) fn announced(&self) {
        self.index().all.values().for_each(|entry| entry.shared.announced());
    }

    /// A log has grown: tells those who watch it.
    pub(crate) fn grown(&self, log: LogId) {
        for shared in self.index().watchers.get(&log).into_iter().flatten() {
            shared.grown(log);
        }
    }

    /// A device was signed out: ends its sessions (C19).
    pub(crate) fn revoke(&self, device: DeviceId) {
        for shared in self.index().by_device.get(&device).into_iter().flatten() {
            shared.kick(CloseReason::Revoked);
        }
    }

    /// Announcements were lost: every session looks for what it may have missed.
    pub(crate) fn missed(&self) {
        let index = self.index();
        for (log, watchers) in &index.watchers {
            watchers.iter().for_each(|shared| shared.grown(*log));
        }
        for Entry { shared, .. } in index.all.values() {
            shared.recheck_device();
            shared.announced();
        }
    }

    /// Sends every client elsewhere, spread over `within`.
    pub(crate) fn drain(&self, within: Duration) {
        for Entry { shared, .. } in self.index().all.values() {
            shared.drain(within.mul_f64(rand::random::<f64>()));
        }
    }

    /// Ends every session.
    pub(crate) fn kick_all(&self, reason: CloseReason) {
        self.index().all.values().for_each(|entry| entry.shared.kick(reason));
    }
}

/// One session's entry.
#[derive(Debug)]
pub(crate) struct SessionGuard {
    sessions: Arc<Sessions>,
    shared: Arc<Shared>,
    who: Checked,
    bucket: Arc<Mutex<TokenBucket>>,
    watched: HashSet<LogId>,
    followed: HashSet<LogId>,
}

impl SessionGuard {
    /// The bucket that all sessions of the user share.
    pub(crate) fn user_bucket(&self) -> Arc<Mutex<TokenBucket>> {
        Arc::clone(&self.bucket)
    }

    /// From now on the session wants to know when this log grows.
    pub(crate) fn watch(&mut self, log: LogId) {
        if self.watched.insert(log) && !self.followed.contains(&log) {
            self.listen(log);
        }
    }

    /// The log concerns the session no more.
    pub(crate) fn unwatch(&mut self, log: LogId) {
        if self.watched.remove(&log) {
            take_out(&mut self.sessions.index().watchers, &log, self.shared.id);
        }
    }

    /// A room that is followed need not be watched. One's own log is watched all
    /// the same: it tells which rooms come and go.
    pub(crate) fn follows(&mut self, log: LogId, follows: bool) {
        if log == LogId::from(self.who.user) {
            return;
        }
        if follows {
            if self.followed.insert(log) {
                take_out(&mut self.sessions.index().watchers, &log, self.shared.id);
            }
        } else if self.followed.remove(&log) && self.watched.contains(&log) {
            self.listen(log);
        }
    }

    fn listen(&self, log: LogId) {
        let mut index = self.sessions.index();
        index.watchers.entry(log).or_default().push(Arc::clone(&self.shared));
    }
}

impl Drop for SessionGuard {
    fn drop(&mut self) {
        let id = self.shared.id;
        let mut index = self.sessions.index();
        index.all.remove(&id);
        take_out(&mut index.by_device, &self.who.device, id);
        for log in &self.watched {
            take_out(&mut index.watchers, log, id);
        }
        // Held by the index and this guard alone: it was the user's last.
        if Arc::strong_count(&self.bucket) <= 2 {
            index.buckets.remove(&self.who.user);
        }
    }
}
