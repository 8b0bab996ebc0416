//! The binary: its beginning, its end, and what it leaves behind.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use parlor::{DataFolderError, ListenError, LoadError, config::Config};
use parlor_domain::SystemClock;
use serde_json::json;

use crate::support::{DEADLINE, Server, config, folder, json_of, tls};

/// A running binary; killed when dropped.
pub(crate) struct Binary {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Binary {
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_at(data, ([127, 0, 0, 1], 0).into())
    }

    fn start_at(data: &Path, listen: SocketAddr) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_parlor"))
            .args(["serve", "--listen", &listen.to_string(), "--data-dir"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut next = || lines.next().expect("a line").expect("text");
        let first = next();
        let address = first.strip_prefix("listening on http://").expect("the line for programs");
        let address: SocketAddr = address.parse().expect("an address");
        assert_eq!(next(), format!("Parlor is ready: http://{address}"));
        Self { child, address }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill runs");
        assert!(sent.success());
    }

    pub(crate) fn ended(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("it ends");
        let mut log = String::new();
        let stderr = self.child.stderr.as_mut().expect("a pipe");
        stderr.read_to_string(&mut log).expect("text");
        (status, log)
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        // An error only says that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn c15_sigterm_ends_it_with_exit_code_0_within_20_s() {
    let folder = folder();
    for signal in ["TERM", "INT"] {
        let binary = Binary::start(folder.path());
        let begun = Instant::now();
        binary.signal(signal);
        let (status, log) = binary.ended();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(begun.elapsed() < Duration::from_secs(20));
        assert!(log.contains("stopped"), "{log}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once_and_the_exit_code_tells() {
    let folder = folder();
    let mut binary = Binary::start(folder.path());
    // A request in flight keeps it from ending by itself for some seconds.
    let mut stream = TcpStream::connect(binary.address).expect("connects");
    let head = "POST /api/v1/register HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
                content-length: 100\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("sends");
    stream.read_exact(&mut [0; 25]).expect("it is asked for the body");
    binary.signal("TERM");
    let mut log = BufReader::new(binary.child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    while !line.contains("stopping") {
        line.clear();
        assert_ne!(log.read_line(&mut line).expect("text"), 0, "it ended too soon");
    }
    binary.signal("INT");
    let mut rest = String::new();
    log.read_to_string(&mut rest).expect("text");
    assert_eq!(binary.child.wait().expect("it ends").code(), Some(1), "{rest}");
    assert!(rest.contains("a second time"), "{rest}");
}

#[test]
fn c16_after_kill_9_it_starts_again_on_the_same_folder() {
    let folder = folder();
    for _ in 0..2 {
        let binary = Binary::start(folder.path());
        binary.signal("KILL");
        assert_eq!(binary.ended().0.code(), None);
    }
}

#[tokio::test]
async fn c16_after_kill_9_quic_clients_are_told_at_once() {
    let folder = folder();
    let binary = Binary::start(folder.path());
    parlor::install_crypto_provider();
    let connection = tls::quic(binary.address, "parlor/1").await;
    binary.signal("KILL");
    let address = binary.address;
    binary.ended();
    let _again = Binary::start_at(folder.path(), address);
    connection.send_datagram("still there?".into()).expect("sent");
    let lost = tokio::time::timeout(Duration::from_secs(4), connection.closed()).await;
    let lost = lost.expect("told before any timeout");
    assert!(matches!(lost, quinn::ConnectionError::Reset), "{lost}");
}

#[test]
fn a_second_process_on_the_same_data_folder_is_refused() {
    let folder = folder();
    let first = Binary::start(folder.path());
    let second = Command::new(env!("CARGO_BIN_EXE_parlor"))
        .args(["--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path())
        .output()
        .expect("the binary runs");
    assert_eq!(second.status.code(), Some(1));
    let error = String::from_utf8(second.stderr).expect("text");
    assert!(error.contains("is in use by another parlor"), "{error}");
    assert!(TcpStream::connect(first.address).is_ok(), "the first goes on");
}

async fn load_error(config: Config) -> LoadError {
    match Server::try_start(config, Arc::new(SystemClock)).await {
        Err(error) => error,
        Ok(_) => panic!("must be refused"),
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_a_clear_error() {
    let (first, second) = (folder(), folder());
    let server = Server::start(config(first.path())).await;
    let mut other = config(second.path());
    other.listen = server.address;
    let error = load_error(other).await;
    assert!(matches!(error, LoadError::Listen(ListenError::InUse { protocol: "TCP", .. })));
    let port = server.address.port();
    assert_eq!(
        error.to_string(),
        format!("TCP port {port} at 127.0.0.1 is taken by another program")
    );
    server.stop().await;
}

#[tokio::test]
async fn t10_keys_are_their_owners_and_one_that_others_can_read_is_refused() {
    let folder = folder();
    Server::start(config(folder.path())).await.stop().await;
    let data = folder.path().join("data");
    let mode = |path: &Path| fs::metadata(path).expect("is there").mode() & 0o777;
    for path in ["", "keys", "certs"] {
        assert_eq!(mode(&data.join(path)), 0o700, "{path}");
    }
    let secrets =
        ["keys/access_token.pem", "keys/refresh_secret", "certs/current.pem", "certs/next.pem"];
    for path in secrets {
        let path = data.join(path);
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("may");
        let error = load_error(config(folder.path())).await.to_string();
        assert!(error.contains(path.to_str().expect("text")), "{error}");
        assert!(error.contains("can be read by other users"), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("may");
    }
    Server::start(config(folder.path())).await.stop().await;
}

#[tokio::test]
async fn t10_a_damaged_key_is_told_and_not_replaced() {
    let folder = folder();
    Server::start(config(folder.path())).await.stop().await;
    let keys = folder.path().join("data/keys");
    fs::write(keys.join("refresh_secret"), b"short").expect("writes");
    let error = load_error(config(folder.path())).await;
    assert!(matches!(error, LoadError::DataFolder(DataFolderError::BadKey { .. })), "{error}");
    fs::write(keys.join("refresh_secret"), [7; 32]).expect("writes");
    fs::write(keys.join("access_token.pem"), b"not a key").expect("writes");
    let error = load_error(config(folder.path())).await;
    assert!(matches!(error, LoadError::Key(_)), "{error}");
}

#[tokio::test]
async fn a_restart_keeps_people_rooms_and_sign_ins() {
    let folder = folder();
    let server = Server::start(config(folder.path())).await;
    let token = server.register("ada").await;
    let room = json!({ "name": "engines" });
    let made = server.post("/api/v1/rooms", Some(&token), &room).await;
    assert_eq!(made.status(), 201, "{:?}", made.body());
    let id = json_of(&made)["id"].as_str().expect("an id").to_owned();
    server.stop().await;

    let server = Server::start(config(folder.path())).await;
    let path = format!("/api/v1/rooms/{id}/messages");
    let posted = server.post(&path, Some(&token), &json!({ "text": "still here" })).await;
    assert_eq!(posted.status(), 201, "the token and the room are good: {:?}", posted.body());
    let rooms = http::Request::get(server.url("/api/v1/rooms"))
        .header("authorization", format!("Bearer {token}"))
        .body(http_body_util::Full::default())
        .expect("a request");
    let rooms = json_of(&server.send(rooms).await);
    let mut names: Vec<&str> = rooms["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|r| r["name"].as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["engines", "welcome"], "one welcome room, however often it starts");
    server.stop().await;
}

#[tokio::test]
async fn the_internal_listener_serves_both_grpc_services_and_only_where_asked_for() {
    use parlor_proto::{
        room::{ListRoomsRequest, room_service_client::RoomServiceClient},
        user::{GetKeysRequest, user_service_client::UserServiceClient},
    };
    let folder = folder();
    let mut config = config(folder.path());
    config.internal_listen = Some(([127, 0, 0, 1], 0).into());
    let server = Server::start(config).await;
    let url = format!("http://{}", server.internal.expect("is bound"));
    let channel = tonic::transport::Endpoint::from_shared(url).expect("a URL");
    let channel = channel.timeout(DEADLINE).connect().await.expect("connects");
    let keys = UserServiceClient::new(channel.clone()).get_keys(GetKeysRequest {}).await;
    assert!(keys.expect("answers").into_inner().jwks_json.contains("Ed25519"));
    let refused = RoomServiceClient::new(channel).list_rooms(ListRoomsRequest::default()).await;
    assert_ne!(refused.expect_err("nobody asks").code(), tonic::Code::Unimplemented);
    server.stop().await;
}
