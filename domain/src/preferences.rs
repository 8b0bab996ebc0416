//! What one user wants of one room.

use serde::{Deserialize, Serialize};

/// What a user wants to be told of in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notify {
    /// Every message.
    #[default]
    All,
    /// Messages that mention the user.
    Mentions,
    /// Nothing.
    None,
}

impl Notify {
    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mentions => "mentions",
            Self::None => "none",
        }
    }

    /// The level of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::All, Self::Mentions, Self::None].into_iter().find(|level| level.as_str() == name)
    }
}

/// What a user wants of a room; nothing special unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// What to be told of.
    pub notify: Notify,
    /// Whether it stands among the first.
    pub favourite: bool,
}

/// What shall be different; `None` keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PreferencesChange {
    /// What to be told of.
    pub notify: Option<Notify>,
    /// Whether it stands among the first.
    pub favourite: Option<bool>,
}

impl Preferences {
    /// These with a change made to them.
    #[must_use]
    pub fn with(self, change: PreferencesChange) -> Self {
        Self {
            notify: change.notify.unwrap_or(self.notify),
            favourite: change.favourite.unwrap_or(self.favourite),
        }
    }
}
