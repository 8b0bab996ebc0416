//! Lanes: how a session travels. Each yields one [`Conn`] with the same reader
//! and writer, so that nothing above this module knows which lane it is on.

pub(crate) mod memory;
pub(crate) mod quic;
pub(crate) mod streams;
pub(crate) mod websocket;
pub(crate) mod webtransport;

use std::{io, net::SocketAddr};

use bytes::Bytes;

use crate::frame::FrameError;

/// How a session travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// WebTransport over HTTP/3.
    WebTransport,
    /// WebSocket over HTTP/1.1 or TLS.
    WebSocket,
    /// QUIC with ALPN `parlor/1`.
    Quic,
    /// Two ends in one process, for tests and benchmarks.
    Memory,
}

impl Lane {
    /// The name used in logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebTransport => "webtransport",
            Self::WebSocket => "websocket",
            Self::Quic => "quic",
            Self::Memory => "memory",
        }
    }
}

/// One connection, before anything was said on it.
#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) lane: Lane,
    pub(crate) peer: SocketAddr,
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
}

/// What a reader yields.
#[derive(Debug)]
pub(crate) enum Inbound {
    /// A frame, in the order the client sent it.
    Frame(Bytes),
    /// A frame that came by datagram: late, twice, or never.
    Datagram(Bytes),
    /// The client said goodbye in good order.
    End,
}

/// Why nothing more can be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The client broke rule 1.2 or 1.4.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The lane is gone.
    #[error("the lane is gone: {0}")]
    Lost(String),
}

/// The reading half of a [`Conn`].
#[derive(Debug)]
pub(crate) enum Reader {
    Streams(streams::StreamReader),
    WebSocket(websocket::SocketReader),
    Memory(memory::MemoryReader),
}

impl Reader {
    /// The next frame. Cancel-safe: nothing is lost when the future is dropped.
    pub(crate) async fn next(&mut self) -> Result<Inbound, ReadError> {
        match self {
            Self::Streams(reader) => reader.next().await,
            Self::WebSocket(reader) => reader.next().await,
            Self::Memory(reader) => reader.next().await,
        }
    }

    /// Reads to the end and throws away what comes. A TCP socket that is closed
    /// with bytes unread is reset, which takes the last frame from the client;
    /// QUIC has no such trouble.
    pub(crate) async fn drain(&mut self) {
        if let Self::WebSocket(reader) = self {
            reader.drain().await;
        }
    }
}

/// Which of a session's streams a frame travels on (rule 1.3). Lanes without
/// streams keep one order over all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Control,
    Focus,
    Live,
}

/// The writing half of a [`Conn`].
#[derive(Debug)]
pub(crate) enum Writer {
    Streams(streams::StreamWriter),
    WebSocket(websocket::SocketWriter),
    Memory(memory::MemoryWriter),
}

impl Writer {
    /// Writes all frames, in order, gathered; returns when the transport has
    /// taken them, which waits for the client's flow control. Leaves `frames`
    /// empty.
    pub(crate) async fn write(&mut self, class: Class, frames: &mut Vec<Bytes>) -> io::Result<()> {
        match self {
            Self::Streams(writer) => writer.write(class, frames).await,
            Self::WebSocket(writer) => writer.write(frames).await,
            Self::Memory(writer) => writer.write(frames).await,
        }
    }

    /// Sends a frame that may be lost.
    pub(crate) async fn write_datagram(&mut self, frame: Bytes) -> io::Result<()> {
        match self {
            Self::Streams(writer) => writer.write_datagram(frame).await,
            Self::WebSocket(writer) => writer.write(&mut vec![frame]).await,
            Self::Memory(writer) => writer.write(&mut vec![frame]).await,
        }
    }

    /// Where a backfill can have a stream of its own.
    pub(crate) fn backfills(&self) -> Option<streams::Opener> {
        match self {
            Self::Streams(writer) => Some(writer.opener()),
            Self::WebSocket(_) | Self::Memory(_) => None,
        }
    }

    /// Sends the last frame, gives the client
    /// [`parlor_domain::limits::CLOSE_LINGER`] to read it, and cuts the lane
    /// with `code` (rule 6.1).
    pub(crate) async fn close(self, last: Bytes, code: u32) {
        match self {
            Self::Streams(writer) => writer.close(last, code).await,
            Self::WebSocket(writer) => writer.close(last, code).await,
            Self::Memory(writer) => writer.close(last).await,
        }
    }
}
