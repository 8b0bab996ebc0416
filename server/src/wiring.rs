//! Which service is given what.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header};
use parlor_bus::Bus;
use parlor_control::{
    Endings, FileLimits, Lanes, Live, LiveLimits, LiveSession, Objects, Rate, Sweeper,
};
use parlor_domain::{Clock, OriginPolicy, RoomId};
use parlor_proto::{
    room::room_service_server::SERVICE_NAME as ROOM_SERVICE,
    user::{GetKeysRequest, user_service_client::UserServiceClient},
};
use parlor_realtime::{Node, NodeConfig};
use parlor_store::{AccountsWriter, ServerWriter, Store};
use parlor_token::{Signer, Verifier};
use parlor_user_service::{Hashing, Users};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{service::Routes, transport::Channel};
use tonic_health::{ServingStatus, server::HealthReporter};

use crate::{
    certificates::{Certificates, Hash},
    config::{Config, Limits, ServerUrl},
    data_folder::Keys,
    http3,
    lifecycle::Tasks,
    parlor::LoadError,
};

/// How often the keys of access tokens are asked for again.
const KEYS_INTERVAL: Duration = Duration::from_secs(60);

/// What the services are made of.
pub(crate) struct Parts<'a> {
    pub(crate) config: &'a Config,
    /// Where HTTP and QUIC are bound.
    pub(crate) address: SocketAddr,
    pub(crate) http3_port: Option<u16>,
    pub(crate) store: Store,
    pub(crate) accounts_writer: AccountsWriter,
    pub(crate) server_writer: ServerWriter,
    pub(crate) endings: parlor_store::Endings,
    pub(crate) objects: Objects,
    pub(crate) keys: Keys,
    pub(crate) certificates: &'a Certificates,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) welcome_room: RoomId,
    pub(crate) tasks: &'a Tasks,
    /// Ends what requests in flight still need, once there are none.
    pub(crate) idle: CancellationToken,
}

/// The services, ready to be served.
pub(crate) struct Services {
    /// Everything public over HTTP.
    pub(crate) router: Router,
    /// Everything on the internal listener.
    pub(crate) internal: Routes,
    pub(crate) node: Node,
}

/// Makes the services.
pub(crate) async fn services(parts: Parts<'_>) -> Result<Services, LoadError> {
    let Parts { config, store, clock, tasks, .. } = parts;
    let bus = Bus::local();

    let users = Users::new(parlor_user_service::Deps {
        accounts: store.accounts.clone(),
        writer: parts.accounts_writer,
        server: store.server.clone(),
        bus: bus.clone(),
        clock: Arc::clone(&clock),
        signer: Arc::new(Signer::from_pem(&parts.keys.access_token_pem)?),
        refresh_secret: parts.keys.refresh_secret,
        hashing: Hashing::default(),
    });
    let channel = parlor_user_service::in_process(users.clone(), tasks.tracker(), parts.idle);
    let verifier = Verifier::new(Arc::clone(&clock));
    fetch_keys(&channel, &verifier).await.map_err(LoadError::Keys)?;
    tasks.spawn_until_stopping("keys", refresh_keys(channel.clone(), verifier.clone()));

    let origins = OriginPolicy::new(
        config.allow_origin.iter().chain(&config.public_url).map(ServerUrl::to_string),
    );
    let node = Node::new(
        NodeConfig {
            name: parts.address.to_string(),
            origins: origins.clone(),
            rates: realtime_rates(config),
        },
        store.clone(),
        bus.clone(),
        verifier.clone(),
        Arc::clone(&clock),
    );

    let sweeper = Sweeper {
        files: store.files.clone(),
        objects: parts.objects.clone(),
        clock: Arc::clone(&clock),
    };
    tasks.spawn_until_stopping("sweeper", sweeper.run());
    store.files.limit_rooms(config.limits.room_file_bytes);
    store.files.limit_users(config.limits.user_file_bytes);

    let deps = parlor_control::Deps {
        rooms: store.rooms.clone(),
        log: store.log.clone(),
        store,
        server_writer: parts.server_writer,
        live: Arc::new(LiveNode { node: node.clone(), limits: config.limits.clone() }),
        limited: Arc::default(),
        bus,
        clock,
        verifier,
        users: channel,
        lanes: lanes(config, parts.address, parts.certificates.hashes(), tasks),
        origins,
        ending: Arc::default(),
        objects: parts.objects,
        settings: parlor_control::Settings {
            rates: http_rates(config),
            trusted_proxies: config.trusted_proxy.iter().map(|proxy| proxy.0).collect(),
            welcome_room: Some(parts.welcome_room),
            room_kept: config.limits.room_kept(),
            files: FileLimits {
                file_bytes: config.limits.file_bytes,
                user_bytes: config.limits.user_file_bytes,
            },
        },
    };
    tasks.spawn_until_stopping("endings", Endings::new(&deps, parts.endings).run());
    let health = HealthReporter::new();
    health.set_service_status(ROOM_SERVICE, ServingStatus::Serving).await;
    let mut internal = parlor_user_service::routes(users, &health)
        .await
        .add_service(parlor_control::room_service(deps.clone()));
    if config.grpc_reflection {
        internal = internal.add_service(parlor_user_service::reflection());
    }

    let routes = parlor_control::routes(deps.clone()).merge(node.websocket_routes());
    let mut router = parlor_control::with_middleware(routes, &deps)
        .layer(middleware::from_fn_with_state(tasks.stopping().clone(), not_ready_when_stopping));
    if let Some(port) = parts.http3_port {
        router = router.layer(middleware::from_fn_with_state(http3::alt_svc(port), announce));
    }
    Ok(Services { router, internal, node })
}

/// The realtime node, as control is told of it.
struct LiveNode {
    node: Node,
    limits: Limits,
}

impl Live for LiveNode {
    fn sessions(&self) -> Vec<LiveSession> {
        let session = |it: parlor_realtime::LiveSession| LiveSession {
            id: it.id,
            user: it.user,
            device: it.device,
            lane: it.lane.as_str(),
            since: it.since,
            rtt: it.rtt,
            queued_bytes: it.queued_bytes,
            address: SocketAddr::new(it.peer.ip().to_canonical(), it.peer.port()).to_string(),
        };
        self.node.live().into_iter().map(session).collect()
    }

    fn limits(&self) -> LiveLimits {
        let limits = &self.limits;
        LiveLimits {
            per_session: Rate::new(limits.session_burst, limits.session_per_second),
            per_user: Rate::new(limits.user_burst, limits.user_per_second),
            limited: self.node.limited(),
        }
    }
}

async fn fetch_keys(users: &Channel, verifier: &Verifier) -> Result<(), tonic::Status> {
    let mut client = UserServiceClient::new(users.clone());
    let reply = client.get_keys(GetKeysRequest {}).await?.into_inner();
    verifier.set_keys(&reply.jwks_json).map_err(|error| tonic::Status::internal(error.to_string()))
}

/// Follows the keys of access tokens, for as long as it runs. Keys that are
/// known stay good while the user service is away.
async fn refresh_keys(users: Channel, verifier: Verifier) {
    loop {
        tokio::time::sleep(KEYS_INTERVAL).await;
        if let Err(error) = fetch_keys(&users, &verifier).await {
            tracing::warn!(%error, "the keys of access tokens could not be fetched again");
        }
    }
}

/// What clients are told of the lanes, following the certificates.
fn lanes(
    config: &Config,
    address: SocketAddr,
    mut hashes: watch::Receiver<Vec<Hash>>,
    tasks: &Tasks,
) -> watch::Receiver<Lanes> {
    let url = config.public_url.as_ref();
    let (sender, lanes) = watch::channel(Lanes {
        webtransport_port: address.port(),
        public_host: url.map(|url| url.host().to_owned()),
        certificate_hashes: hashes.borrow_and_update().clone(),
        secure: config.has_public_certificate() || url.is_some_and(ServerUrl::is_https),
        http_port: url.map(ServerUrl::port),
    });
    tasks.spawn_until_stopping("lanes", async move {
        while hashes.changed().await.is_ok() {
            let now = hashes.borrow_and_update().clone();
            sender.send_modify(|lanes| lanes.certificate_hashes = now);
        }
    });
    lanes
}

fn realtime_rates(config: &Config) -> parlor_realtime::Rates {
    let limits = &config.limits;
    parlor_realtime::Rates {
        session_burst: limits.session_burst.get(),
        session_per_second: limits.session_per_second.get(),
        user_burst: limits.user_burst.get(),
        user_per_second: limits.user_per_second.get(),
    }
}

const fn http_rates(config: &Config) -> parlor_control::Rates {
    let limits = &config.limits;
    parlor_control::Rates {
        per_address: Rate::new(limits.http_address_burst, limits.http_address_per_second),
        per_user: Rate::new(limits.http_user_burst, limits.http_user_per_second),
    }
}

/// Shutdown takes seconds; whoever sends us requests shall stop at once.
async fn not_ready_when_stopping(
    State(stopping): State<CancellationToken>,
    request: Request,
    next: Next,
) -> Response {
    if stopping.is_cancelled() && request.uri().path() == "/readyz" {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping").into_response();
    }
    next.run(request).await
}

/// Tells clients of the HTTP/3 listener (RFC 7838 section 3).
async fn announce(State(alt_svc): State<HeaderValue>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::ALT_SVC, alt_svc);
    response
}
