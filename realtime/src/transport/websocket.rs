//! WebSocket (RFC 6455) at `/rt/v1` of the HTTP port.

use std::{io, net::SocketAddr};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::{Bytes, BytesMut};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use parlor_domain::limits::{CLOSE_LINGER, FRAME_BYTES};
use tokio::time::timeout;

use super::{Conn, Inbound, Lane, ReadError, Reader, Writer};
use crate::frame::{self, FrameError};

/// Close codes for private use begin here (RFC 6455 section 7.4.2).
const CLOSE_CODE_BASE: u16 = 4_000;
/// Frames are joined into one message up to about this size.
const MESSAGE_BYTES: usize = FRAME_BYTES;

/// A connection on an upgraded socket.
pub(crate) fn conn(socket: WebSocket, peer: SocketAddr) -> Conn {
    let (sink, stream) = socket.split();
    Conn {
        lane: Lane::WebSocket,
        peer,
        reader: Reader::WebSocket(SocketReader { stream, pending: Vec::new() }),
        writer: Writer::WebSocket(SocketWriter { sink }),
    }
}

/// Reads messages and cuts them into frames.
#[derive(Debug)]
pub(crate) struct SocketReader {
    stream: SplitStream<WebSocket>,
    /// Frames of the last message, last first.
    pending: Vec<Bytes>,
}

impl SocketReader {
    pub(crate) async fn next(&mut self) -> Result<Inbound, ReadError> {
        loop {
            if let Some(frame) = self.pending.pop() {
                return Ok(Inbound::Frame(frame));
            }
            match self.stream.next().await {
                Some(Ok(Message::Binary(bytes))) => {
                    self.pending = frame::split(bytes)?;
                    self.pending.reverse();
                }
                // Answered by the library.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Text(_))) => return Err(FrameError::Malformed.into()),
                Some(Ok(Message::Close(_))) | None => return Ok(Inbound::End),
                Some(Err(error)) => return Err(ReadError::Lost(error.to_string())),
            }
        }
    }

    pub(crate) async fn drain(&mut self) {
        while let Some(Ok(_)) = self.stream.next().await {}
    }
}

/// Writes frames, joined into messages.
#[derive(Debug)]
pub(crate) struct SocketWriter {
    sink: SplitSink<WebSocket, Message>,
}

impl SocketWriter {
    pub(crate) async fn write(&mut self, frames: &mut Vec<Bytes>) -> io::Result<()> {
        let mut rest = frames.drain(..).peekable();
        while let Some(first) = rest.next() {
            let message = if rest.peek().is_none() {
                first
            } else {
                let mut joined = BytesMut::from(first);
                while let Some(frame) = rest.next_if(|f| joined.len() + f.len() <= MESSAGE_BYTES) {
                    joined.extend_from_slice(&frame);
                }
                joined.freeze()
            };
            self.sink.feed(Message::Binary(message)).await.map_err(io::Error::other)?;
        }
        self.sink.flush().await.map_err(io::Error::other)
    }

    pub(crate) async fn close(mut self, last: Bytes, code: u32) {
        let code = CLOSE_CODE_BASE + u16::try_from(code).unwrap_or_default();
        let frame = CloseFrame { code, reason: "".into() };
        let told = async {
            self.sink.feed(Message::Binary(last)).await?;
            self.sink.send(Message::Close(Some(frame))).await
        };
        let _ = timeout(CLOSE_LINGER, told).await;
    }
}
