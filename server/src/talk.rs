//! `parlor talk`: a client for the terminal and for pipes.

mod account;
mod lines;
mod printer;

use std::{
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use parlor_client::{
    Client, Closed, Feed, Lane, Receipt, RequestError, Room, RoomInfo, Scope, Status,
};
use parlor_domain::{Body, RequestId, RoomId, RoomName, Topic, Visibility};
use tokio::sync::mpsc;

use self::{
    lines::{Line, Lines},
    printer::Printer,
};

/// Messages shown of what was said before.
const HISTORY: u32 = 20;
/// Lines posted whose answers are awaited. The client itself sends no more at
/// once than the server allows.
const UNANSWERED_LINES: usize = 256;

/// Talk in a room: every line of standard input is posted exactly once, and what
/// others say is printed. At a terminal the last messages are shown first. In a
/// pipe only posts, unless --follow is given; the exit code is 0 when every line
/// was posted.
#[derive(Debug, Args)]
pub(crate) struct Talk {
    /// URL of the server.
    #[arg(
        long,
        env = "PARLOR_SERVER",
        default_value = "http://localhost:8080",
        value_name = "URL"
    )]
    server: String,
    /// Name or id of the room; a public room is joined.
    #[arg(long, value_name = "NAME|ID")]
    room: String,
    /// Sign in as this user, with the password in PARLOR_PASSWORD. Without it, as
    /// a guest, who is made at the first start and kept in the state folder.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Make the account of --user first.
    #[arg(long, requires = "user")]
    register: bool,
    /// Make the room, public, where there is none of this name.
    #[arg(long)]
    create: bool,
    /// How to travel.
    #[arg(long, value_enum, default_value_t = Travel::Quic)]
    lane: Travel,
    /// Print what is said even in a pipe, and go on after the end of the input.
    #[arg(long)]
    follow: bool,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Print::People)]
    print: Print,
    /// Where a guest's account is kept.
    #[arg(long, env = "PARLOR_STATE_DIR", value_name = "FOLDER")]
    state_dir: Option<PathBuf>,
}

/// How to travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Travel {
    /// Raw QUIC.
    Quic,
    /// WebTransport.
    #[value(name = "webtransport")]
    WebTransport,
    /// WebSocket.
    #[value(name = "websocket")]
    WebSocket,
    /// Raw QUIC, or WebSocket where UDP does not get through.
    Auto,
}

impl Travel {
    fn lane(self) -> Option<Lane> {
        match self {
            Self::Quic => Some(Lane::Quic),
            Self::WebTransport => Some(Lane::WebTransport),
            Self::WebSocket => Some(Lane::WebSocket),
            Self::Auto => None,
        }
    }
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Print {
    /// Time, name and text, and what else happens.
    People,
    /// The texts of messages alone.
    Plain,
}

/// Talks until the input ends or Ctrl-C is pressed.
///
/// # Errors
/// The room cannot be entered, or reading or printing fails.
pub(crate) async fn run(talk: Talk) -> anyhow::Result<ExitCode> {
    let client = account::connect(&talk).await?;
    let tally = Tally::default();
    let outcome = tokio::select! {
        outcome = converse(&talk, &client, &tally) => outcome,
        interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot listen to Ctrl-C"),
    };
    // A device that is not signed out ends by itself when its token does.
    let _ = client.sign_out().await;
    let code = tally.report();
    outcome?;
    Ok(code)
}

/// All that happens between coming and going.
async fn converse(talk: &Talk, client: &Client, tally: &Tally) -> anyhow::Result<()> {
    let room = enter(client, talk).await?;
    let at_terminal = std::io::stdin().is_terminal();
    let listening = at_terminal || talk.follow;
    let speak = async {
        post_lines(&client.room(room.id), tally).await?;
        if talk.follow {
            std::future::pending::<()>().await;
        }
        anyhow::Ok(())
    };
    let listen = async {
        if !listening {
            std::future::pending::<()>().await;
        }
        let (mut printer, mut feed) = begin(talk, client, &room, at_terminal).await?;
        while let Some(event) = feed.next().await {
            printer.event(event).await?;
        }
        anyhow::bail!("the room can be followed no longer")
    };
    tokio::select! {
        spoken = speak => spoken,
        ended = listen => ended,
        reason = report_status(client) => Err(reason.into()),
    }
}

/// The printer, with the last messages printed, and the feed of what follows.
async fn begin(
    talk: &Talk,
    client: &Client,
    room: &RoomInfo,
    with_history: bool,
) -> anyhow::Result<(Printer, Feed)> {
    let mut printer = Printer::new(client.clone(), talk.print);
    let mut from = room.position();
    if with_history {
        let history = client.newest_messages(room.id, HISTORY).await?;
        from = history.position();
        printer.history(history).await?;
    }
    let feed = client.open(room.id, from).await?;
    note(&format!("in #{} as {}", room.name, client.me().await.name));
    Ok((printer, feed))
}

/// Finds the room, makes it where that is wished, and becomes a member.
async fn enter(client: &Client, talk: &Talk) -> anyhow::Result<RoomInfo> {
    let room = find(client, talk).await?;
    if room.role.is_some() {
        return Ok(room);
    }
    client.join(room.id).await.with_context(|| format!("cannot join #{}", room.name))
}

async fn find(client: &Client, talk: &Talk) -> anyhow::Result<RoomInfo> {
    if let Ok(id) = talk.room.parse::<RoomId>() {
        return client.room_info(id).await.with_context(|| format!("no room {id}"));
    }
    let name = RoomName::parse(talk.room.trim_start_matches('#'))
        .map_err(|error| anyhow::anyhow!("the name of the room {error}"))?;
    for scope in [Scope::Mine, Scope::Public] {
        if let Some(room) = client.find_room(scope, &name).await? {
            // The directory does not tell what one is in a room.
            return Ok(client.room_info(room.id).await?);
        }
    }
    anyhow::ensure!(talk.create, "there is no room #{name}; --create makes one");
    let topic = Topic::parse("").map_err(anyhow::Error::new)?;
    let id = RequestId::random();
    Ok(client.create_room(id, &name, &topic, Visibility::Public).await?)
}

/// What became of the lines.
#[derive(Debug, Default)]
struct Tally {
    read: AtomicU64,
    posted: AtomicU64,
    refused: AtomicU64,
}

impl Tally {
    fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Says on standard error what is not as it should be; success where every
    /// line was posted.
    fn report(&self) -> ExitCode {
        let [read, posted, refused] =
            [&self.read, &self.posted, &self.refused].map(|it| it.load(Ordering::Relaxed));
        if read == posted {
            return ExitCode::SUCCESS;
        }
        let unknown = read - posted - refused;
        note(&format!("posted {posted}, refused {refused}, not answered {unknown}"));
        ExitCode::FAILURE
    }
}

/// Posts every line, many at once, and waits for all answers.
async fn post_lines(room: &Room, tally: &Tally) -> anyhow::Result<()> {
    let (receipts, answers) = mpsc::channel(UNANSWERED_LINES);
    let (read, ()) = tokio::join!(read_lines(room, tally, receipts), collect(answers, tally));
    read
}

/// A line that was posted, by its number.
type Posted = (u64, Receipt);

async fn read_lines(
    room: &Room,
    tally: &Tally,
    receipts: mpsc::Sender<Posted>,
) -> anyhow::Result<()> {
    let mut lines = Lines::new(tokio::io::stdin());
    let mut number = 0_u64;
    while let Some(line) = lines.next().await.context("cannot read the input")? {
        number += 1;
        let body = match line {
            Line::Text(text) if text.trim().is_empty() => {
                note(&format!("line {number} is empty and was not posted"));
                continue;
            }
            Line::Text(text) => Body::parse(&text).map_err(|error| error.to_string()),
            Line::TooLong => Err("is too long".to_owned()),
            Line::NotText => Err("is not UTF-8".to_owned()),
        };
        Tally::count(&tally.read);
        match body {
            Ok(body) => {
                let receipt = room.enqueue(RequestId::random(), body, None).await?;
                if receipts.send((number, receipt)).await.is_err() {
                    break;
                }
            }
            Err(why) => {
                Tally::count(&tally.refused);
                note(&format!("line {number} {why} and was not posted"));
            }
        }
    }
    Ok(())
}

async fn collect(mut answers: mpsc::Receiver<Posted>, tally: &Tally) {
    while let Some((number, receipt)) = answers.recv().await {
        match receipt.await {
            Ok(_) => Tally::count(&tally.posted),
            Err(RequestError::Refused(refusal)) => {
                Tally::count(&tally.refused);
                note(&format!("line {number} was refused: {refusal}"));
            }
            Err(RequestError::Closed(_)) => {}
        }
    }
}

/// Says when the connection is lost and when it is back, until it is over.
async fn report_status(client: &Client) -> Closed {
    let mut status = client.status();
    let mut lost = false;
    loop {
        let now = status.borrow_and_update().clone();
        match now {
            Status::Waiting { error, .. } if !lost => {
                lost = true;
                note(&format!("connection lost ({error}), trying again"));
            }
            Status::Live { lane, .. } if lost => {
                lost = false;
                note(&format!("connected again over {lane}"));
            }
            Status::Closed(reason) => return reason,
            _ => {}
        }
        if status.changed().await.is_err() {
            return Closed::Left;
        }
    }
}

/// A word on standard error, which is not part of what is said in the room.
fn note(text: &str) {
    // Standard error may be closed; there is nobody else to tell.
    let _ = writeln!(std::io::stderr(), "parlor: {}", printer::harmless(text));
}
