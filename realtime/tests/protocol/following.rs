//! Section 4 of the protocol: following a log.

use std::collections::BTreeSet;

use parlor_bus::Announcement;
use parlor_domain::{
    Change, Command, InviteCode, InviteId, InviteTerms, Notify, Position, PreferencesChange,
    ProfileChange, RequestId, Role, RoomId, StatusText, UserId, Visibility, limits,
};
use parlor_proto::realtime::{
    self as pb, CloseLog, ErrorCode, Focus, Open, Probe, Reset, client_frame::Kind, event::Body,
    request, server_frame,
};
use prost::Message as _;

use crate::{
    client::{Client, bytes},
    kit::Kit,
};

fn reset(kind: &server_frame::Kind) -> Option<Reset> {
    match kind {
        server_frame::Kind::Reset(reset) => Some(reset.clone()),
        _ => None,
    }
}

pub(crate) async fn rule_4_1_a_position_that_does_not_fit_is_reset(kit: &Kit) {
    let ada = kit.person("ada").await;
    let room = kit.room(&ada).await;
    let (epoch, head) = kit.head(room).await;
    let mut client = kit.enter(&ada).await;
    for (its_epoch, after) in
        [(epoch.get() + 1, 1), (epoch.get(), head.get() + 5), (0, 1), (epoch.get(), u64::MAX)]
    {
        let opened = client.open(room, its_epoch, after).await;
        assert_eq!((opened.epoch, opened.seq), (epoch.get(), kit.head(room).await.1.get()));
        let told = client.find("a Reset", reset).await;
        assert_eq!((told.epoch, told.head), (epoch.get(), opened.seq));
        let next = kit.post(&ada, room, "after").await.get();
        assert_eq!(client.run(room, next, next).await.len(), 1, "open from the head of the Reset");
    }
    let opened = client.open(room, 0, 0).await;
    assert_eq!(
        client.run(room, 1, opened.seq).await.len() as u64,
        opened.seq,
        "all from the start"
    );
}

pub(crate) async fn rule_4_2_c7_nothing_is_missing_between_history_and_live(kit: &Kit) {
    let ada = kit.person("ada").await;
    let room = kit.room(&ada).await;
    let mut writer = kit.enter(&ada).await;
    let first = kit.head(room).await.1.get() + 1;
    let total = 400;
    let ids: Vec<_> = (0..total).map(|_| RequestId::random()).collect();
    let posting = async {
        for (n, id) in ids.iter().enumerate() {
            let body = request::Body::Post(crate::client::post(room, &n.to_string()));
            writer.request(*id, body).await;
        }
        for id in &ids {
            writer.reply(*id).await.expect("posted");
        }
    };
    let reading = async {
        // Readers come in while it is written: each meets another moment of the
        // hand-over from history to live.
        for _ in 0..5 {
            let mut reader = kit.enter(&ada).await;
            reader.open(room, 0, 0).await;
            reader.run(room, 1, first + total - 1).await;
        }
    };
    tokio::join!(posting, reading);
}

pub(crate) async fn rule_4_2_a_long_history_comes_whole_and_in_order(kit: &Kit) {
    let ada = kit.person("ada").await;
    let room = kit.room(&ada).await;
    let long = "line of a long history ".repeat(40);
    for n in 0..600 {
        kit.post(&ada, room, &format!("{n} {long}")).await;
    }
    let head = kit.head(room).await.1.get();
    let mut client = kit.enter(&ada).await;
    client.open(room, 0, 0).await;
    let run = client.run(room, 1, head).await;
    assert_eq!(run.len() as u64, head);
    assert!(run[10].1.starts_with("8 line"), "{}", &run[10].1[..20]);
}

pub(crate) async fn rule_4_4_opening_again_starts_anew(kit: &Kit) {
    let ada = kit.person("ada").await;
    let room = kit.room(&ada).await;
    let (epoch, head) = kit.head(room).await;
    let mut client = kit.enter(&ada).await;
    client.open(room, 0, 0).await;
    client.run(room, 1, head.get()).await;
    client.open(room, epoch.get(), 1).await;
    client.run(room, 2, head.get()).await;
    // Many at once: each is answered, and the last one counts.
    let ids: Vec<_> = (0..10).map(|_| RequestId::random()).collect();
    for id in &ids {
        let after_seq = head.get();
        let open = Open { room_id: bytes(room.as_bytes()), epoch: epoch.get(), after_seq };
        client.request(*id, request::Body::Open(open)).await;
    }
    for id in &ids {
        match client.reply(*id).await {
            Ok(opened) => assert_eq!(opened.seq, head.get()),
            Err((code, _)) => assert_eq!(code, ErrorCode::Conflict, "overtaken"),
        }
    }
    let next = kit.post(&ada, room, "once").await.get();
    client.run(room, next, next).await;
}

pub(crate) async fn rule_4_5_the_number_of_open_rooms_is_limited(kit: &Kit) {
    let ada = kit.person("ada").await;
    let mut rooms = Vec::new();
    for _ in 0..65 {
        rooms.push(kit.room(&ada).await);
    }
    let mut client = kit.enter(&ada).await;
    for room in &rooms[..64] {
        client.open(*room, 0, 0).await;
    }
    let open = |room: &RoomId| {
        request::Body::Open(Open { room_id: bytes(room.as_bytes()), epoch: 0, after_seq: 0 })
    };
    let refused = client.ask(open(&rooms[64])).await.expect_err("too many");
    assert_eq!(refused.0, ErrorCode::TooManyOpen);
    client.ask(open(&rooms[3])).await.expect("opening again takes no further place");
    let close = CloseLog { room_id: bytes(rooms[0].as_bytes()) };
    client.ask(request::Body::Close(close.clone())).await.expect("closed");
    client.ask(request::Body::Close(close)).await.expect("closed already");
    client.ask(open(&rooms[64])).await.expect("there is a place again");
    kit.post(&ada, rooms[0], "unheard").await;
    let heard = kit.post(&ada, rooms[64], "heard").await.get();
    client.run(rooms[64], 1, heard).await;
}

pub(crate) async fn rule_4_7_whoever_leaves_gets_nothing_more(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room_with(&ada, Visibility::Private).await;
    kit.change(ada.user, Change::AddMember { room, user: bob.user }).await;
    let mut client = kit.enter(&bob).await;
    let at = client.open(room, 0, 0).await.seq;
    client.run(room, 1, at).await;
    let out = kit.change(ada.user, Change::RemoveMember { room, user: bob.user }).await.seq.get();
    let last = client.events(room.as_bytes()).await;
    assert_eq!((last.first_seq, last.events.len()), (out, 1));
    assert!(matches!(last.events[0].body, Some(Body::MemberLeft(_))));
    kit.post(&ada, room, "he is gone").await;
    let refused = client
        .ask(request::Body::Open(Open { room_id: bytes(room.as_bytes()), epoch: 0, after_seq: 0 }))
        .await
        .expect_err("no member");
    assert_eq!(refused.0, ErrorCode::NotFound);
    kit.change(ada.user, Change::AddMember { room, user: bob.user }).await;
    let heard = client.open(room, 0, 0).await.seq;
    let run = client.run(room, 1, heard).await;
    assert_eq!(run.len() as u64, heard, "what was said meanwhile was not sent before");
}

pub(crate) async fn rule_4_7_whoever_leaves_while_a_log_opens_is_told_so(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room_with(&ada, Visibility::Private).await;
    // Enough for a stream of its own where the lane has them.
    for _ in 0..2 {
        kit.post(&ada, room, &"x".repeat(limits::BACKFILL_STREAM_BYTES * 3 / 4)).await;
    }
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(kit.enter(&bob).await);
    }
    let mut told = 0;
    for round in 0..10 {
        kit.change(ada.user, Change::AddMember { room, user: bob.user }).await;
        let (epoch, head) = kit.head(room).await;
        // Every other round there is nothing to read before the room is asked.
        let (epoch, after_seq) = if round % 2 == 0 { (0, 0) } else { (epoch.get(), head.get()) };
        let open = Open { room_id: bytes(room.as_bytes()), epoch, after_seq };
        let id = RequestId::random();
        let began = std::time::Instant::now();
        let ask_one_by_one = async {
            for client in &mut clients {
                client.request(id, request::Body::Open(open.clone())).await;
                tokio::task::yield_now().await;
            }
        };
        let remove = kit.change(ada.user, Change::RemoveMember { room, user: bob.user });
        let out = tokio::join!(ask_one_by_one, remove).1.seq.get();
        for client in &mut clients {
            if let Err((code, _)) = client.reply(id).await {
                assert_eq!(code, ErrorCode::NotFound);
                continue;
            }
            // Whatever stream they came on.
            let mut missing: BTreeSet<u64> = (after_seq + 1..=out).collect();
            while !missing.is_empty() {
                let end = client.find("the end of the room", |kind| match kind {
                    server_frame::Kind::Events(events) if events.log_id == room.as_bytes()[..] => {
                        Some(events.events.clone())
                    }
                    server_frame::Kind::Reset(reset) => {
                        // Allowed where membership had to be read again.
                        assert!(
                            began.elapsed() > limits::AUTHORISED_FOR,
                            "round {round}: {reset:?}"
                        );
                        Some(Vec::new())
                    }
                    _ => None,
                });
                let events = end.await;
                if events.is_empty() {
                    break;
                }
                for event in events {
                    assert!(missing.remove(&event.seq), "round {round}: {} of {out}", event.seq);
                    let is_last = matches!(event.body, Some(Body::MemberLeft(_)));
                    told += u32::from(is_last && event.seq == out);
                }
            }
            hears_no_more_of(client, room, round).await;
        }
    }
    assert!(told > 0, "none was quick enough to be let in");
}

/// Until a probe is back, which is asked now.
async fn hears_no_more_of(client: &mut Client, room: RoomId, round: u64) {
    client.send(Kind::Probe(Probe { nonce: round })).await;
    loop {
        match client.next().await.expect("the session stays") {
            server_frame::Kind::Probe(probe) if probe.nonce == round => break,
            server_frame::Kind::Reset(reset) => panic!("round {round}: {reset:?}"),
            server_frame::Kind::Events(events) if events.log_id == room.as_bytes()[..] => {
                panic!("round {round}, after the departure: {events:?}")
            }
            _ => {}
        }
    }
}

pub(crate) async fn rule_4_7_whoever_is_banned_gets_nothing_more(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room_with(&ada, Visibility::Private).await;
    kit.change(ada.user, Change::AddMember { room, user: bob.user }).await;
    let mut client = kit.enter(&bob).await;
    let at = client.open(room, 0, 0).await.seq;
    client.run(room, 1, at).await;
    let ban = |on| Change::Ban { room, user: bob.user, on };
    let out = kit.change(ada.user, ban(true)).await.seq.get();
    let last = client.events(room.as_bytes()).await;
    assert_eq!((last.first_seq, last.events.len()), (out, 1));
    let Some(Body::MemberBanned(banned)) = &last.events[0].body else { panic!("{last:?}") };
    assert_eq!((&banned.user_id[..], banned.was_member), (&bob.user.as_bytes()[..], true));
    kit.change(ada.user, ban(false)).await;
    kit.post(&ada, room, "he is gone").await;
    let open = Open { room_id: bytes(room.as_bytes()), epoch: 0, after_seq: 0 };
    let refused = client.ask(request::Body::Open(open)).await.expect_err("no member");
    assert_eq!(refused.0, ErrorCode::NotFound);
    kit.change(ada.user, Change::AddMember { room, user: bob.user }).await;
    let heard = client.open(room, 0, 0).await.seq;
    let run = client.run(room, 1, heard).await;
    assert_eq!(run.len() as u64, heard, "what was said meanwhile was not sent before");
}

pub(crate) async fn rule_4_16_a_deleted_room_ends_for_everybody(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room_with(&ada, Visibility::Private).await;
    kit.change(ada.user, Change::AddMember { room, user: bob.user }).await;
    let mut clients = [kit.enter(&ada).await, kit.enter(&bob).await];
    let mut at = 0;
    for client in &mut clients {
        at = client.open(room, 0, 0).await.seq;
        client.run(room, 1, at).await;
    }
    let kept_for = std::time::Duration::from_secs(3_600);
    let delete = kit.change(ada.user, Change::DeleteRoom { room, kept_for }).await;
    let (seq, epoch) = (delete.seq.get(), delete.epoch.get());
    let open = Open { room_id: bytes(room.as_bytes()), epoch, after_seq: seq };
    for client in &mut clients {
        let last = client.events(room.as_bytes()).await;
        assert_eq!((last.first_seq, last.events.len()), (seq, 1));
        assert!(matches!(last.events[0].body, Some(Body::RoomDeleted(_))));
        let refused = client.ask(request::Body::Open(open.clone())).await.expect_err("gone");
        assert_eq!(refused.0, ErrorCode::NotFound);
    }
    for user in [ada.user, bob.user] {
        kit.change(UserId::SYSTEM, Change::TellMember { room, user }).await;
    }
    kit.endings.note_told().await.expect("the database is there");
    let restored = kit.change(ada.user, Change::RestoreRoom { room }).await.seq.get();
    assert_eq!(restored, seq + 1, "the same log goes on");
    for client in &mut clients {
        let head = client.open(room, epoch, at).await.seq;
        let run = client.run(room, at + 1, head).await;
        let told: Vec<_> = run.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(told, ["RoomDeleted(RoomDeleted)", "RoomRestored(RoomRestored)"]);
    }
}

pub(crate) async fn c19_whoever_leaves_gets_nothing_of_what_is_read_together_with_it(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room_with(&ada, Visibility::Private).await;
    for round in 0..5 {
        kit.change(ada.user, Change::AddMember { room, user: bob.user }).await;
        let mut client = kit.enter(&bob).await;
        let at = client.open(room, 0, 0).await.seq;
        client.run(room, 1, at).await;
        // One transaction, announced by its head alone: the room reads the
        // departure and what was said after it as one page.
        let say = |text: &str| Change::Post {
            room,
            body: parlor_domain::Body::parse(text).expect("a text"),
            reply_to: None,
            attachments: parlor_domain::FileIds::default(),
        };
        let commands =
            [Change::RemoveMember { room, user: bob.user }, say("he is gone"), say("at last")]
                .map(|change| Command { request_id: RequestId::random(), actor: ada.user, change });
        let done = kit.store.log.submit(commands.to_vec()).await.expect("committed");
        let seqs: Vec<_> = done.into_iter().map(|done| done.expect("allowed").seq).collect();
        let (epoch, _) = kit.head(room).await;
        let head = Position { epoch, seq: seqs[2] };
        kit.bus.publish(Announcement::Committed { log: room.into(), head });
        let last = client.events(room.as_bytes()).await;
        assert_eq!((last.first_seq, last.events.len()), (seqs[0].get(), 1), "round {round}");
        hears_no_more_of(&mut client, room, round).await;
        client.vanish().await;
    }
}

pub(crate) async fn rule_4_8_rooms_that_are_not_open_come_as_heads(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.join(&bob, room).await;
    let mut client = kit.enter(&bob).await;
    let heads = |kind: &server_frame::Kind| match kind {
        server_frame::Kind::RoomHeads(heads) => Some(heads.heads.clone()),
        _ => None,
    };
    let first = kit.post(&ada, room, "one").await.get();
    let told = client.find("heads", heads).await;
    assert_eq!((told[0].head, told[0].unread, &told[0].preview[..]), (first, 1, "one"));
    let began = std::time::Instant::now();
    let mut last = 0;
    for n in 0..50 {
        last = kit.post(&ada, room, &n.to_string()).await.get();
    }
    let mut frames = 0;
    loop {
        let told = client.find("heads", heads).await;
        frames += 1;
        assert_eq!(told.len(), 1);
        if told[0].head == last {
            assert_eq!(told[0].unread, 51);
            break;
        }
    }
    let allowed = 1 + began.elapsed().as_secs();
    assert!(frames <= allowed, "{frames} frames where {allowed} were allowed");
    // A room that one is added to is heard of at once, without a new session.
    let other = kit.room_with(&ada, Visibility::Private).await;
    kit.change(ada.user, Change::AddMember { room: other, user: bob.user }).await;
    let told = client.find("heads", heads).await;
    assert_eq!(told[0].room_id, other.as_bytes()[..]);
}

pub(crate) async fn rule_4_9_focus_changes_no_order(kit: &Kit) {
    let ada = kit.person("ada").await;
    let (one, two) = (kit.room(&ada).await, kit.room(&ada).await);
    let mut client = kit.enter(&ada).await;
    let at = client.open(one, 0, 0).await.seq;
    client.open(two, 0, 0).await;
    let mut lasts = [at, at];
    for n in 0..60 {
        let focus = [Some(one), Some(two), None][n % 3];
        let room_id = focus.map_or_else(Default::default, |room| bytes(room.as_bytes()));
        client.send(Kind::Focus(Focus { room_id })).await;
        lasts[0] = client.post(one, "x").await;
        lasts[1] = client.post(two, "y").await;
    }
    client.run(one, 1, lasts[0]).await;
    client.run(two, 1, lasts[1]).await;
}

pub(crate) async fn c14_changes_from_elsewhere_reach_who_follows(kit: &Kit) {
    let ada = kit.person("ada").await;
    let room = kit.room(&ada).await;
    let mut client = kit.enter(&ada).await;
    let at = client.open(room, 0, 0).await.seq;
    client.run(room, 1, at).await;
    // Written by another face of the server while this one writes too.
    let mut last = 0;
    for n in 0..50 {
        let (rest, realtime) = (format!("rest {n}"), format!("realtime {n}"));
        let both = tokio::join!(kit.post(&ada, room, &rest), client.post(room, &realtime));
        last = both.0.get().max(both.1);
    }
    assert_eq!(kit.head(room).await.1.get(), last);
    client.run(room, at + 1, last).await;
}

pub(crate) async fn rule_4_10_a_profile_reaches_every_device_of_its_user(kit: &Kit) {
    let ada = kit.person("ada").await;
    let phone = kit.second_device(&ada).await;
    let (mut desk, mut phone) = (kit.enter(&ada).await, kit.enter(&phone).await);
    let change = ProfileChange {
        status_text: Some(StatusText::parse("on a train").expect("a text")),
        ..ProfileChange::default()
    };
    let seq = kit.change(ada.user, Change::SetProfile(change)).await.seq.get();
    for client in [&mut desk, &mut phone] {
        let events = client.events(ada.user.as_bytes()).await;
        assert_eq!(events.first_seq, seq);
        let Some(Body::ProfileChanged(profile)) = &events.events[0].body else {
            panic!("{events:?}")
        };
        let told = (profile.display_name.as_str(), profile.status_text.as_str());
        assert_eq!(told, ("ada", "on a train"));
    }
}

pub(crate) async fn rule_4_11_role_and_preferences_are_told_of_rooms_that_are_not_open(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room(&ada).await;
    kit.change(bob.user, Change::Join { room }).await;
    let mut client = kit.enter(&bob).await;
    kit.change(ada.user, Change::SetRole { room, user: bob.user, role: Role::Admin }).await;
    let told = client.events(bob.user.as_bytes()).await;
    let Some(Body::OwnRoleChanged(own)) = &told.events[0].body else { panic!("{told:?}") };
    assert_eq!((&own.room_id[..], own.role()), (&room.as_bytes()[..], pb::Role::Admin));
    let change = PreferencesChange { notify: Some(Notify::None), favourite: Some(true) };
    kit.change(bob.user, Change::SetPreferences { room, change }).await;
    let told = client.events(bob.user.as_bytes()).await;
    let Some(Body::PreferencesChanged(wanted)) = &told.events[0].body else { panic!("{told:?}") };
    assert_eq!((wanted.notify(), wanted.favourite), (pb::Notify::None, true));
}

pub(crate) async fn rule_4_12_links_are_told_without_their_codes(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = kit.room_with(&ada, Visibility::Private).await;
    let mut client = kit.enter(&ada).await;
    let at = client.open(room, 0, 0).await.seq;
    client.run(room, 1, at).await;
    let (invite, bits) = (InviteId::random(), *b"a secret of them");
    let (code, terms) = (InviteCode::from_random(bits), InviteTerms::new(None, None));
    let terms = terms.expect("valid");
    kit.change(ada.user, Change::CreateInvite { room, invite, code, terms }).await;
    let told = client.events(room.as_bytes()).await;
    let Some(Body::InviteCreated(created)) = &told.events[0].body else { panic!("{told:?}") };
    assert_eq!(created.invite_id[..], invite.as_bytes()[..]);
    let sent = told.encode_to_vec();
    for secret in [&bits[..], code.expose().as_bytes()] {
        assert!(!sent.windows(secret.len()).any(|part| part == secret));
    }
    kit.change(bob.user, Change::JoinByInvite { room, invite }).await;
    let told = client.events(room.as_bytes()).await;
    let Some(Body::MemberJoined(joined)) = &told.events[0].body else { panic!("{told:?}") };
    assert_eq!(joined.user_id[..], bob.user.as_bytes()[..]);
    kit.change(ada.user, Change::RevokeInvite { room, invite }).await;
    let told = client.events(room.as_bytes()).await;
    let Some(Body::InviteRevoked(revoked)) = &told.events[0].body else { panic!("{told:?}") };
    assert_eq!(revoked.invite_id[..], invite.as_bytes()[..]);
}
