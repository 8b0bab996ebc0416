//! QUIC streams on which a request may be so long and no longer.
//!
//! `h3` collects a whole HEADERS frame, or one of a kind it does not know,
//! before it looks at it, however long the frame says it is. So what one
//! stream may bring is bounded here, below it.

use std::task::{Context, Poll, ready};

use bytes::Buf;
use h3::{
    error::Code,
    quic::{self, ConnectionErrorIncoming, StreamErrorIncoming, StreamId, WriteBuf},
};
use parlor_domain::limits;

/// Headers and body of the greatest request, and as much again for framing and
/// for what is on its way when a body is refused as too large.
const STREAM_BYTES: usize = 2 * (limits::HTTP_HEADER_BYTES + limits::HTTP_BODY_BYTES);

/// A connection whose incoming streams are bounded.
pub(super) struct Connection<C>(C);

/// A stream that ends with an error where it brings too much.
pub(super) struct Stream<S> {
    stream: S,
    left: usize,
}

impl<C> Connection<C> {
    pub(super) fn new(connection: C) -> Self {
        Self(connection)
    }
}

impl<S> Stream<S> {
    fn new(stream: S) -> Self {
        Self { stream, left: STREAM_BYTES }
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
        let Some(left) = self.left.checked_sub(data.remaining()) else {
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
        (send, Stream { stream: recv, left: self.left })
    }
}
