//! HTTP/2 by hand (RFC 9113), for what no client of good manners does.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::support::DEADLINE;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// Error codes (RFC 9113 section 7).
pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const CANCEL: u32 = 8;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame that came.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// The bytes of a frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a small payload").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A request as HPACK has it without a table (RFC 7541 section 6.2.2); method and
/// scheme are in the static table.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut block = vec![if method == "GET" { 0x82 } else { 0x83 }, 0x86];
    for (name, value) in [(":path", path), (":authority", "house")].iter().chain(headers) {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).expect("a short text"));
            block.extend(text.as_bytes());
        }
    }
    block
}

/// A connection of somebody with bad manners.
pub(crate) struct Rude {
    stream: TcpStream,
}

impl Rude {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).await.expect("connects");
        stream.write_all(PREFACE).await.expect("sends");
        stream.write_all(&frame(SETTINGS, 0, 0, b"")).await.expect("sends");
        Self { stream }
    }

    /// Sends, and says whether the other side still takes it.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> bool {
        timeout(DEADLINE, self.stream.write_all(bytes)).await.is_ok_and(|sent| sent.is_ok())
    }

    /// Sends as long as the other side takes it, and at most for this long: says how
    /// many bytes it took.
    pub(crate) async fn flood(&mut self, bytes: &[u8], how_long: Duration) -> usize {
        let (end, mut sent) = (Instant::now() + how_long, 0);
        while Instant::now() < end {
            match timeout(how_long, self.stream.write_all(bytes)).await {
                Ok(Ok(())) => sent += bytes.len(),
                _ => break,
            }
        }
        sent
    }

    /// The next frame; none where the connection has ended, or nothing comes.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        timeout(DEADLINE, self.read()).await.ok()?
    }

    async fn read(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).ok()?];
        self.stream.read_exact(&mut payload).await.ok()?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Some(Frame { kind: head[3], stream, payload })
    }

    /// Reads until the connection is ended; says whether it is.
    pub(crate) async fn is_ended(&mut self) -> bool {
        let end = async {
            while let Some(frame) = self.read().await {
                if frame.kind == GOAWAY {
                    return;
                }
            }
        };
        timeout(DEADLINE, end).await.is_ok()
    }
}
