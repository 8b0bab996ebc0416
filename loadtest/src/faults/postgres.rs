//! A PostgreSQL server that a run may stop, kill and pause.

use std::{
    fs::File,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::{MetadataExt as _, chown},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    task::JoinSet,
    time::timeout,
};

use super::process::{free_address, signal};

const START_TIMEOUT: Duration = Duration::from_secs(60);
const READY: &str = "database system is ready to accept connections";
/// Enough for every session that a row opens.
const MAX_CONNECTIONS: u32 = 200;
/// Where Debian keeps its versions.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A PostgreSQL server with its data in a folder of the run. Nobody outside
/// this machine reaches it, so that it asks for no password.
pub(crate) struct Postgres {
    binaries: PathBuf,
    data: PathBuf,
    /// PostgreSQL refuses to run as root: the account that it runs as then.
    account: Option<(u32, u32)>,
    port: u16,
    running: Option<Child>,
    /// Reads what it writes, so that it never waits for us.
    reading: JoinSet<()>,
}

impl Postgres {
    /// Makes a cluster under `folder`, and starts it.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let mut postgres = Self {
            binaries: binaries().context("no PostgreSQL is installed")?,
            data: folder.join("postgres"),
            account: account(folder)?,
            port: free_address()?.port(),
            running: None,
            reading: JoinSet::new(),
        };
        // It may be there already, with a small disk mounted on it.
        std::fs::create_dir_all(&postgres.data)?;
        if let Some((uid, gid)) = postgres.account {
            chown(&postgres.data, Some(uid), Some(gid))?;
        }
        let mut initdb = postgres.command("initdb");
        initdb.args(["--username=parlor", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
        initdb.arg("--no-sync").arg("--pgdata").arg(&postgres.data);
        let made = initdb.output().await.context("initdb does not start")?;
        ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        postgres.launch().await?;
        Ok(postgres)
    }

    /// Starts it, on the port that it always has.
    pub(crate) async fn launch(&mut self) -> anyhow::Result<()> {
        let mut command = self.command("postgres");
        command.arg("-D").arg(&self.data);
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command.args(["-c", "unix_socket_directories="]);
        command.arg("-c").arg(format!("max_connections={MAX_CONNECTIONS}"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().context("postgres does not start")?;
        let stderr = child.stderr.take().context("a pipe")?;
        self.running = Some(child);
        let mut lines = BufReader::new(stderr);
        let ready = timeout(START_TIMEOUT, read_until_ready(&mut lines)).await;
        ensure!(ready.context("postgres is never ready")??, "postgres ended at its start");
        self.reading.spawn(async move {
            // An error is the end of what it writes.
            let _ = tokio::io::copy(&mut lines, &mut tokio::io::sink()).await;
        });
        Ok(())
    }

    /// Starts it again where it has ended by itself.
    pub(crate) async fn revive(&mut self) -> anyhow::Result<()> {
        // A moment for one that is about to end.
        if let Some(child) = &mut self.running
            && let Ok(ended) = timeout(Duration::from_secs(1), child.wait()).await
        {
            ended?;
            self.running = None;
            self.launch().await?;
        }
        Ok(())
    }

    /// Stops it with a signal: `INT` is a fast shutdown, `QUIT` an immediate
    /// one, which leaves the recovery to the next start
    /// (<https://www.postgresql.org/docs/current/server-shutdown.html>).
    pub(crate) async fn stop(&mut self, name: &str) -> anyhow::Result<()> {
        if let Some(mut child) = self.running.take()
            && let Some(pid) = child.id()
        {
            signal(pid, name).await?;
            timeout(START_TIMEOUT, child.wait()).await.context("postgres does not stop")??;
        }
        Ok(())
    }

    /// Sends a signal to the server and all its processes.
    pub(crate) async fn signal_all(&self, name: &str) -> anyhow::Result<()> {
        let pid = self.running.as_ref().and_then(Child::id).context("postgres is not running")?;
        // First the one that makes new ones.
        signal(pid, name).await?;
        for child in children(pid)? {
            // It may have ended meanwhile.
            let _ = signal(child, name).await;
        }
        Ok(())
    }

    pub(crate) fn url(&self) -> String {
        self.url_at(self.address())
    }

    /// How it is reached at another address, through a relay.
    pub(crate) fn url_at(&self, address: SocketAddr) -> String {
        format!("postgres://parlor@{address}/postgres")
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.current_dir(&self.data).env("LC_ALL", "C");
        if let Some((uid, gid)) = self.account {
            command.uid(uid).gid(gid);
        }
        command
    }
}

async fn read_until_ready(lines: &mut BufReader<impl AsyncRead + Unpin>) -> std::io::Result<bool> {
    let mut line = String::new();
    while lines.read_line(&mut line).await? > 0 {
        if line.contains(READY) {
            return Ok(true);
        }
        line.clear();
    }
    Ok(false)
}

/// The processes that `parent` started, as Linux lists them.
fn children(parent: u32) -> anyhow::Result<Vec<u32>> {
    let list = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))?;
    Ok(list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect())
}

/// The folder of the programs of the newest PostgreSQL.
fn binaries() -> Option<PathBuf> {
    let complete = |bin: &PathBuf| bin.join("initdb").is_file() && bin.join("postgres").is_file();
    let on_path = std::env::var_os("PATH")
        .and_then(|path| std::env::split_paths(&path).find(|bin| complete(bin)));
    let versions = || {
        let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(DEBIAN)
            .ok()?
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let version = entry.file_name().to_str()?.parse().ok()?;
                Some((version, entry.path().join("bin")))
            })
            .filter(|(_, bin)| complete(bin))
            .collect();
        versions.sort();
        versions.pop().map(|(_, bin)| bin)
    };
    on_path.or_else(versions)
}

/// Where this process is root: the account `postgres`, else `nobody`.
fn account(folder: &Path) -> anyhow::Result<Option<(u32, u32)>> {
    if File::open(folder)?.metadata()?.uid() != 0 {
        return Ok(None);
    }
    let accounts = std::fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    find("postgres").or_else(|| find("nobody")).context("no account to run postgres as").map(Some)
}
