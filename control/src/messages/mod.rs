//! What is said in rooms: the same changes, through the same log, as the
//! realtime requests.

pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod history;
pub(crate) mod mark_read;
pub(crate) mod post;

use parlor_domain::{Refusal, Seq};

use crate::wire::Number;

/// A message's seq in a path. What is no number names no message.
fn message(text: &str) -> Result<Seq, Refusal> {
    Number::parse(text)
        .map(Number::seq)
        .filter(|seq| *seq != Seq::ZERO)
        .ok_or_else(Refusal::not_found)
}
