//! What stands in an access token.

use parlor_domain::{DeviceId, Timestamp, UserId, limits};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who makes the tokens (`iss`) and who they are meant for (`aud`).
pub(crate) const PARLOR: &str = "parlor";

/// The header's `typ` (RFC 9068 section 2.1): no other token of ours, or of
/// anybody else's, passes for an access token.
pub(crate) const TYPE: &str = "at+jwt";

/// The same of a token that is good for the bytes of files alone.
pub(crate) const FILES_TYPE: &str = "files+jwt";

/// The claims, every one of them required. Times are whole seconds since the
/// Unix epoch.
#[derive(Serialize, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    aud: String,
    pub(crate) sub: UserId,
    pub(crate) dev: DeviceId,
    jti: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Claims {
    /// The claims of a token made at `now`.
    pub(crate) fn new(user: UserId, device: DeviceId, now: Timestamp) -> Self {
        Self {
            iss: PARLOR.to_owned(),
            aud: PARLOR.to_owned(),
            sub: user,
            dev: device,
            jti: Uuid::new_v4(),
            iat: now.seconds(),
            nbf: now.seconds(),
            exp: now.plus(limits::ACCESS_TOKEN_TTL).seconds(),
        }
    }

    /// When the token ends.
    pub(crate) fn expires_at(&self) -> Timestamp {
        at_second(self.exp)
    }

    /// True where `now` lies within the token's life, give or take
    /// [`limits::TOKEN_LEEWAY`].
    pub(crate) fn is_current(&self, now: Timestamp) -> bool {
        now <= self.expires_at().plus(limits::TOKEN_LEEWAY)
            && at_second(self.nbf) <= now.plus(limits::TOKEN_LEEWAY)
    }
}

fn at_second(second: i64) -> Timestamp {
    Timestamp::from_micros(second.saturating_mul(1_000_000))
}
