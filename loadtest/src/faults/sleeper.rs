//! Readers that do not read: each asks for a room's events and leaves them where
//! they are. On WebSocket the receive window is as small as the system lets it
//! be; on QUIC there is credit for the Welcome, and none after that.

mod quic;

pub(crate) use quic::Endpoint as QuicEndpoint;

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// As little as the system lets a TCP connection take; on each stream of QUIC,
/// what the server may send.
const WINDOW_BYTES: u32 = 4 * 1024;
/// First byte of a whole binary message (RFC 6455 section 5.2).
const BINARY: u8 = 0x82;
/// The message is masked, and its length follows as two bytes.
const MASKED_U16: u8 = 0x80 | 126;
/// A mask that changes nothing, which a client may choose.
const MASK: [u8; 4] = [0; 4];
/// A server that has closed the session needs no longer to be found out.
const PATIENCE: Duration = Duration::from_secs(5);

/// Somebody who signed in, was welcomed, and fell asleep.
pub(crate) enum Sleeper {
    OnWebSocket(TcpStream),
    OnQuic(quic::Session),
}

impl Sleeper {
    /// On this socket.
    pub(crate) async fn on_quic(
        endpoint: &QuicEndpoint,
        server: SocketAddr,
        hello: &[u8],
    ) -> anyhow::Result<Self> {
        Ok(Self::OnQuic(endpoint.enter(server, hello).await?))
    }

    /// On a connection of its own.
    pub(crate) async fn on_websocket(server: SocketAddr, hello: &[u8]) -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(WINDOW_BYTES)?;
        let mut stream = socket.connect(server).await?;
        let upgrade = format!(
            "GET /rt/v1 HTTP/1.1\r\nHost: {server}\r\nOrigin: http://{server}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: c2xlZXBlciBzbGVlcGVyIQ==\r\n\r\n"
        );
        stream.write_all(upgrade.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.context("the upgrade")?);
        }
        ensure!(head.starts_with(b"HTTP/1.1 101"), "no WebSocket: {}", head.escape_ascii());
        let mut message = vec![BINARY, MASKED_U16];
        message.extend(u16::try_from(hello.len())?.to_be_bytes());
        message.extend(MASK);
        message.extend_from_slice(hello);
        stream.write_all(&message).await?;
        // The beginning of the Welcome, and not of a close.
        ensure!(stream.read_u8().await? == BINARY, "the sleeper is not welcome");
        Ok(Self::OnWebSocket(stream))
    }

    /// Its lane, and whether the server has closed it meanwhile.
    pub(crate) async fn was_closed(self) -> (&'static str, bool) {
        match self {
            Self::OnWebSocket(mut stream) => {
                // It wakes up, and reads what it was sent. An error is a
                // connection that the server has reset.
                let mut nowhere = tokio::io::sink();
                let drained = tokio::io::copy(&mut stream, &mut nowhere);
                ("WebSocket", timeout(PATIENCE, drained).await.is_ok())
            }
            Self::OnQuic(session) => {
                ("QUIC", timeout(PATIENCE, session.connection.closed()).await.is_ok())
            }
        }
    }
}
