//! Whether somebody is there.

use crate::Timestamp;

/// How somebody is, as others may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Active on some device.
    Online,
    /// Online somewhere, and active nowhere.
    Away,
    /// Not there, or not to be seen.
    Offline {
        /// When last there, cut to the minute; `None` where it is not told.
        last_seen: Option<Timestamp>,
    },
}

impl Presence {
    /// What is told of those of whom nothing may be known, and of nobody.
    pub const HIDDEN: Self = Self::Offline { last_seen: None };
}
