//! Messages that pass on what was said elsewhere.

use std::time::Duration;

use parlor_domain::{
    Attachment, Body, Change, Code, Command, EventBody, FileId, FileIds, Forwarded, LogId, Message,
    Refusal, RoomId, SearchQuery, Seq, Sort, Timestamp, UserId, Visibility, direct_room,
};
use parlor_store::{Done, From, GoneFile};

use crate::{
    files::{bring, newest, whole_of},
    house::{House, body, command, contract, post},
};

contract! {
    rule_3_19_a_forward_keeps_what_was_said_by_whom_and_when,
    rule_3_19_what_is_forwarded_stays_as_it_was,
    rule_3_19_a_forward_of_a_forward_names_the_first_author,
    rule_3_19_a_forward_mentions_whom_its_own_text_does,
    r2_what_one_may_not_read_is_not_there_to_forward,
    c2_a_forward_happens_once,
    commands_of_one_batch_see_each_other,
    u8_a_copy_of_a_file_stays_when_the_first_one_goes,
    u7_a_copy_of_a_file_takes_space_of_room_and_user,
    a_deleted_forward_leaves_nothing_of_what_it_passed_on,
    a_forward_is_found_shown_and_told_like_a_message,
}

fn comment(text: &str) -> Body {
    Body::comment(text).expect("valid")
}

fn forwarding(room: RoomId, text: &str, (source, message): (RoomId, Seq)) -> Change {
    Change::Forward { room, body: comment(text), source, message }
}

async fn forward(
    house: &House,
    actor: UserId,
    room: RoomId,
    from: (RoomId, Seq),
) -> Result<Done, Refusal> {
    house.submit(actor, forwarding(room, "", from)).await
}

async fn message(house: &House, room: RoomId, seq: Seq) -> Message {
    let page = house.store.rooms.history(room, UserId::SYSTEM, From::Around(seq), 1).await;
    page.expect("up").expect("there").messages.remove(0)
}

fn said(author: UserId, said_at: Timestamp, text: &str) -> Option<Forwarded> {
    Some(Forwarded { author, said_at, text: text.to_owned() })
}

/// Two rooms of ada; bob is in the second alone.
async fn rooms(house: &House) -> (UserId, UserId, RoomId, RoomId) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let here = house.room(ada, Visibility::Private).await;
    let there = house.room(ada, Visibility::Private).await;
    house.submit(ada, Change::AddMember { room: there, user: bob }).await.expect("added");
    (ada, bob, here, there)
}

async fn rule_3_19_a_forward_keeps_what_was_said_by_whom_and_when(house: House) {
    let (ada, bob, here, there) = rooms(&house).await;
    house.submit(ada, Change::AddMember { room: here, user: bob }).await.expect("added");
    let at = house.advance(Duration::from_secs(1));
    let first = house.post(bob, here, "the lift is out of order").await;
    house.advance(Duration::from_secs(60));
    let done = house.submit(ada, forwarding(there, "mind", (here, first))).await.expect("done");
    let told = said(bob, at, "the lift is out of order");
    let EventBody::MessagePosted { text, forwarded, reply_to: None, .. } = &done.events[0].1.body
    else {
        panic!("{done:?}")
    };
    assert_eq!((text.as_str(), forwarded), ("mind", &told));
    let stored = message(&house, there, done.seq).await;
    assert_eq!(
        (stored.author, stored.text.as_str(), stored.forwarded),
        (ada, "mind", told.clone())
    );
    // Nothing of it says where that was.
    let json = serde_json::to_string(&done.events[0].1.body).expect("writes");
    assert!(!json.contains(&here.to_string()), "{json}");
    // Without a word of one's own, and in the same room.
    let again = forward(&house, ada, here, (here, first)).await.expect("done");
    let stored = message(&house, here, again.seq).await;
    assert_eq!((stored.text.as_str(), stored.forwarded), ("", told));
}

async fn rule_3_19_what_is_forwarded_stays_as_it_was(house: House) {
    let (ada, bob, here, there) = rooms(&house).await;
    let first = house.post(ada, here, "one").await;
    let at = message(&house, here, first).await.posted_at;
    let edit = |room, message, text: &str| Change::Edit { room, message, body: body(text) };
    house.submit(ada, edit(here, first, "two")).await.expect("edited");
    let copy = forward(&house, ada, there, (here, first)).await.expect("done").seq;
    let expected = said(ada, at, "two");
    house.submit(ada, edit(here, first, "three")).await.expect("edited");
    assert_eq!(message(&house, there, copy).await.forwarded, expected, "as it stood");
    house.submit(ada, Change::Delete { room: here, message: first }).await.expect("deleted");
    house.submit(ada, edit(there, copy, "a comment")).await.expect("edited");
    let stored = message(&house, there, copy).await;
    assert_eq!((stored.text.as_str(), stored.forwarded), ("a comment", expected.clone()));
    let refused = house.submit(bob, edit(there, copy, "mine")).await.expect_err("not bob's");
    assert_eq!(refused.code, Code::Forbidden);
    // A purge of the room where it stood takes nothing.
    let kept_for = Duration::from_secs(60);
    house.submit(ada, Change::DeleteRoom { room: here, kept_for }).await.expect("deleted");
    assert_eq!(message(&house, there, copy).await.forwarded, expected);
}

async fn rule_3_19_a_forward_of_a_forward_names_the_first_author(house: House) {
    let (ada, bob, here, there) = rooms(&house).await;
    let first = house.post(ada, here, "one").await;
    let at = message(&house, here, first).await.posted_at;
    house.advance(Duration::from_secs(1));
    let copy = house.submit(ada, forwarding(there, "listen", (here, first))).await.expect("done");
    let own = house.room(bob, Visibility::Private).await;
    let last = house.submit(bob, forwarding(own, "hm", (there, copy.seq))).await.expect("done");
    let stored = message(&house, own, last.seq).await;
    assert_eq!((stored.text.as_str(), stored.forwarded), ("hm", said(ada, at, "one")));
}

async fn rule_3_19_a_forward_mentions_whom_its_own_text_does(house: House) {
    let (ada, bob, here, there) = rooms(&house).await;
    let first = house.post(ada, here, "@bob @room look").await;
    let quiet = forward(&house, ada, there, (here, first)).await.expect("done").seq;
    assert!(message(&house, there, quiet).await.mentions.is_empty());
    let unread = async || {
        let mine = house.store.rooms.mine(bob, None, 9).await.expect("up");
        (mine[0].unread, mine[0].mentions)
    };
    assert_eq!(unread().await, (1, 0));
    let loud = house.submit(ada, forwarding(there, "@bob", (here, first))).await.expect("done").seq;
    assert!(message(&house, there, loud).await.mentions.users.contains(&bob));
    assert_eq!(unread().await, (2, 1));
}

async fn r2_what_one_may_not_read_is_not_there_to_forward(house: House) {
    let (ada, bob, here, there) = rooms(&house).await;
    let secret = house.post(ada, here, "secret").await;
    let refused = async |from| forward(&house, bob, there, from).await.expect_err("not his");
    let missing = refused((RoomId::random(), Seq::new(3))).await;
    assert_eq!(missing.code, Code::NotFound);
    assert_eq!(refused((here, secret)).await, missing, "a room one is not in");
    let public = house.room(ada, Visibility::Public).await;
    let known = house.post(ada, public, "known of").await;
    assert_eq!(refused((public, known)).await, missing, "not even one to join");
    let eve = house.user("eve").await;
    let two = direct_room(ada, eve);
    house.submit(ada, Change::OpenDirect { room: two, other: eve }).await.expect("opened");
    let whispered = house.post(eve, two, "psst").await;
    assert_eq!(refused((two, whispered)).await, missing, "of two others");
    let own = house.post(ada, there, "for all").await;
    assert_eq!(refused((there, Seq::new(1))).await, missing, "no message, but a line");
    assert_eq!(refused((there, Seq::new(99))).await, missing);
    house.submit(ada, Change::Delete { room: there, message: own }).await.expect("deleted");
    assert_eq!(refused((there, own)).await, missing, "deleted");
    assert_eq!(
        refused((LogId::from(bob).as_room(), Seq::new(1))).await,
        missing,
        "a log, not a room"
    );
    // One of the two may; who was in a room may as long as they are.
    assert!(forward(&house, eve, two, (two, whispered)).await.is_ok());
    house.submit(ada, Change::AddMember { room: here, user: bob }).await.expect("added");
    assert!(forward(&house, bob, there, (here, secret)).await.is_ok());
    house.submit(ada, Change::RemoveMember { room: here, user: bob }).await.expect("removed");
    assert_eq!(refused((here, secret)).await, missing, "no more");
    let kept_for = Duration::from_secs(60);
    house.submit(ada, Change::DeleteRoom { room: here, kept_for }).await.expect("deleted");
    let gone = forward(&house, ada, there, (here, secret)).await.expect_err("deleted");
    assert_eq!(gone, missing);
    // Where one may not post, that is told, and nothing of the source.
    for from in [(public, known), (public, Seq::new(99))] {
        let refused = forward(&house, bob, public, from).await.expect_err("no member");
        assert_eq!(refused.code, Code::Forbidden);
    }
    house.submit(eve, Change::Block { other: ada, on: true }).await.expect("blocked");
    let refused = forward(&house, ada, two, (public, known)).await.expect_err("blocked");
    assert_eq!(refused.code, Code::Forbidden);
}

async fn c2_a_forward_happens_once(house: House) {
    let (ada, _, here, there) = rooms(&house).await;
    let first = house.post(ada, here, "one").await;
    let other = house.post(ada, here, "two").await;
    let wish = command(ada, forwarding(there, "see", (here, first)));
    let done = house.repeat(&wish).await.expect("done");
    house.submit(ada, Change::Delete { room: here, message: first }).await.expect("deleted");
    let again = house.repeat(&wish).await.expect("the same, whatever became of the source");
    assert_eq!((again.seq, again.events), (done.seq, Vec::new()));
    for different in [
        forwarding(there, "see", (here, other)),
        forwarding(there, "look", (here, first)),
        post(there, "see"),
    ] {
        let different = Command { change: different, ..wish.clone() };
        let refused = house.repeat(&different).await.expect_err("another");
        assert_eq!(refused.code, Code::IdempotencyMismatch);
    }
}

async fn commands_of_one_batch_see_each_other(house: House) {
    let (ada, _, here, there) = rooms(&house).await;
    let file = whole_of(&house, ada, 77, parlor_domain::FileKind::Other).await.file;
    let attachments = FileIds::new(vec![file.file]).expect("one");
    let first = Seq::new(3);
    let changes = [
        Change::Post { room: here, body: comment("one"), reply_to: None, attachments },
        forwarding(there, "", (here, first)),
        Change::Edit { room: here, message: first, body: body("two") },
        forwarding(there, "", (here, first)),
        forwarding(here, "", (there, Seq::new(5))),
        Change::Delete { room: here, message: first },
        forwarding(there, "", (here, first)),
    ];
    let batch = changes.map(|change| command(ada, change)).to_vec();
    let results = house.store.log.submit(batch).await.expect("up");
    assert_eq!(results[0].as_ref().expect("posted").seq, first);
    assert_eq!(results[6].as_ref().expect_err("deleted").code, Code::NotFound);
    let copies = [(there, 1, "one"), (there, 3, "two"), (here, 4, "one")];
    for (room, n, text) in copies {
        let seq = results[n].as_ref().expect("forwarded").seq;
        let copy = message(&house, room, seq).await;
        assert_eq!(copy.forwarded.expect("said").text, text);
        let [copied] = &copy.attachments[..] else { panic!("{n}: {:?}", copy.attachments) };
        assert_ne!(copied.file, file.file, "of its own");
        assert!(house.store.files.attached(room, copied.file).await.expect("up").is_some());
    }
}

async fn u8_a_copy_of_a_file_stays_when_the_first_one_goes(house: House) {
    let (ada, bob, here, there) = rooms(&house).await;
    let files = &house.store.files;
    let one = whole_of(&house, ada, 77, parlor_domain::FileKind::Image).await;
    let other = whole_of(&house, ada, 99, parlor_domain::FileKind::Other).await;
    let ids = [other.file.file, one.file.file];
    let first = bring(&house, ada, here, &ids).await.expect("attached");
    let copy = forward(&house, ada, there, (here, first.seq)).await.expect("done");
    let told = message(&house, there, copy.seq).await.attachments;
    let renamed = |file: &Attachment, id: FileId| Attachment { file: id, ..file.clone() };
    let copied = [told[0].file, told[1].file];
    assert_eq!(told, [renamed(&other.file, copied[0]), renamed(&one.file, copied[1])]);
    assert_eq!(newest(&house, there).await.attachments, told);
    let EventBody::MessagePosted { attachments, .. } = &copy.events[0].1.body else { panic!() };
    assert_eq!(attachments, &told);
    // Each in its own room alone; the bytes are the same.
    let found = files.attached(there, copied[1]).await.expect("up").expect("there");
    assert_eq!((found.object, found.file), (one.object, told[1].clone()));
    assert_eq!(files.attached(here, copied[1]).await.expect("up"), None);
    assert_eq!(files.attached(there, ids[1]).await.expect("up"), None);
    let listed = files.list(there, None, None, 9).await.expect("up");
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|file| file.sender == ada && file.message == copy.seq));

    house.submit(ada, Change::Delete { room: here, message: first.seq }).await.expect("deleted");
    let now = house.advance(Duration::from_secs(1));
    let gone = files.gone(now, 9).await.expect("up");
    assert_eq!(gone.iter().map(|gone| gone.object).collect::<Vec<_>>(), [None, None], "still used");
    for GoneFile { id, .. } in gone {
        files.forget(id).await.expect("up");
    }
    let known = files.known(&[one.object, other.object]).await.expect("up");
    assert_eq!(known.len(), 2, "no orphans");
    assert_eq!(files.attached(there, copied[1]).await.expect("up"), Some(found));
    // A copy of the copy, by somebody else; then the last of them takes the bytes with it.
    let own = house.room(bob, Visibility::Private).await;
    let last = forward(&house, bob, own, (there, copy.seq)).await.expect("done").seq;
    house.submit(ada, Change::Delete { room: there, message: copy.seq }).await.expect("deleted");
    assert!(files.gone(now, 9).await.expect("up").iter().all(|gone| gone.object.is_none()));
    house.submit(bob, Change::Delete { room: own, message: last }).await.expect("deleted");
    let gone = files.gone(now, 9).await.expect("up");
    assert_eq!(gone.len(), 4);
    let objects: Vec<_> = gone.into_iter().filter_map(|gone| gone.object).collect();
    assert!(objects.contains(&one.object) && objects.contains(&other.object), "{objects:?}");
}

async fn u7_a_copy_of_a_file_takes_space_of_room_and_user(house: House) {
    let (ada, bob, here, there) = rooms(&house).await;
    let file = whole_of(&house, ada, 9_000, parlor_domain::FileKind::Other).await.file.file;
    let from = (here, bring(&house, ada, here, &[file]).await.expect("attached").seq);
    house.store.files.limit_rooms(20_000);
    let copies = [(), (), ()].map(|()| command(ada, forwarding(there, "", from)));
    let results = house.store.log.submit(copies.to_vec()).await.expect("up");
    assert!(results[0].is_ok() && results[1].is_ok());
    assert_eq!(results[2].as_ref().expect_err("full").code, Code::QuotaExceeded);
    let full = forward(&house, ada, there, from).await.expect_err("full");
    assert_eq!(full.code, Code::QuotaExceeded);
    let words = house.post(ada, here, "words cost nothing").await;
    forward(&house, ada, there, (here, words)).await.expect("done");
    // Ada's three files take 27,000 bytes.
    house.store.files.limit_rooms(1_000_000);
    house.store.files.limit_users(36_000);
    forward(&house, ada, there, from).await.expect("the last one");
    let full = forward(&house, ada, there, from).await.expect_err("full");
    assert_eq!(full.code, Code::QuotaExceeded);
    house.submit(ada, Change::AddMember { room: here, user: bob }).await.expect("added");
    forward(&house, bob, there, from).await.expect("of each user");
}

async fn a_deleted_forward_leaves_nothing_of_what_it_passed_on(house: House) {
    let (ada, _, here, there) = rooms(&house).await;
    let first = house.post(ada, here, "one").await;
    let copy = house.submit(ada, forwarding(there, "see", (here, first))).await.expect("done").seq;
    house.submit(ada, Change::Delete { room: there, message: copy }).await.expect("deleted");
    let stored = message(&house, there, copy).await;
    assert_eq!((stored.deleted, stored.text.as_str(), stored.forwarded), (true, "", None));
    let page = house.store.log.before(there.into(), copy.next(), 1).await.expect("up");
    assert_eq!(page.expect("there").events[0].body, EventBody::erased_message(None));
    let left = "SELECT COUNT(*) FROM messages WHERE deleted AND forwarded_text IS NOT NULL";
    assert_eq!(house.number(left).await, 0);
    let refused = forward(&house, ada, here, (there, copy)).await.expect_err("deleted");
    assert_eq!(refused.code, Code::NotFound);
    assert_eq!(message(&house, here, first).await.text, "one", "the first one stays");
}

async fn a_forward_is_found_shown_and_told_like_a_message(house: House) {
    let (ada, bob, here, there) = rooms(&house).await;
    let first = house.post(ada, here, "早上好 everybody").await;
    let copy = house.submit(ada, forwarding(there, "greetings", (here, first))).await;
    let copy = copy.expect("done").seq;
    let find = async |query: &str| {
        let query = SearchQuery::parse(query).expect("valid");
        let within = Duration::from_secs(30);
        let search = &house.store.search;
        let hits = search.messages(bob, &query, Sort::Newest, None, 9, within).await;
        hits.expect("up").expect("in time").hits
    };
    for query in ["everybody", "早上", "greetings", "greetings everybody", "from:ada 早上好"] {
        let hits = find(query).await;
        assert_eq!(hits.len(), 1, "{query}");
        assert_eq!((hits[0].seq, hits[0].text.as_str()), (copy, "greetings\n早上好 everybody"));
    }
    // Changing one's own text leaves the rest to be found.
    let edit = Change::Edit { room: there, message: copy, body: body("hello") };
    house.submit(ada, edit).await.expect("edited");
    assert_eq!((find("greetings").await.len(), find("hello everybody").await.len()), (0, 1));
    let expected = message(&house, there, copy).await.forwarded;
    house.submit(bob, Change::Pin { room: there, message: copy, on: true }).await.expect("pinned");
    let pins = house.store.rooms.pins(there).await.expect("up");
    assert_eq!((pins[0].text.as_str(), &pins[0].forwarded), ("hello", &expected));
    let written = house.store.rooms.authored(ada, Some((there, Seq::ZERO)), 1).await.expect("up");
    let written = &written[0];
    assert_eq!((written.room, written.seq, &written.forwarded), (there, copy, &expected));
    let preview = async || {
        let mine = house.store.rooms.mine(bob, None, 9).await.expect("up");
        mine[0].preview.clone()
    };
    assert_eq!(preview().await.as_deref(), Some("hello"));
    let bare = forward(&house, ada, there, (here, first)).await.expect("done").seq;
    assert_eq!(preview().await.as_deref(), Some("早上好 everybody"));
    house.submit(ada, Change::Delete { room: there, message: bare }).await.expect("deleted");
    house.submit(ada, Change::Delete { room: there, message: copy }).await.expect("deleted");
    assert_eq!(find("everybody").await, []);
}
