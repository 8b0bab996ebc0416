//! What a server writes, in which order, as `strace` tells it: which bytes went
//! to which file, when they were made durable, and what was sent to clients.
//! From it, what a disk could hold after a power loss at any moment.

use std::{collections::HashMap, path::Path, process::Stdio};

use anyhow::{Context as _, bail};
use parlor_domain::RequestId;
use rand::{Rng, rngs::StdRng};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

/// Longer than any frame or page.
const STRING_BYTES: &str = "70000";
const CALLS: &str = "trace=pwrite64,write,writev,fsync,fdatasync,ftruncate,sendto,sendmsg";
/// Paths, and bytes whole.
const FORMAT: [&str; 7] = ["-f", "-y", "-xx", "-s", STRING_BYTES, "-e", CALLS];
/// What `strace` says once it holds a process that runs already.
const ATTACHED: &str = " attached";
/// A disk may lose any of these of a longer write.
const BLOCK: usize = 4096;

/// What runs a server under `strace`: the process is the server's own (`-D`), so
/// that it takes signals and tells its exit code.
pub(crate) fn wrapper(trace: &Path) -> Vec<String> {
    let trace = trace.display().to_string();
    let words = ["strace", "-D", "--seccomp-bpf"].into_iter().chain(FORMAT).chain(["-o"]);
    words.map(str::to_owned).chain([trace]).collect()
}

/// A process that is traced from some moment on.
pub(crate) struct Traced {
    strace: Child,
    /// Held, so that it can go on telling.
    _lines: Lines<BufReader<ChildStderr>>,
}

impl Traced {
    /// Traces a process that runs, and does this to its calls: see `inject` of
    /// strace(1).
    pub(crate) async fn attach(pid: u32, trace: &Path, inject: &str) -> anyhow::Result<Self> {
        let mut strace = Command::new("strace");
        strace.args(FORMAT).args(["-e", &format!("inject={inject}")]);
        strace.arg("-o").arg(trace).args(["-p", &pid.to_string()]);
        strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut strace = strace.kill_on_drop(true).spawn().context("strace is needed")?;
        let mut lines = BufReader::new(strace.stderr.take().context("a pipe")?).lines();
        while let Some(line) = lines.next_line().await? {
            if line.contains(ATTACHED) {
                return Ok(Self { strace, _lines: lines });
            }
        }
        bail!("strace does not attach")
    }

    /// Waits until all is written down, which it is once the process has ended.
    pub(crate) async fn whole(mut self) -> anyhow::Result<()> {
        self.strace.wait().await?;
        Ok(())
    }
}

/// A system call, with the lines on which it began and ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) begun: usize,
    /// `usize::MAX` where it never did.
    pub(crate) ended: usize,
    /// It was answered with an error.
    pub(crate) failed: bool,
    pub(crate) act: Act,
}

impl Step {
    pub(crate) fn is_failed_sync(&self) -> bool {
        self.failed && matches!(self.act, Act::Sync { .. })
    }

    /// It made durable what was written to this file before.
    fn syncs(&self, name: &str) -> bool {
        !self.failed && matches!(&self.act, Act::Sync { file } if file == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Bytes go to a place in a file.
    Write { file: String, at: usize, bytes: Vec<u8> },
    /// A file gets another length.
    Truncate { file: String, length: usize },
    /// What was written to a file before is durable once this has ended well.
    Sync { file: String },
    /// Bytes go to a client.
    Send { bytes: Vec<u8> },
}

/// A whole trace. A call that is of no interest leaves no step.
pub(crate) fn read(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut open: HashMap<&str, usize> = HashMap::new();
    for (line_number, line) in text.lines().enumerate() {
        let Some((pid, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if call.starts_with("<... ") {
            if let Some(index) = open.remove(pid) {
                steps[index].ended = line_number;
                steps[index].failed = has_failed(call);
            }
        } else if let Some(act) = act(call) {
            let is_unfinished = call.ends_with("<unfinished ...>");
            if is_unfinished {
                open.insert(pid, steps.len());
            }
            let ended = if is_unfinished { usize::MAX } else { line_number };
            steps.push(Step { begun: line_number, ended, failed: has_failed(call), act });
        }
    }
    steps
}

/// The answer stands last; bytes are written as hexadecimal, so that nothing
/// else in a call looks like it.
fn has_failed(call: &str) -> bool {
    call.rsplit_once(" = ").is_some_and(|(_, answer)| answer.starts_with("-1 "))
}

fn act(call: &str) -> Option<Act> {
    let (name, arguments) = call.split_once('(')?;
    let path = arguments.split_once('<')?.1.split_once('>')?.0;
    let file = String::from_utf8(unhex(path)).ok()?;
    let is_socket = file.starts_with("socket:") || file.starts_with("TCP");
    let number = |text: &str| text.split([',', ')', ' ']).find_map(|word| word.parse().ok());
    Some(match name {
        "write" | "writev" | "sendto" | "sendmsg" if is_socket => {
            Act::Send { bytes: strings(arguments) }
        }
        "pwrite64" => {
            // What follows the bytes: how many, and where.
            let (_, rest) = arguments.rsplit_once('"')?;
            let at = number(rest.trim_start_matches(", ").split_once(", ")?.1)?;
            Act::Write { file, at, bytes: strings(arguments) }
        }
        "ftruncate" => Act::Truncate { file, length: number(arguments.split_once(">, ")?.1)? },
        "fsync" | "fdatasync" => Act::Sync { file },
        _ => return None,
    })
}

/// All that stands in quotes.
fn strings(arguments: &str) -> Vec<u8> {
    arguments.split('"').skip(1).step_by(2).flat_map(unhex).collect()
}

/// Bytes written as `\x61\x62`.
fn unhex(text: &str) -> Vec<u8> {
    let byte = |code: &str| u8::from_str_radix(code.get(..2)?, 16).ok();
    text.split("\\x").skip(1).filter_map(byte).collect()
}

/// Where each of these ids first stands in a step that `of` tells the bytes of.
pub(crate) fn first_steps<'a>(
    steps: &'a [Step],
    ids: &[[u8; 16]],
    of: impl Fn(&'a Step) -> Option<&'a [u8]>,
) -> HashMap<[u8; 16], &'a Step> {
    // Ids begin with the time and are alike there; their ends are random.
    let by_end: HashMap<[u8; 8], [u8; 16]> = ids.iter().map(|id| (end_of(id), *id)).collect();
    let mut found = HashMap::new();
    for step in steps {
        for window in of(step).unwrap_or_default().windows(16) {
            // The variant of RFC 9562: most windows are out at once.
            if window[8] >> 6 != 0b10 {
                continue;
            }
            if let Some(id) = by_end.get(&window[8..])
                && id == window
            {
                found.entry(*id).or_insert(step);
            }
        }
    }
    found
}

fn end_of(id: &[u8; 16]) -> [u8; 8] {
    std::array::from_fn(|index| id[8 + index])
}

/// Which posts were told to somebody.
pub(crate) struct Told<'a> {
    /// The first sending of each.
    pub(crate) sent: HashMap<[u8; 16], &'a Step>,
    /// How many were sent before a sync of the WAL that holds them had succeeded.
    pub(crate) early: usize,
}

/// Whether what was told of these posts was durable by then.
pub(crate) fn told<'a>(steps: &'a [Step], posts: &[RequestId], wal: &str) -> Told<'a> {
    let posts: Vec<[u8; 16]> = posts.iter().map(|id| *id.as_bytes()).collect();
    let written = first_steps(steps, &posts, |step| match &step.act {
        Act::Write { file, bytes, .. } if file == wal => Some(bytes),
        _ => None,
    });
    let sent = first_steps(steps, &posts, |step| match &step.act {
        Act::Send { bytes } => Some(bytes),
        _ => None,
    });
    let durable_at = |write: &Step| {
        let covers = |step: &&Step| step.syncs(wal) && step.begun > write.ended;
        steps.iter().filter(covers).map(|sync| sync.ended).min()
    };
    let is_early = |(id, sent): &(&[u8; 16], &&Step)| {
        let durable = written.get(*id).and_then(|write| durable_at(write));
        durable.is_none_or(|durable| sent.begun < durable)
    };
    let early = sent.iter().filter(is_early).count();
    Told { sent, early }
}

/// What may be left of what was not made durable.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unsynced {
    /// Nothing.
    Lost,
    /// All of it.
    Kept,
    /// Any part of it.
    Some,
}

/// A file as the disk may hold it after a power loss just before this line.
pub(crate) fn crashed(
    steps: &[Step],
    name: &str,
    line: usize,
    unsynced: Unsynced,
    rng: &mut StdRng,
) -> Vec<u8> {
    let is_durable = |step: &Step| {
        steps
            .iter()
            .any(|other| other.syncs(name) && step.ended < other.begun && other.ended < line)
    };
    let mut content = Vec::new();
    let mut survives = |step: &Step| match unsynced {
        _ if is_durable(step) => true,
        Unsynced::Lost => false,
        Unsynced::Kept => true,
        Unsynced::Some => rng.random_bool(0.5),
    };
    for step in steps.iter().take_while(|step| step.begun < line) {
        match &step.act {
            Act::Write { file, at, bytes } if file == name => {
                for (index, block) in bytes.chunks(BLOCK).enumerate() {
                    let at = at + index * BLOCK;
                    if survives(step) {
                        let end = at + block.len();
                        content.resize(content.len().max(end), 0);
                        content[at..end].copy_from_slice(block);
                    }
                }
            }
            Act::Truncate { file, length } if file == name && survives(step) => {
                content.resize(*length, 0);
            }
            _ => {}
        }
    }
    content
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    const TRACE: &str = r#"7 pwrite64(4<\x2f\x77>, "\x61\x62", 2, 0) = 2
7 fdatasync(4<\x2f\x77> <unfinished ...>
8 pwrite64(4<\x2f\x77>, "\x63", 1, 2 <unfinished ...>
7 <... fdatasync resumed>) = 0
8 <... pwrite64 resumed>) = 1
7 sendto(9<\x73\x6f\x63\x6b\x65\x74\x3a\x5b\x35\x5d>, "\x68\x69", 2, 0, NULL, 0) = 2
7 writev(9<\x73\x6f\x63\x6b\x65\x74\x3a\x5b\x35\x5d>, [{iov_base="\x68", iov_len=1}, {iov_base="\x6f", iov_len=1}], 2) = 2
7 write(1<\x70\x69\x70\x65>, "\x68", 1) = 1
7 ftruncate(4<\x2f\x77>, 1) = 0
"#;

    #[test]
    fn a_trace_tells_what_was_written_synced_and_sent() {
        let steps = read(TRACE);
        let file = || "/w".to_owned();
        let acts: Vec<_> = steps.iter().map(|step| (step.begun, step.ended, &step.act)).collect();
        assert_eq!(
            acts,
            [
                (0, 0, &Act::Write { file: file(), at: 0, bytes: b"ab".to_vec() }),
                (1, 3, &Act::Sync { file: file() }),
                (2, 4, &Act::Write { file: file(), at: 2, bytes: b"c".to_vec() }),
                (5, 5, &Act::Send { bytes: b"hi".to_vec() }),
                (6, 6, &Act::Send { bytes: b"ho".to_vec() }),
                (8, 8, &Act::Truncate { file: file(), length: 1 }),
            ]
        );
    }

    #[test]
    fn c17_what_is_told_after_a_failed_sync_is_early() {
        let id = RequestId::random();
        let hex: String = id.as_bytes().iter().map(|byte| format!("\\x{byte:02x}")).collect();
        let write = format!("7 pwrite64(4<\\x2f\\x77>, \"{hex}\", 16, 0) = 16\n");
        let send = format!(
            "7 sendto(9<\\x73\\x6f\\x63\\x6b\\x65\\x74\\x3a>, \"{hex}\", 16, 0, NULL, 0) = 16\n"
        );
        let early = |sync: &str| {
            let steps = read(&format!("{write}{sync}{send}"));
            let told = told(&steps, &[id], "/w");
            assert_eq!(told.sent.len(), 1, "{sync}");
            told.early
        };
        assert_eq!(early("7 fdatasync(4<\\x2f\\x77>) = 0\n"), 0);
        assert_eq!(early(""), 1);
        let error = "-1 EIO (Input/output error) (INJECTED)";
        assert_eq!(early(&format!("7 fdatasync(4<\\x2f\\x77>) = {error}\n")), 1);
        let parts =
            ["7 fdatasync(4<\\x2f\\x77> <unfinished ...>", "7 <... fdatasync resumed>)   = "];
        assert_eq!(early(&format!("{}\n{}{error}\n", parts[0], parts[1])), 1);
        assert_eq!(early(&format!("{}\n{}0\n", parts[0], parts[1])), 0);
        assert_eq!(early("7 fdatasync(4<\\x2f\\x76>) = 0\n"), 1, "another file");
    }

    #[test]
    fn a_power_loss_takes_what_was_not_synced() {
        let (steps, mut rng) = (read(TRACE), StdRng::seed_from_u64(1));
        let mut at = |line, unsynced| crashed(&steps, "/w", line, unsynced, &mut rng);
        assert_eq!(at(3, Unsynced::Lost), b"", "the sync had not ended");
        assert_eq!(at(4, Unsynced::Lost), b"ab");
        assert_eq!(at(8, Unsynced::Lost), b"ab", "the third byte came after the sync began");
        assert_eq!(at(8, Unsynced::Kept), b"abc");
        let ends: std::collections::HashSet<_> = (0..50).map(|_| at(8, Unsynced::Some)).collect();
        assert_eq!(ends.len(), 2, "with it or without");
    }

    #[test]
    fn an_id_is_found_where_it_first_stands() {
        let id = *parlor_domain::RequestId::random().as_bytes();
        let send = |begun, bytes: &[u8]| Step {
            begun,
            ended: begun,
            failed: false,
            act: Act::Send { bytes: bytes.to_vec() },
        };
        let steps =
            [send(1, b"nothing"), send(2, &[b"to ", &id[..], b" you"].concat()), send(3, &id)];
        let found = first_steps(&steps, &[id], |step| match &step.act {
            Act::Send { bytes } => Some(bytes),
            _ => None,
        });
        assert_eq!(found[&id].begun, 2);
    }
}
