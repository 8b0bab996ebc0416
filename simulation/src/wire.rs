//! Frames as they travel: the real ones, so that both ends' coding is in every run.

use bytes::{Buf as _, Bytes, BytesMut};
use parlor_client::machines::{
    frame::{self, Decoder},
    protocol::{Inbound, Outbound},
    wire::{self, Introduction},
};

/// A frame without its length.
pub fn without_prefix(mut frame: Bytes) -> Bytes {
    let length = prost::decode_length_delimiter(frame.clone()).unwrap_or_default();
    frame.advance(frame.len().saturating_sub(length));
    frame
}

/// What a client says, on the wire.
pub fn outgoing(out: Outbound) -> Bytes {
    let hello =
        Introduction { access_token: "token".to_owned(), device_name: "simulated".to_owned() };
    let mut bytes = BytesMut::new();
    // All that machines say fits a frame.
    let _ = frame::encode(&wire::client_frame(out, &hello), &mut bytes);
    bytes.freeze()
}

/// What a client hears; `None` where it has no use for it.
///
/// # Errors
/// The server broke the protocol.
pub fn incoming(frame: &Bytes) -> Result<Option<Inbound>, String> {
    let mut decoder = Decoder::default();
    decoder.push(frame);
    match decoder.next().map_err(|error| error.to_string())? {
        Some(frame) => wire::inbound(frame).map_err(|error| error.to_string()),
        None => Err("a frame that was cut short".to_owned()),
    }
}
