//! `cargo xtask run`: from a clone to a running server, in one process in the end.

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use crate::error::Error;
use crate::workspace::Workspace;
use crate::{shell, web};

pub(crate) fn run(workspace: &Workspace, server_args: &[String]) -> Result<ExitCode, Error> {
    web::build_if_changed(workspace, &mut |command| shell::run(command))?;
    let mut server = workspace.cargo();
    // The development profile: a newcomer waits for the first build, not for the server.
    server.args(["run", "--package", "parlor", "--bin", "parlor", "--", "serve"]);
    if !names_data_dir(server_args) {
        server.arg("--data-dir").arg(workspace.root().join("data"));
    }
    server.args(server_args);
    // This process becomes cargo, and cargo becomes the server, so Ctrl-C and signals to this
    // pid reach the server itself, and its exit code is the one seen. It returns only on failure.
    let source = server.exec();
    Err(shell::cannot_start(&server)(source))
}

fn names_data_dir(server_args: &[String]) -> bool {
    server_args.iter().any(|arg| arg == "--data-dir" || arg.starts_with("--data-dir="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_given_by_hand_is_kept() {
        let args = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(names_data_dir(&args("--data-dir /tmp/x")));
        assert!(names_data_dir(&args("--listen 127.0.0.1:0 --data-dir=/tmp/x")));
        assert!(!names_data_dir(&args("--listen 127.0.0.1:0")));
    }
}
