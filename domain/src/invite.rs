//! Links that let people into a room.

use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{Code, InviteId, Refusal, RoomId, Timestamp, UserId, limits};

/// What a link carries: whoever has it may come in. 128 random bits, written as
/// 22 characters of base64url (RFC 4648 section 5), each code in one way only.
///
/// A secret: neither Debug nor Display shows it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InviteCode([u8; 16]);

/// What is no [`InviteCode`]. Does not repeat it: it may be a code with a typing error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the code of an invite link")]
pub struct InviteCodeError;

impl InviteCode {
    /// The code of these bits, which must come from a cryptographic source.
    pub const fn from_random(bits: [u8; 16]) -> Self {
        Self(bits)
    }

    /// All 22 characters, for a link or a row; never for a log.
    pub fn expose(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl FromStr for InviteCode {
    type Err = InviteCodeError;

    fn from_str(text: &str) -> Result<Self, InviteCodeError> {
        let mut bits = [0; 16];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bits) {
            Ok(16) => Ok(Self(bits)),
            _ => Err(InviteCodeError),
        }
    }
}

impl TryFrom<String> for InviteCode {
    type Error = InviteCodeError;

    fn try_from(text: String) -> Result<Self, InviteCodeError> {
        text.parse()
    }
}

impl From<InviteCode> for String {
    fn from(code: InviteCode) -> Self {
        code.expose()
    }
}

impl fmt::Debug for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteCode(..)")
    }
}

/// How long a link shall hold, and for how many people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InviteTerms {
    lifetime: Option<Duration>,
    max_uses: Option<NonZeroU32>,
}

impl InviteTerms {
    /// A link that holds for `lifetime`, and for `max_uses` people; `None` has no end.
    ///
    /// # Errors
    /// `UNPROCESSABLE` where either is zero, or the lifetime above
    /// [`limits::INVITE_LONGEST_LIFETIME`].
    pub fn new(lifetime: Option<Duration>, max_uses: Option<u32>) -> Result<Self, Refusal> {
        let unprocessable = |what| Refusal::new(Code::Unprocessable, what);
        if lifetime.is_some_and(|it| it.is_zero() || it > limits::INVITE_LONGEST_LIFETIME) {
            return Err(unprocessable("an invite link holds between one second and 365 days"));
        }
        let max_uses = match max_uses.map(NonZeroU32::new) {
            Some(None) => return Err(unprocessable("an invite link is for one person at least")),
            some => some.flatten(),
        };
        Ok(Self { lifetime, max_uses })
    }

    /// How long it shall hold.
    pub const fn lifetime(self) -> Option<Duration> {
        self.lifetime
    }

    /// For how many people.
    pub fn max_uses(self) -> Option<u32> {
        self.max_uses.map(NonZeroU32::get)
    }
}

/// A link as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Its id, which is no secret.
    pub id: InviteId,
    /// Where it leads.
    pub room: RoomId,
    /// What makes it a secret.
    pub code: InviteCode,
    /// Who made it. It outlives their membership.
    pub by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// From when on it does not hold; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// How many people may come in by it; `None` for any number.
    pub max_uses: Option<u32>,
    /// How many did.
    pub uses: u32,
    /// It was taken back.
    pub revoked: bool,
}

impl Invite {
    /// Whether it lets anybody in at `now`, as far as the link itself says.
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.revoked
            && self.expires_at.is_none_or(|end| now < end)
            && self.max_uses.is_none_or(|most| self.uses < most)
    }

    /// The answer to whoever comes with a link that does not hold, whatever the
    /// reason: which codes there were is nobody's business.
    pub fn not_valid() -> Refusal {
        Refusal::new(Code::NotFound, "this invite link is not valid any more")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r2_a_code_is_written_in_one_way_and_shown_in_no_log() {
        let code = InviteCode::from_random([0xfb; 16]);
        let text = code.expose();
        assert_eq!((text.as_str(), text.len()), ("-_v7-_v7-_v7-_v7-_v7-w", 22));
        assert_eq!(text.parse(), Ok(code));
        assert_eq!(serde_json::to_string(&code).expect("a string"), format!("\"{text}\""));
        assert_eq!(format!("{code:?}"), "InviteCode(..)");
        for bad in [
            "",
            "-_v7-_v7-_v7-_v7-_v7-",
            "-_v7-_v7-_v7-_v7-_v7-ww",
            "-_v7-_v7-_v7-_v7-_v7-w==",
            "+/v7+/v7+/v7+/v7+/v7+w",
            // The same bits with a rest that is not zero.
            "-_v7-_v7-_v7-_v7-_v7-x",
            " -_v7-_v7-_v7-_v7-_v7-w",
        ] {
            assert_eq!(bad.parse::<InviteCode>(), Err(InviteCodeError), "{bad}");
        }
        let told = serde_json::from_str::<InviteCode>("\"secret-but-mistyped\"").expect_err("bad");
        assert!(!told.to_string().contains("secret"), "{told}");
    }

    #[test]
    fn a_link_holds_until_its_end_for_so_many_and_until_it_is_revoked() {
        let at = Timestamp::from_micros;
        let link = Invite {
            id: InviteId::random(),
            room: RoomId::random(),
            code: InviteCode::from_random([0; 16]),
            by: UserId::random(),
            created_at: at(0),
            expires_at: Some(at(10)),
            max_uses: Some(2),
            uses: 1,
            revoked: false,
        };
        assert!(link.is_live(at(9)));
        assert!(!link.is_live(at(10)));
        assert!(!Invite { uses: 2, ..link }.is_live(at(9)));
        assert!(!Invite { revoked: true, ..link }.is_live(at(9)));
        let endless = Invite { expires_at: None, max_uses: None, uses: u32::MAX, ..link };
        assert!(endless.is_live(at(i64::MAX)));
    }

    #[test]
    fn terms_have_limits() {
        let longest = limits::INVITE_LONGEST_LIFETIME;
        let terms = InviteTerms::new(Some(longest), Some(1)).expect("valid");
        assert_eq!((terms.lifetime(), terms.max_uses()), (Some(longest), Some(1)));
        assert!(InviteTerms::new(None, None).is_ok());
        assert!(InviteTerms::new(Some(longest + Duration::from_nanos(1)), None).is_err());
        assert!(InviteTerms::new(Some(Duration::ZERO), None).is_err());
        assert!(InviteTerms::new(None, Some(0)).is_err());
    }
}
