//! HTTP/1.1 and HTTP/2 over TCP, with TLS where there is a public certificate.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use parlor_domain::limits;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;
use tower_http::timeout::DeadlineBody;

use crate::{
    admission::{Admission, Place, Placed},
    listeners::accept,
};

/// Requests of one HTTP/2 connection at once (RFC 9113 section 6.5.2).
const HTTP2_STREAMS: u32 = 100;
/// Streams reset before they were answered; more end the connection (rapid
/// reset, CVE-2023-44487).
const HTTP2_RESETS: usize = 20;
/// How often an HTTP/2 peer is asked whether it is still there.
const HTTP2_PING: Duration = Duration::from_secs(20);

/// Serves a router over TCP.
#[derive(Clone)]
pub(crate) struct Http {
    router: Router,
    tls: Option<TlsAcceptor>,
    admission: Admission,
    builder: Arc<auto::Builder<TokioExecutor>>,
}

impl Http {
    pub(crate) fn new(
        router: Router,
        tls: Option<Arc<rustls::ServerConfig>>,
        admission: Admission,
    ) -> Self {
        let tls = tls.map(TlsAcceptor::from);
        Self { router, tls, admission, builder: Arc::new(builder()) }
    }

    /// Accepts until told to stop, then lets every connection finish the
    /// requests it has begun. Upgraded connections are not waited for.
    pub(crate) async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let connections = TaskTracker::new();
        loop {
            let (stream, peer) = tokio::select! {
                accepted = accept(&listener) => accepted,
                () = stop.cancelled() => break,
            };
            if let Some(place) = self.admission.enter(peer.ip()) {
                let task = self.clone().connection(stream, peer, place, stop.clone());
                connections.spawn(task);
            }
        }
        drop(listener);
        connections.close();
        connections.wait().await;
    }

    async fn connection(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        place: Place,
        stop: CancellationToken,
    ) {
        match &self.tls {
            None => self.requests(Placed::new(stream, place), peer, stop).await,
            Some(tls) => {
                let handshake = Box::pin(tls.accept(stream));
                if let Ok(Ok(stream)) = timeout(limits::HTTP_HEADER_TIMEOUT, handshake).await {
                    self.requests(Placed::new(stream, place), peer, stop).await;
                }
            }
        }
    }

    async fn requests<S>(&self, stream: Placed<S>, peer: SocketAddr, stop: CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let asked = AtomicBool::new(false);
        let service = service_fn(|mut request: Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(ConnectInfo(peer));
            let request = if parlor_control::is_upload(request.method(), request.uri()) {
                request.map(Body::new)
            } else {
                request.map(|body| Body::new(DeadlineBody::new(limits::HTTP_BODY_TIMEOUT, body)))
            };
            self.router.clone().oneshot(request)
        });
        let connection = self.builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        // The builder waits for the first bytes, to tell HTTP/1 from HTTP/2,
        // without a limit of its own.
        let mut silence = std::pin::pin!(sleep(limits::HTTP_HEADER_TIMEOUT));
        let mut is_stopping = false;
        loop {
            tokio::select! {
                // What failed is the peer's affair: it was told, or is gone.
                _ = connection.as_mut() => return,
                () = silence.as_mut(), if !asked.load(Ordering::Relaxed) => {
                    if !asked.load(Ordering::Relaxed) {
                        return;
                    }
                }
                () = stop.cancelled(), if !is_stopping => {
                    is_stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HTTP_HEADER_TIMEOUT)
        .max_buf_size(limits::HTTP_HEADER_BYTES);
    let header_bytes = u32::try_from(limits::HTTP_HEADER_BYTES).unwrap_or(u32::MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS)
        .max_pending_accept_reset_streams(HTTP2_RESETS)
        .max_header_list_size(header_bytes)
        .keep_alive_interval(HTTP2_PING)
        .keep_alive_timeout(HTTP2_PING);
    builder
}
