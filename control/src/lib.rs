//! The control plane: the REST face under `/api/v1`, the `room.RoomService`
//! gRPC face, the OpenAPI document with its offline page, and the web app.
//!
//! Both faces stand on the same few functions ([`app`]): what somebody may do
//! is decided in one place, and every change goes through the log.

mod account;
mod admin;
mod announcements;
mod api;
mod app;
mod cursor;
mod docs;
mod endings;
mod extract;
mod files;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod grpc;
mod health;
mod live;
mod messages;
mod middleware;
mod people;
mod policy;
mod problem;
mod rooms;
mod server_info;
mod unbroken;
mod users;
mod web;
mod wire;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use axum::Router;
use parlor_bus::Bus;
use parlor_domain::{Clock, OriginPolicy, RoomId, limits};
use parlor_proto::room::room_service_server::RoomServiceServer;
use parlor_token::Verifier;
use tokio::sync::{Notify, watch};
use tonic::transport::Channel;

pub use endings::{EndingError, Endings};
pub use extract::{Network, NetworkError};
pub use files::{FileLimits, Objects, ObjectsError, Sweeper};
pub use live::{Limited, Live, LiveLimits, LiveSession};
pub use problem::Problem;

/// All that the control plane works with. Cheap to clone.
#[derive(Clone)]
pub struct Deps {
    /// Rooms, members, messages, to read.
    pub rooms: parlor_store::Rooms,
    /// The one way to change a room.
    pub log: parlor_store::Log,
    /// Friends and blocks, to read; and to see whether the database answers, and
    /// whether a device was signed out.
    pub store: parlor_store::Store,
    /// The right to change settings and announcements.
    pub server_writer: parlor_store::ServerWriter,
    /// What the realtime side of this process tells of itself.
    pub live: Arc<dyn Live>,
    /// Counts the requests that rate limits refuse.
    pub limited: Arc<Limited>,
    /// Where commits are announced.
    pub bus: Bus,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Checks access tokens without asking anybody.
    pub verifier: Verifier,
    /// To `user.UserService`.
    pub users: Channel,
    /// How sessions reach this server; changes when certificates rotate.
    pub lanes: watch::Receiver<Lanes>,
    /// Which web pages may use the API.
    pub origins: OriginPolicy,
    /// Where the bytes of files are.
    pub objects: Objects,
    /// Told where something was deleted or restored: [`Endings`] looks.
    pub ending: Arc<Notify>,
    /// What the operator chose.
    pub settings: Settings,
}

/// How sessions reach this server: what `GET /api/v1/server` says.
#[derive(Clone, Debug)]
pub struct Lanes {
    /// UDP port of WebTransport and raw QUIC.
    pub webtransport_port: u16,
    /// The name to reach it by; `None`: the host that the request named.
    pub public_host: Option<String>,
    /// SHA-256 of the certificates to pin, the current one first, then the
    /// next; none for a publicly trusted certificate.
    pub certificate_hashes: Vec<[u8; 32]>,
    /// HTTP is TLS, here or in front of us: `wss`, Secure cookies, HSTS.
    pub secure: bool,
    /// TCP port of the WebSocket lane; `None`: the port that the request named.
    pub http_port: Option<u16>,
}

/// What the operator chose.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many requests are taken.
    pub rates: Rates,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// New users are joined here.
    pub welcome_room: Option<RoomId>,
    /// For how long a deleted room can be restored.
    pub room_kept: Duration,
    /// What files may take.
    pub files: FileLimits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rates: Rates::default(),
            trusted_proxies: Vec::new(),
            welcome_room: None,
            room_kept: limits::ROOM_KEPT,
            files: FileLimits::default(),
        }
    }
}

/// How many HTTP requests are taken.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// From one address (IPv4) or /64 network (IPv6).
    pub per_address: Rate,
    /// From one user, on whatever device.
    pub per_user: Rate,
}

/// A token bucket.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Requests in the full bucket.
    pub burst: NonZeroU32,
    /// Requests that flow in each second.
    pub per_second: NonZeroU32,
}

impl Rate {
    /// A bucket of `burst` requests into which `per_second` flow.
    pub const fn new(burst: NonZeroU32, per_second: NonZeroU32) -> Self {
        Self { burst, per_second }
    }
}

impl Default for Rates {
    /// More than people with a good many tabs behind one address need.
    fn default() -> Self {
        const fn number(n: u32) -> NonZeroU32 {
            match NonZeroU32::new(n) {
                Some(n) => n,
                None => NonZeroU32::MIN,
            }
        }
        Self {
            per_address: Rate::new(number(1_000), number(200)),
            per_user: Rate::new(number(300), number(50)),
        }
    }
}

/// Everything public: `/api/v1`, `/api/openapi.json`, `/api/docs`, `/healthz`,
/// `/readyz` and the web app, with [`with_middleware`] around it. The peer's
/// address is taken from axum's `ConnectInfo<SocketAddr>`.
pub fn router(deps: Deps) -> Router {
    let routes = routes(deps.clone());
    with_middleware(routes, &deps)
}

/// The same without the middleware, to be merged with further public routes
/// before [`with_middleware`] goes around them all.
pub fn routes(deps: Deps) -> Router {
    let (api, openapi) = api::routes().split_for_parts();
    api.with_state(app::App::new(deps)).merge(docs::routes(openapi)).fallback(web::serve)
}

/// Puts around any routes what every public one has: request ids, problems for
/// every error, spans, limits, CORS, security headers, and a 500 in place of a
/// panic.
pub fn with_middleware(routes: Router, deps: &Deps) -> Router {
    middleware::around(routes, deps)
}

/// The `room.RoomService` face, for the internal listener only.
pub fn room_service(
    deps: Deps,
) -> RoomServiceServer<impl parlor_proto::room::room_service_server::RoomService> {
    RoomServiceServer::new(grpc::Rooms::new(app::App::new(deps)))
        .max_decoding_message_size(limits::RPC_MESSAGE_BYTES)
}

/// Whether a request brings bytes of a file: its body may take as long as it moves on,
/// which is looked after where the bytes are taken in.
pub fn is_upload(method: &http::Method, uri: &http::Uri) -> bool {
    *method == http::Method::PATCH && uri.path().starts_with("/api/v1/uploads/")
}

/// The OpenAPI 3.1 document of the REST face.
pub fn openapi() -> utoipa::openapi::OpenApi {
    docs::complete(api::routes().into_openapi())
}
