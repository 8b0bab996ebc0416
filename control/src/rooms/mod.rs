//! Rooms and their members.

pub(crate) mod accept_invite;
pub(crate) mod add_member;
pub(crate) mod archive;
pub(crate) mod ban;
pub(crate) mod bans;
pub(crate) mod create;
pub(crate) mod create_invite;
pub(crate) mod delete;
pub(crate) mod deleted;
pub(crate) mod direct;
pub(crate) mod drafts;
pub(crate) mod invites;
pub(crate) mod join;
pub(crate) mod leave;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod preferences;
pub(crate) mod preview_invite;
pub(crate) mod read;
pub(crate) mod remove_member;
pub(crate) mod restore;
pub(crate) mod revoke_invite;
pub(crate) mod set_draft;
pub(crate) mod set_role;
pub(crate) mod unban;
pub(crate) mod update;

use parlor_domain::{Code, Refusal, TextError};

/// A text that will not do.
pub(crate) fn unprocessable(field: &str) -> impl FnOnce(TextError) -> Refusal + '_ {
    move |error| Refusal::new(Code::Unprocessable, format!("{field} {error}"))
}
