//! The clients of a row: people with an account each, who stay over its rounds.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use parlor_client::{Client, ConnectError, Credentials, Lane, Rest, RestError, Status};
use parlor_domain::Code;
use tokio::time::{Instant, timeout};

/// Accounts made at once: each costs a password hash.
const AT_ONCE: usize = 2;
/// Not to be guessed, and the same for all: they are gone with the run.
const PASSWORD: &str = "quartz-lantern-94-orchid-drift";

/// Everybody has arrived within this time.
const ARRIVED_WITHIN: Duration = Duration::from_secs(30);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// Which lane the client of this number takes; `None` is whatever gets through.
pub(crate) type Lanes = fn(usize) -> Option<Lane>;

/// All three in turn.
pub(crate) fn in_turn(number: usize) -> Option<Lane> {
    const LANES: [Lane; 3] = [Lane::Quic, Lane::WebTransport, Lane::WebSocket];
    Some(LANES[number % LANES.len()])
}

/// Those over QUIC.
pub(crate) fn over_udp(number: usize) -> Option<Lane> {
    const LANES: [Lane; 2] = [Lane::Quic, Lane::WebTransport];
    Some(LANES[number % LANES.len()])
}

/// The one over TCP.
pub(crate) fn over_tcp(_number: usize) -> Option<Lane> {
    Some(Lane::WebSocket)
}

/// Whatever gets through.
pub(crate) fn any(_number: usize) -> Option<Lane> {
    None
}

/// One of them.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) client: Client,
}

/// All of them, at least two.
pub(crate) struct Crowd {
    pub(crate) people: Vec<Person>,
    url: String,
    size: usize,
    lanes: Lanes,
}

/// Signs in, with a new account unless there is one of this name, and connects.
/// A machine that is busy may need several tries.
async fn arrive(url: &str, name: &str, lane: Option<Lane>) -> Result<Client, ConnectError> {
    let (name, password) = (name.to_owned(), PASSWORD.to_owned());
    let mut credentials = Credentials::Register { name: name.clone(), password: password.clone() };
    let begun = Instant::now();
    loop {
        let mut builder = Client::builder(url).credentials(credentials.clone());
        if let Some(lane) = lane {
            builder = builder.lane(lane);
        }
        match builder.device_name("faults").connect().await {
            Err(ConnectError::Rest(error)) if begun.elapsed() < ARRIVED_WITHIN => match error {
                // A try whose answer was lost has made the account.
                RestError::Refused(refusal) if refusal.code == Code::NameTaken => {
                    let (name, password) = (name.clone(), password.clone());
                    credentials = Credentials::Password { name, password };
                }
                error if error.is_retryable() => tokio::time::sleep(PAUSE).await,
                error => return Err(error.into()),
            },
            connected => return connected,
        }
    }
}

impl Crowd {
    /// Makes the accounts and connects.
    pub(crate) async fn gather(url: String, size: usize, lanes: Lanes) -> anyhow::Result<Self> {
        let mut crowd = Self { people: Vec::new(), url, size, lanes };
        crowd.come().await?;
        Ok(crowd)
    }

    /// Everybody comes back who has left.
    pub(crate) async fn come(&mut self) -> anyhow::Result<()> {
        let person = |number: usize| {
            let (url, lane) = (self.url.clone(), (self.lanes)(number));
            let name = format!("person-{number}");
            async move {
                let client = arrive(&url, &name, lane).await.with_context(|| name.clone())?;
                anyhow::Ok(Person { name, client })
            }
        };
        let people = stream::iter(0..self.size).map(person);
        self.people = people.buffered(AT_ONCE).try_collect().await?;
        Ok(())
    }

    /// One more session of the first person's device, on whatever lane gets
    /// through, and how long it took to be live.
    pub(crate) async fn visitor(&self) -> anyhow::Result<(Client, Duration)> {
        let tokens = self.people[0].client.session_tokens().await;
        let begun = Instant::now();
        let builder = Client::builder(&*self.url).session_tokens(tokens);
        let visitor = builder.connect().await.context("a visitor")?;
        Ok((visitor, begun.elapsed()))
    }

    /// The same, all on QUIC, so many of them at once, of everybody's devices.
    pub(crate) async fn herd(&self, size: usize) -> anyhow::Result<Vec<Client>> {
        /// Handshakes under way at once.
        const GATHERED_AT_ONCE: usize = 32;
        let mut tokens = Vec::new();
        for person in &self.people {
            tokens.push(person.client.session_tokens().await);
        }
        let one = |number: usize| {
            let tokens = tokens[number % tokens.len()].clone();
            let builder = Client::builder(&*self.url).session_tokens(tokens).lane(Lane::Quic);
            async move { builder.connect().await.context("one of the herd") }
        };
        stream::iter(0..size).map(one).buffer_unordered(GATHERED_AT_ONCE).try_collect().await
    }

    /// What the server says about itself: the hashes of its certificates.
    pub(crate) async fn certificate_hashes(&self) -> anyhow::Result<Vec<String>> {
        let server = Rest::new(&self.url)?.server().await?;
        let lane = server.lanes.into_iter().find(|lane| lane.lane == Lane::Quic.as_str());
        Ok(lane.context("the server offers no QUIC")?.certificate_hashes)
    }

    /// A fresh session of the first person, who is in every room.
    pub(crate) async fn fresh_session(&self) -> anyhow::Result<Client> {
        let name = &self.people[0].name;
        arrive(&self.url, name, Some(Lane::WebSocket)).await.context("a fresh session")
    }

    /// Waits until everybody is live on this lane; `None` after `limit`.
    pub(crate) async fn all_on(&self, wanted: Lane, limit: Duration) -> Option<Duration> {
        let begun = Instant::now();
        for person in &self.people {
            let mut status = person.client.status();
            let there =
                |status: &Status| matches!(status, Status::Live { lane, .. } if *lane == wanted);
            let left = limit.saturating_sub(begun.elapsed());
            timeout(left, status.wait_for(there)).await.ok()?.ok()?;
        }
        Some(begun.elapsed())
    }

    /// Waits until nobody is live any more.
    pub(crate) async fn all_lost(&self) -> anyhow::Result<()> {
        for person in &self.people {
            let lost = |status: &Status| !matches!(status, Status::Live { .. });
            person.client.status().wait_for(lost).await?;
        }
        Ok(())
    }

    /// Everybody leaves.
    pub(crate) async fn leave(&mut self) {
        for person in self.people.drain(..) {
            person.client.close().await;
        }
    }
}
