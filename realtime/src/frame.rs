//! Frames on the wire: a varint length, then that many bytes (rule 1.2).

use bytes::{Buf, Bytes, BytesMut};
use parlor_domain::limits::FRAME_BYTES;
use prost::Message;

/// Bytes that are not frames; closes the session with `PROTOCOL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    /// A length of 0 or above the limit.
    #[error("a frame of an impossible length")]
    Length,
    /// Bytes that do not decode.
    #[error("a frame that does not decode")]
    Malformed,
    /// The end came inside a frame.
    #[error("a frame that was cut short")]
    Truncated,
}

/// Longest varint that can announce a frame: 2^21 is above the limit.
const MAX_PREFIX_BYTES: usize = 3;
const _: () = assert!(FRAME_BYTES < 1 << 21);

/// Cuts a stream of bytes into frames.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    buffer: BytesMut,
}

impl Decoder {
    /// Takes bytes as they come. The caller asks for frames until there is none
    /// before it gives more, so at most one frame and one read are held.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, without its prefix. The length is checked as soon
    /// as it can be read, before the frame is there.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, FrameError> {
        let Some((length, prefix)) = read_prefix(&self.buffer)? else { return Ok(None) };
        if self.buffer.len() < prefix + length {
            return Ok(None);
        }
        self.buffer.advance(prefix);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }

    /// Bytes that are kept for a frame that is not yet whole, and the room that
    /// was taken for them.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn held(&self) -> (usize, usize) {
        (self.buffer.len(), self.buffer.capacity())
    }

    /// Ok where the stream may end here.
    pub(crate) fn finish(&self) -> Result<(), FrameError> {
        if self.buffer.is_empty() { Ok(()) } else { Err(FrameError::Truncated) }
    }
}

fn read_prefix(bytes: &[u8]) -> Result<Option<(usize, usize)>, FrameError> {
    let mut length = 0_usize;
    for (index, byte) in bytes.iter().take(MAX_PREFIX_BYTES).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return match length {
                1..=FRAME_BYTES => Ok(Some((length, index + 1))),
                _ => Err(FrameError::Length),
            };
        }
    }
    if bytes.len() < MAX_PREFIX_BYTES { Ok(None) } else { Err(FrameError::Length) }
}

/// Splits a datagram or WebSocket message, which holds whole frames only.
pub(crate) fn split(mut bytes: Bytes) -> Result<Vec<Bytes>, FrameError> {
    let mut frames = Vec::with_capacity(1);
    while bytes.has_remaining() {
        let (length, prefix) = read_prefix(&bytes)?.ok_or(FrameError::Truncated)?;
        if bytes.len() < prefix + length {
            return Err(FrameError::Truncated);
        }
        bytes.advance(prefix);
        frames.push(bytes.split_to(length));
    }
    Ok(frames)
}

/// One frame with its prefix.
pub(crate) fn encode(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    debug_assert!(length <= FRAME_BYTES, "frames are bounded where they are made");
    let mut bytes = BytesMut::with_capacity(length + MAX_PREFIX_BYTES);
    prost::encoding::encode_varint(length as u64, &mut bytes);
    message.encode_raw(&mut bytes);
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use parlor_proto::realtime::{Probe, ServerFrame, server_frame};

    use super::*;

    fn probe(nonce: u64) -> ServerFrame {
        ServerFrame { kind: Some(server_frame::Kind::Probe(Probe { nonce })) }
    }

    #[test]
    fn rule_1_2_frames_come_out_however_the_bytes_are_cut() {
        let wire: Vec<u8> = (1..50).flat_map(|n| encode(&probe(n << 40)).to_vec()).collect();
        for step in [1, 2, 3, 7, wire.len()] {
            let mut decoder = Decoder::default();
            let mut seen = Vec::new();
            for part in wire.chunks(step) {
                decoder.push(part);
                while let Some(frame) = decoder.next().expect("valid") {
                    seen.push(ServerFrame::decode(frame).expect("valid"));
                }
            }
            assert_eq!(seen, (1..50).map(|n| probe(n << 40)).collect::<Vec<_>>());
            decoder.finish().expect("nothing is left");
        }
        assert_eq!(split(wire.into()).expect("whole frames").len(), 49);
    }

    #[test]
    fn p1_impossible_lengths_are_refused_before_memory_is_taken() {
        for bad in [&[0_u8][..], &[0x81, 0x80, 0x04], &[0xff, 0xff, 0xff, 0xff, 0x0f], &[0x80; 3]] {
            let mut decoder = Decoder::default();
            decoder.push(bad);
            assert_eq!(decoder.next(), Err(FrameError::Length), "{bad:?}");
        }
        let mut decoder = Decoder::default();
        decoder.push(&[0x80, 0x80, 0x04]);
        assert_eq!(decoder.next(), Ok(None), "65,536 is allowed");
        assert!(decoder.buffer.capacity() < 4_096);
        assert_eq!(decoder.finish(), Err(FrameError::Truncated));
        assert_eq!(split(Bytes::from_static(&[5, 1])), Err(FrameError::Truncated));
    }
}
