//! What can go wrong in a command of this tool.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a command or a stage of it did not succeed.
#[derive(Debug)]
pub(crate) enum Error {
    /// The command line was wrong; the text says how.
    Usage(String),
    /// A file or folder could not be read or written.
    File { path: PathBuf, source: io::Error },
    /// A program could not be started at all.
    Start { program: String, source: io::Error },
    /// A program ran and said no.
    Failed { command: String, status: String },
    /// A rule of the project does not hold; one line for each finding.
    Rule(Vec<String>),
    /// Something this machine lacks; the text is the cure.
    Missing(String),
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Missing(text) => f.write_str(text),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Start { program, source } => write!(f, "cannot start `{program}`: {source}"),
            Self::Failed { command, status } => write!(f, "`{command}` ended with {status}"),
            Self::Rule(findings) => f.write_str(&findings.join("\n")),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } | Self::Start { source, .. } => Some(source),
            Self::Usage(_) | Self::Failed { .. } | Self::Rule(_) | Self::Missing(_) => None,
        }
    }
}
