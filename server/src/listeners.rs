//! Sockets: one port for TCP and UDP alike, and further ones where configured.

use std::{
    io,
    net::{SocketAddr, TcpListener, UdpSocket},
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections the kernel keeps while we are busy; a storm fills 128 at once.
const BACKLOG: i32 = 4_096;
/// Datagrams the kernel keeps while we are busy, in bytes. The kernel may grant
/// less (`net.core.rmem_max`).
const UDP_BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// What the kernel keeps of a TCP connection whose peer does not read: half of
/// what it grants, since it doubles the number for its own bookkeeping (tcp(7)).
/// Left to itself it keeps up to 4 MiB for each (`net.ipv4.tcp_wmem`), and a
/// stalled session is not noticed until they are full (C10, C11).
const TCP_SEND_BUFFER_BYTES: usize = 128 * 1024;
/// A port that is free for TCP may be taken for UDP; so many are tried.
const FREE_PORT_ATTEMPTS: usize = 64;

/// Pause after the kernel could not give us a connection, for want of file
/// descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why nothing can be served at an address.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else has the port.
    #[error("{protocol} port {} at {} is taken by another program", address.port(), address.ip())]
    InUse {
        /// `TCP` or `UDP`.
        protocol: &'static str,
        /// The address asked for.
        address: SocketAddr,
    },
    /// The kernel refused.
    #[error("cannot listen at {protocol} {address}: {error}")]
    Refused {
        /// `TCP` or `UDP`.
        protocol: &'static str,
        /// The address asked for.
        address: SocketAddr,
        /// What it said.
        error: io::Error,
    },
}

/// One port, for TCP and UDP alike.
#[derive(Debug)]
pub(crate) struct Pair {
    /// For HTTP.
    pub(crate) tcp: TcpListener,
    /// For WebTransport and QUIC.
    pub(crate) udp: UdpSocket,
    /// Where both are bound.
    pub(crate) address: SocketAddr,
}

/// Takes the port for TCP and UDP; port 0 takes one that is free for both.
///
/// # Errors
/// Either is taken, or the kernel refused.
pub(crate) fn bind_pair(address: SocketAddr) -> Result<Pair, ListenError> {
    let attempts = if address.port() == 0 { FREE_PORT_ATTEMPTS } else { 1 };
    let mut last = None;
    for _ in 0..attempts {
        let (tcp, bound) = bind_tcp(address)?;
        match bind_udp(bound) {
            Ok((udp, _)) => return Ok(Pair { tcp, udp, address: bound }),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or(ListenError::InUse { protocol: "UDP", address }))
}

/// A listening TCP socket and where it is bound.
///
/// # Errors
/// The port is taken, or the kernel refused.
pub(crate) fn bind_tcp(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ListenError> {
    let bind = || {
        let socket = socket(address, Type::STREAM, Protocol::TCP)?;
        // Lets a restarted server have its port at once; on Linux this does not
        // let two servers listen at the same.
        socket.set_reuse_address(true)?;
        // Connections that are accepted inherit it.
        socket.set_send_buffer_size(TCP_SEND_BUFFER_BYTES)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from(socket);
        let bound = listener.local_addr()?;
        Ok((listener, bound))
    };
    bind().map_err(listen_error("TCP", address))
}

/// The next connection. What goes wrong with one says nothing about the next, so
/// that no error ends the listening.
pub(crate) async fn accept(
    listener: &tokio::net::TcpListener,
) -> (tokio::net::TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // A message waits for nobody. Without the option it would merely be slow.
                let _ = stream.set_nodelay(true);
                return (stream, peer);
            }
            // Of this one connection: the peer gave up while it waited.
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted; trying again");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// True for errors of `accept` that say nothing about the listener (accept(2)).
fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// A UDP socket and where it is bound.
///
/// # Errors
/// The port is taken, or the kernel refused.
pub(crate) fn bind_udp(address: SocketAddr) -> Result<(UdpSocket, SocketAddr), ListenError> {
    let bind = || {
        let socket = socket(address, Type::DGRAM, Protocol::UDP)?;
        socket.set_recv_buffer_size(UDP_BUFFER_BYTES)?;
        socket.set_send_buffer_size(UDP_BUFFER_BYTES)?;
        socket.bind(&address.into())?;
        let socket = UdpSocket::from(socket);
        let bound = socket.local_addr()?;
        Ok((socket, bound))
    };
    bind().map_err(listen_error("UDP", address))
}

/// A socket that does not block and, on `[::]`, takes IPv4 too.
fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    Ok(socket)
}

fn listen_error(
    protocol: &'static str,
    address: SocketAddr,
) -> impl FnOnce(io::Error) -> ListenError {
    move |error| match error.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse { protocol, address },
        _ => ListenError::Refused { protocol, address, error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    #[test]
    fn the_port_is_taken_for_tcp_and_udp_alike() {
        let pair = bind_pair(loopback(0)).expect("a free port");
        let port = pair.address.port();
        assert_eq!(pair.tcp.local_addr().expect("bound").port(), port);
        assert_eq!(pair.udp.local_addr().expect("bound").port(), port);
    }

    #[test]
    fn c10_a_peer_that_does_not_read_is_sent_no_more_than_the_limit() {
        use std::io::Write as _;
        let (listener, bound) = bind_tcp(loopback(0)).expect("a free port");
        listener.set_nonblocking(false).expect("waits");
        let peer = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        peer.set_recv_buffer_size(4 * 1024).expect("a small window");
        peer.connect(&bound.into()).expect("connected");
        let (mut stream, _) = listener.accept().expect("accepted");
        stream.set_nonblocking(true).expect("does not wait");
        let (chunk, mut sent) = ([0; 4 * 1024], 0);
        while let Ok(bytes) = stream.write(&chunk) {
            sent += bytes;
        }
        assert!(sent <= 2 * TCP_SEND_BUFFER_BYTES + 64 * 1024, "{sent} bytes");
        drop(peer);
    }

    #[test]
    fn a_port_that_is_taken_for_either_is_refused_with_the_protocol_named() {
        let pair = bind_pair(loopback(0)).expect("a free port");
        let taken = bind_pair(pair.address).expect_err("is taken");
        assert!(matches!(taken, ListenError::InUse { protocol: "TCP", .. }), "{taken}");
        let address = pair.address;
        drop(pair.tcp);
        let taken = bind_pair(address).expect_err("is taken for UDP");
        assert!(matches!(taken, ListenError::InUse { protocol: "UDP", .. }), "{taken}");
        assert_eq!(
            taken.to_string(),
            format!("UDP port {} at 127.0.0.1 is taken by another program", address.port())
        );
    }

    #[test]
    fn the_unspecified_ipv6_address_takes_ipv4_too() {
        let Ok(pair) = bind_pair("[::]:0".parse().expect("an address")) else {
            return; // The machine has no IPv6.
        };
        std::net::TcpStream::connect(loopback(pair.address.port())).expect("reached over IPv4");
    }

    #[test]
    fn an_address_that_is_not_ours_is_refused() {
        let refused = bind_tcp("192.0.2.1:0".parse().expect("an address")).expect_err("not ours");
        assert!(matches!(refused, ListenError::Refused { protocol: "TCP", .. }), "{refused}");
    }
}
