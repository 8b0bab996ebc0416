//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{admin::Admin, config::Flags, talk::Talk};

/// Team chat that stays right when the network does not. Without a command it
/// serves, with everything in one process.
#[derive(Parser)]
#[command(name = "parlor", version, args_conflicts_with_subcommands = true)]
#[command(after_help = "Each flag is an environment variable too: --listen is PARLOR_LISTEN.")]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve(Box<Serve>),
    /// Talk in a room from the terminal, or from a pipe.
    Talk(Box<Talk>),
    /// See and change what concerns the whole server, from the machine it runs on.
    Admin(Box<Admin>),
}

/// Every flag is an environment variable and a key of the file too.
#[derive(Args)]
pub(crate) struct Serve {
    /// TOML file with the same keys as the flags.
    #[arg(long, env = "PARLOR_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) flags: Flags,
}
