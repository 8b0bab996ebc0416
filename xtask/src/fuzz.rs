//! `cargo xtask fuzz`, and its stage in `cargo xtask test`: builds the fuzz targets, runs them for
//! a while, and keeps what they find.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::args::FuzzOptions;
use crate::error::Error;
use crate::scratch;
use crate::shell::{self, Exec};
use crate::workspace::Workspace;

/// What there is to fuzz: the binaries of `fuzz/`, and how many inputs each is given in the test
/// command, which takes it some ten seconds.
const TARGETS: [(&str, u32); 7] = [
    ("frame", 400_000),
    ("session", 100_000),
    ("websocket", 5_000),
    ("client", 150_000),
    ("rest", 25_000),
    ("token", 60_000),
    ("cursor", 300_000),
];

/// How long each target runs where nobody says, in seconds.
const SECONDS: u32 = 60;

/// What the fuzzer draws from in the test command, which judges a change and no luck: it begins
/// with what is kept in the repository and nothing else, and does not look at the clock. Whoever
/// runs `cargo xtask fuzz` looks elsewhere each time.
const STAGE_SEED: u32 = 1;

/// Longer inputs are not tried: what they could show, shorter ones show sooner.
const INPUT_BYTES: u32 = 16_384;

/// An input that takes longer is a finding, in seconds. Those that are tried take milliseconds.
const INPUT_SECONDS: u32 = 30;

/// A target that takes more memory is a finding, in MiB.
const MEMORY_MIB: u32 = 1_024;

/// What has the compiler count, for every branch, whether it was taken, and tell what was
/// compared: stable flags, the same that cargo-fuzz gives for a build without a sanitizer.
const COVERAGE: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Where things of one target are.
struct Target<'a> {
    name: &'a str,
    /// How many inputs it is given in the test command.
    runs: u32,
    binary: PathBuf,
    /// In the repository: seeds, findings of the past, and what `--keep` added.
    kept: PathBuf,
    /// What this machine found to be of interest; gone with `cargo clean`.
    corpus: PathBuf,
    /// Inputs that broke a promise.
    findings: PathBuf,
}

impl<'a> Target<'a> {
    fn new(workspace: &Workspace, host: &str, name: &'a str) -> Self {
        let built = workspace.fuzz_target();
        let runs = TARGETS.iter().find(|(known, _)| *known == name).map_or(0, |(_, runs)| *runs);
        Self {
            name,
            runs,
            binary: built.join(host).join("debug").join(name),
            kept: workspace.fuzz().join("corpus").join(name),
            corpus: built.join("corpus").join(name),
            findings: built.join("findings").join(name),
        }
    }

    fn command(&self, scratch: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .env("TMPDIR", scratch)
            .arg(format!("-timeout={INPUT_SECONDS}"))
            .arg(format!("-rss_limit_mb={MEMORY_MIB}"))
            .arg(format!("-artifact_prefix={}/", self.findings.display()));
        command
    }

    /// Runs with so much effort; an error where it found something.
    fn run(&self, effort: &Effort, scratch: &Path, exec: &mut Exec<'_>) -> Result<(), Error> {
        let mut command = self.command(scratch);
        command.arg(format!("-max_len={INPUT_BYTES}")).arg("-print_final_stats=1");
        match effort {
            Effort::Stage => {
                let corpus = scratch.join("corpus").join(self.name);
                fs::create_dir_all(&corpus).map_err(Error::file(&corpus))?;
                command.arg(format!("-runs={}", self.runs)).arg(format!("-seed={STAGE_SEED}"));
                command.arg(corpus);
            }
            Effort::Seconds { seconds, .. } => {
                command.arg(format!("-max_total_time={seconds}")).arg(&self.corpus);
            }
        }
        exec(command.arg(&self.kept))
    }

    /// Adds to the repository what reaches something that nothing kept there does.
    fn keep(&self, scratch: &Path, exec: &mut Exec<'_>) -> Result<(), Error> {
        exec(self.command(scratch).arg("-merge=1").arg(&self.kept).arg(&self.corpus))
    }

    fn found(&self) -> Result<Vec<PathBuf>, Error> {
        let entries = fs::read_dir(&self.findings).map_err(Error::file(&self.findings))?;
        let mut found = entries
            .map(|entry| entry.map(|entry| entry.path()).map_err(Error::file(&self.findings)))
            .collect::<Result<Vec<_>, _>>()?;
        found.sort();
        Ok(found)
    }
}

/// How much is tried, and what is done with what was found on the way.
enum Effort {
    /// The same in each run of the test command.
    Stage,
    /// For so long each; what reached something new may be kept.
    Seconds { seconds: u32, keep: bool },
}

/// A folder for the databases of the targets, which end too abruptly to clean up.
struct Scratch(PathBuf);

impl Scratch {
    fn create() -> Result<Self, Error> {
        let folder = scratch::folder().join(format!("parlor-fuzz-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The command.
pub(crate) fn run(workspace: &Workspace, options: &FuzzOptions) -> Result<ExitCode, Error> {
    let names = choose(&options.targets)?;
    let mut exec = shell::run;
    let host = build(workspace, &names, &mut exec)?;
    let scratch = Scratch::create()?;
    if let Some(input) = &options.replay {
        let [name] = names[..] else {
            return Err(Error::Usage("`--replay` wants one target before it".to_owned()));
        };
        let target = prepare(workspace, &host, name)?;
        return verdict(exec(target.command(&scratch.0).arg(input)));
    }
    let seconds = options.seconds.unwrap_or(SECONDS);
    let effort = Effort::Seconds { seconds, keep: options.keep };
    verdict(fuzz(workspace, &host, &names, &effort, &scratch, &mut exec))
}

/// The stage of the test command.
pub(crate) fn stage(workspace: &Workspace, exec: &mut Exec<'_>) -> Result<(), Error> {
    let names = choose(&[])?;
    let host = build(workspace, &names, exec)?;
    fuzz(workspace, &host, &names, &Effort::Stage, &Scratch::create()?, exec)
}

/// Findings are no error of this tool: the exit code tells them.
fn verdict(result: Result<(), Error>) -> Result<ExitCode, Error> {
    match result {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error @ (Error::Rule(_) | Error::Failed { .. })) => {
            shell::say(&format!("{error}\n"));
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error),
    }
}

/// Runs every target, also after one that found something.
fn fuzz(
    workspace: &Workspace,
    host: &str,
    names: &[&str],
    effort: &Effort,
    scratch: &Scratch,
    exec: &mut Exec<'_>,
) -> Result<(), Error> {
    let mut findings = Vec::new();
    for name in names {
        let target = prepare(workspace, host, name)?;
        let before = target.found()?;
        let outcome = target.run(effort, &scratch.0, exec);
        if outcome.is_ok() && matches!(effort, Effort::Seconds { keep: true, .. }) {
            target.keep(&scratch.0, exec)?;
        }
        let new: Vec<_> =
            target.found()?.into_iter().filter(|path| !before.contains(path)).collect();
        findings.extend(told(&target, &new, outcome)?);
    }
    if findings.is_empty() { Ok(()) } else { Err(Error::Rule(findings)) }
}

/// What is said of a run: where each finding lies and how to see it again.
fn told(
    target: &Target<'_>,
    new: &[PathBuf],
    outcome: Result<(), Error>,
) -> Result<Vec<String>, Error> {
    let name = target.name;
    match outcome {
        Ok(()) => Ok(Vec::new()),
        Err(Error::Failed { status, .. }) if new.is_empty() => {
            Ok(vec![format!("{name}: no input was found, but it ended with {status}")])
        }
        Err(Error::Failed { .. }) => Ok(new
            .iter()
            .map(|path| {
                let path = path.display();
                format!("{name}: {path}\n  again: cargo xtask fuzz {name} --replay {path}")
            })
            .collect()),
        Err(error) => Err(error),
    }
}

fn choose(wanted: &[String]) -> Result<Vec<&str>, Error> {
    let all = TARGETS.map(|(name, _)| name);
    if let Some(wrong) = wanted.iter().find(|name| !all.contains(&name.as_str())) {
        let all = all.join(", ");
        return Err(Error::Usage(format!("there is no fuzz target `{wrong}`; there are {all}")));
    }
    if wanted.is_empty() {
        return Ok(all.to_vec());
    }
    Ok(wanted.iter().map(String::as_str).collect())
}

fn prepare<'a>(workspace: &Workspace, host: &str, name: &'a str) -> Result<Target<'a>, Error> {
    let target = Target::new(workspace, host, name);
    for folder in [&target.kept, &target.corpus, &target.findings] {
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
    }
    Ok(target)
}

/// Builds the targets; returns the platform, which names the folder of what was built. It is named
/// to cargo too, so that the flags are not given to build scripts, which have no fuzzer to link to.
fn build(workspace: &Workspace, names: &[&str], exec: &mut Exec<'_>) -> Result<String, Error> {
    if shell::on_path(&["c++", "g++", "clang++"]).is_none() {
        let cure = "install a C++ compiler, which libFuzzer is built with";
        return Err(Error::Missing(cure.to_owned()));
    }
    let host = host()?;
    let mut command = workspace.cargo();
    command
        .args(["build", "--locked", "--manifest-path"])
        .arg(workspace.fuzz().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(workspace.fuzz_target())
        .args(["--target", &host])
        .env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\x1f"));
    for name in names {
        command.args(["--bin", name]);
    }
    exec(&mut command)?;
    Ok(host)
}

fn host() -> Result<String, Error> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.arg("-vV");
    let output = command.output().map_err(shell::cannot_start(&command))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Error::Missing("a rustc that names its host".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binaries(workspace: &Path) -> Vec<String> {
        let folder = workspace.join("fuzz").join("src").join("bin");
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn every_target_is_known_and_has_a_corpus() {
        let workspace = Workspace::find().unwrap();
        let mut known = TARGETS.map(|(name, _)| name.to_owned()).to_vec();
        known.sort();
        assert_eq!(binaries(workspace.root()), known);
        for (name, _) in TARGETS {
            let kept = Target::new(&workspace, "here", name).kept;
            assert!(fs::read_dir(&kept).unwrap().count() > 0, "{name}");
        }
    }

    #[test]
    fn no_target_means_all_and_a_wrong_one_is_refused() {
        assert_eq!(choose(&[]).unwrap(), TARGETS.map(|(name, _)| name));
        assert_eq!(choose(&["rest".to_owned()]).unwrap(), ["rest"]);
        assert!(choose(&["rust".to_owned()]).is_err());
    }

    #[test]
    fn a_finding_is_told_with_the_command_that_shows_it_again() {
        let workspace = Workspace::find().unwrap();
        let target = Target::new(&workspace, "here", "rest");
        let failed = || {
            Err(Error::Failed { command: "rest".to_owned(), status: "exit status: 77".to_owned() })
        };
        let path = target.findings.join("crash-1");
        let said = told(&target, std::slice::from_ref(&path), failed()).unwrap().concat();
        assert!(said.contains(&format!("cargo xtask fuzz rest --replay {}", path.display())));
        assert_eq!(told(&target, &[], failed()).unwrap().len(), 1);
        assert!(told(&target, &[], Ok(())).unwrap().is_empty());
    }
}
