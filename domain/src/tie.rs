//! What stands between two users.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, UserId};

/// What stands between a user and somebody else, as that user knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tie {
    /// The user asks the other to be friends.
    Requested,
    /// The other asks the user.
    Asked,
    /// They are friends.
    Friends,
}

impl Tie {
    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Asked => "asked",
            Self::Friends => "friends",
        }
    }

    /// The tie of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Requested, Self::Asked, Self::Friends].into_iter().find(|tie| tie.as_str() == name)
    }
}

/// Somebody to whom a user has a tie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Friend {
    /// Who.
    pub user: UserId,
    /// What stands between them.
    pub tie: Tie,
    /// Since when it does.
    pub since: Timestamp,
}

/// Somebody whom a user blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Who.
    pub user: UserId,
    /// Since when.
    pub at: Timestamp,
}
