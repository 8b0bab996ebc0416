//! Sections 3 and 4 of the protocol: what is a user's own.

use parlor_domain::{Change, PrivacyChange, direct_room, limits};
use parlor_proto::realtime::{
    DraftChanged, ErrorCode, MarkRead, SetDraft, event::Body, fetch::From, request,
};

use crate::{
    client::{Client, bytes},
    kit::{Kit, Person},
};

/// The next event of somebody's own log that `pick` takes.
async fn own<T>(client: &mut Client, person: &Person, pick: impl Fn(Body) -> Option<T>) -> T {
    loop {
        let events = client.events(person.user.as_bytes()).await.events;
        if let Some(found) = events.into_iter().filter_map(|event| event.body).find_map(&pick) {
            return found;
        }
    }
}

fn draft(body: Body) -> Option<DraftChanged> {
    match body {
        Body::DraftChanged(draft) => Some(draft),
        _ => None,
    }
}

pub(crate) async fn rule_3_17_a_draft_is_kept_for_all_devices(kit: &Kit) {
    let (ada, eve) = (kit.person("ada").await, kit.person("eve").await);
    let room = kit.room(&ada).await;
    let mut laptop = kit.enter(&ada).await;
    let mut phone = kit.enter(&kit.second_device(&ada).await).await;
    let set = |text: &str, reply_to| {
        let room_id = bytes(room.as_bytes());
        request::Body::SetDraft(SetDraft { room_id, text: text.into(), reply_to })
    };
    let first = laptop.ask(set(" I th", 1)).await.expect("kept").seq;
    let told = own(&mut phone, &ada, draft).await;
    assert_eq!((&told.room_id[..], &told.text[..]), (&room.as_bytes()[..], " I th"));
    assert_eq!((told.reply_to, told.superseded), (1, false));
    assert_eq!(laptop.ask(set(" I th", 1)).await.expect("is so").seq, first, "no event");
    let gone = laptop.ask(set("", 0)).await.expect("taken away").seq;
    assert_eq!(gone, first + 1);
    let told = own(&mut phone, &ada, draft).await;
    assert_eq!((&told.text[..], told.reply_to, told.superseded), ("", 0, false));
    // Who reads later finds nothing of what it was.
    let page = phone.fetch(ada.user.as_bytes(), From::AfterSeq(first - 1), 0).await;
    let events = page.events.expect("events").events;
    let texts: Vec<_> = events.into_iter().filter_map(|event| draft(event.body?)).collect();
    let superseded: Vec<_> = texts.iter().map(|draft| draft.superseded).collect();
    assert_eq!(superseded, [true, false]);
    assert!(texts.iter().all(|draft| draft.text.is_empty() && draft.reply_to == 0));

    let long = "x".repeat(limits::TEXT_BYTES + 1);
    for (text, code) in
        [(&long[..], ErrorCode::InvalidArgument), ("\0", ErrorCode::InvalidArgument)]
    {
        assert_eq!(laptop.ask(set(text, 0)).await.expect_err("refused").0, code);
    }
    let mut stranger = kit.enter(&eve).await;
    assert_eq!(stranger.ask(set("x", 0)).await.expect_err("refused").0, ErrorCode::Forbidden);
}

pub(crate) async fn rule_4_15_read_marks_reach_the_partner_where_both_want_them(kit: &Kit) {
    let (ada, bob) = (kit.person("ada").await, kit.person("bob").await);
    let room = direct_room(ada.user, bob.user);
    kit.change(ada.user, Change::OpenDirect { room, other: bob.user }).await;
    let first = kit.post(&ada, room, "hello").await.get();
    let (mut a, mut b) = (kit.enter(&ada).await, kit.enter(&bob).await);
    let mut phone = kit.enter(&kit.second_device(&ada).await).await;
    let read = |seq| request::Body::MarkRead(MarkRead { room_id: bytes(room.as_bytes()), seq });
    b.ask(read(first)).await.expect("read");
    let mark = |body| match body {
        Body::PartnerRead(read) => Some((read.room_id, read.seq)),
        _ => None,
    };
    for client in [&mut a, &mut phone] {
        assert_eq!(own(client, &ada, mark).await, (bytes(room.as_bytes()), first));
    }
    let off = PrivacyChange { read_marks: Some(false), ..PrivacyChange::default() };
    kit.change(ada.user, Change::SetPrivacy(off)).await;
    let privacy = |body| match body {
        Body::PrivacyChanged(privacy) => Some((privacy.invisible, privacy.read_marks)),
        _ => None,
    };
    assert_eq!(own(&mut phone, &ada, privacy).await, (false, false));
    let second = kit.post(&ada, room, "are you there?").await.get();
    b.ask(read(second)).await.expect("read");
    let page = a.fetch(ada.user.as_bytes(), From::AfterSeq(0), 0).await;
    let events = page.events.expect("events").events;
    let marks = events.into_iter().filter_map(|event| mark(event.body?));
    assert_eq!(marks.map(|(_, seq)| seq).collect::<Vec<_>>(), [first]);
}
