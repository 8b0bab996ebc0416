//! What is said in rooms: the same changes, through the same log, as the
//! realtime requests.

pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod edits;
pub(crate) mod history;
pub(crate) mod mark_read;
pub(crate) mod mark_unread;
pub(crate) mod pin;
pub(crate) mod pins;
pub(crate) mod post;
pub(crate) mod react;
pub(crate) mod search;
pub(crate) mod unpin;
pub(crate) mod unreact;
pub(crate) mod wire;

use parlor_domain::{Change, Emoji, Refusal, Seq};
use uuid::Uuid;

use crate::{
    Problem,
    rooms::unprocessable,
    wire::{Number, room_id},
};

/// A message's seq in a path. What is no number names no message.
fn message(text: &str) -> Result<Seq, Refusal> {
    Number::parse(text)
        .map(Number::seq)
        .filter(|seq| *seq != Seq::ZERO)
        .ok_or_else(Refusal::not_found)
}

/// The wish to see an emoji on a message, or off it.
fn reaction((id, seq, emoji): &(Uuid, String, String), on: bool) -> Result<Change, Problem> {
    let message = message(seq)?;
    let emoji = Emoji::parse(emoji).map_err(unprocessable("emoji"))?;
    Ok(Change::React { room: room_id(*id), message, emoji, on })
}
