//! TCP and TLS for REST and WebSocket.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{FutureExt as _, future::select_ok};
use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// TCP, and then TLS, must connect within this time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The next address is tried this long after the one before it.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Where a URL leads: host as certificates name it, and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Target {
    /// The target of a URL with a host; the port is told by the scheme where it
    /// is not given.
    pub(crate) fn of(url: &Uri) -> io::Result<Self> {
        let host = url.host().ok_or_else(|| invalid("the URL has no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = match (url.port_u16(), url.scheme_str()) {
            (Some(port), _) => port,
            (None, Some("http" | "ws")) => 80,
            (None, _) => 443,
        };
        Ok(Self { host, port })
    }

    /// All addresses of the host; at least one.
    pub(crate) async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let found: Vec<_> = lookup_host((self.host.as_str(), self.port)).await?.collect();
        if found.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the host has no address"));
        }
        Ok(found)
    }
}

fn invalid(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// A TCP connection, with TLS where the scheme asks for it.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Connects to the first address of the URL's host that answers.
    pub(crate) async fn connect(url: &Uri, tls: Arc<ClientConfig>) -> io::Result<Self> {
        let target = Target::of(url)?;
        let tcp = tcp(&target).await?;
        tcp.set_nodelay(true)?;
        match url.scheme_str() {
            Some("http" | "ws") => Ok(Self::Plain(tcp)),
            Some("https" | "wss") => {
                let name = ServerName::try_from(target.host).map_err(io::Error::other)?;
                let handshake = TlsConnector::from(tls).connect(name, tcp);
                let stream =
                    timeout(CONNECT_TIMEOUT, handshake).await.map_err(io::Error::from)??;
                Ok(Self::Tls(Box::new(stream)))
            }
            _ => Err(invalid("the URL's scheme is not one of http, https, ws, wss")),
        }
    }
}

async fn tcp(target: &Target) -> io::Result<TcpStream> {
    let race = race(target.addresses().await?, TcpStream::connect);
    timeout(CONNECT_TIMEOUT, race).await?
}

/// Connects to the addresses of a host in turn, without waiting for one that is
/// silent: each is tried a moment after the one before it, and the first that
/// answers wins (RFC 8305 section 5). At least one address must be given.
pub(crate) async fn race<T, E, F: Future<Output = Result<T, E>> + Send>(
    addresses: Vec<SocketAddr>,
    connect: impl Fn(SocketAddr) -> F,
) -> Result<T, E> {
    let attempts = (0_u32..).zip(addresses).map(|(turn, address)| {
        let connecting = connect(address);
        let attempt = async move {
            tokio::time::sleep(ATTEMPT_DELAY * turn).await;
            connecting.await
        };
        attempt.boxed()
    });
    select_ok(attempts).await.map(|(connected, _)| connected)
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn targets_know_their_port() {
        let target = |url: &str| Target::of(&url.parse().expect("valid")).expect("has a host");
        let is = |host: &str, port| Target { host: host.to_owned(), port };
        assert_eq!(target("quic://127.0.0.1:8080"), is("127.0.0.1", 8080));
        assert_eq!(target("http://localhost"), is("localhost", 80));
        assert_eq!(target("wss://chat.example/rt/v1"), is("chat.example", 443));
        assert_eq!(target("https://[::1]:9/"), is("::1", 9));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_address_holds_nobody_up() {
        let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (silent, refuses, answers) = (address(1), address(2), address(3));
        let connect = |address| async move {
            match address {
                it if it == silent => std::future::pending().await,
                it if it == refuses => Err("refused"),
                _ => Ok(address),
            }
        };
        assert_eq!(race(vec![silent, refuses, answers], connect).await, Ok(answers));
        assert_eq!(race(vec![refuses], connect).await, Err("refused"));
    }
}
