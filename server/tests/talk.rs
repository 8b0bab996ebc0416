//! `parlor talk` in a pipe, against a server that is killed in the middle.
//!
//! `PARLOR_TALK_LINES` and `PARLOR_TALK_KILLS` make the same test longer: the
//! acceptance of the issue "Talk" is 100,000 lines and 3 kills.

use std::{
    env,
    net::SocketAddr,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use parlor_client::{Client, Credentials, Feed, Lane, RoomEvent, Scope};
use parlor_domain::{Body, EventBody, Position, RoomName};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, BufWriter},
    process::{Child, Command},
    time::timeout,
};

const PARLOR: &str = env!("CARGO_BIN_EXE_parlor");
/// Nothing that these tests wait for takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; killed when dropped.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    async fn start(data: &Path, address: SocketAddr, flags: &[&str]) -> Self {
        let mut child = Command::new(PARLOR)
            .args(["serve", "--log", "error", "--listen", &address.to_string(), "--data-dir"])
            .arg(data)
            .args(flags)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let first = timeout(PATIENCE, lines.next_line()).await.expect("in time");
        let first = first.expect("text").expect("a line");
        let address = first.strip_prefix("listening on http://").expect("the line for programs");
        Self { child, address: address.parse().expect("an address") }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Kills it as SIGKILL does, and starts it anew on the same port and folder.
    async fn kill_and_restart(&mut self, data: &Path, flags: &[&str]) {
        self.child.kill().await.expect("it is killed");
        *self = Self::start(data, self.address, flags).await;
    }
}

const ANY_PORT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
/// So high that only the database sets the pace.
const FAST: [&str; 8] = [
    "--session-burst",
    "100000",
    "--session-per-second",
    "100000",
    "--user-burst",
    "100000",
    "--user-per-second",
    "100000",
];

/// `parlor talk` in the room #welcome, with a state folder of its own.
fn talk(server: &str, lane: Lane, state: &Path) -> Command {
    let mut command = Command::new(PARLOR);
    command
        .args(["talk", "--server", server, "--room", "welcome", "--lane", lane.as_str()])
        .arg("--state-dir")
        .arg(state)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Waits for the end; gives back what it printed.
async fn ended(mut child: Child, patience: Duration) -> (ExitStatus, String, String) {
    let (mut out, mut err) = (String::new(), String::new());
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut stderr = child.stderr.take().expect("a pipe");
    let reading = async {
        tokio::try_join!(stdout.read_to_string(&mut out), stderr.read_to_string(&mut err))
    };
    timeout(patience, reading).await.expect("it ends in time").expect("text");
    (child.wait().await.expect("it ended"), out, err)
}

/// Another client that follows #welcome from its beginning.
async fn listener(server: &str, lane: Lane) -> (Client, Feed) {
    let credentials = Credentials::Register {
        name: "listener".to_owned(),
        password: "a long enough passphrase".to_owned(),
    };
    let client = Client::builder(server).lane(lane).credentials(credentials).connect().await;
    let client = client.expect("a session");
    let welcome = RoomName::parse("welcome").expect("a name");
    let room = client.find_room(Scope::Mine, &welcome).await.expect("a list").expect("a room");
    let feed = client.open(room.id, Position::default()).await.expect("open");
    (client, feed)
}

/// The text of the next message.
async fn heard(feed: &mut Feed) -> String {
    loop {
        let event = timeout(PATIENCE, feed.next()).await.expect("in time");
        match event.expect("the feed goes on") {
            RoomEvent::Event(event) => {
                if let EventBody::MessagePosted { text, .. } = event.body {
                    return text;
                }
            }
            RoomEvent::Typing(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn setting(name: &str, default: usize) -> usize {
    env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

fn line(number: usize) -> String {
    let words =
        ["the quick brown fox", "你好，世界", "naïve café", "😀 fun", "a\tb  c", "<b>&amp;</b>"];
    format!("{number:06} {}", words[number % words.len()].repeat(1 + number % 7))
}

/// Pipes lines into `parlor talk`, kills the server in the middle, and checks
/// that another client hears every line exactly once, in order.
async fn every_line_arrives_once(lane: Lane) {
    let lines = setting("PARLOR_TALK_LINES", 2_000);
    let kills = setting("PARLOR_TALK_KILLS", 1);
    let patience = PATIENCE * u32::try_from(1 + lines / 2_000).expect("a few minutes");
    let folder = TempDir::new().expect("a folder");
    let data = folder.path().join("data");
    let mut server = Server::start(&data, ANY_PORT, &FAST).await;
    let (client, mut feed) = listener(&server.url(), lane).await;

    let mut child = talk(&server.url(), lane, folder.path()).spawn().expect("talk starts");
    let stdin = child.stdin.take().expect("a pipe");
    let write = async {
        let mut stdin = BufWriter::new(stdin);
        for number in 0..lines {
            stdin.write_all(format!("{}\n", line(number)).as_bytes()).await.expect("it reads");
        }
        stdin.shutdown().await.expect("it reads");
    };
    let listen = async {
        let kill_at: Vec<_> = (1..=kills).map(|kill| lines * kill / (kills + 1)).collect();
        for number in 0..lines {
            if kill_at.contains(&number) {
                server.kill_and_restart(&data, &FAST).await;
            }
            assert_eq!(heard(&mut feed).await, line(number));
        }
    };
    let ((), (), (status, out, err)) = tokio::join!(write, listen, ended(child, patience));
    assert!(status.success(), "{err}");
    assert_eq!(out, "", "a pipe is not told what was said");

    // What comes next is new: no line came twice.
    let room = feed.room().clone();
    room.post(Body::parse("the end").expect("valid")).await.expect("posted");
    assert_eq!(heard(&mut feed).await, "the end");
    client.sign_out().await.expect("signed out");
}

#[tokio::test]
async fn c2_c3_every_line_arrives_once_and_in_order_over_quic() {
    every_line_arrives_once(Lane::Quic).await;
}

#[tokio::test]
async fn c2_c3_every_line_arrives_once_and_in_order_over_webtransport() {
    every_line_arrives_once(Lane::WebTransport).await;
}

#[tokio::test]
async fn c2_c3_every_line_arrives_once_and_in_order_over_websocket() {
    every_line_arrives_once(Lane::WebSocket).await;
}

#[tokio::test]
async fn rule_3_7_with_the_default_limits_it_waits_and_loses_nothing() {
    let folder = TempDir::new().expect("a folder");
    let server = Server::start(&folder.path().join("data"), ANY_PORT, &[]).await;
    let (client, mut feed) = listener(&server.url(), Lane::Quic).await;
    let child = talk(&server.url(), Lane::Quic, folder.path()).spawn();
    let mut child = child.expect("talk starts");
    // More than the bucket of 60 holds.
    let lines = 100;
    let input: String = (0..lines).map(|number| line(number) + "\n").collect();
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).await.expect("it reads");
    drop(stdin);
    let (status, _, err) = ended(child, PATIENCE).await;
    assert!(status.success(), "{err}");
    for number in 0..lines {
        assert_eq!(heard(&mut feed).await, line(number));
    }
    client.close().await;
}

#[tokio::test]
async fn a_line_that_is_no_message_is_told_and_the_exit_code_is_1() {
    let folder = TempDir::new().expect("a folder");
    let server = Server::start(&folder.path().join("data"), ANY_PORT, &FAST).await;
    let child = talk(&server.url(), Lane::WebSocket, folder.path()).spawn();
    let mut child = child.expect("talk starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = format!("good\n\n{}\nlast", "x".repeat(20_000));
    stdin.write_all(input.as_bytes()).await.expect("it reads");
    drop(stdin);
    let (status, _, err) = ended(child, PATIENCE).await;
    assert_eq!(status.code(), Some(1), "{err}");
    assert!(err.contains("line 2 is empty"), "{err}");
    assert!(err.contains("line 3 is too long"), "{err}");
    assert!(err.contains("posted 2, refused 1, not answered 0"), "{err}");
}

#[tokio::test]
async fn with_follow_it_prints_what_others_say_and_a_guest_is_remembered() {
    let folder = TempDir::new().expect("a folder");
    let server = Server::start(&folder.path().join("data"), ANY_PORT, &FAST).await;
    let mut names = Vec::new();
    for round in 0..2 {
        let mut command = talk(&server.url(), Lane::WebSocket, folder.path());
        let mut child =
            command.args(["--follow", "--print", "plain"]).spawn().expect("talk starts");
        drop(child.stdin.take());
        let mut notes = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let note = timeout(PATIENCE, notes.next_line()).await.expect("in time");
        let note = note.expect("text").expect("a line");
        names.push(note.strip_prefix("parlor: in #welcome as ").expect("a guest").to_owned());

        let text = format!("hello {round}");
        let mut speaker = talk(&server.url(), Lane::Quic, folder.path()).spawn().expect("starts");
        let mut stdin = speaker.stdin.take().expect("a pipe");
        stdin.write_all(text.as_bytes()).await.expect("it reads");
        drop(stdin);
        let (status, _, err) = ended(speaker, PATIENCE).await;
        assert!(status.success(), "{err}");
        let mut said = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let said = timeout(PATIENCE, said.next_line()).await.expect("in time").expect("text");
        assert_eq!(said.as_deref(), Some(text.as_str()));
    }
    assert_eq!(names[0], names[1]);
}
