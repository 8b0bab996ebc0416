//! Running a server: who may, by which links people come in, and what is told to
//! everybody.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{AnnouncementText, Refusal, Timestamp, UserId};

/// Something that concerns the whole server. Each but [`Self::Look`] leaves an
/// entry in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServerAct {
    /// See people, rooms, sessions, settings and the audit log.
    Look,
    /// Become an admin by the link of a server that has none.
    ClaimAdmin,
    /// Make somebody an admin.
    GrantAdmin,
    /// Make an admin a user like others.
    RevokeAdmin,
    /// Sign somebody out and let them in no more.
    DisableUser,
    /// Let somebody in again.
    EnableUser,
    /// Make a link by which somebody sets a new password.
    MakeResetLink,
    /// Set a new password by such a link.
    ResetPassword,
    /// Sign out a device of somebody else.
    SignOutDevice,
    /// Make a room read-only.
    ArchiveRoom,
    /// Bring a room back.
    RestoreRoom,
    /// Change who may register.
    SetSignUp,
    /// Make a link by which somebody registers.
    MakeSignUpLink,
    /// Tell everybody something.
    Announce,
    /// Take that back.
    EndAnnouncement,
}

impl ServerAct {
    /// Every act.
    pub const ALL: [Self; 15] = [
        Self::Look,
        Self::ClaimAdmin,
        Self::GrantAdmin,
        Self::RevokeAdmin,
        Self::DisableUser,
        Self::EnableUser,
        Self::MakeResetLink,
        Self::ResetPassword,
        Self::SignOutDevice,
        Self::ArchiveRoom,
        Self::RestoreRoom,
        Self::SetSignUp,
        Self::MakeSignUpLink,
        Self::Announce,
        Self::EndAnnouncement,
    ];

    /// As it stands in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::ClaimAdmin => "claim_admin",
            Self::GrantAdmin => "grant_admin",
            Self::RevokeAdmin => "revoke_admin",
            Self::DisableUser => "disable_user",
            Self::EnableUser => "enable_user",
            Self::MakeResetLink => "make_reset_link",
            Self::ResetPassword => "reset_password",
            Self::SignOutDevice => "sign_out_device",
            Self::ArchiveRoom => "archive_room",
            Self::RestoreRoom => "restore_room",
            Self::SetSignUp => "set_sign_up",
            Self::MakeSignUpLink => "make_sign_up_link",
            Self::Announce => "announce",
            Self::EndAnnouncement => "end_announcement",
        }
    }

    /// The act of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == name)
    }
}

/// Decides whether somebody may do what concerns the whole server. An act by a
/// one-time link is anybody's: that the link holds is decided where it is used up.
///
/// # Errors
/// `NOT_FOUND`: to whoever is no admin, there is no such thing.
pub fn permit_server(is_admin: bool, act: ServerAct) -> Result<(), Refusal> {
    let by_link = matches!(act, ServerAct::ClaimAdmin | ServerAct::ResetPassword);
    if is_admin || by_link { Ok(()) } else { Err(Refusal::not_found()) }
}

/// Who does something to the server, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Who; [`UserId::SYSTEM`] for whoever holds the server's keys.
    pub user: UserId,
    /// The network address, as far as it is known.
    pub address: String,
}

/// Something that was done to the server. What was done stays: no entry is ever
/// changed or taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number: later entries have greater ones.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: Operator,
    /// What.
    pub act: ServerAct,
    /// To whom, where it was done to somebody.
    pub user: Option<UserId>,
    /// To what else: the id of a room, a device or an announcement.
    pub thing: Option<Uuid>,
    /// What the ids do not say: a room's name, a policy, an announcement's text.
    pub detail: String,
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SignUp {
    /// Anybody.
    #[default]
    Open,
    /// Who has a link: into a room, or one that an admin made.
    Invite,
    /// Nobody.
    Closed,
}

impl SignUp {
    /// As it is stored, configured and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Closed => "closed",
        }
    }

    /// The policy of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Invite, Self::Closed].into_iter().find(|it| it.as_str() == name)
    }
}

/// How much something matters that is told to everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AnnouncementLevel {
    /// Good to know.
    #[default]
    Info,
    /// Something is going to be different, or is wrong.
    Warning,
}

impl AnnouncementLevel {
    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
        }
    }

    /// The level of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Info, Self::Warning].into_iter().find(|level| level.as_str() == name)
    }
}

/// Something that is told to everybody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAnnouncement {
    /// Its id.
    pub id: Uuid,
    /// What is told.
    pub text: AnnouncementText,
    /// How much it matters.
    pub level: AnnouncementLevel,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when; `None` until it is taken back.
    pub until: Option<Timestamp>,
}

/// What makes a one-time link work: whoever has it may do one thing, once. 256
/// random bits, written as 43 characters of base64url (RFC 4648 section 5).
///
/// A secret, of which only [`Self::hash`] is stored: neither Debug nor Display
/// shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OneTimeCode([u8; 32]);

/// SHA-256 of a [`OneTimeCode`].
pub type OneTimeHash = [u8; 32];

/// What is no [`OneTimeCode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the code of a one-time link")]
pub struct OneTimeCodeError;

impl OneTimeCode {
    /// The code of these bits, which must come from a cryptographic source.
    pub const fn from_random(bits: [u8; 32]) -> Self {
        Self(bits)
    }

    /// All 43 characters, for a link; never for a log.
    pub fn expose(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is stored.
    pub fn hash(self) -> OneTimeHash {
        Sha256::digest(self.0).into()
    }

    /// What is told of a code that was used up, is too old, or never was one:
    /// these look alike.
    pub fn not_valid() -> Refusal {
        Refusal::new(crate::Code::NotFound, "this link is used up or too old")
    }
}

impl FromStr for OneTimeCode {
    type Err = OneTimeCodeError;

    fn from_str(text: &str) -> Result<Self, OneTimeCodeError> {
        let mut bits = [0; 32];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bits) {
            Ok(32) => Ok(Self(bits)),
            _ => Err(OneTimeCodeError),
        }
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written out a second time, so that a change of the table is seen.
    #[test]
    fn the_whole_table_of_the_server() {
        let allowed = |is_admin| {
            let acts = ServerAct::ALL.iter().filter(|act| permit_server(is_admin, **act).is_ok());
            acts.map(|act| act.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(allowed(false), "claim_admin reset_password");
        assert_eq!(
            allowed(true),
            "look claim_admin grant_admin revoke_admin disable_user enable_user make_reset_link \
             reset_password sign_out_device archive_room restore_room set_sign_up \
             make_sign_up_link announce end_announcement"
        );
        for act in ServerAct::ALL {
            assert_eq!(ServerAct::parse(act.as_str()), Some(act));
        }
    }

    #[test]
    fn r2_a_server_that_one_does_not_run_has_nothing_to_run() {
        let refusal = permit_server(false, ServerAct::Look).expect_err("no admin");
        assert_eq!(refusal, Refusal::not_found());
    }

    #[test]
    fn a_code_parses_back_and_shows_itself_to_nobody() {
        let code = OneTimeCode::from_random([7; 32]);
        let text = code.expose();
        assert_eq!((text.len(), text.parse()), (43, Ok(code)));
        assert_eq!(format!("{code:?}"), "OneTimeCode(..)");
        assert_ne!(code.hash(), [7; 32]);
        for wrong in ["", "x", &text[1..], &format!("{text}A")] {
            assert_eq!(wrong.parse::<OneTimeCode>(), Err(OneTimeCodeError), "{wrong}");
        }
    }
}
