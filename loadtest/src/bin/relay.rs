//! `parlor-relay`: a bad network between clients and a server, to try by hand.

use std::{net::SocketAddr, time::Duration};

use clap::Parser;
use parlor_loadtest::relay::{Cut, Effects, Relay};

/// Relays UDP and TCP on the same port to a server, and worsens what passes.
/// Runs until it is interrupted.
#[derive(Parser)]
#[command(name = "parlor-relay")]
struct Cli {
    /// Where clients find it. A server that tells clients its own UDP port, as
    /// Parlor does, wants the same port at another address, like 127.0.0.2.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// The server.
    #[arg(long, value_name = "ADDRESS:PORT")]
    to: SocketAddr,
    /// Milliseconds by which everything is late.
    #[arg(long, default_value_t = 0)]
    delay: u64,
    /// And by up to this many more.
    #[arg(long, default_value_t = 0)]
    jitter: u64,
    /// Of UDP, in percent: what is lost.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    loss: u8,
    /// Of UDP, in percent: what comes twice.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    duplicate: u8,
    /// Of UDP, in percent: what later datagrams overtake.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    reorder: u8,
    /// Bytes in each second, of each connection and each way.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Which way nothing passes.
    #[arg(long, value_enum, default_value_t = Cut::Nothing)]
    cut: Cut,
    /// Seconds after which each UDP client gets another port, again and again.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    rebind: Option<u64>,
    /// What chance decides, it decides by this.
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let relay = Relay::start(cli.listen, cli.to, cli.seed).await?;
    let part = |percent| f64::from(percent) / 100.0;
    relay.set(Effects {
        delay: Duration::from_millis(cli.delay),
        jitter: Duration::from_millis(cli.jitter),
        loss: part(cli.loss),
        duplicate: part(cli.duplicate),
        reorder: part(cli.reorder),
        rate: cli.rate,
        cut: cli.cut,
        ..Effects::NONE
    });
    let rebinding = async {
        let Some(seconds) = cli.rebind else { return std::future::pending().await };
        loop {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            relay.rebind();
        }
    };
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        () = rebinding => Ok(()),
    }
}
