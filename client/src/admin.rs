//! What a client does about the server itself.

use tokio::sync::watch;

use crate::{AnnouncementInfo, Client, RestError};

impl Client {
    /// What those who run the server tell everybody, the newest first.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn announcements(&self) -> Result<Vec<AnnouncementInfo>, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.announcements(&token).await }).await
    }

    /// Changes whenever [`Self::announcements`] has to be asked again: something
    /// was told or taken back. What changed while there was no session is not
    /// counted: ask after each new one ([`Self::status`]).
    pub fn announced(&self) -> watch::Receiver<u64> {
        self.watch_announced()
    }

    /// Becomes the first admin of a server that has none, by the code of the link
    /// that it printed when it started.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where the code holds no longer.
    pub async fn claim_admin(&self, code: &str) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.claim_admin(&token, code).await }).await
    }
}
