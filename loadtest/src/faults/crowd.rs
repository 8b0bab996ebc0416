//! The clients of a row: people with an account each, who stay over its rounds.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use parlor_client::{Client, Credentials, Lane, Status};
use tokio::time::{Instant, timeout};

/// Accounts made at once: each costs a password hash.
const AT_ONCE: usize = 2;
/// Not to be guessed, and the same for all: they are gone with the run.
const PASSWORD: &str = "quartz-lantern-94-orchid-drift";

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
}

impl Crowd {
    /// Makes the accounts and connects.
    pub(crate) async fn gather(url: String, size: usize, lanes: Lanes) -> anyhow::Result<Self> {
        let arrive = |number: usize| {
            let (url, lane) = (url.clone(), lanes(number));
            let name = format!("person-{number}");
            async move {
                let password = PASSWORD.to_owned();
                let who = Credentials::Register { name: name.clone(), password };
                let mut builder = Client::builder(url).credentials(who).device_name("faults");
                if let Some(lane) = lane {
                    builder = builder.lane(lane);
                }
                let client = builder.connect().await.with_context(|| name.clone())?;
                anyhow::Ok(Person { name, client })
            }
        };
        let people = stream::iter(0..size).map(arrive).buffered(AT_ONCE).try_collect().await?;
        Ok(Self { people, url })
    }

    /// A fresh session of the first person, who is in every room.
    pub(crate) async fn fresh_session(&self) -> anyhow::Result<Client> {
        let who =
            Credentials::Password { name: self.people[0].name.clone(), password: PASSWORD.into() };
        let client = Client::builder(&self.url).credentials(who).device_name("auditor");
        client.lane(Lane::WebSocket).connect().await.context("a fresh session")
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

    /// Everybody leaves.
    pub(crate) async fn disperse(self) {
        for person in self.people {
            person.client.close().await;
        }
    }
}
