//! Sessions: one live connection of a device each.

pub(crate) mod close;
mod jobs;
pub(crate) mod machine;
pub(crate) mod order;
pub(crate) mod outbox;
mod people;
pub(crate) mod rate;
pub(crate) mod shared;
pub(crate) mod task;
mod writer;
