//! Accounts, devices and tokens: a face of `user.UserService`.

pub(crate) mod claim;
mod cookie;
pub(crate) mod deactivate;
pub(crate) mod delete;
pub(crate) mod delete_avatar;
pub(crate) mod devices;
pub(crate) mod export;
pub(crate) mod find;
pub(crate) mod keys;
pub(crate) mod log_in;
pub(crate) mod log_out;
pub(crate) mod me;
pub(crate) mod password;
pub(crate) mod privacy;
pub(crate) mod refresh;
pub(crate) mod register;
pub(crate) mod reset;
mod session;
pub(crate) mod set_avatar;
pub(crate) mod set_privacy;
pub(crate) mod sign_out_device;
pub(crate) mod sign_out_others;
pub(crate) mod update_me;
pub(crate) mod user;
