//! Who may sign up, for everybody who asks.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use parlor_domain::SignUp;
use parlor_store::Server;
use tokio::time::Instant;

/// What another node changed is told after this time at the latest.
const FRESH: Duration = Duration::from_secs(1);

/// The policy as it was when the database was last asked: every client asks about the
/// server before it connects, also while the database is away. It only informs; a
/// sign-up is decided where it is committed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy(Arc<Mutex<(SignUp, Option<Instant>)>>);

impl Policy {
    pub(crate) async fn get(&self, server: &Server) -> SignUp {
        let (known, asked) = *self.lock();
        if asked.is_some_and(|asked| asked.elapsed() < FRESH) {
            return known;
        }
        // One asks at a time, and one that fails asks not at once again.
        if asked.is_some() {
            self.is(known);
        }
        match server.sign_up().await {
            Ok(policy) => {
                self.is(policy);
                policy
            }
            Err(error) => {
                tracing::warn!(%error, "the policy of sign-up cannot be read");
                known
            }
        }
    }

    /// It is this from now on.
    pub(crate) fn is(&self, policy: SignUp) {
        *self.lock() = (policy, Some(Instant::now()));
    }

    fn lock(&self) -> MutexGuard<'_, (SignUp, Option<Instant>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
