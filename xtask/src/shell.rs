//! Starting other programs: with their output in a stage's log, or on the terminal.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;

/// The log file of one stage. Every program it runs writes there.
pub(crate) struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    pub(crate) fn create(folder: &Path, stage: &str) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let path = folder.join(format!("{stage}.log"));
        let file = File::create(&path).map_err(Error::file(&path))?;
        Ok(Self { path, file })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn text(&self) -> Result<String, Error> {
        let bytes = fs::read(&self.path).map_err(Error::file(&self.path))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(crate) fn line(&mut self, line: &str) -> Result<(), Error> {
        writeln!(self.file, "{line}").map_err(Error::file(&self.path))
    }

    /// A handle for a program that writes into this log on its own.
    pub(crate) fn handle(&self) -> Result<File, Error> {
        self.file.try_clone().map_err(Error::file(&self.path))
    }

    /// Runs a program to its end, its output in this log.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<(), Error> {
        self.line(&format!("$ {}", words(command)))?;
        command.stdin(Stdio::null()).stdout(self.handle()?).stderr(self.handle()?);
        run(plain(command))
    }

    /// Runs a program to its end and returns what it wrote to its standard output.
    pub(crate) fn capture(&mut self, command: &mut Command) -> Result<String, Error> {
        self.line(&format!("$ {}", words(command)))?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(self.handle()?);
        let output = plain(command).output().map_err(cannot_start(command))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(Error::Failed { command: words(command), status: output.status.to_string() })
        }
    }
}

/// Runs a program to its end; its output goes where the command says.
pub(crate) fn run(command: &mut Command) -> Result<(), Error> {
    let status = command.status().map_err(cannot_start(command))?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::Failed { command: words(command), status: status.to_string() })
    }
}

pub(crate) fn cannot_start(command: &Command) -> impl FnOnce(io::Error) -> Error {
    let program = command.get_program().to_string_lossy().into_owned();
    move |source| Error::Start { program, source }
}

/// Shows text at once. Where nobody reads it any more, the work goes on all the same.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// How a step runs its programs: into a stage's log, or on the terminal.
pub(crate) type Exec<'a> = dyn FnMut(&mut Command) -> Result<(), Error> + 'a;

/// The first of these programs that is on the PATH.
pub(crate) fn on_path(programs: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    programs
        .iter()
        .flat_map(|program| folders.iter().map(move |folder| folder.join(program)))
        .find(|candidate| candidate.is_file())
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == "0")
}

/// Log files hold no colour codes.
fn plain(command: &mut Command) -> &mut Command {
    command.env("NO_COLOR", "1").env("CARGO_TERM_COLOR", "never").env_remove("FORCE_COLOR")
}

fn words(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_an_error_with_its_words() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert!(error.to_string().contains("`sh -c exit 3` ended with exit status: 3"), "{error}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_with_its_name() {
        let error = run(&mut Command::new("no-such-program-here")).unwrap_err();
        assert!(error.to_string().starts_with("cannot start `no-such-program-here`"), "{error}");
    }
}
