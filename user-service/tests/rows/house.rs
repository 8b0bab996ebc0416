//! A user service on SQLite in a temporary folder, reached as control reaches it.

use std::{sync::Arc, time::Duration};

use parlor_bus::{Announcement, Bus, Received, Subscription};
use parlor_domain::{DeviceId, ManualClock, Timestamp};
use parlor_proto::user::{
    LogInReply, LogInRequest, RefreshReply, RefreshRequest, RegisterReply, RegisterRequest, Tokens,
    VerifyTokenRequest, user_service_client::UserServiceClient,
};
use parlor_store::{AccountsWriter, testing::Scratch};
use parlor_token::Signer;
use parlor_user_service::{Deps, Hashing, Users};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Status, transport::Channel};

pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
pub(crate) const PASSWORD: &str = "violet-tram-93-canary";
pub(crate) const PEER: &str = "192.0.2.1";
pub(crate) const CLIENT: &str = "test/1.0";

pub(crate) struct House {
    pub(crate) client: UserServiceClient<Channel>,
    pub(crate) users: Users,
    pub(crate) revoked: Subscription,
    pub(crate) writer: AccountsWriter,
    pub(crate) signer: Arc<Signer>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) scratch: Scratch,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(Hashing::new(64, 1, 2).expect("a cheap one")).await
    }

    pub(crate) async fn with(hashing: Hashing) -> Self {
        let scratch = Scratch::chosen().await;
        let clock = Arc::new(ManualClock::at(NOW));
        let opened =
            parlor_store::open(scratch.database(), clock.clone()).await.expect("a database");
        let bus = Bus::local();
        let revoked = bus.subscribe();
        let signer = Arc::new(Signer::from_pem(&Signer::generate_pem()).expect("a key"));
        let writer = opened.accounts_writer.clone();
        let users = Users::new(Deps {
            accounts: opened.store.accounts,
            writer: opened.accounts_writer,
            server: opened.store.server,
            bus,
            clock: clock.clone(),
            signer: Arc::clone(&signer),
            refresh_secret: [7; 32],
            hashing,
        });
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let channel = parlor_user_service::in_process(users.clone(), &tasks, stop.clone());
        let client = UserServiceClient::new(channel);
        Self { client, users, revoked, writer, signer, clock, tasks, stop, scratch }
    }

    pub(crate) async fn register(&self, name: &str) -> RegisterReply {
        self.try_register(registration(name)).await.expect("registered")
    }

    pub(crate) async fn try_register(
        &self,
        request: RegisterRequest,
    ) -> Result<RegisterReply, Status> {
        self.client.clone().register(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn log_in(&self, name: &str, password: &str) -> Result<LogInReply, Status> {
        self.log_in_from(PEER, name, password).await
    }

    pub(crate) async fn log_in_from(
        &self,
        peer: &str,
        name: &str,
        password: &str,
    ) -> Result<LogInReply, Status> {
        let request = LogInRequest {
            name: name.into(),
            password: password.into(),
            device_name: String::new(),
            peer: peer.into(),
            client: CLIENT.into(),
            reactivate: false,
        };
        self.client.clone().log_in(request).await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn refresh(&self, token: &str) -> Result<Tokens, Status> {
        let request = RefreshRequest {
            refresh_token: token.into(),
            peer: PEER.into(),
            client: CLIENT.into(),
        };
        let reply = self.client.clone().refresh(request).await?;
        let RefreshReply { tokens, .. } = reply.into_inner();
        Ok(tokens.expect("tokens"))
    }

    /// The code of the refusal, or nothing where the token is valid.
    pub(crate) async fn verify(&self, access_token: &str) -> Option<String> {
        let request = VerifyTokenRequest { access_token: access_token.into() };
        let reply = self.client.clone().verify_token(request).await;
        reply.err().map(|status| code(&status))
    }

    /// The next device that is announced as signed out.
    pub(crate) async fn next_revoked(&mut self) -> DeviceId {
        match tokio::time::timeout(Duration::from_secs(5), self.revoked.next()).await {
            Ok(Some(Received::Announcement(Announcement::DeviceRevoked { device }))) => device,
            other => panic!("not a revocation: {other:?}"),
        }
    }
}

pub(crate) fn registration(name: &str) -> RegisterRequest {
    RegisterRequest {
        name: name.into(),
        display_name: String::new(),
        password: PASSWORD.into(),
        device_name: "test".into(),
        peer: PEER.into(),
        client: CLIENT.into(),
        invite: String::new(),
    }
}

pub(crate) fn device(tokens: &Tokens) -> DeviceId {
    DeviceId::from_slice(&tokens.device_id).expect("16 bytes")
}

/// The stable code that a status carries.
pub(crate) fn code(status: &Status) -> String {
    let value = status.metadata().get("parlor-code").expect("a typed refusal");
    value.to_str().expect("text").to_owned()
}

/// The wait that a status tells, in milliseconds.
pub(crate) fn retry_after_ms(status: &Status) -> Option<u64> {
    let value = status.metadata().get("parlor-retry-after-ms")?;
    Some(value.to_str().expect("text").parse().expect("a number"))
}
