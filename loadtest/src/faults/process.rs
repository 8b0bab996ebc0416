//! The server as a process of its own.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{Instant, timeout},
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
    binary: PathBuf,
    folder: PathBuf,
    database: Option<String>,
    address: SocketAddr,
    running: Option<Running>,
}

struct Running {
    child: Child,
    /// Held, so that the server can go on writing.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts the server with its data in `folder`, on SQLite there unless
    /// another database is named.
    pub(crate) async fn start(
        binary: &Path,
        folder: &Path,
        database: Option<String>,
    ) -> anyhow::Result<Self> {
        let mut server = Self {
            binary: binary.to_owned(),
            folder: folder.to_owned(),
            database,
            address: free_address()?,
            running: None,
        };
        server.launch().await?;
        Ok(server)
    }

    /// Starts it again; tells how long it took to be ready.
    pub(crate) async fn launch(&mut self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let log = File::options().create(true).append(true).open(self.log_path())?;
        let mut command = Command::new(&self.binary);
        command.args(["serve", "--listen", &self.address.to_string(), "--log-format", "human"]);
        command.arg("--data-dir").arg(self.folder.join("data"));
        for limit in LIMITS {
            command.args([limit, "100000"]);
        }
        if let Some(url) = &self.database {
            command.env("PARLOR_DATABASE", url);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let name = self.binary.display();
        let mut child = command.spawn().with_context(|| format!("{name} does not start"))?;
        let stdout = child.stdout.take().context("a pipe")?;
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

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its SQLite database.
    pub(crate) fn sqlite(&self) -> PathBuf {
        self.folder.join("data/parlor.db")
    }

    /// Lines of its log that tell of a panic (L10).
    pub(crate) fn panics(&self) -> anyhow::Result<Vec<String>> {
        let log = fs::read_to_string(self.log_path())?;
        Ok(log.lines().filter(|line| line.contains("panicked at")).map(str::to_owned).collect())
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("server.log")
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
