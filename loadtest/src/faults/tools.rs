//! What a row needs of this machine, and takes away again when it is over.

use std::{
    fs::{self, File},
    net::Ipv4Addr,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};

/// Where programs of the system's administrator are, which are not always on
/// the PATH.
const ADMIN: [&str; 2] = ["/usr/sbin", "/sbin"];

/// Where a program is.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    if program.starts_with('/') {
        return Some(PathBuf::from(program)).filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(ADMIN.map(PathBuf::from));
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Whether this process is root.
pub(crate) fn is_root() -> bool {
    File::open("/proc/self")
        .and_then(|itself| itself.metadata())
        .is_ok_and(|itself| itself.uid() == 0)
}

/// Runs a small program that ends at once.
pub(crate) fn run(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let path = find(program).with_context(|| format!("{program} is needed"))?;
    let output = Command::new(path).args(arguments).stdin(Stdio::null()).output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {}: {}", arguments.join(" "), error.trim());
    Ok(())
}

/// A small file system in memory.
pub(crate) struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Mounts one of so many MiB on a folder, which must be there.
    pub(crate) fn mount(path: PathBuf, mib: u32) -> anyhow::Result<Self> {
        let (size, at) = (format!("size={mib}m,mode=0700"), path.display().to_string());
        run("mount", &["-t", "tmpfs", "-o", &size, "tmpfs", &at])?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, as whoever failed may still have files open there.
        let _ = run("umount", &["--lazy", &self.path.display().to_string()]);
    }
}

/// A network namespace, and a line from this one to it.
pub(crate) struct Network {
    name: String,
    outside: Ipv4Addr,
    inside: Ipv4Addr,
}

impl Network {
    /// Makes one; `number` tells it from others of this machine.
    pub(crate) fn make(number: u16) -> anyhow::Result<Self> {
        let [high, low] = number.to_be_bytes();
        // Four addresses for each, of a private range (RFC 1918).
        let base = u32::from_be_bytes([10, 199, high, low & 0xfc]);
        let network = Self {
            name: format!("parlor{number}"),
            outside: Ipv4Addr::from(base + 1),
            inside: Ipv4Addr::from(base + 2),
        };
        let name = network.name.as_str();
        let (near, far) = (format!("pa{number}"), format!("pb{number}"));
        run("ip", &["netns", "add", name])?;
        run("ip", &["link", "add", &near, "type", "veth", "peer", "name", &far, "netns", name])?;
        run("ip", &["addr", "add", &format!("{}/30", network.outside), "dev", &near])?;
        run("ip", &["link", "set", &near, "up"])?;
        let within = |arguments: &[&str]| run("ip", &[&["-n", name], arguments].concat());
        within(&["addr", "add", &format!("{}/30", network.inside), "dev", &far])?;
        within(&["link", "set", &far, "up"])?;
        within(&["link", "set", "lo", "up"])?;
        Ok(network)
    }

    /// The address of this side.
    pub(crate) fn outside(&self) -> Ipv4Addr {
        self.outside
    }

    /// The address of whoever is in the namespace.
    pub(crate) fn inside(&self) -> Ipv4Addr {
        self.inside
    }

    /// What stands before a command that shall run in it.
    pub(crate) fn wrapper(&self) -> Vec<String> {
        let ip = find("ip").unwrap_or_else(|| "ip".into()).display().to_string();
        vec![ip, "netns".to_owned(), "exec".to_owned(), self.name.clone()]
    }

    /// Replaces the rules for what comes in and goes out; each is what nft puts
    /// behind `add rule inet faults CHAIN`.
    pub(crate) fn filter(&self, rules: &[String]) -> anyhow::Result<()> {
        let mut text =
            "table inet faults\ndelete table inet faults\ntable inet faults {\n".to_owned();
        for chain in ["input", "output"] {
            let rules = rules.join("\n");
            text += &format!(
                "chain {chain} {{ type filter hook {chain} priority 0; policy accept;\n{rules}\n}}\n"
            );
        }
        text += "}\n";
        let file = tempfile::NamedTempFile::new()?;
        fs::write(file.path(), text)?;
        let nft = find("nft").context("nft is needed")?.display().to_string();
        let path = file.path().display().to_string();
        run("ip", &["netns", "exec", &self.name, &nft, "-f", &path])
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Its end of the line goes with it, and then the other.
        let _ = run("ip", &["netns", "del", &self.name]);
    }
}

/// A control group that a process is put into for a while.
pub(crate) struct Cgroup {
    folder: PathBuf,
    parent: PathBuf,
    is_v2: bool,
}

impl Cgroup {
    /// Makes one under this controller, like `cpu`, of either version of the
    /// kernel's interface; `None` where there is none, or it cannot be written.
    pub(crate) fn make(controller: &str) -> Option<Self> {
        let root = Path::new("/sys/fs/cgroup");
        let is_v2 = root.join("cgroup.controllers").is_file();
        let parent = if is_v2 { root.to_owned() } else { root.join(controller) };
        let folder = parent.join(format!("parlor-faults-{:08x}", rand::random::<u32>()));
        fs::create_dir(&folder).ok()?;
        let cgroup = Self { folder, parent, is_v2 };
        let file = match controller {
            "cpu" => cgroup.file("cpu.cfs_quota_us", "cpu.max"),
            _ => cgroup.file("memory.limit_in_bytes", "memory.max"),
        };
        file.is_file().then_some(cgroup)
    }

    fn file(&self, v1: &str, v2: &str) -> PathBuf {
        self.folder.join(if self.is_v2 { v2 } else { v1 })
    }

    /// All threads together get this part of one core.
    pub(crate) fn cpu_percent(&self, percent: u32) -> anyhow::Result<()> {
        let quota = percent * 1_000;
        let text = if self.is_v2 { format!("{quota} 100000") } else { quota.to_string() };
        Ok(fs::write(self.file("cpu.cfs_quota_us", "cpu.max"), text)?)
    }

    /// More memory than this is not given.
    pub(crate) fn memory_bytes(&self, bytes: u64) -> anyhow::Result<()> {
        Ok(fs::write(self.file("memory.limit_in_bytes", "memory.max"), bytes.to_string())?)
    }

    /// Puts a process in.
    pub(crate) fn enter(&self, pid: u32) -> anyhow::Result<()> {
        Ok(fs::write(self.folder.join("cgroup.procs"), pid.to_string())?)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Whoever is still in goes back to where it came from.
        let inmates = fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default();
        for pid in inmates.lines() {
            let _ = fs::write(self.parent.join("cgroup.procs"), pid);
        }
        let _ = fs::remove_dir(&self.folder);
    }
}
