//! Two ends in one process: the same frames without a network, for tests and
//! benchmarks.

use std::{io, net::Ipv4Addr};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Conn, Inbound, Lane, ReadError, Reader, Writer};
use crate::frame;

/// Frames under way in either direction before the writer waits.
const CAPACITY: usize = 64;

/// The client's end of a session in memory.
#[derive(Debug)]
pub struct MemoryClient {
    to_server: mpsc::Sender<Bytes>,
    from_server: mpsc::Receiver<Bytes>,
}

impl MemoryClient {
    /// Sends whole frames, each with its prefix; false when the server has closed.
    pub async fn send(&self, frames: Bytes) -> bool {
        self.to_server.send(frames).await.is_ok()
    }

    /// Whole frames, each with its prefix; `None` when the server has closed.
    pub async fn receive(&mut self) -> Option<Bytes> {
        self.from_server.recv().await
    }

    /// Both directions, each with an owner of its own: a client that reads only
    /// while it has nothing to send misses the server's last words, for a server
    /// that closes reads no more.
    pub fn split(self) -> (mpsc::Sender<Bytes>, mpsc::Receiver<Bytes>) {
        (self.to_server, self.from_server)
    }
}

/// A pair of ends.
pub(crate) fn pair() -> (MemoryClient, Conn) {
    let (to_server, from_client) = mpsc::channel(CAPACITY);
    let (to_client, from_server) = mpsc::channel(CAPACITY);
    let conn = Conn {
        lane: Lane::Memory,
        peer: (Ipv4Addr::LOCALHOST, 0).into(),
        reader: Reader::Memory(MemoryReader { from_client, pending: Vec::new() }),
        writer: Writer::Memory(MemoryWriter { to_client }),
    };
    (MemoryClient { to_server, from_server }, conn)
}

/// The server's reading end.
#[derive(Debug)]
pub(crate) struct MemoryReader {
    from_client: mpsc::Receiver<Bytes>,
    pending: Vec<Bytes>,
}

impl MemoryReader {
    pub(crate) async fn next(&mut self) -> Result<Inbound, ReadError> {
        loop {
            if let Some(frame) = self.pending.pop() {
                return Ok(Inbound::Frame(frame));
            }
            match self.from_client.recv().await {
                Some(bytes) => {
                    self.pending = frame::split(bytes)?;
                    self.pending.reverse();
                }
                None => return Ok(Inbound::End),
            }
        }
    }
}

/// The server's writing end.
#[derive(Debug)]
pub(crate) struct MemoryWriter {
    to_client: mpsc::Sender<Bytes>,
}

impl MemoryWriter {
    pub(crate) async fn write(&mut self, frames: &mut Vec<Bytes>) -> io::Result<()> {
        for frame in frames.drain(..) {
            self.to_client.send(frame).await.map_err(io::Error::other)?;
        }
        Ok(())
    }

    pub(crate) async fn close(self, last: Bytes) {
        let _ =
            tokio::time::timeout(parlor_domain::limits::CLOSE_LINGER, self.to_client.send(last))
                .await;
    }
}
