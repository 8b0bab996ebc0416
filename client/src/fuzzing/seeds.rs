//! Where the fuzzer begins: what a real server says.

use bytes::Bytes;
use parlor_domain::RoomId;
use parlor_proto::realtime::{self as pb, event, reply, server_frame::Kind};
use prost::Message as _;
use uuid::Uuid;

fn id(number: u128) -> Bytes {
    Bytes::copy_from_slice(RoomId::from_uuid(Uuid::from_u128(number)).as_bytes())
}

/// One of each kind that a server sends, about room 1 of the scripts.
fn said() -> Vec<(&'static str, Kind)> {
    let room_id = || id(0x1001);
    let forwarded = pb::Forwarded {
        author_id: id(2),
        said_at_us: 1_794_000_000_000_000,
        text: "早".to_owned(),
    };
    let posted = pb::MessagePosted {
        text: "早上好".to_owned(),
        forwarded: Some(forwarded),
        ..Default::default()
    };
    let event = |seq| pb::Event {
        seq,
        at_us: 1_795_000_000_000_000,
        actor_id: id(1),
        request_id: id(9),
        body: Some(event::Body::MessagePosted(posted.clone())),
    };
    let run =
        pb::Events { log_id: room_id(), epoch: 1, first_seq: 5, events: vec![event(5), event(6)] };
    let head = pb::RoomHead { room_id: room_id(), epoch: 1, head: 6, ..Default::default() };
    let position = pb::Position { log_id: room_id(), epoch: 1, seq: 6 };
    let limits = pb::Limits { unanswered_requests: 32, ..Default::default() };
    let ok = pb::Ok { seq: 7, epoch: 1, ..Default::default() };
    let error = pb::Error { code: 17, message: "busy".to_owned(), retry_after_ms: 500 };
    let reply = |result| Kind::Reply(pb::Reply { request_id: id(1), result: Some(result) });
    vec![
        (
            "welcome",
            Kind::Welcome(pb::Welcome {
                user_id: id(1),
                device_id: id(2),
                session_id: id(3),
                limits: Some(limits),
                heartbeat_ms: 20_000,
                heads: vec![head.clone()],
                ..Default::default()
            }),
        ),
        ("events", Kind::Events(run)),
        ("heads", Kind::RoomHeads(pb::RoomHeads { heads: vec![head] })),
        ("heartbeat", Kind::Heartbeat(pb::Heartbeat { digest: 7, heads: vec![position] })),
        ("typing", Kind::Typing(pb::Typing { room_id: room_id(), user_id: id(1) })),
        ("ok", reply(reply::Result::Ok(ok))),
        ("error", reply(reply::Result::Error(error))),
        ("probe", Kind::Probe(pb::Probe { nonce: 7 })),
        ("reset", Kind::Reset(pb::Reset { log_id: room_id(), epoch: 2, head: 3 })),
        ("go-away", Kind::GoAway(pb::GoAway { reason: 1, resume_after_ms: 900 })),
        ("announcement", Kind::Announcement(pb::AnnouncementsChanged {})),
        ("close", Kind::Close(pb::Close { reason: 1, resume_after_ms: 900 })),
    ]
}

/// Scripts as `client` reads them: the first byte of each step chooses.
pub(super) fn client() -> Vec<(&'static str, Vec<u8>)> {
    let bytes = |kind: Kind| {
        let frame = pb::ServerFrame { kind: Some(kind) }.encode_length_delimited_to_vec();
        let length = u16::try_from(frame.len()).expect("a small frame").to_be_bytes();
        [&[0][..], &length, &frame].concat()
    };
    // Connected; room 1 is followed from seq 4; a post to it.
    let begin: &[u8] = &[9, 6, 1, 0, 1, 4, 6, 1, 5];
    let welcome = bytes(said().swap_remove(0).1);
    let second = [10, 0x03, 0xe8];
    let mut seeds: Vec<_> = said()
        .into_iter()
        .map(|(name, kind)| (name, [begin, &welcome, &bytes(kind), &second].concat()))
        .collect();
    let all: Vec<u8> = said().into_iter().flat_map(|(_, kind)| bytes(kind)).collect();
    seeds.push(("everything", [begin, &all, &second].concat()));
    seeds.push(("reconnects", [begin, &welcome, &[8, 0], &second.repeat(9), begin].concat()));
    let event = |seq: u64| pb::Event { seq, ..Default::default() };
    let run = |first_seq, events| {
        bytes(Kind::Events(pb::Events { log_id: id(0x1001), epoch: 1, first_seq, events }))
    };
    let last = run(u64::MAX, vec![event(u64::MAX), event(0)]);
    seeds.push(("last-seq", [begin, &welcome, &last, &second].concat()));
    seeds
}
