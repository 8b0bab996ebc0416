//! A row on its stage: server, database and crowd, and the rounds on them.

use std::{
    fs::Permissions,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use rand::{SeedableRng as _, rngs::StdRng};
use tempfile::TempDir;
use tokio::time::{Instant, sleep_until};

use super::{
    Options,
    crowd::Crowd,
    database::{Database, Kind},
    play::Play,
    process::Server,
    rows::Row,
    scene::{Notes, Scene},
};
use crate::{
    ledger::{self, Finding, Verdict},
    relay::Relay,
};

/// The relay's address: all of 127.0.0.0/8 is this machine.
const RELAY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// How long the clients talk before the fault, and after the heal.
const TALK: std::ops::Range<Duration> = Duration::from_millis(200)..Duration::from_millis(1_500);
/// Between the heal of one round and the fault of the next. A session that lives
/// for less counts as a failure to its client, which waits longer each time: a
/// server that crashes again and again is another fault.
const APART: Duration = Duration::from_millis(5_500);
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
    server: Server,
    database: Database,
    relay: Option<Relay>,
    crowd: Crowd,
    folder: Folder,
    healed: Option<Instant>,
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
        let spared = options.postgres.as_deref();
        let database = Database::make(kind, spared, row.own_postgres, &path).await?;
        let server = Server::start(&options.server, &path, database.url()).await?;
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
        let (rooms, rate) = (options.rooms.into(), options.rate);
        Ok(Self { row, rooms, rate, server, database, relay, crowd, folder, healed: None })
    }

    /// One round: talk, fault, heal, probe, talk, and the ledger.
    pub(crate) async fn play(&mut self, seed: u64) -> anyhow::Result<RoundOutcome> {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut play = Play::begin(&self.crowd, self.rooms, self.rate, &mut rng).await?;
        let mut scene = Scene {
            server: &mut self.server,
            database: &mut self.database,
            relay: self.relay.as_ref(),
            crowd: &self.crowd,
            play: &mut play,
            rng: &mut rng,
            notes: Notes::default(),
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
    pub(crate) async fn strike(mut self) -> anyhow::Result<Vec<Finding>> {
        self.crowd.disperse().await;
        let mut findings = Vec::new();
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
        drop(self.folder);
        Ok(findings)
    }
}
