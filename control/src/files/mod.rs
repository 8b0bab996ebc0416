//! Files: how they come, what they are made into, and who gets them.

pub(crate) mod wire;
