//! Access tokens (RFC 9068 in spirit): EdDSA-signed, short-lived, checked
//! locally by every service with the keys that user-service publishes.

use std::sync::Arc;

use parlor_domain::{Clock, DeviceId, Timestamp, UserId};

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

/// Makes access tokens; user-service alone has one.
pub struct Signer {}

impl Signer {
    /// A signer with a fresh Ed25519 key: its PKCS #8 document in PEM, to be
    /// kept in a file only its owner can read.
    pub fn generate_pem() -> String {
        todo!()
    }

    /// The signer of this key.
    ///
    /// # Errors
    /// Not an Ed25519 key in PKCS #8 PEM.
    pub fn from_pem(_pem: &str) -> Result<Self, KeyError> {
        todo!()
    }

    /// The public keys as a JSON Web Key Set (RFC 7517, RFC 8037).
    pub fn jwks(&self) -> String {
        todo!()
    }

    /// An access token of this device from `now` on, and when it ends.
    pub fn sign(&self, _user: UserId, _device: DeviceId, _now: Timestamp) -> (String, Timestamp) {
        todo!()
    }
}

/// Checks access tokens. Cheap to clone; all clones share the keys.
#[derive(Clone)]
pub struct Verifier {}

impl Verifier {
    /// A verifier without keys: it refuses everything until it has some.
    pub fn new(_clock: Arc<dyn Clock>) -> Self {
        todo!()
    }

    /// Takes these keys instead of the ones before.
    ///
    /// # Errors
    /// Not a key set with at least one Ed25519 key; the old keys stay.
    pub fn set_keys(&self, _jwks: &str) -> Result<(), KeyError> {
        todo!()
    }

    /// Who the token speaks for.
    ///
    /// # Errors
    /// Malformed, signed by nobody we know, expired, not yet valid, or meant for
    /// somebody else.
    pub fn verify(&self, _token: &str) -> Result<Identity, InvalidToken> {
        todo!()
    }
}
