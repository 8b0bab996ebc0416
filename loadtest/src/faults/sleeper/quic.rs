//! Raw QUIC without credit.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use quinn::{
    ClientConfig, Connection, RecvStream, SendStream, TransportConfig, VarInt,
    crypto::rustls::QuicClientConfig,
};
use rustls::{
    DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

/// The protocol's name in the handshake (PROTOCOL 1.1).
const ALPN: &[u8] = b"parlor/1";

/// One socket for all of them.
pub(crate) struct Endpoint(quinn::Endpoint);

impl Endpoint {
    pub(crate) fn open() -> anyhow::Result<Self> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let trust = Arc::new(Anybody(provider.clone()));
        let mut tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(trust)
            .with_no_client_auth();
        tls.alpn_protocols = vec![ALPN.to_vec()];
        let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
        let mut transport = TransportConfig::default();
        transport.stream_receive_window(VarInt::from_u32(super::WINDOW_BYTES));
        // It is alive, and only does not read.
        transport.keep_alive_interval(Some(Duration::from_secs(5)));
        config.transport_config(Arc::new(transport));
        let mut endpoint = quinn::Endpoint::client((Ipv4Addr::UNSPECIFIED, 0).into())?;
        endpoint.set_default_client_config(config);
        Ok(Self(endpoint))
    }

    /// Says this, and waits for the beginning of an answer.
    pub(super) async fn enter(&self, server: SocketAddr, hello: &[u8]) -> anyhow::Result<Session> {
        let connection = self.0.connect(server, "localhost")?.await?;
        let (mut send, mut receive) = connection.open_bi().await?;
        send.write_all(hello).await?;
        // The beginning of the Welcome, or of a close.
        receive.read_exact(&mut [0]).await.context("the sleeper is not welcome")?;
        Ok(Session { connection, _control: (send, receive) })
    }
}

/// A session, of which nothing is read.
pub(crate) struct Session {
    pub(super) connection: Connection,
    /// Held: dropping them would tell the server to stop.
    _control: (SendStream, RecvStream),
}

/// Takes anybody for the server: it is ours, on this machine.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
