//! Rooms: one task for each log that somebody follows or writes to. A user's own
//! log is served by the same code.

pub(crate) mod desk;
pub(crate) mod machine;
pub(crate) mod registry;
pub(crate) mod task;
