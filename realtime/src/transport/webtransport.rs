//! WebTransport over HTTP/3 (draft-ietf-webtrans-http3). Everything that the
//! library underneath leaves open is bridged here.

use std::sync::Arc;

use parlor_domain::OriginPolicy;
use wtransport::endpoint::IncomingSessionFuture;

use super::{Conn, Lane, ReadError, Reader, Writer, streams};

/// Where sessions are opened.
const PATH: &str = "/rt/v1";

/// Takes a connection with ALPN `h3`, answers its CONNECT, and waits for its
/// control stream.
pub(crate) async fn accept(
    connecting: quinn::Connecting,
    origins: &OriginPolicy,
) -> Result<Conn, ReadError> {
    let lost = |error: wtransport::error::ConnectionError| ReadError::Lost(error.to_string());
    let request = IncomingSessionFuture::with_quic_connecting(connecting).await.map_err(lost)?;
    let path = request.path().split('?').next().unwrap_or_default();
    if path != PATH {
        request.not_found().await;
        return Err(ReadError::Lost("a wrong path was asked for".into()));
    }
    // Rule 1.8: programs without pages send no origin; a browser always does,
    // and would be the only one to send a cookie.
    let allowed = match request.origin() {
        Some(origin) => origins.allows(origin, request.authority()),
        None => !request.headers().contains_key("cookie"),
    };
    if !allowed {
        request.forbidden().await;
        return Err(ReadError::Lost("the page's origin is not allowed".into()));
    }
    let connection = request.accept().await.map_err(lost)?;
    let peer = connection.remote_address();
    let connection = streams::Connection::WebTransport(Arc::new(connection));
    let control = connection.accept_control().await?;
    let (reader, writer) = streams::split(connection, control);
    Ok(Conn {
        lane: Lane::WebTransport,
        peer,
        reader: Reader::Streams(reader),
        writer: Writer::Streams(writer),
    })
}
