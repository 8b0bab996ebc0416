//! The kept connections of the fuzz target `websocket`, tried in the ordinary
//! tests.

use bytes::Bytes;
use parlor_domain::RequestId;
use parlor_proto::realtime::{Fetch, Open, Post, Probe, client_frame::Kind, fetch, request};
use uuid::Uuid;

use crate::{
    client::{encode, frame},
    fuzz::{House, ROOM, message},
};

#[path = "../../../fuzz/src/corpus.rs"]
mod kept;

fn asked(number: u128, body: request::Body) -> Bytes {
    let id = RequestId::from_uuid(Uuid::from_u128(number));
    let request_id = Bytes::copy_from_slice(id.as_bytes());
    let request = parlor_proto::realtime::Request { request_id, body: Some(body) };
    encode(&frame(Kind::Request(request)))
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let room_id = || Bytes::copy_from_slice(ROOM.as_bytes());
    let post = asked(
        1,
        request::Body::Post(Post {
            room_id: room_id(),
            text: "hello".to_owned(),
            ..Post::default()
        }),
    );
    let open = asked(2, request::Body::Open(Open { room_id: room_id(), epoch: 0, after_seq: 0 }));
    let from = Some(fetch::From::AfterSeq(0));
    let fetch = asked(3, request::Body::Fetch(Fetch { log_id: room_id(), limit: 9, from }));
    let probe = encode(&frame(Kind::Probe(Probe { nonce: 7 })));
    // Of a script: the kind of message, its length, its bytes.
    let scripted = |kind: u8, payload: &[u8]| {
        let length = u16::try_from(payload.len()).expect("a short message").to_be_bytes();
        [&[kind], &length[..], payload].concat()
    };
    let raw = |way: u8, last: bool, opcode: u8, payload: &[u8]| {
        let mut wire = vec![way];
        message(&mut wire, last, opcode, payload);
        wire
    };
    let all = [post.clone(), open.clone(), fetch.clone(), probe.clone()].concat();
    let each: Vec<u8> =
        [post, open, fetch, probe.clone()].iter().flat_map(|f| scripted(2, f)).collect();
    vec![
        ("requests", [&[3], &each[..]].concat()),
        ("in-one-message", raw(2, true, 2, &all)),
        ("before-hello", raw(0, true, 2, &probe)),
        ("in-parts", [&[3], &scripted(0x82, &all[..9])[..], &scripted(0, &all[9..])].concat()),
        ("text", raw(2, true, 1, b"hello")),
        ("ping", [&raw(2, true, 9, b"x")[..], &raw(2, true, 2, &probe)[1..]].concat()),
        ("close", raw(2, true, 8, &[0x03, 0xe8])),
        ("cut-short", raw(2, true, 2, &all[..all.len() - 1])),
        ("not-masked", vec![2, 0x82, 1, 0]),
        ("reserved-bits", vec![2, 0xf2, 0x80, 0, 0, 0, 0]),
        ("endless", vec![2, 0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ("no-websocket", [&[2], &b"GET / HTTP/1.1\r\n\r\n"[..]].concat()),
    ]
}

#[test]
fn s4_connections_of_the_corpus_end_and_are_told_only_frames() {
    kept::seed("websocket", &seeds());
    let house = House::start();
    kept::replay("websocket", |data| house.websocket(data));
}
