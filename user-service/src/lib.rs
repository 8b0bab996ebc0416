//! user-service: accounts, passwords, devices and tokens over gRPC.
//!
//! `user.UserService` is the only way to an account, in one process as well:
//! control speaks to it through the generated client, over the network or over
//! the pipes of [`in_process`]. Nobody else holds the right to write accounts.

mod admin;
mod authenticate;
mod backoff;
mod devices;
mod leaving;
mod log_in;
mod log_out;
mod password;
mod refresh;
mod register;
mod serve;
mod service;
mod tokens;
mod wire;

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use parlor_bus::Bus;
use parlor_domain::{Clock, Code, Refusal, limits};
use parlor_proto::user::user_service_server::UserServiceServer;
use parlor_store::{Accounts, AccountsWriter, Server, StoreError};
use parlor_token::{Signer, Verifier};
use tokio_util::task::TaskTracker;

use crate::{backoff::Backoff, password::Hasher};

pub use password::Hashing;
pub use serve::{in_process, reflection, routes, server};

/// What the service works with.
pub struct Deps {
    /// Accounts, to read.
    pub accounts: Accounts,
    /// The right to change accounts.
    pub writer: AccountsWriter,
    /// What concerns the whole server, to read.
    pub server: Server,
    /// Where signed-out devices are announced.
    pub bus: Bus,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Makes the access tokens.
    pub signer: Arc<Signer>,
    /// Key that derives a refresh token from its parent; as secret as the
    /// signing key, and the same on every node.
    pub refresh_secret: [u8; 32],
    /// What a password hash costs.
    pub hashing: Hashing,
}

/// The user service. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Users {
    shared: Arc<Shared>,
}

struct Shared {
    accounts: Accounts,
    writer: AccountsWriter,
    server: Server,
    bus: Bus,
    clock: Arc<dyn Clock>,
    signer: Arc<Signer>,
    verifier: Verifier,
    refresh_secret: [u8; 32],
    hasher: Hasher,
    backoff: Mutex<Backoff>,
    unbroken: TaskTracker,
}

impl Users {
    /// A user service; hashes one password, so it takes some milliseconds.
    pub fn new(deps: Deps) -> Self {
        let Deps { accounts, writer, server, bus, clock, signer, refresh_secret, hashing } = deps;
        let verifier = Verifier::new(clock.clone());
        verifier.set_keys(&signer.jwks()).expect("a signer publishes its own key");
        Self {
            shared: Arc::new(Shared {
                accounts,
                writer,
                server,
                bus,
                clock,
                signer,
                verifier,
                refresh_secret,
                hasher: Hasher::new(hashing),
                backoff: Mutex::default(),
                unbroken: TaskTracker::new(),
            }),
        }
    }

    /// The generated gRPC server around this service, with its limits.
    pub fn into_server(self) -> UserServiceServer<Self> {
        UserServiceServer::new(self)
            .max_decoding_message_size(limits::RPC_MESSAGE_BYTES)
            .max_encoding_message_size(limits::RPC_REPLY_BYTES)
    }

    /// Does `work` to its end even where the caller goes away in the middle: a
    /// sign-out that was committed must also be announced (C19).
    async fn unbroken<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.shared.unbroken.spawn(work).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a task of the user service crashed");
            Err(Refusal::new(Code::Internal, "a fault of the server"))
        })
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Users").finish_non_exhaustive()
    }
}

/// What the caller is told when the store fails; what it said is logged.
fn store_failed(error: StoreError) -> Refusal {
    tracing::error!(%error, "the store failed");
    error.into()
}
