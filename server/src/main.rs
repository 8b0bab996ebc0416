//! `parlor`, the one binary.

use std::process::ExitCode;

use clap::Parser as _;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before anything else: with two providers in reach, the first use of TLS
    // would panic.
    parlor::install_crypto_provider();
    parlor::run(parlor::Cli::parse())
}
