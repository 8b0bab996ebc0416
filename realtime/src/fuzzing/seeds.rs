//! Where the fuzzers begin: what real clients say.

use bytes::Bytes;
use parlor_domain::{RequestId, RoomId};
use parlor_proto::realtime::{self as pb, client_frame::Kind, fetch, request};
use prost::Message as _;
use uuid::Uuid;

type Seeds = Vec<(&'static str, Vec<u8>)>;

fn id(number: u128) -> Bytes {
    Bytes::copy_from_slice(RoomId::from_uuid(Uuid::from_u128(number)).as_bytes())
}

fn asked(number: u128, body: request::Body) -> Kind {
    let id = RequestId::from_uuid(Uuid::from_u128(number));
    let request_id = Bytes::copy_from_slice(id.as_bytes());
    Kind::Request(pb::Request { request_id, body: Some(body) })
}

/// One of each kind that a client may send, in an order that makes sense.
fn said() -> Vec<(&'static str, Kind)> {
    use request::Body;
    let room_id = || id(0x1000);
    let resume = vec![pb::Position { log_id: room_id(), epoch: 1, seq: 41 }];
    let post = pb::Post {
        room_id: room_id(),
        text: "Good morning, 早上好".to_owned(),
        reply_to: 7,
        attachment_ids: vec![id(0x2000), id(0x2001)],
        forward_of: None,
    };
    let forward = pb::Post {
        room_id: room_id(),
        text: "See".to_owned(),
        forward_of: Some(pb::MessageRef { room_id: room_id(), seq: 8 }),
        ..pb::Post::default()
    };
    let edit = pb::Edit { room_id: room_id(), seq: 8, text: "Good evening".to_owned() };
    let react = pb::React { room_id: room_id(), seq: 9, emoji: "👍".to_owned(), remove: false };
    let draft = pb::SetDraft { room_id: room_id(), text: "not yet".to_owned(), reply_to: 9 };
    let after = Some(fetch::From::AfterSeq(40));
    vec![
        (
            "hello",
            Kind::Hello(pb::Hello {
                access_token: "somebody".to_owned(),
                device_name: "laptop".to_owned(),
                client: "parlor-web/0.1.0".to_owned(),
                resume,
            }),
        ),
        ("open", asked(1, Body::Open(pb::Open { room_id: room_id(), epoch: 1, after_seq: 41 }))),
        ("focus", Kind::Focus(pb::Focus { room_id: room_id() })),
        ("typing", Kind::Typing(pb::ClientTyping { room_id: room_id() })),
        ("set-presence", Kind::SetPresence(pb::SetPresence { state: 2 })),
        ("watch-presence", Kind::WatchPresence(pb::WatchPresence { user_ids: vec![room_id()] })),
        ("post", asked(2, Body::Post(post))),
        ("forward", asked(12, Body::Post(forward))),
        ("edit", asked(3, Body::Edit(edit))),
        ("delete", asked(4, Body::Delete(pb::Delete { room_id: room_id(), seq: 8 }))),
        ("mark-read", asked(5, Body::MarkRead(pb::MarkRead { room_id: room_id(), seq: 9 }))),
        ("pin", asked(10, Body::Pin(pb::Pin { room_id: room_id(), seq: 9, remove: true }))),
        ("mark-unread", asked(9, Body::MarkUnread(pb::MarkUnread { room_id: room_id(), seq: 7 }))),
        ("set-draft", asked(11, Body::SetDraft(draft))),
        ("react", asked(8, Body::React(react))),
        ("fetch", asked(6, Body::Fetch(pb::Fetch { log_id: room_id(), limit: 50, from: after }))),
        ("renew", Kind::Renew(pb::Renew { access_token: "somebody".to_owned() })),
        ("heartbeat", Kind::Heartbeat(pb::ClientHeartbeat { digest: 0x1234_5678_9abc_def0 })),
        ("probe", Kind::Probe(pb::Probe { nonce: 77 })),
        ("close", asked(7, Body::Close(pb::CloseLog { room_id: room_id() }))),
    ]
}

fn whole(kind: Kind) -> pb::ClientFrame {
    pb::ClientFrame { kind: Some(kind) }
}

/// Every kind alone, all of them in one stream, and lengths at their limits.
pub(super) fn frame() -> Seeds {
    let cut_at = |step: u8, stream: &[u8]| [&[step - 1], stream].concat();
    let mut seeds = Seeds::new();
    let mut all = Vec::new();
    for (name, kind) in said() {
        let bytes = whole(kind).encode_length_delimited_to_vec();
        all.extend(&bytes);
        seeds.push((name, cut_at(5, &bytes)));
    }
    seeds.push(("everything", cut_at(3, &all)));
    // An unknown field of 65,530 bytes with its tag and length makes the largest frame.
    let largest = [&[0x80, 0x80, 0x04, 0xfa, 0x07, 0xfb, 0xff, 0x03], &[0; 65_531][..]].concat();
    seeds.push(("largest", cut_at(255, &largest)));
    seeds.push(("too-large", cut_at(1, &[0x81, 0x80, 0x04, 0])));
    seeds.push(("endless-length", cut_at(1, &[0xff; 10])));
    seeds.push(("length-of-nothing", cut_at(1, &[0x80, 0x80, 0x00])));
    seeds.push(("cut-short", cut_at(2, &all[..all.len() - 1])));
    seeds
}

/// Scripts as `session` reads them: the first byte of each step chooses.
pub(super) fn session() -> Seeds {
    let frame = |kind: Kind| {
        let bytes = whole(kind).encode_to_vec();
        let length = u16::try_from(bytes.len()).expect("a small frame").to_be_bytes();
        // Whether it came by datagram stands behind it.
        [&[0][..], &length, &bytes, &[0]].concat()
    };
    let frames: Vec<u8> = said().into_iter().flat_map(|(_, kind)| frame(kind)).collect();
    // Hello of somebody for 900 s who resumes nothing.
    let hello: &[u8] = &[1, 1, 0x03, 0x84, 0];
    let post = |id: u8| [3, id, 1, 0, 0, 0, 0];
    let open = |room: [u8; 2]| [3, 9, 0, room[0], room[1], 0, 5];
    let answer_ok = [12, 1, 0];
    let answer_unavailable = [12, 0, 2, 0];
    let minute = [10, 0, 0xea, 0x60];
    // In half a second ten more are let through.
    let half_a_second: &[u8] = &[14, 0x01, 0xf4];
    let many_opens = (0..70)
        .flat_map(|n| [if n % 10 == 9 { half_a_second } else { &[] }, &open([1, n])].concat())
        .collect::<Vec<_>>();
    // The burst is used up; then each of very many rooms is named, and one request
    // in a hundred is let through, so that the session is not closed for that.
    let many_rooms = (0..1_200_u16)
        .flat_map(|n| {
            let [low, high] = n.to_le_bytes();
            let post = [3, 7, 0, low, high, 0, 0];
            [if n % 100 == 99 { &[14, 0, 50][..] } else { &[] }, &post].concat()
        })
        .collect::<Vec<_>>();
    let used_up = open([1, 1]).repeat(60);
    let many_posts = (0..80).flat_map(post).collect::<Vec<_>>();
    let posts = [post(1), post(2), post(3)].concat();
    vec![
        ("frames", frames),
        ("answered", [hello, &posts, &answer_ok, &answer_unavailable, &posts].concat()),
        ("idle", [hello, &posts, &minute, &posts].concat()),
        ("opens", [hello, &many_opens].concat()),
        ("many-rooms", [hello, &used_up, &many_rooms].concat()),
        ("rate", [hello, &many_posts].concat()),
        ("drain", [hello, &posts, &[15, 0], &answer_ok, &[15, 1], &posts].concat()),
        ("no-hello", minute.to_vec()),
    ]
}
