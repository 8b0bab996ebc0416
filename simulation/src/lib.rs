//! Whole runs of Parlor in one thread: the client's machine, the session's and
//! the room's, the log's deciding part and the real coding of frames, around a
//! network, a clock and a database that are made up. A seed decides everything,
//! so that a run which breaks a promise can be seen again.
//!
//! What acts for the machines here stands beside the tasks that do so in the
//! product (`session/task.rs`, `session/jobs.rs`, `room/task.rs`, the client's
//! `driver.rs`, the log's `driver.rs`); a change there has to be followed here.

#![allow(unreachable_pub, reason = "a crate for tests, whose modules are its own business")]

mod check;
mod db;
mod faults;
mod net;
mod node;
mod plan;
mod rest;
mod trace;
mod user;
mod wire;
mod world;

use std::{fmt, time::Duration};

use parlor_domain::{Change, Command, RoomId, RoomName, Topic, UserId, Visibility};
use rand::Rng as _;

pub use check::HEALS_WITHIN;
pub use plan::{Plan, Round, Step};

use world::{Event, World};

/// A fault of the product, to show that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// A request id that was used before makes another event.
    DedupeOff,
    /// The log answers before it commits.
    AnswerBeforeCommit,
    /// A session attaches after the event that follows what it has.
    AttachOffByOne,
    /// The first page of a room in every session is lost; `heads`: the client is
    /// told how far its logs reach, and asks again.
    BackfillLost {
        /// Whether Welcome and heartbeats name heads.
        heads: bool,
    },
}

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which: `L1` to `L8`, a clause of the contract, or a word.
    pub check: &'static str,
    /// How.
    pub what: String,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The promise that was broken.
    pub failure: Option<Failure>,
    /// Equal for equal runs.
    pub hash: u64,
    /// Posts answered ok.
    pub answered: usize,
    /// The longest time from a heal until everybody had everything.
    pub heal: Duration,
    /// The plan and the last things that happened, in words; only after
    /// [`replay`].
    pub story: String,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            Some(Failure { check, what }) => write!(f, "{}\n{check}: {what}", self.story),
            None => write!(f, "{} posts answered, all well", self.answered),
        }
    }
}

/// Runs one seed.
pub fn run(seed: u64) -> Outcome {
    World::new(seed, false, None).whole_run()
}

/// Runs one seed and tells the story.
pub fn replay(seed: u64) -> Outcome {
    World::new(seed, true, None).whole_run()
}

/// Runs one seed with a planted fault.
pub fn run_with(seed: u64, plant: Plant) -> Outcome {
    World::new(seed, false, Some(plant)).whole_run()
}

impl World {
    fn whole_run(mut self) -> Outcome {
        self.set_up();
        let mut heal = Duration::ZERO;
        for round in 0..self.plan.rounds.len() {
            let begins = self.now;
            let lasts = self.plan.rounds[round].lasts;
            for index in 0..self.plan.rounds[round].steps.len() {
                let at = begins + self.plan.rounds[round].steps[index].0;
                self.at(at, Event::Step { round, index });
            }
            self.run_until(begins + lasts);
            if self.failure.is_none() {
                self.heal_all();
                heal = heal.max(self.settle());
            }
            if self.failure.is_none() {
                self.check_accounts();
            }
        }
        self.trace.mix(u64::from(self.failure.is_some()));
        let mut story = String::new();
        if self.trace.in_words() {
            story = format!("{}\n", self.plan);
            story.extend(self.trace.lines().flat_map(|line| [line, "\n"]));
        }
        Outcome {
            hash: self.trace.hash(),
            answered: self.clients.iter().map(|client| client.account.answered_posts()).sum(),
            heal,
            story,
            failure: self.failure,
        }
    }

    /// Users, rooms and members as the plan has them, and a server that runs.
    fn set_up(&mut self) {
        for devices in self.plan.devices.clone() {
            let user = UserId::from_uuid(self.uuid());
            self.users.push(user);
            self.db.add_user(user);
            (0..devices).for_each(|_| self.add_client(user));
        }
        let mut commands: Vec<Command> = Vec::new();
        for members in self.plan.rooms.clone() {
            let room = RoomId::from_uuid(self.uuid());
            self.rooms.push(room);
            let (Ok(name), Ok(topic)) = (RoomName::parse("room"), Topic::parse("")) else { return };
            let visibility =
                if self.rng.random_bool(0.5) { Visibility::Public } else { Visibility::Private };
            let owner = self.users[0];
            let create = Change::CreateRoom { room, name, topic, visibility };
            commands.push(self.command(owner, create));
            for (index, member) in members.iter().enumerate().skip(1) {
                if *member {
                    let user = self.users[index];
                    commands.push(self.command(owner, Change::AddMember { room, user }));
                }
            }
        }
        for command in &commands {
            self.db.commit(std::slice::from_ref(command), self.now, None);
        }
        self.start();
    }
}
