//! Where pictures are worked on: off the async threads, a few at once, for a limited
//! time. Decoders of pictures are where hostile files strike.

use std::sync::Arc;

use parlor_domain::{Code, Refusal, limits};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use super::imaging::Unusable;
use crate::problem::internal;

/// Places to work, and places to wait for one. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Workshop {
    working: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Workshop {
    fn default() -> Self {
        Self {
            working: Arc::new(Semaphore::new(limits::IMAGES_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(limits::IMAGES_WAITING)),
        }
    }
}

impl Workshop {
    /// Does some work on a picture.
    ///
    /// # Errors
    /// 422 where it cannot be used or takes too long, and to be tried again where too
    /// many wait.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Unusable> + Send + 'static,
    ) -> Result<T, Refusal> {
        let busy = || {
            Refusal::new(Code::Unavailable, "too many pictures are being worked on")
                .retry_after(limits::UNAVAILABLE_RETRY)
        };
        let _queued = self.waiting.try_acquire().map_err(|_| busy())?;
        let place = Arc::clone(&self.working).acquire_owned().await.map_err(|_| internal())?;
        // A thread cannot be stopped: it keeps its place until it is done, so that
        // there are never more of them than places.
        let work = spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        match timeout(limits::IMAGE_TIME, work).await {
            Ok(Ok(done)) => {
                done.map_err(|error| Refusal::new(Code::Unprocessable, error.to_string()))
            }
            // A decoder that panics met what it did not expect.
            Ok(Err(error)) if error.is_panic() => {
                tracing::error!(%error, "a decoder of pictures crashed");
                Err(Refusal::new(Code::Unprocessable, Unusable::Broken.to_string()))
            }
            Ok(Err(_)) => Err(internal()),
            Err(_) => Err(Refusal::new(Code::Unprocessable, "the picture takes too long to read")),
        }
    }
}
