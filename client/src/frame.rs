//! Frames on a byte stream: a varint length, then that many bytes (PROTOCOL 1.2).

use bytes::{Buf as _, Bytes, BytesMut};
use parlor_domain::limits;
use parlor_proto::realtime::{ClientFrame, ServerFrame};
use prost::Message as _;

/// A length up to [`limits::FRAME_BYTES`] takes at most this many varint bytes.
const PREFIX_BYTES: usize = 3;

/// Why bytes are no frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("a frame of length 0")]
    Empty,
    #[error("a frame above {} bytes", limits::FRAME_BYTES)]
    TooLong,
    #[error("the stream ended within a frame")]
    Truncated,
    #[error("a frame that does not decode: {0}")]
    Malformed(#[from] prost::DecodeError),
}

/// Cuts a stream of bytes into frames. Holds at most one frame that is not yet
/// whole, besides what was pushed last.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
}

impl Decoder {
    /// Takes the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, where one has arrived.
    #[allow(clippy::should_implement_trait, reason = "more may come after there was none")]
    pub fn next(&mut self) -> Result<Option<ServerFrame>, FrameError> {
        let Some((prefix, length)) = length(&self.buffer)? else {
            return Ok(None);
        };
        if self.buffer.len() < prefix + length {
            return Ok(None);
        }
        self.buffer.advance(prefix);
        let frame: Bytes = self.buffer.split_to(length).freeze();
        Ok(Some(ServerFrame::decode(frame)?))
    }

    /// The stream has ended, which is an error within a frame.
    pub fn finish(&self) -> Result<(), FrameError> {
        if self.buffer.is_empty() { Ok(()) } else { Err(FrameError::Truncated) }
    }
}

/// Size of the prefix and the length it tells; `None` where more bytes are needed.
fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, FrameError> {
    let mut length = 0_usize;
    for (index, byte) in bytes.iter().take(PREFIX_BYTES).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return match length {
                0 => Err(FrameError::Empty),
                1..=limits::FRAME_BYTES => Ok(Some((index + 1, length))),
                _ => Err(FrameError::TooLong),
            };
        }
    }
    if bytes.len() < PREFIX_BYTES { Ok(None) } else { Err(FrameError::TooLong) }
}

/// Appends a frame with its length.
pub fn encode(frame: &ClientFrame, into: &mut BytesMut) -> Result<(), FrameError> {
    if frame.encoded_len() > limits::FRAME_BYTES {
        return Err(FrameError::TooLong);
    }
    // Only a lack of space fails here, and a BytesMut makes space.
    frame.encode_length_delimited(into).map_err(|_| FrameError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_proto::realtime::{Close, Probe, server_frame::Kind};

    fn probe(nonce: u64) -> ServerFrame {
        ServerFrame { kind: Some(Kind::Probe(Probe { nonce })) }
    }

    #[test]
    fn rule_1_2_frames_arrive_whole_however_the_bytes_are_cut() {
        let mut bytes = Vec::new();
        for nonce in [1, 300, u64::MAX] {
            bytes.extend(probe(nonce).encode_length_delimited_to_vec());
        }
        for cut in 1..=bytes.len() {
            let mut decoder = Decoder::default();
            let mut seen = Vec::new();
            for chunk in bytes.chunks(cut) {
                decoder.push(chunk);
                while let Some(frame) = decoder.next().expect("valid") {
                    seen.push(frame);
                }
            }
            assert_eq!(seen, [probe(1), probe(300), probe(u64::MAX)], "cut at {cut}");
            assert_eq!(decoder.finish(), Ok(()));
        }
    }

    #[test]
    fn rule_1_2_hostile_lengths_are_refused_before_their_bytes_come() {
        let refused = |bytes: &[u8]| {
            let mut decoder = Decoder::default();
            decoder.push(bytes);
            decoder.next().expect_err("refused")
        };
        assert_eq!(refused(&[0]), FrameError::Empty);
        assert_eq!(refused(&[0x80, 0x80, 0x00]), FrameError::Empty);
        assert_eq!(refused(&[0x81, 0x80, 0x04]), FrameError::TooLong, "65,537");
        assert_eq!(refused(&[0xff, 0xff, 0xff]), FrameError::TooLong);
        assert_eq!(refused(&[0xff; 10]), FrameError::TooLong);
        assert!(matches!(refused(&[2, 0xff, 0xff]), FrameError::Malformed(_)));
    }

    #[test]
    fn rule_1_2_the_largest_frame_is_taken() {
        assert_eq!(length(&[0x80, 0x80, 0x04]), Ok(Some((3, limits::FRAME_BYTES))));
        assert_eq!(length(&[0x80, 0x80]), Ok(None));
    }

    #[test]
    fn rule_1_2_an_end_within_a_frame_is_an_error() {
        let mut decoder = Decoder::default();
        let close =
            ServerFrame { kind: Some(Kind::Close(Close { reason: 1, resume_after_ms: 9 })) };
        let bytes = close.encode_length_delimited_to_vec();
        decoder.push(&bytes[..bytes.len() - 1]);
        assert_eq!(decoder.next(), Ok(None));
        assert_eq!(decoder.finish(), Err(FrameError::Truncated));
    }
}
