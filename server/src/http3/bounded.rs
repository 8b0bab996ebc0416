//! QUIC streams on which a request may be so long and no longer.
//!
//! `h3` collects a whole HEADERS frame, or one of a kind it does not know,
//! before it looks at it, however long the frame says it is. So what one
//! stream may bring besides DATA is bounded here, below it. DATA is passed on as it
//! comes, and bounded by whoever takes the body in.

use std::task::{Context, Poll, ready};

use bytes::Buf;
use h3::{
    error::Code,
    quic::{self, ConnectionErrorIncoming, StreamErrorIncoming, StreamId, WriteBuf},
};
use parlor_domain::limits;

/// Headers and trailers of the greatest request, and as much again for framing.
const STREAM_BYTES: usize = 4 * limits::HTTP_HEADER_BYTES;
/// DATA (RFC 9114 section 7.2.1).
const DATA: u64 = 0;

/// A connection whose incoming streams are bounded.
pub(super) struct Connection<C>(C);

/// A stream that ends with an error where it brings too much.
pub(super) struct Stream<S> {
    stream: S,
    left: usize,
    frames: Frames,
}

/// Tells frames apart (RFC 9114 section 7.1).
#[derive(Default)]
struct Frames {
    /// What came of the head of a frame: its type and its length, two variable-length
    /// integers (RFC 9000 section 16).
    head: [u8; 16],
    came: usize,
    /// What is to come of the frame that is under way.
    rest: u64,
    is_data: bool,
}

impl Frames {
    /// How many of the next bytes belong to other frames than DATA.
    fn besides_data(&mut self, mut bytes: &[u8]) -> usize {
        let mut besides = 0;
        while let Some((first, rest)) = bytes.split_first() {
            if self.rest > 0 {
                let length = usize::try_from(self.rest).unwrap_or(usize::MAX).min(bytes.len());
                besides += if self.is_data { 0 } else { length };
                self.rest -= length as u64;
                bytes = &bytes[length..];
                continue;
            }
            self.head[self.came] = *first;
            (self.came, bytes) = (self.came + 1, rest);
            let came = &self.head[..self.came];
            if let Some((kind, after)) = integer(came)
                && let Some((length, _)) = integer(after)
            {
                besides += if kind == DATA { 0 } else { self.came };
                (self.is_data, self.rest, self.came) = (kind == DATA, length, 0);
            }
        }
        besides
    }
}

/// The integer that begins here, and what follows it; `None` where it is not whole.
fn integer(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let first = *bytes.first()?;
    let (integer, rest) = bytes.split_at_checked(1 << (first >> 6))?;
    let value =
        integer[1..].iter().fold(u64::from(first & 0x3f), |n, byte| n << 8 | u64::from(*byte));
    Some((value, rest))
}

impl<C> Connection<C> {
    pub(super) fn new(connection: C) -> Self {
        Self(connection)
    }
}

impl<S> Stream<S> {
    fn new(stream: S) -> Self {
        Self { stream, left: STREAM_BYTES, frames: Frames::default() }
    }
}

impl<B: Buf, C: quic::Connection<B>> quic::Connection<B> for Connection<C>
where
    C::BidiStream: quic::BidiStream<B>,
{
    type RecvStream = C::RecvStream;
    type OpenStreams = Connection<C::OpenStreams>;

    fn poll_accept_recv(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Self::RecvStream, ConnectionErrorIncoming>> {
        self.0.poll_accept_recv(context)
    }

    fn poll_accept_bidi(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Self::BidiStream, ConnectionErrorIncoming>> {
        self.0.poll_accept_bidi(context).map_ok(Stream::new)
    }

    fn opener(&self) -> Self::OpenStreams {
        Connection(self.0.opener())
    }
}

impl<B: Buf, O: quic::OpenStreams<B>> quic::OpenStreams<B> for Connection<O> {
    type BidiStream = Stream<O::BidiStream>;
    type SendStream = O::SendStream;

    fn poll_open_bidi(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Self::BidiStream, StreamErrorIncoming>> {
        self.0.poll_open_bidi(context).map_ok(Stream::new)
    }

    fn poll_open_send(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Self::SendStream, StreamErrorIncoming>> {
        self.0.poll_open_send(context)
    }

    fn close(&mut self, code: Code, reason: &[u8]) {
        self.0.close(code, reason);
    }
}

impl<S: quic::RecvStream> quic::RecvStream for Stream<S> {
    type Buf = S::Buf;

    fn poll_data(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Self::Buf>, StreamErrorIncoming>> {
        let Some(data) = ready!(self.stream.poll_data(context))? else {
            return Poll::Ready(Ok(None));
        };
        // What does not lie in one piece is counted as a whole.
        let chunk = data.chunk();
        let counted = self.frames.besides_data(chunk) + (data.remaining() - chunk.len());
        let Some(left) = self.left.checked_sub(counted) else {
            let error_code = Code::H3_EXCESSIVE_LOAD.value();
            self.stream.stop_sending(error_code);
            return Poll::Ready(Err(StreamErrorIncoming::StreamTerminated { error_code }));
        };
        self.left = left;
        Poll::Ready(Ok(Some(data)))
    }

    fn stop_sending(&mut self, code: u64) {
        self.stream.stop_sending(code);
    }

    fn recv_id(&self) -> StreamId {
        self.stream.recv_id()
    }
}

impl<B: Buf, S: quic::SendStream<B>> quic::SendStream<B> for Stream<S> {
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.stream.poll_ready(context)
    }

    fn send_data<T: Into<WriteBuf<B>>>(&mut self, data: T) -> Result<(), StreamErrorIncoming> {
        self.stream.send_data(data)
    }

    fn poll_finish(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.stream.poll_finish(context)
    }

    fn reset(&mut self, code: u64) {
        self.stream.reset(code);
    }

    fn send_id(&self) -> StreamId {
        self.stream.send_id()
    }
}

impl<B: Buf, S: quic::BidiStream<B>> quic::BidiStream<B> for Stream<S> {
    type SendStream = S::SendStream;
    type RecvStream = Stream<S::RecvStream>;

    fn split(self) -> (Self::SendStream, Self::RecvStream) {
        let (send, recv) = self.stream.split();
        (send, Stream { stream: recv, left: self.left, frames: self.frames })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_does_not_count_however_it_is_cut() {
        // HEADERS of 3 bytes, DATA of 70 with a length of two bytes, DATA of none, an
        // unknown frame with a type of four bytes, and the beginning of one more.
        let mut stream = vec![1, 3, 9, 9, 9, 0, 0x40, 70];
        stream.extend([0; 70]);
        stream.extend([0, 0, 0x80, 0, 0, 0x21, 2, 7, 7, 1]);
        let expected = 5 + 7;
        for size in 1..stream.len() {
            let mut frames = Frames::default();
            let counted: usize = stream.chunks(size).map(|part| frames.besides_data(part)).sum();
            assert_eq!(counted, expected, "{size}");
        }
    }

    #[test]
    fn a_frame_of_any_length_is_counted_as_it_comes() {
        let mut frames = Frames::default();
        let head = [&[1, 0xff][..], &[0xff; 7]].concat();
        assert_eq!(frames.besides_data(&head), head.len());
        assert_eq!(frames.besides_data(&[0; 1_000]), 1_000);
    }
}
