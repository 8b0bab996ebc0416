//! Who is there: the machine, and what acts for it. Sessions change it and never
//! wait for it; what it tells goes to their outboxes. What other nodes hold is not
//! known here.

pub mod machine;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use parlor_domain::{Clock, SessionId, UserId};
use parlor_store::Store;
use tokio::{sync::Notify, time::sleep_until};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::machine::{Effect, Machine, Standing, Watched};
use crate::session::{machine::Checked, shared::Shared};

/// Everybody who is there on this node.
#[derive(Debug)]
pub(crate) struct Presences {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Something changed, so that the next deadline may be sooner.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    machine: Machine,
    sessions: HashMap<SessionId, Arc<Shared>>,
}

impl Presences {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let state = State { machine: Machine::new(Instant::now()), sessions: HashMap::new() };
        Self { clock, state: Mutex::new(state), changed: Notify::new() }
    }

    /// A panic while the lock was held left a machine that tells a little less.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_one();
    }

    /// A session is there until the seat is dropped.
    pub(crate) fn begin(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
        who: Checked,
        standing: Standing,
    ) -> Seat {
        self.change(|state| {
            state.sessions.insert(shared.id, Arc::clone(shared));
            let of = (who.user, who.device);
            state.machine.began(Instant::now(), shared.id, of, standing);
        });
        Seat { presences: Arc::clone(self), session: shared.id, user: who.user }
    }

    /// Tells what there is to tell, until `stop`. When devices were seen is kept in
    /// the store by tasks of their own: a database that hangs holds up nobody.
    pub(crate) async fn run(
        self: Arc<Self>,
        store: Store,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) {
        loop {
            let (effects, deadline) = {
                let mut state = self.lock();
                (state.machine.tick(Instant::now()), state.machine.deadline())
            };
            for effect in effects {
                self.act(effect, &store, &tasks);
            }
            tokio::select! {
                () = self.changed.notified() => {}
                () = sleep_until(deadline.into()) => {}
                () = stop.cancelled() => break,
            }
        }
        let rest = self.lock().machine.flush();
        if let Some(effect) = rest {
            self.act(effect, &store, &tasks);
        }
    }

    fn act(&self, effect: Effect, store: &Store, tasks: &TaskTracker) {
        match effect {
            Effect::Tell { session, entries } => {
                if let Some(shared) = self.lock().sessions.get(&session) {
                    shared.outbox.push_presence(&entries);
                }
            }
            Effect::Seen(devices) => {
                let (store, at) = (store.clone(), self.clock.now());
                tasks.spawn(async move {
                    if let Err(error) = store.presence.saw(&devices, at).await {
                        tracing::debug!(%error, "when devices were seen is not kept");
                    }
                });
            }
        }
    }
}

/// One session's place among those who are there.
#[derive(Debug)]
pub(crate) struct Seat {
    presences: Arc<Presences>,
    session: SessionId,
    user: UserId,
}

impl Seat {
    pub(crate) fn set_away(&self, away: bool) {
        let session = self.session;
        self.presences.change(|state| state.machine.set_away(Instant::now(), session, away));
    }

    pub(crate) fn watch(&self, people: &[Watched], afresh: bool) {
        let session = self.session;
        let now = Instant::now();
        self.presences.change(|state| state.machine.watch(now, session, people, afresh));
    }

    pub(crate) fn stands(&self, standing: Standing) {
        let user = self.user;
        self.presences.change(|state| state.machine.stands(Instant::now(), user, standing));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let (at, session) = (self.presences.clock.now(), self.session);
        self.presences.change(|state| {
            state.sessions.remove(&session);
            state.machine.ended(Instant::now(), at, session);
        });
    }
}
