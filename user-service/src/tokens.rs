//! Refresh tokens, and the pair of tokens that a device gets.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use parlor_domain::{DeviceId, Timestamp, UserId, limits};
use parlor_store::RefreshHash;
use sha2::{Digest as _, Sha256};

use crate::Users;

/// What keeps a device signed in: 32 bytes, base64url outside. Only its hash is
/// stored; it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken([u8; 32]);

impl RefreshToken {
    /// The first of a device.
    pub(crate) fn random() -> Self {
        Self(rand::random())
    }

    /// Parses the text form; anything else is `None`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The text form.
    pub(crate) fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The token that follows this one. It is derived and not drawn, so that a
    /// repeated exchange gives the same answer while only hashes are stored.
    pub(crate) fn child(&self, secret: &[u8; 32]) -> Self {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
        mac.update(b"child");
        mac.update(&self.0);
        Self(mac.finalize().into_bytes().into())
    }

    /// What is stored.
    pub(crate) fn hash(&self) -> RefreshHash {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

/// What a device gets when it signs in or refreshes.
pub(crate) struct Tokens {
    pub(crate) device: DeviceId,
    pub(crate) access: String,
    pub(crate) access_expires_at: Timestamp,
    /// Good for the bytes of files alone.
    pub(crate) files: String,
    pub(crate) refresh: RefreshToken,
    pub(crate) refresh_expires_at: Timestamp,
}

impl Users {
    /// When a refresh token that is made now ends.
    pub(crate) fn refresh_expiry(&self) -> Timestamp {
        self.shared.clock.now().plus(limits::REFRESH_TOKEN_TTL)
    }

    /// The tokens of a device whose refresh token is this one.
    pub(crate) fn tokens(
        &self,
        user: UserId,
        device: DeviceId,
        refresh: RefreshToken,
        refresh_expires_at: Timestamp,
    ) -> Tokens {
        let now = self.shared.clock.now();
        let (access, access_expires_at) = self.shared.signer.sign(user, device, now);
        let (files, _) = self.shared.signer.sign_for_files(user, device, now);
        Tokens { device, access, access_expires_at, files, refresh, refresh_expires_at }
    }
}
