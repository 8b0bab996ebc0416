//! Accounts, devices and tokens: a face of `user.UserService`.

mod cookie;
pub(crate) mod keys;
pub(crate) mod log_in;
pub(crate) mod log_out;
pub(crate) mod me;
pub(crate) mod password;
pub(crate) mod refresh;
pub(crate) mod register;
mod session;
pub(crate) mod user;
