//! What raw QUIC and WebTransport share: a control stream, unidirectional
//! streams for events, datagrams (rule 1.3).

use std::{io, time::Duration};

use bytes::Bytes;
use parlor_domain::limits::{CLOSE_LINGER, DATAGRAM_BYTES};
use quinn::VarInt;
use tokio::time::timeout;

use super::{Class, Inbound, ReadError};
use crate::frame::{self, Decoder};

/// Most bytes taken from the transport at once.
const READ_BYTES: usize = 16 * 1024;
/// Send priorities; quinn's default is 0, higher goes first.
const CONTROL_PRIORITY: i32 = 3;
const FOCUS_PRIORITY: i32 = 2;
const LIVE_PRIORITY: i32 = 1;
const BACKFILL_PRIORITY: i32 = 0;

/// A connection of either kind.
#[derive(Clone, Debug)]
pub(crate) enum Connection {
    Quic(quinn::Connection),
    WebTransport(std::sync::Arc<wtransport::Connection>),
}

/// A receiving stream of either kind.
#[derive(Debug)]
pub(crate) enum RecvStream {
    Quic(quinn::RecvStream),
    WebTransport(wtransport::RecvStream),
}

/// A sending stream of either kind.
#[derive(Debug)]
pub(crate) enum SendStream {
    Quic(quinn::SendStream),
    WebTransport(wtransport::SendStream),
}

impl RecvStream {
    fn quic(&mut self) -> &mut quinn::RecvStream {
        match self {
            Self::Quic(stream) => stream,
            Self::WebTransport(stream) => stream.quic_stream_mut(),
        }
    }
}

impl SendStream {
    fn quic(&mut self) -> &mut quinn::SendStream {
        match self {
            Self::Quic(stream) => stream,
            Self::WebTransport(stream) => stream.quic_stream_mut(),
        }
    }
}

impl Connection {
    /// The connection underneath.
    pub(crate) fn quic(&self) -> &quinn::Connection {
        match self {
            Self::Quic(connection) => connection,
            Self::WebTransport(connection) => connection.quic_connection(),
        }
    }

    /// The stream the client opens first: control.
    pub(crate) async fn accept_control(&self) -> Result<(SendStream, RecvStream), ReadError> {
        let lost = |error: &dyn std::fmt::Display| ReadError::Lost(error.to_string());
        match self {
            Self::Quic(connection) => connection
                .accept_bi()
                .await
                .map(|(send, recv)| (SendStream::Quic(send), RecvStream::Quic(recv)))
                .map_err(|error| lost(&error)),
            Self::WebTransport(connection) => connection
                .accept_bi()
                .await
                .map(|(send, recv)| {
                    (SendStream::WebTransport(send), RecvStream::WebTransport(recv))
                })
                .map_err(|error| lost(&error)),
        }
    }

    /// Refuses one more stream of the client. The queues of the transport are a
    /// few entries short, so somebody must always take from them.
    async fn refuse_stream(&self) -> Result<(), ReadError> {
        let code = VarInt::from_u32(0);
        match self {
            Self::Quic(connection) => tokio::select! {
                stream = connection.accept_uni() => { let _ = lost(stream)?.stop(code); }
                streams = connection.accept_bi() => {
                    let (mut send, mut recv) = lost(streams)?;
                    let _ = (send.reset(code), recv.stop(code));
                }
            },
            Self::WebTransport(connection) => tokio::select! {
                stream = connection.accept_uni() => lost(stream)?.stop(wtransport::VarInt::from_u32(0)),
                streams = connection.accept_bi() => {
                    let (mut send, recv) = lost(streams)?;
                    let _ = send.reset(wtransport::VarInt::from_u32(0));
                    recv.stop(wtransport::VarInt::from_u32(0));
                }
            },
        }
        Ok(())
    }

    async fn receive_datagram(&self) -> Result<Bytes, ReadError> {
        match self {
            Self::Quic(connection) => lost(connection.read_datagram().await),
            Self::WebTransport(connection) => {
                lost(connection.receive_datagram().await).map(|datagram| datagram.payload())
            }
        }
    }

    fn send_datagram(&self, bytes: Bytes) {
        // Too large for this path, switched off by the peer, or the connection
        // is gone: a datagram may be lost, and the stream tells the last one.
        match self {
            Self::Quic(connection) => {
                let _ = connection.send_datagram(bytes);
            }
            Self::WebTransport(connection) => {
                let _ = connection.send_datagram(bytes);
            }
        }
    }

    async fn open_uni(&self, priority: i32) -> io::Result<SendStream> {
        let mut stream = match self {
            Self::Quic(connection) => SendStream::Quic(connection.open_uni().await?),
            Self::WebTransport(connection) => {
                let opening = connection.open_uni().await.map_err(io::Error::other)?;
                SendStream::WebTransport(opening.await.map_err(io::Error::other)?)
            }
        };
        // Fails only where the stream is gone, which the first write tells.
        let _ = stream.quic().set_priority(priority);
        Ok(stream)
    }
}

fn lost<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, ReadError> {
    result.map_err(|error| ReadError::Lost(error.to_string()))
}

/// Reads the control stream and datagrams.
#[derive(Debug)]
pub(crate) struct StreamReader {
    connection: Connection,
    control: RecvStream,
    decoder: Decoder,
    /// Frames of a datagram that held several.
    pending: Vec<Bytes>,
}

impl StreamReader {
    pub(crate) async fn next(&mut self) -> Result<Inbound, ReadError> {
        loop {
            if let Some(frame) = self.pending.pop() {
                return Ok(Inbound::Datagram(frame));
            }
            if let Some(frame) = self.decoder.next()? {
                return Ok(Inbound::Frame(frame));
            }
            tokio::select! {
                chunk = self.control.quic().read_chunk(READ_BYTES, true) => match lost(chunk)? {
                    Some(chunk) => self.decoder.push(&chunk.bytes),
                    None => {
                        self.decoder.finish()?;
                        return Ok(Inbound::End);
                    }
                },
                datagram = self.connection.receive_datagram() => {
                    // Rule 1.5: one that does not decode is dropped.
                    if let Ok(mut frames) = frame::split(datagram?) {
                        frames.reverse();
                        self.pending = frames;
                    }
                }
                refused = self.connection.refuse_stream() => refused?,
            }
        }
    }
}

/// Writes the control stream, the two lasting event streams, and datagrams.
#[derive(Debug)]
pub(crate) struct StreamWriter {
    connection: Connection,
    control: SendStream,
    focus: Option<SendStream>,
    live: Option<SendStream>,
    opener: Opener,
}

/// The two halves of a connection whose control stream is open.
pub(crate) fn split(
    connection: Connection,
    mut control: (SendStream, RecvStream),
) -> (StreamReader, StreamWriter) {
    let _ = control.0.quic().set_priority(CONTROL_PRIORITY);
    let opener = Opener { connection: connection.clone() };
    let reader = StreamReader {
        connection: connection.clone(),
        control: control.1,
        decoder: Decoder::default(),
        pending: Vec::new(),
    };
    (reader, StreamWriter { connection, control: control.0, focus: None, live: None, opener })
}

impl StreamWriter {
    pub(crate) async fn write(&mut self, class: Class, frames: &mut Vec<Bytes>) -> io::Result<()> {
        let stream = match class {
            Class::Control => &mut self.control,
            Class::Focus => lasting(&mut self.focus, &self.connection, FOCUS_PRIORITY).await?,
            Class::Live => lasting(&mut self.live, &self.connection, LIVE_PRIORITY).await?,
        };
        stream.quic().write_all_chunks(frames).await?;
        frames.clear();
        Ok(())
    }

    pub(crate) async fn write_datagram(&mut self, frame: Bytes) -> io::Result<()> {
        if frame.len() <= DATAGRAM_BYTES {
            self.connection.send_datagram(frame);
            return Ok(());
        }
        self.write(Class::Control, &mut vec![frame]).await
    }

    pub(crate) fn opener(&self) -> Opener {
        self.opener.clone()
    }

    pub(crate) async fn close(mut self, last: Bytes, code: u32) {
        // quinn's close discards what was not sent, so the stream is finished
        // and read to its end first.
        let control = self.control.quic();
        let told = async {
            control.write_chunk(last).await.ok()?;
            control.finish().ok()?;
            control.stopped().await.ok()
        };
        let _ = timeout(CLOSE_LINGER, told).await;
        self.connection.quic().close(VarInt::from_u32(code), b"");
    }
}

async fn lasting<'a>(
    slot: &'a mut Option<SendStream>,
    connection: &Connection,
    priority: i32,
) -> io::Result<&'a mut SendStream> {
    if slot.is_none() {
        *slot = Some(connection.open_uni(priority).await?);
    }
    slot.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
}

/// Opens streams for backfills; the session sees to it that they are few.
#[derive(Clone, Debug)]
pub(crate) struct Opener {
    connection: Connection,
}

/// The stream of one backfill. Dropped before its end it is reset: an end in the
/// middle of a frame would look like a fault of the protocol (rule 1.2).
#[derive(Debug)]
pub(crate) struct Backfill {
    stream: SendStream,
}

impl Opener {
    pub(crate) async fn open(&self) -> io::Result<Backfill> {
        Ok(Backfill { stream: self.connection.open_uni(BACKFILL_PRIORITY).await? })
    }

    /// How long a packet takes there and back, as QUIC estimates it (RFC 9002
    /// section 5).
    pub(crate) fn rtt(&self) -> Duration {
        self.connection.quic().rtt()
    }

    /// Cuts the lane, whatever is still under way.
    pub(crate) fn cut(&self, code: u32) {
        self.connection.quic().close(VarInt::from_u32(code), b"");
    }
}

impl Backfill {
    /// Waits for the client's flow control: that paces the database too.
    pub(crate) async fn write(&mut self, frame: Bytes) -> io::Result<()> {
        self.stream.quic().write_chunk(frame).await.map_err(Into::into)
    }

    /// Ends the stream and waits until the client has taken it.
    pub(crate) async fn finish(mut self) -> io::Result<()> {
        self.stream.quic().finish().map_err(io::Error::other)?;
        self.stream.quic().stopped().await.map_err(io::Error::other)?;
        Ok(())
    }
}

impl Drop for Backfill {
    fn drop(&mut self) {
        // Does nothing where the end was reached.
        let _ = self.stream.quic().reset(VarInt::from_u32(0));
    }
}
