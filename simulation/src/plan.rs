//! What a seed decides beforehand: who is there, what they do, what goes wrong.

use std::{fmt, time::Duration};

use rand::{Rng as _, rngs::StdRng, seq::IndexedRandom as _};

/// Rounds of trouble, each followed by a quiet point.
const ROUNDS: std::ops::RangeInclusive<usize> = 1..=2;
/// A burst has to be more than a client holds (512 events) and a room remembers
/// (256) together.
const BURST_EVENTS: std::ops::Range<usize> = 1_400..2_000;

/// One run, before it runs.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed it was made from.
    pub seed: u64,
    /// For each user, how many devices.
    pub devices: Vec<usize>,
    /// For each room, whether each user is a member at the beginning; the first
    /// user owns every room.
    pub rooms: Vec<Vec<bool>>,
    /// For each client, whether it travels on one ordered stream (WebSocket).
    pub ordered: Vec<bool>,
    /// For each client, how long its application looks at what it took.
    pub reader_pace: Vec<Duration>,
    /// One way through the network, typically.
    pub latency: Duration,
    /// Packets lost, of a thousand.
    pub loss_permille: u32,
    /// What happens, in rounds; in each ascending by time.
    pub rounds: Vec<Round>,
}

/// Some seconds of use and trouble.
#[derive(Clone, Debug)]
pub struct Round {
    /// How long it lasts; then everything heals.
    pub lasts: Duration,
    /// When, counted from the round's beginning, and what.
    pub steps: Vec<(Duration, Step)>,
}

/// Something that happens. Clients, users and rooms go by their place in the
/// plan; `lasts`, `down` and `within` are how long it goes on.
#[allow(missing_docs, reason = "said above, for all of them")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A client posts some messages at once.
    Post { client: usize, room: usize, count: usize },
    /// A client edits a message of its own.
    Edit { client: usize, room: usize },
    /// A client deletes a message of its own.
    Delete { client: usize, room: usize },
    /// A client puts an emoji on a message of its own, or takes it back.
    React { client: usize, room: usize, on: bool },
    /// A client has read what it was given.
    MarkRead { client: usize, room: usize },
    /// A client types.
    Typing { client: usize, room: usize },
    /// The application lets go of a room and opens it again at once.
    Reopen { client: usize, room: usize },
    /// Over REST: a user becomes a member.
    Join { user: usize, room: usize },
    /// Over REST: a user leaves.
    Leave { user: usize, room: usize },
    /// Over REST: the owner takes a user's membership.
    Kick { user: usize, room: usize },
    /// Over REST: a program posts many messages, as fast as the log takes them.
    Burst { room: usize, events: usize },
    /// A connection breaks; what was under way is lost.
    Cut { client: usize },
    /// Nothing passes between a client and the server.
    Partition { client: usize, lasts: Duration },
    /// Nothing passes between anybody and the server.
    PartitionAll { lasts: Duration },
    /// A client's path becomes slow and loses much.
    Slow { client: usize, lasts: Duration },
    /// A client's process stands still.
    Pause { client: usize, lasts: Duration },
    /// A client's application does not read.
    Doze { client: usize, lasts: Duration },
    /// The server is killed, and started again.
    Crash { down: Duration },
    /// The server is stopped in good order, and started again.
    Drain { within: Duration },
    /// The task of a room ends by a panic.
    RoomPanic { room: usize },
    /// The database refuses.
    DatabaseDown { lasts: Duration },
    /// The database answers nothing.
    DatabaseHangs { lasts: Duration },
    /// Commits land, and their answers are lost.
    AnswersLost { lasts: Duration },
    /// Announcements are lost, and the node is told so afterwards.
    BusLost { lasts: Duration },
}

impl Step {
    /// Whose application or path it is about.
    pub fn client(&self) -> Option<usize> {
        match *self {
            Self::Post { client, .. }
            | Self::Edit { client, .. }
            | Self::Delete { client, .. }
            | Self::React { client, .. }
            | Self::MarkRead { client, .. }
            | Self::Typing { client, .. }
            | Self::Reopen { client, .. }
            | Self::Cut { client }
            | Self::Partition { client, .. }
            | Self::Slow { client, .. }
            | Self::Pause { client, .. }
            | Self::Doze { client, .. } => Some(client),
            _ => None,
        }
    }

    /// True for what goes wrong, false for what people do.
    pub fn is_fault(&self) -> bool {
        !matches!(
            self,
            Self::Post { .. }
                | Self::Edit { .. }
                | Self::Delete { .. }
                | Self::React { .. }
                | Self::MarkRead { .. }
                | Self::Typing { .. }
                | Self::Reopen { .. }
                | Self::Join { .. }
                | Self::Leave { .. }
                | Self::Kick { .. }
                | Self::Burst { .. }
        )
    }
}

impl Plan {
    /// The plan of this seed.
    pub fn new(seed: u64, rng: &mut StdRng) -> Self {
        let users = rng.random_range(2..=4);
        let mut devices = vec![1; users];
        for count in &mut devices {
            *count += usize::from(rng.random_bool(0.25));
        }
        let clients = devices.iter().sum();
        let rooms = (0..rng.random_range(1..=3))
            .map(|_| (0..users).map(|user| user == 0 || rng.random_bool(0.8)).collect())
            .collect();
        let bad_path = rng.random_bool(0.3);
        let mut plan = Self {
            seed,
            devices,
            rooms,
            ordered: (0..clients).map(|_| rng.random_bool(0.4)).collect(),
            reader_pace: (0..clients)
                .map(|_| match rng.random_range(0..10) {
                    0 => Duration::from_millis(rng.random_range(20..150)),
                    _ => Duration::from_micros(rng.random_range(50..3_000)),
                })
                .collect(),
            latency: Duration::from_micros(if bad_path {
                rng.random_range(20_000..150_000)
            } else {
                rng.random_range(200..30_000)
            }),
            loss_permille: if bad_path { rng.random_range(10..80) } else { 2 },
            rounds: Vec::new(),
        };
        let bursts = rng.random_bool(0.02);
        for _ in 0..rng.random_range(ROUNDS) {
            let round = plan.round(rng, bursts);
            plan.rounds.push(round);
        }
        plan
    }

    fn round(&self, rng: &mut StdRng, bursts: bool) -> Round {
        let lasts = Duration::from_millis(rng.random_range(2_000..15_000));
        let mut steps = Vec::new();
        for _ in 0..rng.random_range(8..40) {
            steps.push((moment(rng, lasts), self.use_of_it(rng)));
        }
        for _ in 0..rng.random_range(1..=6) {
            steps.push((moment(rng, lasts), self.fault(rng)));
        }
        if bursts {
            let room = rng.random_range(0..self.rooms.len());
            let at = moment(rng, lasts);
            steps.push((at, Step::Burst { room, events: rng.random_range(BURST_EVENTS) }));
            // Whoever comes back while it goes on has much to catch up with.
            let client = rng.random_range(0..self.clients());
            let cut = (at + Duration::from_millis(rng.random_range(1..400))).min(lasts);
            steps.push((cut, Step::Slow { client, lasts: Duration::from_secs(2) }));
            steps.push((cut, Step::Cut { client }));
        }
        steps.sort_by_key(|(at, _)| *at);
        Round { lasts, steps }
    }

    /// How many clients there are.
    pub fn clients(&self) -> usize {
        self.devices.iter().sum()
    }

    /// Whose client it is.
    pub fn user_of(&self, client: usize) -> usize {
        let mut first = 0;
        self.devices
            .iter()
            .position(|devices| {
                first += devices;
                client < first
            })
            .unwrap_or_default()
    }

    fn use_of_it(&self, rng: &mut StdRng) -> Step {
        let client = rng.random_range(0..self.clients());
        let room = rng.random_range(0..self.rooms.len());
        let user = rng.random_range(1..self.devices.len());
        match rng.random_range(0..100) {
            0..56 => {
                let burst = [1, 1, 1, 2, 3, 5, 12, 40];
                let count = burst.choose(rng).copied().unwrap_or(1);
                Step::Post { client, room, count }
            }
            56..60 => Step::React { client, room, on: rng.random_bool(0.7) },
            60..68 => Step::Edit { client, room },
            68..74 => Step::Delete { client, room },
            74..80 => Step::MarkRead { client, room },
            80..84 => Step::Typing { client, room },
            84..87 => Step::Reopen { client, room },
            87..93 => Step::Join { user, room },
            93..96 => Step::Leave { user, room },
            _ => Step::Kick { user, room },
        }
    }

    fn fault(&self, rng: &mut StdRng) -> Step {
        let client = rng.random_range(0..self.clients());
        let room = rng.random_range(0..self.rooms.len());
        let lasts = Duration::from_millis(match rng.random_range(0..3) {
            0 => rng.random_range(10..500),
            1 => rng.random_range(500..3_000),
            _ => rng.random_range(3_000..20_000),
        });
        let short = lasts.min(Duration::from_secs(4));
        match rng.random_range(0..100) {
            0..20 => Step::Cut { client },
            20..32 => Step::Partition { client, lasts },
            32..36 => Step::PartitionAll { lasts },
            36..44 => Step::Slow { client, lasts },
            44..50 => Step::Pause { client, lasts },
            50..54 => Step::Doze { client, lasts },
            54..64 => Step::Crash { down: short },
            64..68 => Step::Drain { within: short },
            68..74 => Step::RoomPanic { room },
            74..82 => Step::DatabaseDown { lasts: short },
            82..88 => Step::DatabaseHangs { lasts: short },
            88..94 => Step::AnswersLost { lasts: short },
            _ => Step::BusLost { lasts: short },
        }
    }
}

fn moment(rng: &mut StdRng, within: Duration) -> Duration {
    Duration::from_micros(rng.random_range(0..within.as_micros() as u64))
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "seed {}: devices of each user {:?}, members of each room {:?}, on one stream {:?}, \
             readers' pace {:?}, latency {:?}, loss {} permille",
            self.seed,
            self.devices,
            self.rooms,
            self.ordered,
            self.reader_pace,
            self.latency,
            self.loss_permille
        )?;
        for (number, round) in self.rounds.iter().enumerate() {
            writeln!(f, "round {number}, {:?}:", round.lasts)?;
            for (at, step) in &round.steps {
                let mark = if step.is_fault() { '!' } else { ' ' };
                writeln!(f, "  {mark} {:>9.3} ms  {step:?}", at.as_secs_f64() * 1e3)?;
            }
        }
        Ok(())
    }
}
