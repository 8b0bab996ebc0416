//! What a fault may lay hands on.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context as _;
use parlor_client::{RestError, RoomInfo};
use parlor_domain::{RequestId, RoomName, Topic, Visibility};
use rand::{Rng as _, rngs::StdRng};
use tokio::time::{Instant, timeout};

use super::{
    crowd::Crowd,
    database::Database,
    play::{self, Play},
    process::Server,
    tools::{Network, SmallDisk},
};
use crate::{ledger::Finding, relay::Relay};

/// After the heal, a message reaches everybody within this time (L8).
const PROBE_WITHIN: Duration = Duration::from_secs(5);
/// A machine that does other things too may take so many times as long as is
/// promised, in a run that asks for it.
const UNHURRIED: u32 = 4;

/// The stage of one round, while the clients talk.
pub(crate) struct Scene<'a> {
    pub(crate) server: &'a mut Server,
    pub(crate) database: &'a mut Database,
    pub(crate) relay: Option<&'a Relay>,
    pub(crate) database_relay: Option<&'a Relay>,
    pub(crate) network: Option<&'a Network>,
    pub(crate) disk: Option<&'a SmallDisk>,
    pub(crate) sizes: Sizes,
    pub(crate) crowd: &'a Crowd,
    pub(crate) play: &'a mut Play,
    pub(crate) rng: &'a mut StdRng,
    pub(crate) notes: Notes,
}

/// How many of those whom a row brings along.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) sleepers: usize,
    pub(crate) herd: usize,
}

/// What a fault saw for itself.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// The longest of each kind of wait.
    pub(crate) measures: BTreeMap<&'static str, Duration>,
    /// Promises of this row that were broken.
    pub(crate) findings: Vec<Finding>,
    /// The most of each kind of thing.
    pub(crate) counts: BTreeMap<&'static str, u64>,
    /// Times are measured rather than judged: see [`UNHURRIED`].
    pub(crate) unhurried: bool,
}

impl Notes {
    /// Keeps the longest.
    pub(crate) fn measure(&mut self, what: &'static str, took: Duration) {
        let longest = self.measures.entry(what).or_default();
        *longest = took.max(*longest);
    }

    /// Keeps the most.
    pub(crate) fn count(&mut self, what: &'static str, many: u64) {
        let most = self.counts.entry(what).or_default();
        *most = many.max(*most);
    }

    /// Measures what must not take longer than `limit`.
    pub(crate) fn within(&mut self, what: &'static str, took: Duration, limit: Duration) {
        self.measure(what, took);
        if took > self.limit(limit) {
            self.find("row", format!("{what} took {took:.1?}, promised are {limit:?}"));
        }
    }

    /// Measures the p99 of those that should notice nothing, without a fault and
    /// with it; it may move by less than `limit`.
    pub(crate) fn moved(&mut self, without: Duration, with: Duration, limit: Duration) {
        self.measure("others' p99 without", without);
        self.measure("others' p99 with", with);
        if with >= without + limit && !self.unhurried {
            let what = format!("the others' p99 moved from {without:.1?} to {with:.1?}");
            self.find("C12", what);
        }
    }

    /// How long something may take that is promised within `limit`.
    pub(crate) fn limit(&self, limit: Duration) -> Duration {
        if self.unhurried { limit * UNHURRIED } else { limit }
    }

    pub(crate) fn find(&mut self, check: &'static str, what: String) {
        self.findings.push(Finding { check, what });
    }
}

impl<'a> Scene<'a> {
    /// Lets the clients talk for a time that the seed says.
    pub(crate) async fn wait(&mut self, range: std::ops::Range<Duration>) {
        let time = self.rng.random_range(range);
        tokio::time::sleep(time).await;
    }

    /// The relay of a row that has one.
    pub(crate) fn relay(&self) -> anyhow::Result<&'a Relay> {
        self.relay.context("the row has no relay")
    }

    /// The relay between server and database of a row that has one.
    pub(crate) fn database_relay(&self) -> anyhow::Result<&'a Relay> {
        self.database_relay.context("the row has no relay to its database")
    }

    /// The network of a row whose server has its own.
    pub(crate) fn network(&self) -> anyhow::Result<&'a Network> {
        self.network.context("the row has no network of its own")
    }

    /// The disk of a row that has a small one.
    pub(crate) fn disk(&self) -> anyhow::Result<&'a SmallDisk> {
        self.disk.context("the row has no disk of its own")
    }

    /// One message to every room: how long until every member has seen it (L8).
    /// One that is late is waited for, to tell by how much, and who was behind.
    pub(crate) async fn probe(&mut self) -> Option<Duration> {
        let within = self.notes.limit(PROBE_WITHIN);
        let reaching = self.play.probe(self.crowd, within + self.play.patience);
        tokio::pin!(reaching);
        if let Ok(reached) = timeout(within, &mut reaching).await {
            return reached;
        }
        let behind = self.play.behind(self.crowd);
        let reached = reaching.await;
        let took = reached.map(|took| format!(" after {took:.1?}")).unwrap_or_default();
        let what = format!("a probe reached everybody{took}; behind were {}", behind.join(", "));
        self.notes.find("L8", what);
        reached
    }

    /// A write that nobody repeats, whatever it is answered: a new room.
    pub(crate) async fn write(&self) -> Result<RoomInfo, RestError> {
        let name = RoomName::parse("another room").expect("a valid name");
        let topic = Topic::parse("").expect("a valid topic");
        let (id, client) = (RequestId::random(), &self.crowd.people[0].client);
        client.create_room(id, &name, &topic, Visibility::Private).await
    }

    /// How long one more message takes to be answered ok.
    pub(crate) async fn first_answer(&self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let room = &self.play.rooms[0];
        let number = room.members[0];
        let target = self.crowd.people[number].client.room(room.id);
        let answered = play::post(&target, number, &self.play.book, "first").await;
        answered.context("the first message after the fault was refused")?;
        Ok(begun.elapsed())
    }
}
