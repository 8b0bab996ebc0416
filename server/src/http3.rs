//! HTTP/3: the same router as over TCP, on a UDP port of its own.
//!
//! WebTransport cannot share a connection with it, and both are ALPN `h3`: hence
//! the further port, which answers over TCP announce by `Alt-Svc` (RFC 7838).

mod bounded;

use std::{net::SocketAddr, net::UdpSocket, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, HttpBody as _},
    extract::ConnectInfo,
};
use bytes::{Buf as _, Bytes};
use futures_util::stream;
use h3::{error::Code, server::RequestResolver};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use parlor_domain::limits;
use quinn::crypto::rustls::QuicServerConfig;
use rustls::server::ResolvesServerCert;
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;
use tower_http::timeout::DeadlineBody;

use crate::admission::{Admission, Place};

/// Handshakes that wait to be accepted.
const INCOMING: usize = 1_024;
/// Requests of one connection at once, as over HTTP/2.
const STREAMS: u32 = 100;
/// QPACK and control streams of the peer: three are used (RFC 9114 section 6.2).
const UNI_STREAMS: u32 = 8;
/// Unread bytes of one request.
const STREAM_WINDOW: u32 = 128 * 1024;
/// Unread bytes of one connection.
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Bytes of one connection that were sent and not acknowledged.
const SEND_WINDOW: u64 = 1024 * 1024;
/// A connection on which nothing happens.
const IDLE_MS: u32 = 60_000;
/// A client that takes no byte of its answer for this long has gone.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

type Connection = bounded::Connection<h3_quinn::Connection>;
type RecvHalf = h3::server::RequestStream<bounded::Stream<h3_quinn::RecvStream>, Bytes>;
type SendHalf = h3::server::RequestStream<h3_quinn::SendStream<Bytes>, Bytes>;

/// Serves a router over HTTP/3.
#[derive(Clone)]
pub(crate) struct Http3 {
    router: Router,
    admission: Admission,
}

/// The value of `Alt-Svc` that announces this port.
pub(crate) fn alt_svc(port: u16) -> HeaderValue {
    HeaderValue::from_str(&format!("h3=\":{port}\"; ma=86400"))
        .unwrap_or_else(|_| HeaderValue::from_static("clear"))
}

/// The QUIC endpoint of HTTP/3.
pub(crate) fn endpoint(
    socket: UdpSocket,
    certificates: Arc<dyn ResolvesServerCert>,
) -> std::io::Result<quinn::Endpoint> {
    let mut tls = rustls::ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS13])
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    tls.alpn_protocols = vec![b"h3".to_vec()];
    let mut transport = quinn::TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(STREAMS.into())
        .max_concurrent_uni_streams(UNI_STREAMS.into())
        .stream_receive_window(STREAM_WINDOW.into())
        .receive_window(CONNECTION_WINDOW.into())
        .send_window(SEND_WINDOW)
        .max_idle_timeout(Some(quinn::VarInt::from_u32(IDLE_MS).into()))
        .datagram_receive_buffer_size(None);
    let crypto = QuicServerConfig::try_from(tls).map_err(std::io::Error::other)?;
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
    config.transport_config(Arc::new(transport)).max_incoming(INCOMING);
    let runtime = Arc::new(quinn::TokioRuntime);
    quinn::Endpoint::new(quinn::EndpointConfig::default(), Some(config), socket, runtime)
}

impl Http3 {
    pub(crate) fn new(router: Router, admission: Admission) -> Self {
        Self { router, admission }
    }

    /// Accepts until told to stop, then lets every connection finish the
    /// requests it has begun.
    pub(crate) async fn serve(self, endpoint: quinn::Endpoint, stop: CancellationToken) {
        let connections = TaskTracker::new();
        loop {
            let incoming = tokio::select! {
                Some(incoming) = endpoint.accept() => incoming,
                () = stop.cancelled() => break,
            };
            // The address must be proven before it can fill another's share.
            if !incoming.remote_address_validated() && endpoint.open_connections() > INCOMING / 2 {
                let _ = incoming.retry();
                continue;
            }
            let peer = incoming.remote_address();
            match self.admission.enter(peer.ip()) {
                Some(place) => {
                    connections.spawn(self.clone().connection(incoming, peer, place, stop.clone()));
                }
                None => incoming.refuse(),
            }
        }
        connections.close();
        connections.wait().await;
        endpoint.close(quinn::VarInt::from_u32(0x100), b"stopping"); // H3_NO_ERROR
        endpoint.wait_idle().await;
    }

    async fn connection(
        self,
        incoming: quinn::Incoming,
        peer: SocketAddr,
        _place: Place,
        stop: CancellationToken,
    ) {
        let handshake = Box::pin(async { incoming.accept().ok()?.await.ok() });
        let Ok(Some(quic)) = timeout(limits::HTTP_HEADER_TIMEOUT, handshake).await else {
            return;
        };
        let bounded = Connection::new(h3_quinn::Connection::new(quic));
        let mut builder = h3::server::builder();
        builder.max_field_section_size(limits::HTTP_HEADER_BYTES as u64);
        let Ok(mut connection) = builder.build(bounded).await else {
            return;
        };
        let requests = TaskTracker::new();
        let mut is_stopping = false;
        loop {
            tokio::select! {
                accepted = connection.accept() => match accepted {
                    Ok(Some(resolver)) => {
                        requests.spawn(self.clone().request(resolver, peer));
                    }
                    Ok(None) | Err(_) => break,
                },
                () = stop.cancelled(), if !is_stopping => {
                    is_stopping = true;
                    if connection.shutdown(0).await.is_err() {
                        break;
                    }
                    requests.close();
                }
                // The client may leave the connection open for ever.
                () = requests.wait(), if is_stopping => break,
            }
        }
        requests.close();
        requests.wait().await;
        // What was answered last is still on its way; the client closes when it
        // has it all.
        let _ = timeout(limits::CLOSE_LINGER, connection.accept()).await;
    }

    async fn request(self, resolver: RequestResolver<Connection, Bytes>, peer: SocketAddr) {
        let resolved = timeout(limits::HTTP_HEADER_TIMEOUT, Box::pin(resolver.resolve_request()));
        let Ok(Ok((request, stream))) = resolved.await else {
            return;
        };
        let (mut send, recv) = stream.split();
        let (mut parts, ()) = request.into_parts();
        parts.extensions.insert(ConnectInfo(peer));
        let body = body(recv);
        // Bytes of a file look after their own time.
        let body = if parlor_control::is_upload(&parts.method, &parts.uri) {
            body
        } else {
            Body::new(DeadlineBody::new(limits::HTTP_BODY_TIMEOUT, body))
        };
        let request = Request::from_parts(parts, body);
        let response = match self.router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if answer(&mut send, response).await.is_none() {
            send.stop_stream(Code::H3_INTERNAL_ERROR);
        }
    }
}

/// The body of a request as it arrives.
fn body(recv: RecvHalf) -> Body {
    let chunks = stream::try_unfold(recv, |mut recv| async move {
        let chunk = recv.recv_data().await.map_err(std::io::Error::other)?;
        let chunk = chunk.map(|mut chunk| chunk.copy_to_bytes(chunk.remaining()));
        Ok::<_, std::io::Error>(chunk.map(|chunk| (chunk, recv)))
    });
    Body::from_stream(chunks)
}

/// Sends an answer; `None` where the client does not take it, or the answer
/// broke off.
async fn answer(send: &mut SendHalf, response: Response<Body>) -> Option<()> {
    let (mut parts, mut body) = response.into_parts();
    // These belong to one hop of HTTP/1 (RFC 9114 section 4.2).
    for name in ["connection", "keep-alive", "transfer-encoding", "upgrade"] {
        parts.headers.remove(name);
    }
    if parts.status == StatusCode::SWITCHING_PROTOCOLS {
        parts.status = StatusCode::NOT_IMPLEMENTED;
    }
    let head = Response::from_parts(parts, ());
    timeout(SEND_TIMEOUT, send.send_response(head)).await.ok()?.ok()?;
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else {
            break;
        };
        if let Ok(data) = frame.ok()?.into_data() {
            timeout(SEND_TIMEOUT, send.send_data(data)).await.ok()?.ok()?;
        }
    }
    timeout(SEND_TIMEOUT, send.finish()).await.ok()?.ok()
}
