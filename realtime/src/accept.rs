//! Where connections come in: one UDP socket for WebTransport and raw QUIC,
//! split by ALPN, and the WebSocket route.

use std::{io, net::SocketAddr, sync::Arc};

use aws_lc_rs::hmac;
use axum::{
    Router,
    extract::{ConnectInfo, State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use parlor_domain::limits::{
    DATAGRAM_BYTES, FRAME_BYTES, HELLO_TIMEOUT, OUTBOX_BYTES, SESSION_IDLE_TIMEOUT,
};
use quinn::{EndpointConfig, IdleTimeout, TransportConfig, VarInt};
use quinn_proto::HashedConnectionIdGenerator;
use tokio::time::timeout;

use crate::{
    node::Inner,
    session,
    transport::{Conn, ReadError, quic, websocket, webtransport},
};

/// ALPN of HTTP/3, under which WebTransport travels.
const ALPN_H3: &[u8] = b"h3";
/// ALPN of raw QUIC sessions (rule 1.1).
const ALPN_PARLOR: &[u8] = b"parlor/1";
/// Streams a client may open at once: WebTransport itself needs four.
const CLIENT_STREAMS: u32 = 8;
/// With more handshakes than this under way a client must first prove its
/// address (RFC 9000 section 8.1.2).
const HANDSHAKES_BEFORE_RETRY: usize = 256;
/// Handshakes under way that the endpoint keeps at all.
const HANDSHAKES: usize = 1_024;

fn transport() -> TransportConfig {
    let small = |bytes: usize| VarInt::from_u32(u32::try_from(bytes).unwrap_or(u32::MAX));
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(CLIENT_STREAMS))
        .max_concurrent_uni_streams(VarInt::from_u32(CLIENT_STREAMS))
        .stream_receive_window(small(2 * FRAME_BYTES))
        .receive_window(small(16 * FRAME_BYTES))
        .send_window(OUTBOX_BYTES as u64)
        .datagram_receive_buffer_size(Some(16 * DATAGRAM_BYTES))
        .datagram_send_buffer_size(16 * DATAGRAM_BYTES)
        .max_idle_timeout(IdleTimeout::try_from(SESSION_IDLE_TIMEOUT).ok());
    transport
}

/// What lets a restarted server tell clients at once that their connections are
/// gone, by a stateless reset (RFC 9000 section 10.3), where they would wait for
/// a timeout otherwise: its keys must outlive the process.
fn endpoint_config(secret: &[u8; 32]) -> EndpointConfig {
    let derive = |purpose: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), purpose);
    let reset_key = hmac::Key::new(hmac::HMAC_SHA256, derive(b"stateless reset").as_ref());
    let mut id_key = [0; 8];
    id_key.copy_from_slice(&derive(b"connection ids").as_ref()[..8]);
    let id_key = u64::from_be_bytes(id_key);
    let mut config = EndpointConfig::new(Arc::new(reset_key));
    config.cid_generator(move || Box::new(HashedConnectionIdGenerator::from_key(id_key)));
    config
}

/// A QUIC endpoint on this socket for both lanes: ALPN `h3` and `parlor/1`,
/// early data off. Certificates are asked for at each handshake, so that they
/// can be rotated while connections live. `secret` is kept from one start to the
/// next: by it a restarted server tells clients that their connections are gone.
///
/// # Errors
/// The socket cannot be used.
pub fn endpoint(
    socket: std::net::UdpSocket,
    certificates: Arc<dyn rustls::server::ResolvesServerCert>,
    secret: &[u8; 32],
) -> io::Result<quinn::Endpoint> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    tls.alpn_protocols = vec![ALPN_H3.to_vec(), ALPN_PARLOR.to_vec()];
    tls.max_early_data_size = 0;
    let crypto =
        quinn::crypto::rustls::QuicServerConfig::try_from(tls).map_err(io::Error::other)?;
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
    config.transport_config(Arc::new(transport())).max_incoming(HANDSHAKES);
    let runtime = Arc::new(quinn::TokioRuntime);
    quinn::Endpoint::new(endpoint_config(secret), Some(config), socket, runtime)
}

/// Accepts until the node drains; no handshake is awaited in the loop.
pub(crate) async fn serve(node: Arc<Inner>, endpoint: quinn::Endpoint) {
    let mut handshakes = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            incoming = endpoint.accept() => {
                let Some(incoming) = incoming else { return };
                if handshakes.len() >= HANDSHAKES_BEFORE_RETRY && incoming.may_retry() {
                    // Fails only where the address is proven already.
                    let _ = incoming.retry();
                    continue;
                }
                handshakes.spawn(handshake(Arc::clone(&node), incoming));
            }
            Some(_) = handshakes.join_next(), if !handshakes.is_empty() => {}
            () = node.draining.cancelled() => return,
        }
    }
}

/// Until a session can begin; then it goes on by itself.
async fn handshake(node: Arc<Inner>, incoming: quinn::Incoming) {
    let peer = incoming.remote_address();
    match timeout(HELLO_TIMEOUT, Box::pin(lane(&node, incoming))).await {
        Ok(Ok(conn)) => {
            node.tasks.spawn(session::task::run(Arc::clone(&node), conn));
        }
        Ok(Err(error)) => tracing::debug!(%peer, %error, "no session"),
        Err(_) => tracing::debug!(%peer, "no session in time"),
    }
}

async fn lane(node: &Inner, incoming: quinn::Incoming) -> Result<Conn, ReadError> {
    let lost = |error: quinn::ConnectionError| ReadError::Lost(error.to_string());
    let mut connecting = incoming.accept().map_err(lost)?;
    let data = connecting.handshake_data().await.map_err(lost)?;
    let data = data.downcast::<quinn::crypto::rustls::HandshakeData>().ok();
    match data.and_then(|data| data.protocol).as_deref() {
        Some(ALPN_PARLOR) => quic::accept(connecting.await.map_err(lost)?).await,
        Some(ALPN_H3) => webtransport::accept(connecting, &node.config.origins).await,
        _ => Err(ReadError::Lost("an unknown ALPN".into())),
    }
}

/// `GET /rt/v1`.
pub(crate) fn websocket_routes(node: Arc<Inner>) -> Router {
    Router::new().route("/rt/v1", get(upgrade)).with_state(node)
}

async fn upgrade(
    State(node): State<Arc<Inner>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    // S2: a token in a URL ends up in logs; nothing is taken from a query.
    if uri.query().is_some() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authority = uri.authority().map_or(text(header::HOST), |authority| authority.as_str());
    if !node.config.origins.allows(text(header::ORIGIN), authority) {
        return StatusCode::FORBIDDEN.into_response();
    }
    if node.draining.is_cancelled() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    upgrade
        .protocols(["parlor.v1"])
        .read_buffer_size(4_096)
        .write_buffer_size(0)
        .max_write_buffer_size(OUTBOX_BYTES)
        .max_message_size(2 * FRAME_BYTES)
        .max_frame_size(2 * FRAME_BYTES)
        .on_upgrade(move |socket| async move {
            let conn = websocket::conn(socket, peer);
            // On the node's own tracker, so that a drain waits for it.
            let session = session::task::run(Arc::clone(&node), conn);
            let _ = node.tasks.spawn(session).await;
        })
}
