//! What a fault may lay hands on.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context as _;
use rand::{Rng as _, rngs::StdRng};
use tokio::time::{Instant, timeout};

use super::{
    crowd::Crowd,
    database::Database,
    play::{self, Play},
    process::Server,
};
use crate::{ledger::Finding, relay::Relay};

/// After the heal, a message reaches everybody within this time (L8).
const PROBE_WITHIN: Duration = Duration::from_secs(5);
/// A probe that is late is waited for until then.
const PROBE_GIVEN_UP: Duration = Duration::from_secs(60);

/// The stage of one round, while the clients talk.
pub(crate) struct Scene<'a> {
    pub(crate) server: &'a mut Server,
    pub(crate) database: &'a mut Database,
    pub(crate) relay: Option<&'a Relay>,
    pub(crate) crowd: &'a Crowd,
    pub(crate) play: &'a mut Play,
    pub(crate) rng: &'a mut StdRng,
    pub(crate) notes: Notes,
}

/// What a fault saw for itself.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// The longest of each kind of wait.
    pub(crate) measures: BTreeMap<&'static str, Duration>,
    /// Promises of this row that were broken.
    pub(crate) findings: Vec<Finding>,
}

impl Notes {
    /// Keeps the longest.
    pub(crate) fn measure(&mut self, what: &'static str, took: Duration) {
        let longest = self.measures.entry(what).or_default();
        *longest = took.max(*longest);
    }

    /// Measures what must not take longer than `limit`.
    pub(crate) fn within(&mut self, what: &'static str, took: Duration, limit: Duration) {
        self.measure(what, took);
        if took > limit {
            self.find("row", format!("{what} took {took:.1?}, promised are {limit:?}"));
        }
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

    /// One message to every room: how long until every member has seen it (L8).
    /// One that is late is waited for, to tell by how much, and who was behind.
    pub(crate) async fn probe(&mut self) -> Option<Duration> {
        let reaching = self.play.probe(self.crowd, PROBE_GIVEN_UP);
        tokio::pin!(reaching);
        if let Ok(reached) = timeout(PROBE_WITHIN, &mut reaching).await {
            return reached;
        }
        let behind = self.play.behind(self.crowd);
        let reached = reaching.await;
        let took = reached.map(|took| format!(" after {took:.1?}")).unwrap_or_default();
        let what = format!("a probe reached everybody{took}; behind were {}", behind.join(", "));
        self.notes.find("L8", what);
        reached
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
