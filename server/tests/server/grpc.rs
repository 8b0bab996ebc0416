//! G1, G4 to G6: the listener of the internal services.

use std::{io, net::SocketAddr, process::Stdio};

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use parlor_proto::user::{GetKeysRequest, user_service_client::UserServiceClient};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
    time::timeout,
};

use crate::{
    frames::{
        CANCEL, END_HEADERS, END_STREAM, HEADERS, REFUSED_STREAM, RST_STREAM, Rude, SETTINGS,
        frame, request,
    },
    support::{DEADLINE, Server, config, folder},
};

const GRPC: [(&str, &str); 2] = [("content-type", "application/grpc"), ("te", "trailers")];

async fn server() -> (tempfile::TempDir, Server, SocketAddr) {
    let folder = folder();
    let mut config = config(folder.path());
    config.internal_listen = Some(([127, 0, 0, 1], 0).into());
    let server = Server::start(config).await;
    let internal = server.internal.expect("is bound");
    (folder, server, internal)
}

/// The status of one call, on a connection of its own.
async fn get_keys(address: SocketAddr) -> Result<(), tonic::Status> {
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}"));
    let endpoint = endpoint.expect("a URL").timeout(DEADLINE);
    let channel =
        endpoint.connect().await.map_err(|error| tonic::Status::unavailable(error.to_string()))?;
    UserServiceClient::new(channel).get_keys(GetKeysRequest {}).await.map(drop)
}

#[tokio::test]
async fn g1_the_services_are_not_at_the_public_address() {
    let (_folder, server, internal) = server().await;
    assert!(internal.ip().is_loopback());
    get_keys(internal).await.expect("answers inside");
    get_keys(server.address).await.expect_err("nothing there");
    for path in ["/user.UserService/GetKeys", "/room.RoomService/ListRooms"] {
        assert_eq!(server.post(path, None, &serde_json::json!({})).await.status(), 404, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn g4_streams_beyond_the_limit_are_refused_and_cancelled_calls_cost_nothing() {
    let (_folder, server, internal) = server().await;
    let mut rude = Rude::connect(internal).await;
    let settings = rude.next().await.expect("the server's settings");
    assert_eq!(settings.kind, SETTINGS);
    let setting = |id: u16| {
        let pairs = settings.payload.chunks_exact(6);
        let mut found = pairs.filter(|pair| pair[..2] == id.to_be_bytes());
        found.next().map(|pair| u32::from_be_bytes([pair[2], pair[3], pair[4], pair[5]]))
    };
    // SETTINGS_MAX_CONCURRENT_STREAMS
    assert_eq!(setting(3), Some(parlor_domain::limits::RPC_CALLS));

    // Calls that never say what they ask for hold their streams.
    let call = request("POST", "/user.UserService/LogIn", &GRPC);
    let mut refused = false;
    let first = 2 * parlor_domain::limits::RPC_CALLS;
    for stream in (1..first + 200).step_by(2) {
        assert!(rude.send(&frame(HEADERS, END_HEADERS, stream, &call)).await);
    }
    while let Some(frame) = rude.next().await {
        if frame.kind == RST_STREAM && frame.payload == REFUSED_STREAM.to_be_bytes() {
            assert!(frame.stream > first - 1, "stream {} was within the limit", frame.stream);
            refused = true;
            break;
        }
    }
    assert!(refused, "no stream was refused");
    get_keys(internal).await.expect("others are served");

    // 10,000 calls, each cancelled at once.
    let mut storm = Rude::connect(internal).await;
    for stream in (1..20_000).step_by(2) {
        let open = frame(HEADERS, END_STREAM | END_HEADERS, stream, &call);
        let cancel = frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes());
        if !storm.send(&[open, cancel].concat()).await {
            break;
        }
    }
    assert!(storm.is_ended().await, "it may not go on like that");
    get_keys(internal).await.expect("others are served");
    server.stop().await;
}

#[tokio::test]
async fn g5_neither_reflection_nor_a_list_of_services_is_told() {
    let (_folder, server, internal) = server().await;
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    for path in [
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/grpc.health.v1.Health/List",
    ] {
        let asked = http::Request::post(format!("http://{internal}{path}"))
            .header("content-type", "application/grpc")
            .body(Full::<Bytes>::from(vec![0; 5]))
            .expect("a request");
        let answer = timeout(DEADLINE, client.request(asked)).await.expect("in time");
        let headers = answer.expect("an answer").headers().clone();
        let unimplemented = i32::from(tonic::Code::Unimplemented).to_string();
        assert_eq!(
            headers.get("grpc-status").map(|s| s.as_bytes()),
            Some(unimplemented.as_bytes())
        );
    }
    server.stop().await;
}

/// The server in a process of its own, that may have so many files open.
async fn starved(folder: &std::path::Path, files: u32) -> (Child, SocketAddr) {
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -n {files}; exec \"$0\" \"$@\""))
        .arg(env!("CARGO_BIN_EXE_parlor"))
        .args(["serve", "--listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"])
        .arg("--data-dir")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the server starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let said = async {
        while let Some(line) = lines.next_line().await.expect("text") {
            if let Some(address) = line.strip_prefix("internal services on ") {
                return address.parse().expect("an address");
            }
        }
        panic!("it ended");
    };
    let internal = timeout(DEADLINE, said).await.expect("it starts in time");
    (child, internal)
}

/// Where no file is left, `accept` fails until there is one again.
#[tokio::test]
async fn g6_the_listener_outlives_a_storm_that_takes_every_file() {
    let folder = folder();
    let (mut child, internal) = starved(folder.path(), 96).await;
    get_keys(internal).await.expect("answers before");
    let mut storm = Vec::new();
    for _ in 0..300 {
        let connected: io::Result<TcpStream> = TcpStream::connect(internal).await;
        storm.push(connected.expect("the kernel keeps them"));
    }
    // Nobody is taken any more: this one waits with the others.
    let waiting = timeout(std::time::Duration::from_secs(1), get_keys(internal)).await;
    assert!(waiting.is_err(), "{waiting:?}: there were files left");
    drop(storm);
    timeout(DEADLINE, get_keys(internal)).await.expect("in time").expect("answers after");
    assert!(child.try_wait().expect("a child").is_none(), "the server lives");
    child.kill().await.expect("killed");
}
