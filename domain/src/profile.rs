//! What a person shows of themselves.

use serde::{Deserialize, Serialize};

use crate::{DisplayName, FileId, StatusEmoji, StatusText};

/// What everybody sees of a user, and the user may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The name others see.
    pub display_name: DisplayName,
    /// What the user is at; may be empty.
    pub status_text: StatusText,
    /// The same at a glance; may be empty.
    pub status_emoji: StatusEmoji,
    /// The picture, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<FileId>,
}

/// What shall be different in a profile; `None` keeps what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The new name.
    pub display_name: Option<DisplayName>,
    /// The new status; an empty one takes it away.
    pub status_text: Option<StatusText>,
    /// The new emoji; an empty one takes it away.
    pub status_emoji: Option<StatusEmoji>,
}

impl Profile {
    /// This profile with a change made to it.
    #[must_use]
    pub fn with(&self, change: &ProfileChange) -> Self {
        let ProfileChange { display_name, status_text, status_emoji } = change;
        Self {
            display_name: display_name.as_ref().unwrap_or(&self.display_name).clone(),
            status_text: status_text.as_ref().unwrap_or(&self.status_text).clone(),
            status_emoji: status_emoji.as_ref().unwrap_or(&self.status_emoji).clone(),
            avatar: self.avatar,
        }
    }
}

impl ProfileChange {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
