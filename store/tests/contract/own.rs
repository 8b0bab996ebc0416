//! What is a user's own: drafts, and what others may know of them.

use parlor_domain::{
    Change, Code, Draft, DraftText, Event, EventBody, LogId, Privacy, PrivacyChange, RoomId, Seq,
    UserId, Visibility, direct_room,
};
use parlor_store::Done;

use crate::house::{House, command, contract};

contract! {
    a_draft_is_kept_once_until_it_is_taken_away,
    a_draft_is_forgotten_with_the_membership,
    privacy_is_kept_and_told_to_its_user_alone,
    read_marks_go_to_the_partner_where_both_want_them,
}

fn draft(text: &str, reply_to: Option<u64>) -> Draft {
    Draft { text: DraftText::parse(text).expect("valid"), reply_to: reply_to.map(Seq::new) }
}

fn set(room: RoomId, text: &str) -> Change {
    Change::SetDraft { room, draft: draft(text, None) }
}

async fn kept(house: &House, user: UserId) -> Vec<(RoomId, Draft)> {
    house.store.rooms.drafts(user, None, 10).await.expect("up")
}

async fn told(house: &House, user: UserId) -> Vec<Event> {
    let page = house.store.log.after(user.into(), Seq::ZERO, 100).await.expect("up");
    page.expect("there").events
}

fn bodies(done: &Done) -> Vec<(LogId, EventBody)> {
    done.events.iter().map(|(log, event)| (*log, event.body.clone())).collect()
}

async fn a_draft_is_kept_once_until_it_is_taken_away(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    let refused = house.submit(bob, set(room, "x")).await.expect_err("no member");
    assert_eq!(refused.code, Code::Forbidden);
    let first = house.submit(ada, set(room, " See you *tom")).await.expect("kept");
    let body = |text| EventBody::DraftChanged { room, draft: draft(text, None), superseded: false };
    assert_eq!(bodies(&first), [(LogId::from(ada), body(" See you *tom"))], "as it was written");
    let again = house.submit(ada, set(room, " See you *tom")).await.expect("is so");
    assert_eq!((again.seq, again.events.len()), (first.seq, 0));
    let answer = draft("See you", Some(1));
    let change = Change::SetDraft { room, draft: answer.clone() };
    house.submit(ada, change).await.expect("kept");
    assert_eq!(kept(&house, ada).await, [(room, answer)]);
    assert_eq!(kept(&house, bob).await, []);
    assert_eq!(house.store.rooms.drafts(ada, Some(room), 10).await.expect("up"), []);

    // What it said before stands nowhere any more.
    let gone = EventBody::DraftChanged { room, draft: Draft::default(), superseded: true };
    let events = told(&house, ada).await;
    assert_eq!(events[first.seq.get() as usize - 1].body, gone);
    house.submit(ada, set(room, "")).await.expect("taken away");
    assert_eq!(kept(&house, ada).await, []);
    let texts = told(&house, ada).await.into_iter().filter_map(|event| match event.body {
        EventBody::DraftChanged { draft, .. } => Some(draft),
        _ => None,
    });
    assert!(texts.clone().count() == 3 && texts.clone().all(|draft| draft.is_empty()));
    let again = house.submit(ada, set(room, "")).await.expect("is so");
    assert!(again.events.is_empty());

    // Several in one batch, and what is archived is still one's own.
    house.submit(ada, Change::ArchiveRoom { room, archived: true }).await.expect("archived");
    let batch = ["a", "ab", "ab", "abc"].map(|text| command(ada, set(room, text)));
    let done = house.store.log.submit(batch.to_vec()).await.expect("up");
    let made: Vec<_> = done.iter().map(|one| one.as_ref().expect("kept").events.len()).collect();
    assert_eq!(made, [1, 1, 0, 1]);
    assert_eq!(kept(&house, ada).await, [(room, draft("abc", None))]);
    let last = told(&house, ada).await.pop().expect("told");
    assert_eq!(last.body, body("abc"));
}

async fn a_draft_is_forgotten_with_the_membership(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    let begun = house.submit(bob, set(room, "I think")).await.expect("kept");
    house.submit(ada, Change::RemoveMember { room, user: bob }).await.expect("removed");
    assert_eq!(kept(&house, bob).await, []);
    let at = begun.seq.get() as usize - 1;
    let gone = EventBody::DraftChanged { room, draft: Draft::default(), superseded: true };
    assert_eq!(told(&house, bob).await[at].body, gone);
    // The same in one batch.
    let batch = [
        Change::Join { room },
        set(room, "I think"),
        Change::Leave { room },
        Change::Join { room },
        set(room, ""),
    ]
    .map(|change| command(bob, change));
    let done = house.store.log.submit(batch.to_vec()).await.expect("up");
    assert!(done[4].as_ref().expect("answered").events.is_empty(), "there is none");
    assert_eq!(kept(&house, bob).await, []);
}

async fn privacy_is_kept_and_told_to_its_user_alone(house: House) {
    let ada = house.user("ada").await;
    let privacy = async || house.store.friends.privacy(ada).await.expect("up");
    assert_eq!(privacy().await, Some(Privacy { invisible: false, read_marks: true }));
    let hide =
        || Change::SetPrivacy(PrivacyChange { invisible: Some(true), ..PrivacyChange::default() });
    let done = house.submit(ada, hide()).await.expect("kept");
    let hidden = Privacy { invisible: true, read_marks: true };
    let told = EventBody::PrivacyChanged { privacy: hidden };
    assert_eq!(bodies(&done), [(LogId::from(ada), told)]);
    assert_eq!(privacy().await, Some(hidden));
    assert!(house.submit(ada, hide()).await.expect("is so").events.is_empty());
    assert_eq!(house.store.friends.privacy(UserId::random()).await.expect("up"), None);
}

async fn read_marks_go_to_the_partner_where_both_want_them(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = direct_room(ada, bob);
    house.submit(ada, Change::OpenDirect { room, other: bob }).await.expect("opened");
    let read = |room, seq| Change::MarkRead { room, seq: Seq::new(seq) };
    let done = house.submit(bob, read(room, 2)).await.expect("read");
    let moved = |seq| (LogId::from(bob), EventBody::ReadMoved { room, seq: Seq::new(seq) });
    let marked = |seq| (LogId::from(ada), EventBody::PartnerRead { room, seq: Seq::new(seq) });
    assert_eq!(bodies(&done), [moved(2), marked(2)]);
    let seen = async |user| {
        house.store.rooms.summaries(user, &[room]).await.expect("up")[0].peer_read.get()
    };
    assert_eq!((seen(ada).await, seen(bob).await), (2, 0));
    // Going back is not told, nor is coming to where it was told of before.
    let back = Change::MarkUnread { room, from: Seq::new(2) };
    assert_eq!(bodies(&house.submit(bob, back).await.expect("back")), [moved(1)]);
    assert_eq!(bodies(&house.submit(bob, read(room, 2)).await.expect("again")), [moved(2)]);
    assert_eq!(seen(ada).await, 2);
    // Either of the two keeps both from it.
    for (who, on) in [(bob, false), (ada, false), (bob, true)] {
        let change = PrivacyChange { read_marks: Some(on), ..PrivacyChange::default() };
        house.submit(who, Change::SetPrivacy(change)).await.expect("kept");
    }
    assert_eq!(bodies(&house.submit(bob, read(room, 3)).await.expect("read")), [moved(3)]);
    let done = house.submit(ada, read(room, 3)).await.expect("read");
    assert_eq!(done.events.len(), 1, "she hides it too");
    assert_eq!((seen(ada).await, seen(bob).await), (2, 0));
    // In other rooms nobody is told.
    let open = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room: open }).await.expect("joined");
    let said = house.post(ada, open, "said").await;
    assert_eq!(house.submit(bob, read(open, said.get())).await.expect("read").events.len(), 1);
}
