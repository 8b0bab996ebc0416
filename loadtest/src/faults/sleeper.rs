//! A reader that does not read: a WebSocket session that asks for a room's
//! events and leaves them to its small receive window.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, ensure};
use parlor_domain::{Position, RoomId};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::wire;

/// As little as the system lets a connection take.
const WINDOW_BYTES: u32 = 4 * 1024;
/// First byte of a whole binary message (RFC 6455 section 5.2).
const BINARY: u8 = 0x82;
/// The message is masked, and its length follows as two bytes.
const MASKED_U16: u8 = 0x80 | 126;
/// A mask that changes nothing, which a client may choose.
const MASK: [u8; 4] = [0; 4];
/// A server that has closed the session needs no longer to be found out.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Sleeper {
    stream: TcpStream,
}

impl Sleeper {
    /// Signs in, is welcomed, and falls asleep.
    pub(crate) async fn lie_down(
        server: SocketAddr,
        access_token: String,
        room: RoomId,
        from: Position,
    ) -> anyhow::Result<Self> {
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
        let hello = wire::hello(access_token, room, from);
        let mut message = vec![BINARY, MASKED_U16];
        message.extend(u16::try_from(hello.len())?.to_be_bytes());
        message.extend(MASK);
        message.extend(hello);
        stream.write_all(&message).await?;
        // The beginning of the Welcome, and not of a close.
        ensure!(stream.read_u8().await? == BINARY, "the sleeper is not welcome");
        Ok(Self { stream })
    }

    /// Wakes up, and reads what it was sent; true where the server had closed
    /// the session meanwhile.
    pub(crate) async fn was_closed(mut self) -> bool {
        let mut nowhere = tokio::io::sink();
        let drained = tokio::io::copy(&mut self.stream, &mut nowhere);
        // An error is a connection that the server has reset.
        timeout(PATIENCE, drained).await.is_ok()
    }
}
