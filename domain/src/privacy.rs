//! What a user lets others know of their doings.

use serde::{Deserialize, Serialize};

/// What others learn of a user besides the profile; nothing is hidden unless said
/// otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Privacy {
    /// To others the user is never there, and was never seen.
    pub invisible: bool,
    /// In direct rooms each sees up to where the other has read, where both have this.
    pub read_marks: bool,
}

impl Default for Privacy {
    fn default() -> Self {
        Self { invisible: false, read_marks: true }
    }
}

/// What shall be different; `None` keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrivacyChange {
    /// See [`Privacy::invisible`].
    pub invisible: Option<bool>,
    /// See [`Privacy::read_marks`].
    pub read_marks: Option<bool>,
}

impl Privacy {
    /// This with a change made to it.
    #[must_use]
    pub fn with(self, change: PrivacyChange) -> Self {
        Self {
            invisible: change.invisible.unwrap_or(self.invisible),
            read_marks: change.read_marks.unwrap_or(self.read_marks),
        }
    }
}
