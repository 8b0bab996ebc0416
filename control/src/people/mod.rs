//! Friends and blocks: what stands between the caller and other users.

pub(crate) mod befriend;
pub(crate) mod block;
pub(crate) mod blocks;
pub(crate) mod friends;
pub(crate) mod unblock;
pub(crate) mod unfriend;
