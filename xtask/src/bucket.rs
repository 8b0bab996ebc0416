//! A bucket for the tests on a server that speaks S3: ours alone, and gone when this process is.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use crate::error::Error;
use crate::python;
use crate::shell::{self, Log};
use crate::workspace::Workspace;

const NAME: &str = "parlor";
const REGION: &str = "us-east-1";
/// The server takes anybody's word; whoever speaks to it must say something.
const KEY_ID: &str = "parlor";
const SECRET: &str = "parlor-tests";

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A running server. Dropping it ends the server; what it held was in its memory.
pub(crate) struct Bucket {
    server: Child,
    /// When this process ends, however it ends, this does too, and then the server.
    input: Option<ChildStdin>,
    endpoint: String,
}

impl Bucket {
    /// Starts moto on a free port of 127.0.0.1, newly installed where it is missing.
    pub(crate) fn start(workspace: &Workspace, log: &mut Log) -> Result<Self, Error> {
        let python = python::moto(workspace, true, log)?;
        let mut command = Command::new(python);
        command
            .arg(workspace.root().join("tools").join("moto").join("serve.py"))
            .args([NAME, REGION, KEY_ID, SECRET])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.handle()?);
        let mut server = command.spawn().map_err(shell::cannot_start(&command))?;
        let (address, told) = sync_channel(1);
        if let Some(stdout) = server.stdout.take() {
            // It ends with the server's one line, or with the server.
            std::thread::spawn(move || {
                if let Some(Ok(line)) = BufReader::new(stdout).lines().next() {
                    let _ = address.send(line);
                }
            });
        }
        let mut bucket = Self { input: server.stdin.take(), server, endpoint: String::new() };
        match told.recv_timeout(START_TIMEOUT) {
            Ok(address) => bucket.endpoint = address,
            Err(RecvTimeoutError::Timeout) => return Err(not_started("said nothing for a minute")),
            Err(RecvTimeoutError::Disconnected) => return Err(not_started("ended at its start")),
        }
        log.line(&format!("moto serves the bucket `{NAME}` at {}", bucket.endpoint))?;
        Ok(bucket)
    }

    /// What tests read of it in their environment, beside the bucket's name.
    pub(crate) fn environment(&self) -> [(&'static str, &str); 5] {
        [
            ("AWS_ENDPOINT", &self.endpoint),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
        ]
    }

    pub(crate) fn name(&self) -> &'static str {
        NAME
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        // The end of its input would do; one that hangs must not hold this process up.
        drop(self.input.take());
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn not_started(how: &str) -> Error {
    Error::Failed { command: "moto".to_owned(), status: how.to_owned() }
}
