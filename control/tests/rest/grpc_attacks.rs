//! G1 to G3: bytes and callers that the RoomService face must refuse. What a
//! connection does belongs to the tests of the server.

use bytes::Bytes;
use http_body_util::Full;
use parlor_domain::limits;
use tonic::{Code, Status};
use tower::ServiceExt as _;

use crate::stack::{Person, Stack};

const METHODS: [&str; 3] = ["CreateRoom", "ListRooms", "GetMessages"];

/// A message of gRPC: a flag, the length, and the bytes.
fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flag], length.as_slice(), message].concat()
}

/// What these bytes are answered, sent as the message of a call.
async fn call(
    stack: &Stack,
    token: Option<&str>,
    method: &str,
    headers: &[(&str, &str)],
    bytes: Vec<u8>,
) -> Status {
    let mut request = http::Request::post(format!("http://house/room.RoomService/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    let service = parlor_control::room_service(stack.deps.clone());
    let request = request.body(Full::<Bytes>::from(bytes)).unwrap();
    let response = service.oneshot(request).await.unwrap();
    Status::from_header_map(response.headers()).unwrap_or_else(|| Status::ok("answered"))
}

fn bearer(person: &Person) -> String {
    format!("Bearer {}", person.token)
}

/// The tag of a field, then as many bytes as it says.
fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    let mut encoded = varint(number << 3 | 2);
    encoded.extend(varint(bytes.len() as u64));
    encoded.extend(bytes);
    encoded
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
    bytes
}

#[tokio::test]
async fn g1_nobody_and_the_wrong_body_are_unauthenticated() {
    let stack = Stack::start().await;
    let ada = stack.person("ada").await;
    let wrong = [
        None,
        Some(String::new()),
        Some(ada.token.clone()),
        Some(format!("Basic {}", ada.token)),
        Some(format!("Bearer {}", ada.refresh)),
        Some(format!("{}x", bearer(&ada))),
        Some("Bearer \t".to_owned()),
    ];
    for method in METHODS {
        for token in &wrong {
            let status = call(&stack, token.as_deref(), method, &[], frame(0, b"")).await;
            assert_eq!(status.code(), Code::Unauthenticated, "{method} {token:?}: {status}");
            assert_eq!(status.message(), "log in first", "no detail");
        }
    }
    stack.post("/api/v1/logout").by(&ada).send().await.ok(204);
    let status = call(&stack, Some(&bearer(&ada)), "ListRooms", &[], frame(0, b"")).await;
    assert_eq!(status.code(), Code::Unauthenticated, "signed out: {status}");
}

#[tokio::test]
async fn g2_what_is_too_large_or_packed_is_not_unpacked() {
    let stack = Stack::start().await;
    let token = bearer(&stack.person("ada").await);
    let limit = limits::RPC_MESSAGE_BYTES;
    for method in METHODS {
        // Said to be large and not sent; and sent.
        let mut said = frame(0, b"");
        said[1..5].copy_from_slice(&u32::MAX.to_be_bytes());
        for bytes in [said, frame(0, &field(1_000, &vec![0; limit]))] {
            let status = call(&stack, Some(&token), method, &[], bytes).await;
            assert_eq!(status.code(), Code::OutOfRange, "{method}: {status}");
        }
        // Any compression is refused before a byte of it is looked at.
        for encoding in ["gzip", "deflate", "zstd"] {
            let bytes = frame(1, &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
            let headers = [("grpc-encoding", encoding)];
            let status = call(&stack, Some(&token), method, &headers, bytes).await;
            assert_eq!(status.code(), Code::Unimplemented, "{method} {encoding}: {status}");
        }
        let status = call(&stack, Some(&token), method, &[], frame(1, b"")).await;
        assert_eq!(status.code(), Code::Internal, "packed, and nobody said how: {status}");
    }
}

/// gRPC calls what does not decode INTERNAL (its document on status codes); no
/// handler sees it.
#[tokio::test]
async fn g3_what_is_no_message_is_refused_before_it_is_one() {
    let stack = Stack::start().await;
    let token = bearer(&stack.person("ada").await);
    let nested = |depth: usize| (0..depth).fold(Vec::new(), |inner, _| field(1_000, &inner));
    let groups = |depth: usize| varint(1_000 << 3 | 3).repeat(depth);
    let wrong: [(&str, Vec<u8>); 7] = [
        ("a varint that does not end", vec![0x80; 4]),
        ("a varint of eleven bytes", vec![0xff; 11]),
        ("a length beyond the end", [varint(1 << 3 | 2), varint(100), vec![b'x']].concat()),
        ("field number 0", vec![0x02, 0x00]),
        ("a wire type that there is not", vec![1 << 3 | 7]),
        ("a text that is not UTF-8", field(1, &[0xff, 0xfe])),
        ("groups in groups", groups(200)),
    ];
    for (what, bytes) in &wrong {
        let status = call(&stack, Some(&token), "CreateRoom", &[], frame(0, bytes)).await;
        assert_eq!(status.code(), Code::Internal, "{what}: {status}");
        assert!(
            !status.message().contains('/') && !status.message().contains("panick"),
            "{status}"
        );
    }
    // Where a field is known, another wire type is an error; where it is not, it
    // is passed by, as deep and as long as it may be.
    let number = varint(1 << 3);
    let typed = [number, varint(7)].concat();
    let status = call(&stack, Some(&token), "CreateRoom", &[], frame(0, &typed)).await;
    assert_eq!(status.code(), Code::Internal, "a number for a name: {status}");
    let unknown = field(1_000, &vec![0xff; limits::RPC_MESSAGE_BYTES - 64]);
    for bytes in [nested(5_000), unknown] {
        assert!(bytes.len() <= limits::RPC_MESSAGE_BYTES);
        let status = call(&stack, Some(&token), "CreateRoom", &[], frame(0, &bytes)).await;
        assert_eq!(status.code(), Code::InvalidArgument, "no visibility: {status}");
    }
    // A frame that ends early, and two messages where there is one.
    let mut short = frame(0, &field(1, b"room"));
    short.truncate(7);
    let twice = [frame(0, b""), frame(0, b"")].concat();
    for bytes in [short, twice, vec![0, 0], Vec::new()] {
        let status = call(&stack, Some(&token), "CreateRoom", &[], bytes).await;
        assert_ne!(status.code(), Code::Ok, "{status}");
    }
}
