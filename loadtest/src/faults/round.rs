//! A row on its stage: server, database and crowd, and the rounds on them.

use std::{
    fs::Permissions,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use parlor_domain::planted;
use rand::{SeedableRng as _, rngs::StdRng};
use tempfile::TempDir;
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    Options, clock,
    crowd::Crowd,
    database::{Database, Kind},
    play::Play,
    process::{Footprint, How, Server},
    rows::{self, Row},
    scene::{Notes, Scene, Sizes},
    tools::{Network, SmallDisk},
};
use crate::{
    ledger::{self, Finding, Verdict},
    relay::Relay,
};

/// The relay's address: all of 127.0.0.0/8 is this machine.
const RELAY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// That of the relay to the database.
const DATABASE_RELAY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// How long the clients talk before the fault, and after the heal.
const TALK: std::ops::Range<Duration> = Duration::from_millis(200)..Duration::from_millis(1_500);
/// Between the heal of one round and the fault of the next. A session that lives
/// for less counts as a failure to its client, which waits longer each time: a
/// server that crashes again and again is another fault.
const APART: Duration = Duration::from_millis(5_500);
/// Where SQLite and PostgreSQL have little room. An empty cluster of PostgreSQL
/// takes about 40 MiB, and its log 16 MiB at a time.
const SMALL_MIB: u32 = 12;
const SMALL_CLUSTER_MIB: u32 = 110;
/// After everybody has left, the server is back where it was within this time.
const BACK_WITHIN: Duration = Duration::from_secs(15);
/// Between two looks at what it takes.
const LOOK: Duration = Duration::from_millis(500);
/// L9: as much as before, and a tenth more, and this: connections to the
/// database that are opened when they are first needed (three files each for
/// SQLite), and what the allocator keeps for itself.
const FILES_SLACK: u64 = 12;
const RSS_SLACK_KIB: u64 = 16 * 1024;

/// What a round found.
pub(crate) struct RoundOutcome {
    pub(crate) verdict: Verdict,
    pub(crate) notes: Notes,
}

/// Everything that a row needs, over its rounds.
pub(crate) struct Stage {
    row: &'static Row,
    rooms: usize,
    rate: u32,
    patience: Duration,
    unhurried: bool,
    server: Server,
    database: Database,
    relay: Option<Relay>,
    crowd: Crowd,
    sizes: Sizes,
    database_relay: Option<Relay>,
    healed: Option<Instant>,
    baseline: Option<Footprint>,
    // Gone last: somebody may be in them until then.
    network: Option<Network>,
    disk: Option<SmallDisk>,
    folder: Folder,
}

/// Where server and database keep their files.
enum Folder {
    Gone(TempDir),
    Kept(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Gone(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }
}

impl Stage {
    pub(crate) async fn set(
        options: &Options,
        row: &'static Row,
        kind: Kind,
    ) -> anyhow::Result<Self> {
        let folder = match &options.keep {
            None => Folder::Gone(tempfile::tempdir()?),
            Some(parent) => {
                let path = parent.join(format!("{}-{kind}-{}", row.id, options.seed));
                std::fs::create_dir_all(parent)?;
                std::fs::create_dir(&path).with_context(|| path.display().to_string())?;
                Folder::Kept(std::path::absolute(path)?)
            }
        };
        let path = folder.path().to_owned();
        // The account that PostgreSQL runs as must be able to pass.
        std::fs::set_permissions(&path, Permissions::from_mode(0o711))?;
        let disk = small_disk(row, kind, &path)?;
        let network = if row.own_network { Some(Network::make(rand::random())?) } else { None };
        let is_reached_otherwise = row.own_network || row.database_relayed;
        let spared = options.postgres.as_deref();
        let own = row.own_postgres || row.small_disk || is_reached_otherwise;
        let mut database = Database::make(kind, spared, own, &path).await?;
        let mut url = database.url();
        let mut database_relay = None;
        if kind == Kind::Postgres && is_reached_otherwise {
            let postgres = database.postgres()?;
            let ip = network.as_ref().map_or(DATABASE_RELAY, Network::outside);
            let address = SocketAddr::from((ip, postgres.address().port()));
            let relay = Relay::start(address, postgres.address(), options.seed).await?;
            url = Some(postgres.url_at(address));
            database_relay = Some(relay);
        }
        let mut environment = Vec::new();
        if row.own_clock {
            environment = clock::environment(&path)?;
        }
        environment.push((planted::VARIABLE, rows::planted(row, options.bug.as_deref())));
        let server = Server::start(How {
            binary: options.server.clone(),
            folder: path.clone(),
            database: url,
            ip: network.as_ref().map_or(Ipv4Addr::LOCALHOST, Network::inside),
            wrapper: network.as_ref().map(Network::wrapper).unwrap_or_default(),
            arguments: row.arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            environment,
        })
        .await?;
        let relay = if row.relayed {
            // The server tells clients its own UDP port, so the relay has the
            // same one at another address of this machine.
            let address = SocketAddr::from((RELAY, server.address().port()));
            Some(Relay::start(address, server.address(), options.seed).await?)
        } else {
            None
        };
        let reached_at = relay.as_ref().map_or(server.address(), Relay::address);
        let url = format!("http://{reached_at}");
        let crowd = Crowd::gather(url, options.clients.into(), row.lanes).await?;
        let sizes = Sizes { sleepers: options.sleepers.into(), herd: options.herd.into() };
        Ok(Self {
            row,
            rooms: options.rooms.into(),
            rate: options.rate,
            patience: Duration::from_secs(options.patience),
            unhurried: options.unhurried,
            server,
            database,
            relay,
            crowd,
            sizes,
            database_relay,
            healed: None,
            baseline: None,
            network,
            disk,
            folder,
        })
    }

    /// Everybody leaves, what the server takes without them is written down, and
    /// everybody comes back. Called once a round has warmed it up.
    pub(crate) async fn take_baseline(&mut self) -> anyhow::Result<()> {
        self.crowd.leave().await;
        let (mut last, begun) = (self.server.footprint()?, Instant::now());
        while begun.elapsed() < BACK_WITHIN {
            sleep(LOOK).await;
            let now = self.server.footprint()?;
            if now.files == last.files {
                break;
            }
            last = now;
        }
        self.baseline = Some(self.server.footprint()?);
        self.crowd.come().await?;
        self.healed = Some(Instant::now());
        Ok(())
    }

    /// L9, after everybody has left: what the server takes now.
    async fn is_back(&self, baseline: Footprint) -> anyhow::Result<(Footprint, Option<Finding>)> {
        let begun = Instant::now();
        loop {
            let now = self.server.footprint()?;
            let fits = |now: u64, then: u64, slack| now <= then + then / 10 + slack;
            if fits(now.files, baseline.files, FILES_SLACK)
                && fits(now.rss_kib, baseline.rss_kib, RSS_SLACK_KIB)
            {
                return Ok((now, None));
            }
            if begun.elapsed() > BACK_WITHIN {
                let what = format!("at first the server took {baseline:?}, in the end {now:?}");
                return Ok((now, Some(Finding { check: "L9", what })));
            }
            sleep(LOOK).await;
        }
    }

    /// One round: talk, fault, heal, probe, talk, and the ledger.
    pub(crate) async fn play(&mut self, seed: u64) -> anyhow::Result<RoundOutcome> {
        let mut rng = StdRng::seed_from_u64(seed);
        let (rooms, rate, patience) = (self.rooms, self.rate, self.patience);
        let mut play = Play::begin(&self.crowd, rooms, rate, patience, &mut rng).await?;
        let mut scene = Scene {
            server: &mut self.server,
            database: &mut self.database,
            relay: self.relay.as_ref(),
            database_relay: self.database_relay.as_ref(),
            network: self.network.as_ref(),
            disk: self.disk.as_ref(),
            sizes: self.sizes,
            crowd: &self.crowd,
            play: &mut play,
            rng: &mut rng,
            notes: Notes { unhurried: self.unhurried, ..Notes::default() },
        };
        scene.wait(TALK).await;
        if let Some(healed) = self.healed {
            sleep_until(healed + APART).await;
        }
        (self.row.inject)(&mut scene).await?;
        self.healed = Some(Instant::now());
        match scene.probe().await {
            Some(took) => scene.notes.measure("heal", took),
            None => scene.notes.find("L8", "a probe did not reach everybody".to_owned()),
        }
        scene.wait(TALK).await;
        let mut notes = scene.notes;
        let outcome = play.end(&self.crowd).await?;
        notes.findings.extend(outcome.surprises);
        let verdict = ledger::check(&outcome.accounts, &outcome.truths);
        Ok(RoundOutcome { verdict, notes })
    }

    /// After the last round: everybody leaves, the server stops, and what it
    /// leaves behind is looked at.
    pub(crate) async fn strike(mut self) -> anyhow::Result<End> {
        self.crowd.leave().await;
        let mut findings = Vec::new();
        let mut footprints = None;
        if let Some(baseline) = self.baseline {
            let (now, finding) = self.is_back(baseline).await?;
            footprints = Some((baseline, now));
            findings.extend(finding);
        }
        if !self.server.stop().await? {
            findings.push(Finding { check: "L10", what: "the server did not end well".into() });
        }
        let panics = self.server.panics()?.into_iter();
        findings.extend(panics.map(|line| Finding { check: "L10", what: line }));
        if let Some(after) = self.row.after {
            findings.extend(after(&self.server).await?);
        }
        self.database.remove().await?;
        // Removed here, or kept by wish.
        drop((self.network, self.disk, self.folder));
        Ok(End { findings, footprints })
    }
}

/// What was found after the last round.
pub(crate) struct End {
    pub(crate) findings: Vec<Finding>,
    /// What the server took without clients, after the first round and after
    /// the last one.
    pub(crate) footprints: Option<(Footprint, Footprint)>,
}

/// Mounts a small disk where the database will be.
fn small_disk(row: &Row, kind: Kind, folder: &Path) -> anyhow::Result<Option<SmallDisk>> {
    if !row.small_disk {
        return Ok(None);
    }
    let (name, mib) = match kind {
        Kind::Sqlite => ("data", SMALL_MIB),
        Kind::Postgres => ("postgres", SMALL_CLUSTER_MIB),
    };
    let path = folder.join(name);
    std::fs::create_dir(&path)?;
    SmallDisk::mount(path, mib).map(Some)
}
