//! The frame decoder.

use bytes::Bytes;
use parlor_domain::limits::FRAME_BYTES;

use crate::{
    frame::{Decoder, FrameError, split},
    wire,
};

/// Most that is pushed at once, as from a socket.
const READ_BYTES: usize = 4_096;
/// A buffer that doubles when it is full has room for this much at most.
const ROOM_BYTES: usize = 2 * (FRAME_BYTES + READ_BYTES);

/// What a stream came to.
#[derive(Debug, PartialEq, Eq)]
struct Cut {
    frames: Vec<Bytes>,
    end: Result<(), FrameError>,
}

/// The first byte says how the rest, a stream of frames, is cut into reads.
///
/// However it is cut, the same frames come out, and the same end; each has a
/// length that is allowed; the decoder holds one frame and one read at most; a
/// message of the same bytes holds the same frames; and what each frame means
/// can be asked.
pub fn frame(data: &[u8]) {
    let Some((step, stream)) = data.split_first() else { return };
    let whole = cut(stream, READ_BYTES);
    assert_eq!(whole, cut(stream, usize::from(*step) + 1), "cut otherwise, other frames");
    let message = split(Bytes::copy_from_slice(stream));
    match &whole.end {
        Ok(()) => assert_eq!(message.as_ref(), Ok(&whole.frames)),
        Err(error) => assert_eq!(message.as_ref(), Err(error)),
    }
    assert_eq!(whole, by_the_rule(stream), "rule 1.2 says otherwise");
    for frame in whole.frames {
        // Typed or malformed; never a panic.
        let _ = wire::parse(frame);
    }
}

fn cut(stream: &[u8], step: usize) -> Cut {
    let mut decoder = Decoder::default();
    let mut frames = Vec::new();
    for part in stream.chunks(step) {
        decoder.push(part);
        let end = loop {
            match decoder.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        let (kept, room) = decoder.held();
        assert!(kept < FRAME_BYTES + 3, "{kept} bytes are held for one frame");
        assert!(room <= ROOM_BYTES, "room for {room} bytes is held for one frame");
        if end.is_err() {
            return Cut { frames, end };
        }
    }
    Cut { frames, end: decoder.finish() }
}

/// The same, written down a second time from the words of the rule.
fn by_the_rule(mut rest: &[u8]) -> Cut {
    let mut frames = Vec::new();
    while !rest.is_empty() {
        // Three bytes of seven bits are enough for every length allowed.
        let prefix: Vec<u8> = rest.iter().take(3).copied().collect();
        let Some(last) = prefix.iter().position(|byte| *byte < 0x80) else {
            let end = if prefix.len() < 3 { FrameError::Truncated } else { FrameError::Length };
            return Cut { frames, end: Err(end) };
        };
        let length =
            prefix[..=last].iter().rev().fold(0, |n, byte| n * 128 + (byte & 0x7f) as usize);
        if length == 0 || length > 65_536 {
            return Cut { frames, end: Err(FrameError::Length) };
        }
        let Some(frame) = rest.get(last + 1..last + 1 + length) else {
            return Cut { frames, end: Err(FrameError::Truncated) };
        };
        frames.push(Bytes::copy_from_slice(frame));
        rest = &rest[last + 1 + length..];
    }
    Cut { frames, end: Ok(()) }
}
