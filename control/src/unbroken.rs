//! Work that ends even where the caller goes away in the middle.

use parlor_domain::Refusal;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::problem::internal;

/// Runs work apart from the request that asked for it: hyper drops a handler
/// when its connection breaks, and what was committed must still be announced.
/// Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Unbroken(TaskTracker);

impl Unbroken {
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.0.spawn(work.in_current_span()).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a task of a request crashed");
            Err(internal())
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use parlor_domain::Code;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_goes_on_when_nobody_waits_for_it() {
        let (release, released) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let unbroken = Unbroken::default();
        let mut request = Box::pin(unbroken.run(async move {
            released.await.unwrap();
            tell.send("announced").unwrap();
            Ok(())
        }));
        assert!(poll!(&mut request).is_pending());
        drop(request);
        release.send(()).unwrap();
        assert_eq!(told.await, Ok("announced"));
    }

    #[tokio::test]
    async fn r18_a_crash_is_a_fault_of_the_server() {
        let crash = async { if true { panic!("on purpose") } else { Ok(()) } };
        let refusal = Unbroken::default().run(crash).await.unwrap_err();
        assert_eq!(refusal.code, Code::Internal);
    }
}
