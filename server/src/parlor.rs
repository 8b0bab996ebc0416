//! A server: from its configuration to its end.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use futures_util::stream;
use parlor_control::{Objects, ObjectsError};
use parlor_domain::Clock;
use parlor_realtime::Node;
use parlor_store::{Database, OpenError, Opened};
use parlor_token::KeyError;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::{
    admission::Admission,
    certificates::{CertificateError, Certificates},
    config::{Config, ConfigError, FilePlace},
    data_folder::{DataFolder, DataFolderError},
    first_admin::{self, FirstAdminError},
    http::Http,
    http3::{self, Http3},
    lifecycle::{Crashed, Tasks},
    listeners::{self, ListenError},
    welcome::{self, WelcomeError},
    wiring::{self, Parts, Services},
};

/// Sessions have this long to go elsewhere (C15).
const DRAIN: Duration = Duration::from_secs(10);
/// Where the node cannot do anything for them any more, this long: what they
/// ask for fails until they have gone (C17).
const DRAIN_AFTER_CRASH: Duration = Duration::from_secs(1);
/// And this long to read why they were closed.
const LINGER: Duration = Duration::from_millis(1_500);
/// Then requests in flight have this long to be answered.
const FINISH: Duration = Duration::from_secs(4);
/// Then everything else has this long to end.
const LAST: Duration = Duration::from_secs(3);

const _: () = assert!(
    (DRAIN.as_millis() + LINGER.as_millis() + FINISH.as_millis() + LAST.as_millis()) < 19_000,
    "C15: it ends within 20 s"
);

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A value of the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder or a key in it.
    #[error(transparent)]
    DataFolder(#[from] DataFolderError),
    /// The key of access tokens.
    #[error("keys/access_token.pem in the data folder: {0}")]
    Key(#[from] KeyError),
    /// A certificate.
    #[error(transparent)]
    Certificates(#[from] CertificateError),
    /// A port.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A socket that was bound and cannot be used.
    #[error("cannot serve: {0}")]
    Socket(#[from] io::Error),
    /// The database.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The welcome room.
    #[error(transparent)]
    Welcome(#[from] WelcomeError),
    /// What a server needs that nobody runs yet.
    #[error(transparent)]
    FirstAdmin(#[from] FirstAdminError),
    /// Where the bytes of files shall be.
    #[error("files: {0}")]
    Objects(#[from] ObjectsError),
    /// The user service did not tell the keys of access tokens.
    #[error("the user service does not tell its keys: {0}")]
    Keys(tonic::Status),
}

/// A server that has bound its ports and opened its database.
pub struct Parlor {
    folder: DataFolder,
    tasks: Tasks,
    idle: CancellationToken,
    address: SocketAddr,
    url: String,
    claim_url: Option<String>,
    is_https: bool,
    http: (Http, TcpListener),
    http3: Option<(Http3, quinn::Endpoint)>,
    internal: Option<(Routes, TcpListener)>,
    node: Node,
    quic: quinn::Endpoint,
    certificates: Certificates,
}

impl Parlor {
    /// Binds the ports, opens the database, and makes keys, certificates and the
    /// welcome room where they are missing.
    ///
    /// # Errors
    /// Whatever keeps the server from starting, so that it can be put right.
    pub async fn load(config: Config, clock: Arc<dyn Clock>) -> Result<Self, LoadError> {
        let folder = DataFolder::open(&config.data_dir()?)?;
        let keys = folder.keys()?;
        let quic_secret = keys.quic_secret;
        let certificates = Certificates::load(&config, &folder, Arc::clone(&clock))?;
        let pair = listeners::bind_pair(config.listen)?;
        let http3_socket = config
            .http3
            .map(|port| listeners::bind_udp(SocketAddr::new(config.listen.ip(), port)))
            .transpose()?;
        let internal_listener = config.internal_listen.map(listeners::bind_tcp).transpose()?;

        let database = match config.database.clone() {
            Some(url) => url.into_database(),
            None => Database::Sqlite { path: folder.database()? },
        };
        let Opened { store, accounts_writer, server_writer, endings, driver } =
            parlor_store::open(&database, Arc::clone(&clock)).await?;
        let (tasks, idle) = (Tasks::default(), CancellationToken::new());
        tasks.spawn_vital("log", driver.run());
        let welcome_room = welcome::ensure(&store).await?;
        let sign_up = config.sign_up.0;
        let claim = first_admin::ensure(sign_up, &server_writer, &accounts_writer, &*clock).await?;

        let objects = match &config.files {
            FilePlace::Folder => Objects::folder(&folder.files()?)?,
            FilePlace::Bucket { bucket, prefix } => Objects::bucket(bucket, prefix)?,
        };
        let services = wiring::services(Parts {
            config: &config,
            address: pair.address,
            http3_port: http3_socket.as_ref().map(|(_, address)| address.port()),
            store,
            accounts_writer,
            server_writer,
            endings,
            objects,
            keys,
            certificates: &certificates,
            clock,
            welcome_room,
            tasks: &tasks,
            idle: idle.clone(),
        });
        let Services { router, internal, node } = services.await?;

        let admission = Admission::new(
            config.limits.connections_per_address.get(),
            config.trusted_proxy.iter().map(|proxy| proxy.0).collect(),
        );
        let http3 = match http3_socket {
            None => None,
            Some((socket, _)) => {
                let endpoint = http3::endpoint(socket, certificates.resolver())?;
                Some((Http3::new(router.clone(), admission.clone()), endpoint))
            }
        };
        let internal = match internal_listener {
            None => None,
            Some((listener, _)) => Some((internal, TcpListener::from_std(listener)?)),
        };
        let url = url(&config, pair.address);
        folder.note_url(&url)?;
        Ok(Self {
            claim_url: claim.map(|code| format!("{url}/admin/claim#{}", code.expose())),
            quic: parlor_realtime::endpoint(pair.udp, certificates.resolver(), &quic_secret)?,
            http: (
                http(router, &config, &certificates, admission),
                TcpListener::from_std(pair.tcp)?,
            ),
            address: pair.address,
            url,
            is_https: config.has_public_certificate(),
            folder,
            tasks,
            idle,
            http3,
            internal,
            node,
            certificates,
        })
    }

    /// Where HTTP and QUIC are bound.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to type into a browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where somebody becomes the first admin. A secret; `None` where there is one.
    pub fn claim_url(&self) -> Option<&str> {
        self.claim_url.as_deref()
    }

    /// True where HTTP is served over TLS.
    pub const fn is_https(&self) -> bool {
        self.is_https
    }

    /// Where HTTP/3 is bound, if it is.
    pub fn http3_address(&self) -> Option<SocketAddr> {
        self.http3.as_ref().and_then(|(_, endpoint)| endpoint.local_addr().ok())
    }

    /// Where the internal services are bound, if they are.
    pub fn internal_address(&self) -> Option<SocketAddr> {
        self.internal.as_ref().and_then(|(_, listener)| listener.local_addr().ok())
    }

    /// Serves until `shutdown` is cancelled or a vital task ends; then lets
    /// sessions go and requests finish. Takes less than 20 s to end (C15).
    ///
    /// # Errors
    /// A vital task ended before its time.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), Crashed> {
        let Self { folder, tasks, idle, node, .. } = self;
        let stopping = tasks.stopping().clone();
        let closing = CancellationToken::new();
        let faces = tasks.group();
        let (http, listener) = self.http;
        faces.spawn_vital("http", http.serve(listener, closing.clone()));
        if let Some((http3, endpoint)) = self.http3 {
            faces.spawn_vital("http3", http3.serve(endpoint, closing.clone()));
        }
        if let Some((routes, listener)) = self.internal {
            faces.spawn_vital("internal", serve_internal(routes, listener, closing.clone()));
        }
        let sessions = node.clone();
        let quic = self.quic;
        faces.spawn_vital("realtime", async move { sessions.serve(quic).await });
        tasks.spawn_until_stopping("certificates", self.certificates.keep_fresh());

        tokio::select! {
            () = shutdown.cancelled() => {}
            () = stopping.cancelled() => {}
        }
        tracing::info!("stopping");
        stopping.cancel();
        // HTTP goes on meanwhile: `/readyz` tells balancers, and people whose
        // session is on its way elsewhere may still post.
        let drain = if tasks.outcome().is_ok() { DRAIN } else { DRAIN_AFTER_CRASH };
        if timeout(drain + LINGER, node.drain(drain)).await.is_err() {
            tracing::warn!("some sessions did not end in time");
        }
        drop(node);
        closing.cancel();
        if timeout(FINISH, faces.ended()).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        idle.cancel();
        if timeout(LAST, tasks.ended()).await.is_err() {
            tracing::warn!("some tasks did not end in time");
        }
        drop(folder);
        tracing::info!("stopped");
        tasks.outcome()
    }
}

/// The public URL, else one that a browser on this machine can reach.
fn url(config: &Config, address: SocketAddr) -> String {
    if let Some(url) = &config.public_url {
        return url.to_string();
    }
    let scheme = if config.has_public_certificate() { "https" } else { "http" };
    if address.ip().is_unspecified() {
        return format!("{scheme}://127.0.0.1:{}", address.port());
    }
    format!("{scheme}://{address}")
}

fn http(
    router: Router,
    config: &Config,
    certificates: &Certificates,
    admission: Admission,
) -> Http {
    let tls = config.has_public_certificate().then(|| {
        let mut tls = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_cert_resolver(certificates.resolver());
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(tls)
    });
    Http::new(router, tls, admission)
}

async fn serve_internal(routes: Routes, listener: TcpListener, stop: CancellationToken) {
    // tonic's own asks again at once, and without end, where `accept` fails.
    let incoming = stream::unfold(listener, |listener| async move {
        let (stream, _) = listeners::accept(&listener).await;
        Some((Ok::<_, io::Error>(stream), listener))
    });
    let served = parlor_user_service::server()
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, stop.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "the internal services ended");
    }
}
