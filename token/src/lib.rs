//! Access tokens (RFC 9068 in spirit): EdDSA-signed, short-lived, checked
//! locally by every service with the keys that user-service publishes.

mod claims;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod signer;
mod verifier;

use parlor_domain::{DeviceId, Timestamp, UserId};

pub use signer::Signer;
pub use verifier::Verifier;

/// Who an access token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user (`sub`).
    pub user: UserId,
    /// The device (`dev`).
    pub device: DeviceId,
    /// When the token ends (`exp`).
    pub expires_at: Timestamp,
}

/// The token is not valid. Why is for logs, never for the caller.
#[derive(Debug, thiserror::Error)]
#[error("not a valid access token: {0}")]
pub struct InvalidToken(pub String);

/// A key file or key set that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct KeyError(pub String);
