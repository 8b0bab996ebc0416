//! A server in this process, and clients to it.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use parlor::{Crashed, LoadError, Parlor, config::Config};
use parlor_domain::{Clock, SystemClock};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

/// Nothing that these tests wait for takes longer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) http3: Option<SocketAddr>,
    pub(crate) internal: Option<SocketAddr>,
    shutdown: CancellationToken,
    running: JoinHandle<Result<(), Crashed>>,
}

/// The defaults, at a free port, with the data in `folder`.
pub(crate) fn config(folder: &Path) -> Config {
    parlor::install_crypto_provider();
    let mut config = Config::defaults().expect("the defaults are valid");
    config.listen = ([127, 0, 0, 1], 0).into();
    config.data_dir = Some(folder.join("data"));
    config
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

impl Server {
    pub(crate) async fn start(config: Config) -> Self {
        Self::try_start(config, Arc::new(SystemClock)).await.expect("the server starts")
    }

    pub(crate) async fn try_start(
        config: Config,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LoadError> {
        let parlor = Parlor::load(config, clock).await?;
        let (address, http3) = (parlor.address(), parlor.http3_address());
        let internal = parlor.internal_address();
        let shutdown = CancellationToken::new();
        #[allow(clippy::disallowed_methods, reason = "the test owns the server and joins it")]
        let running = tokio::spawn(parlor.run(shutdown.clone()));
        Ok(Self { address, http3, internal, shutdown, running })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn begin_to_stop(&self) {
        self.shutdown.cancel();
    }

    pub(crate) async fn stop(self) {
        self.begin_to_stop();
        let ended = timeout(DEADLINE, self.running).await.expect("it stops in time");
        ended.expect("it does not panic").expect("nothing crashed");
    }

    pub(crate) async fn get(&self, path: &str) -> Response<Bytes> {
        self.send(Request::get(self.url(path)).body(Full::default()).expect("a request")).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Response<Bytes> {
        self.send(post(&self.url(path), token, body)).await
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        send(request).await
    }

    /// Registers a person; returns an access token.
    pub(crate) async fn register(&self, name: &str) -> String {
        let response = self.post("/api/v1/register", None, &registration(name)).await;
        assert_eq!(response.status(), 201, "{:?}", response.body());
        json_of(&response)["access_token"].as_str().expect("a token").to_owned()
    }
}

/// Asks any server.
pub(crate) async fn send(request: Request<Full<Bytes>>) -> Response<Bytes> {
    let client: Client<HttpConnector, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).build_http();
    let response = timeout(DEADLINE, client.request(request)).await;
    let (parts, body) = response.expect("an answer in time").expect("an answer").into_parts();
    let body = timeout(DEADLINE, body.collect()).await.expect("a body in time");
    Response::from_parts(parts, body.expect("a whole body").to_bytes())
}

pub(crate) fn registration(name: &str) -> Value {
    json!({ "name": name, "password": "correct horse battery staple", "device_name": "test" })
}

pub(crate) fn post(url: &str, token: Option<&str>, body: &Value) -> Request<Full<Bytes>> {
    let mut request = Request::post(url).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(Full::from(body.to_string())).expect("a request")
}

pub(crate) fn json_of(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).expect("JSON")
}

/// TLS towards a server whose certificate is looked at, not judged.
pub(crate) mod tls {
    use std::sync::Arc;

    use rustls::{
        DigitallySignedStruct, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName, UnixTime},
    };

    #[derive(Debug)]
    struct Anybody;

    impl ServerCertVerifier for Anybody {
        fn verify_server_cert(
            &self,
            _certificate: &CertificateDer<'_>,
            _chain: &[CertificateDer<'_>],
            _name: &ServerName<'_>,
            _ocsp: &[u8],
            _now: UnixTime,
        ) -> Result<ServerCertVerified, rustls::Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            let known = aws_lc_rs::default_provider().signature_verification_algorithms;
            rustls::crypto::verify_tls12_signature(message, certificate, signature, &known)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            let known = aws_lc_rs::default_provider().signature_verification_algorithms;
            rustls::crypto::verify_tls13_signature(message, certificate, signature, &known)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
        }
    }

    pub(crate) fn client(alpn: &[&str]) -> rustls::ClientConfig {
        let mut config = rustls::ClientConfig::builder()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody))
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }

    /// A QUIC connection by one ALPN.
    pub(crate) async fn quic(address: std::net::SocketAddr, alpn: &str) -> quinn::Connection {
        let crypto = quinn::crypto::rustls::QuicClientConfig::try_from(client(&[alpn]));
        let mut endpoint =
            quinn::Endpoint::client(([127, 0, 0, 1], 0).into()).expect("a client endpoint");
        let crypto = Arc::new(crypto.expect("a QUIC configuration"));
        let mut config = quinn::ClientConfig::new(crypto);
        let mut transport = quinn::TransportConfig::default();
        // Else the client would end a quiet connection after 30 s, which is as
        // long as the server waits for a body.
        transport.keep_alive_interval(Some(std::time::Duration::from_secs(5)));
        config.transport_config(Arc::new(transport));
        endpoint.set_default_client_config(config);
        let connecting = endpoint.connect(address, "localhost").expect("connecting");
        let connected = tokio::time::timeout(super::DEADLINE, connecting).await;
        connected.expect("a handshake in time").expect("a handshake")
    }

    /// The certificate that the server showed on a QUIC connection.
    pub(crate) fn certificate(connection: &quinn::Connection) -> Vec<u8> {
        let identity = connection.peer_identity().expect("an identity");
        let chain = identity.downcast::<Vec<CertificateDer<'static>>>().expect("certificates");
        chain[0].to_vec()
    }
}
