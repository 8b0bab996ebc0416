//! How the service is reached: over the internal listener, or within a process.

use std::io;

use futures_util::stream;
use hyper_util::rt::TokioIo;
use parlor_domain::limits;
use parlor_proto::{DESCRIPTORS, user::user_service_server::UserServiceServer};
use tokio::{io::DuplexStream, sync::mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{
    service::Routes,
    transport::{Channel, Endpoint, Server},
};
use tonic_health::{
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};
use tonic_reflection::server::v1::{ServerReflection, ServerReflectionServer};
use tower::service_fn;

use crate::Users;

/// Connections within the process that may wait to be taken.
const WAITING_CONNECTIONS: usize = 16;

/// A gRPC server with the limits of the internal listener; takes the routes.
pub fn server() -> Server {
    Server::builder().timeout(limits::RPC_DEADLINE).max_concurrent_streams(limits::RPC_CALLS)
}

/// The user service, and gRPC health as `health` tells it. More services can be
/// added, and [`reflection`].
pub async fn routes(users: Users, health: &HealthReporter) -> Routes {
    health.set_serving::<UserServiceServer<Users>>().await;
    Routes::new(users.into_server())
        .add_service(HealthServer::new(HealthService::from_health_reporter(health.clone())))
}

/// What the services of the house look like, for tools (gRPC reflection).
pub fn reflection() -> ServerReflectionServer<impl ServerReflection> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .build_v1()
        .expect("the descriptors were compiled with the code")
}

/// A channel to the same service within this process, over in-memory pipes: one
/// seam whether the roles are apart or not. Its server runs on `tasks` until
/// `stop`. Needs a tokio runtime.
pub fn in_process(users: Users, tasks: &TaskTracker, stop: CancellationToken) -> Channel {
    let (connect, mut connections) = mpsc::channel::<DuplexStream>(WAITING_CONNECTIONS);
    let incoming = stream::poll_fn(move |context| {
        connections.poll_recv(context).map(|pipe| pipe.map(Ok::<_, io::Error>))
    });
    let serving = server()
        .add_service(users.into_server())
        .serve_with_incoming_shutdown(incoming, stop.cancelled_owned());
    tasks.spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the user service within the process ended");
        }
    });

    let connector = service_fn(move |_| {
        let connect = connect.clone();
        async move {
            let (ours, theirs) = tokio::io::duplex(limits::RPC_MESSAGE_BYTES);
            connect.send(theirs).await.map_err(|_| io::ErrorKind::ConnectionRefused)?;
            Ok::<_, io::Error>(TokioIo::new(ours))
        }
    });
    // The name is asked for by HTTP/2 and looked up by nobody.
    Endpoint::from_static("http://user-service")
        .timeout(limits::RPC_DEADLINE)
        .connect_with_connector_lazy(connector)
}
