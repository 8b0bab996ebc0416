//! The server as a process of its own.

use std::{
    ffi::OsStr,
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use parlor_domain::planted::PANIC_TEXT;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{Instant, sleep, timeout},
};

/// A server that is not ready by then will not be.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// What a server says once it serves.
const READY: &str = "Parlor is ready";
/// Where a run looks for a port: below those that systems give to clients, so
/// that nobody takes it while the server is down.
const PORTS: std::ops::Range<u16> = 20_000..30_000;
/// Rates of one crowd on one machine are not what is tested.
const LIMITS: [&str; 9] = [
    "--session-burst",
    "--session-per-second",
    "--user-burst",
    "--user-per-second",
    "--http-address-burst",
    "--http-address-per-second",
    "--http-user-burst",
    "--http-user-per-second",
    "--connections-per-address",
];

/// A server on a port of its own, which it keeps over restarts. Killed when
/// dropped.
pub(crate) struct Server {
    how: How,
    address: SocketAddr,
    running: Option<Running>,
}

/// How a server is started.
pub(crate) struct How {
    pub(crate) binary: PathBuf,
    /// Of its data and its log.
    pub(crate) folder: PathBuf,
    /// Left out: SQLite in its data folder.
    pub(crate) database: Option<String>,
    pub(crate) ip: Ipv4Addr,
    /// What stands before the command, and becomes it.
    pub(crate) wrapper: Vec<String>,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(&'static str, String)>,
}

/// What a process takes of its machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Footprint {
    /// Memory that is really there, in KiB.
    pub rss_kib: u64,
    /// Open file descriptors.
    pub files: u64,
}

struct Running {
    child: Child,
    /// Held, so that the server can go on writing.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts the server.
    pub(crate) async fn start(how: How) -> anyhow::Result<Self> {
        let address = SocketAddr::from((how.ip, free_address()?.port()));
        let mut server = Self { how, address, running: None };
        server.launch().await?;
        Ok(server)
    }

    /// Another one of the same kind with its data in a new folder below this
    /// one's, under this wrapper; not started.
    pub(crate) fn sibling(
        &self,
        name: &str,
        database: Option<String>,
        wrapper: impl FnOnce(&Path) -> Vec<String>,
    ) -> anyhow::Result<Self> {
        let folder = self.how.folder.join(name);
        fs::create_dir(&folder)?;
        let how = How {
            binary: self.how.binary.clone(),
            database,
            ip: Ipv4Addr::LOCALHOST,
            wrapper: wrapper(&folder),
            arguments: self.how.arguments.clone(),
            environment: self.how.environment.clone(),
            folder,
        };
        Ok(Self { how, address: free_address()?, running: None })
    }

    /// Starts it again; tells how long it took to be ready.
    pub(crate) async fn launch(&mut self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let (child, stdout) = self.spawn()?;
        let mut lines = BufReader::new(stdout).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if line.starts_with(READY) {
                    return Ok(true);
                }
            }
            std::io::Result::Ok(false)
        };
        let ready = timeout(START_TIMEOUT, ready).await.context("the server is never ready")??;
        ensure!(ready, "the server ended at its start: {}", self.log_tail());
        self.running = Some(Running { child, _lines: lines });
        Ok(begun.elapsed())
    }

    /// Starts it and kills it after this time, however far it has come.
    pub(crate) async fn launch_and_kill(&mut self, after: Duration) -> anyhow::Result<()> {
        let (mut child, _stdout) = self.spawn()?;
        sleep(after).await;
        Ok(child.kill().await?)
    }

    fn spawn(&self) -> anyhow::Result<(Child, ChildStdout)> {
        let log = File::options().create(true).append(true).open(self.log_path())?;
        let mut words = self.how.wrapper.iter().map(OsStr::new);
        let binary = self.how.binary.as_os_str();
        let mut command = Command::new(words.next().unwrap_or(binary));
        if !self.how.wrapper.is_empty() {
            command.args(words).arg(binary);
        }
        command.args(["serve", "--listen", &self.address.to_string(), "--log-format", "human"]);
        command.arg("--data-dir").arg(self.how.folder.join("data"));
        for limit in LIMITS {
            command.args([limit, "100000"]);
        }
        command.args(&self.how.arguments);
        command.envs(self.how.environment.iter().map(|(name, value)| (name, value)));
        if let Some(url) = &self.how.database {
            command.env("PARLOR_DATABASE", url);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let name = self.how.binary.display();
        let mut child = command.spawn().with_context(|| format!("{name} does not start"))?;
        let stdout = child.stdout.take().context("a pipe")?;
        Ok((child, stdout))
    }

    /// `kill -9`.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut running) = self.running.take() {
            running.child.kill().await?;
        }
        Ok(())
    }

    /// SIGTERM, and waits for its end; tells whether it ended well.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<bool> {
        self.signal("TERM").await?;
        let Some(mut running) = self.running.take() else { return Ok(true) };
        let ended = timeout(START_TIMEOUT, running.child.wait()).await;
        Ok(ended.context("the server does not stop")??.success())
    }

    /// Sends a signal by its name.
    pub(crate) async fn signal(&self, name: &str) -> anyhow::Result<()> {
        match self.running.as_ref().and_then(|running| running.child.id()) {
            Some(pid) => signal(pid, name).await,
            None => Ok(()),
        }
    }

    /// The process, while there is one.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.running.as_ref().and_then(|running| running.child.id())
    }

    /// Waits for it to end by itself; tells how, or `None` after `limit`.
    pub(crate) async fn ended(&mut self, limit: Duration) -> anyhow::Result<Option<ExitStatus>> {
        let Some(running) = &mut self.running else { return Ok(None) };
        let Ok(status) = timeout(limit, running.child.wait()).await else { return Ok(None) };
        self.running = None;
        Ok(Some(status?))
    }

    /// What it takes of the machine now (L9).
    pub(crate) fn footprint(&self) -> anyhow::Result<Footprint> {
        let pid = self.pid().context("the server does not run")?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let rss = rss.and_then(|rss| rss.split_whitespace().next()).context("VmRSS")?;
        let files = fs::read_dir(format!("/proc/{pid}/fd"))?.count();
        Ok(Footprint { rss_kib: rss.parse()?, files: files as u64 })
    }

    /// The time that its threads have spent on a core so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        /// Linux counts in these for every program (proc(5), `stat`).
        const TICK: Duration = Duration::from_millis(10);
        let pid = self.pid().context("the server does not run")?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name, in brackets, may hold anything.
        let (_, fields) = stat.rsplit_once(')').context("stat")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
        Ok(TICK * ticks.sum::<Result<u32, _>>()?)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its SQLite database.
    pub(crate) fn sqlite(&self) -> PathBuf {
        self.how.folder.join("data/parlor.db")
    }

    /// Lines of its log that tell of a panic which nobody planted (L10).
    pub(crate) fn panics(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.all_panics()?.into_iter().filter(|line| !line.contains(PANIC_TEXT)).collect())
    }

    /// How often a fail point made it panic.
    pub(crate) fn planted_panics(&self) -> anyhow::Result<usize> {
        Ok(self.all_panics()?.iter().filter(|line| line.contains(PANIC_TEXT)).count())
    }

    /// Where and why it panicked.
    fn all_panics(&self) -> anyhow::Result<Vec<String>> {
        let log = self.log()?;
        let lines: Vec<&str> = log.lines().collect();
        let at = lines.iter().enumerate().filter(|(_, line)| line.contains("panicked at"));
        // The message stands on the line after the place.
        let told = at
            .map(|(at, line)| format!("{line} {}", lines.get(at + 1).copied().unwrap_or_default()));
        Ok(told.collect())
    }

    /// All that it has logged.
    pub(crate) fn log(&self) -> anyhow::Result<String> {
        Ok(fs::read_to_string(self.log_path())?)
    }

    /// The folder of all that the row keeps.
    pub(crate) fn folder(&self) -> &Path {
        &self.how.folder
    }

    fn log_path(&self) -> PathBuf {
        self.how.folder.join("server.log")
    }

    fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.log_path()).unwrap_or_default();
        log.lines().last().unwrap_or("it said nothing").to_owned()
    }
}

/// Sends a signal to a process of ours.
pub(crate) async fn signal(pid: u32, name: &str) -> anyhow::Result<()> {
    let output = Command::new("kill").args(["-s", name, &pid.to_string()]).output().await?;
    ensure!(output.status.success(), "process {pid} takes no SIG{name}");
    Ok(())
}

/// A port that is free for TCP and UDP.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    for _ in 0..100 {
        let port = rand::random_range(PORTS);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok() {
            return Ok(address);
        }
    }
    anyhow::bail!("no port is free")
}
