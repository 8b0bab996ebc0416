//! Extractors: every part of a request is parsed here, and what does not parse
//! gets its typed problem.

mod admin;
mod caller;
mod file_reader;
mod idempotency;
mod json;
mod origin;
mod path;
mod peer;
mod query;
mod user_agent;

pub(crate) use admin::Admin;
pub(crate) use caller::{AccessToken, Caller, bearer, unauthenticated};
pub(crate) use file_reader::{FileReader, files_cookie};
pub(crate) use idempotency::Idempotency;
pub(crate) use json::{Json, JsonOrEmpty};
pub(crate) use origin::{SameOrigin, authority};
pub(crate) use path::Path;
pub use peer::{Network, NetworkError};
pub(crate) use peer::{Peer, client_address};
pub(crate) use query::{Limit, Paging, Query};
pub(crate) use user_agent::UserAgent;
