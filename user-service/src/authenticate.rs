//! Who an access token speaks for, right now.

use parlor_domain::{Code, Refusal};
use parlor_token::{Identity, InvalidToken};

use crate::{Users, store_failed};

impl Users {
    /// Whose access token it is: its signature and times are right, and its
    /// device is not signed out.
    pub(crate) async fn authenticate(&self, access_token: &str) -> Result<Identity, Refusal> {
        let identity = self.shared.verifier.verify(access_token).map_err(unauthenticated)?;
        let device = self.shared.accounts.device(identity.device).await.map_err(store_failed)?;
        match device {
            Some(device) if device.user == identity.user && device.revoked_at.is_none() => {
                Ok(identity)
            }
            _ => Err(unauthenticated(InvalidToken("its device is signed out".to_owned()))),
        }
    }
}

/// Why a token is not valid is for us to know.
pub(crate) fn unauthenticated(why: InvalidToken) -> Refusal {
    tracing::debug!(%why, "an access token was refused");
    Refusal::new(Code::Unauthenticated, "the access token is not valid")
}
