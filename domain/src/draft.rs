//! What a user has begun to write in a room.

use serde::{Deserialize, Serialize};

use crate::{DraftText, Seq};

/// A message that is not posted yet; without a text and an answered message there is
/// none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Its text so far.
    pub text: DraftText,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
}

impl Draft {
    /// Nothing is begun.
    pub fn is_empty(&self) -> bool {
        self.text.as_str().is_empty() && self.reply_to.is_none()
    }
}
