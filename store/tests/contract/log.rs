//! The log: order, exactly once, group commit, pages.

use std::collections::BTreeSet;

use parlor_domain::{
    Change, Code, EventBody, LogId, RequestId, RoomId, Seq, UserId, Visibility, limits,
};
use parlor_store::StoreError;
use tokio::task::JoinSet;

use crate::house::{House, body, command, contract, create, post};

contract! {
    c2_a_repeat_returns_the_same_seq,
    c2_concurrent_duplicates_become_one_event,
    c2_the_same_id_with_other_content_is_refused,
    c3_concurrent_submitters_get_one_dense_order,
    c4_the_order_of_one_caller_is_kept,
    c5_a_refusal_leaves_no_trace,
    one_batch_may_build_on_itself,
    group_commit_gathers_many_callers,
    one_poisoned_room_does_not_fail_the_others,
    pages_after_and_before_are_dense,
    pages_end_at_the_byte_limit,
    c1_what_was_answered_is_there_after_reopening,
    the_driver_ends_with_the_last_handle,
    unknown_logs_have_no_pages,
    side_logs_get_their_events,
}

async fn c2_a_repeat_returns_the_same_seq(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let first = command(ada, post(room, "once"));
    let done = house.repeat(&first).await.expect("posted");
    house.post(ada, room, "between").await;
    house.advance(std::time::Duration::from_secs(3_600));
    let again = house.repeat(&first).await.expect("answered again");
    assert_eq!((again.seq, again.at, again.epoch), (done.seq, done.at, done.epoch));
    assert!(again.events.is_empty(), "a repeat makes no event");
    // Even for one who may not post any more.
    let bob = house.user("bob").await;
    house.submit(ada, Change::AddMember { room, user: bob }).await.expect("added");
    let bobs = command(bob, post(room, "mine"));
    let done = house.repeat(&bobs).await.expect("posted");
    house.submit(ada, Change::RemoveMember { room, user: bob }).await.expect("removed");
    assert_eq!(house.repeat(&bobs).await.expect("answered again").seq, done.seq);
}

async fn c2_concurrent_duplicates_become_one_event(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let head = house.store.log.head(room.into()).await.expect("available").expect("there").seq;
    let same = command(ada, post(room, "once"));
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let (log, same) = (house.store.log.clone(), same.clone());
        tasks.spawn(async move { log.submit(vec![same.clone(), same]).await });
    }
    let mut made = 0;
    while let Some(results) = tasks.join_next().await {
        for done in results.expect("no panic").expect("available") {
            let done = done.expect("not refused");
            assert_eq!(done.seq, head.next());
            made += done.events.len();
        }
    }
    assert_eq!(made, 1, "one of the hundred made the event");
    assert_eq!(
        house.store.log.head(room.into()).await.expect("available").expect("there").seq,
        head.next()
    );
}

async fn c2_the_same_id_with_other_content_is_refused(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let first = command(ada, post(room, "one"));
    let mut other = first.clone();
    other.change = post(room, "two");
    let results = house.store.log.submit(vec![first.clone(), other.clone()]).await.expect("up");
    assert!(results[0].is_ok());
    assert_eq!(results[1].as_ref().expect_err("mismatch").code, Code::IdempotencyMismatch);
    let late = house.repeat(&other).await.expect_err("mismatch");
    assert_eq!(late.code, Code::IdempotencyMismatch);
    // Another log is another matter.
    let elsewhere = house.room(ada, Visibility::Public).await;
    other.change = post(elsewhere, "two");
    assert!(house.repeat(&other).await.is_ok());
}

async fn c3_concurrent_submitters_get_one_dense_order(house: House) {
    let ada = house.user("ada").await;
    let rooms =
        [house.room(ada, Visibility::Public).await, house.room(ada, Visibility::Private).await];
    let mut tasks = JoinSet::new();
    for caller in 0..40 {
        let log = house.store.log.clone();
        tasks.spawn(async move {
            let mut seqs = Vec::new();
            for n in 0..5 {
                let room = rooms[(caller + n) % 2];
                let posted = command(ada, post(room, &format!("{caller} {n}")));
                let results = log.submit(vec![posted]).await.expect("available");
                seqs.push((room, results[0].as_ref().expect("posted").seq));
            }
            seqs
        });
    }
    let mut all = BTreeSet::new();
    while let Some(seqs) = tasks.join_next().await {
        for seq in seqs.expect("no panic") {
            assert!(all.insert(seq), "{seq:?} was given twice");
        }
    }
    for room in rooms {
        let page = house.store.log.after(room.into(), Seq::ZERO, 1_000).await.expect("available");
        let page = page.expect("there");
        let seqs: Vec<u64> = page.events.iter().map(|event| event.seq.get()).collect();
        assert_eq!(seqs, (1..=102).collect::<Vec<_>>(), "created, joined, 100 posts");
        assert_eq!(page.head.seq.get(), 102);
    }
}

async fn c4_the_order_of_one_caller_is_kept(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let texts: Vec<String> = (0..300).map(|n| n.to_string()).collect();
    let commands = texts.iter().map(|text| command(ada, post(room, text))).collect();
    let results = house.store.log.submit(commands).await.expect("available");
    let seqs: Vec<u64> =
        results.iter().map(|done| done.as_ref().expect("posted").seq.get()).collect();
    assert_eq!(seqs, (3..303).collect::<Vec<_>>());
    let page = house.store.log.after(room.into(), Seq::new(2), 1_000).await.expect("available");
    let told: Vec<String> = page.expect("there").events.into_iter().map(text_of).collect();
    assert_eq!(told, texts);
}

async fn c5_a_refusal_leaves_no_trace(house: House) {
    let (ada, eve) = (house.user("ada").await, house.user("eve").await);
    let room = house.room(ada, Visibility::Private).await;
    let before = house.store.log.after(room.into(), Seq::ZERO, 100).await.expect("available");
    let refused = command(eve, post(room, "let me in"));
    assert_eq!(house.repeat(&refused).await.expect_err("outsider").code, Code::NotFound);
    let after = house.store.log.after(room.into(), Seq::ZERO, 100).await.expect("available");
    assert_eq!(before, after);
    // The refusal was not remembered: the same request may succeed later.
    house.submit(ada, Change::AddMember { room, user: eve }).await.expect("added");
    assert!(house.repeat(&refused).await.is_ok());
}

async fn one_batch_may_build_on_itself(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = RoomId::random();
    let batch = vec![
        command(ada, create(room, Visibility::Public)),
        command(bob, post(room, "too early")),
        command(bob, Change::Join { room }),
        command(bob, post(room, "hello")),
        command(bob, Change::Edit { room, message: Seq::new(4), body: body("hello!") }),
        command(bob, Change::Leave { room }),
        command(bob, post(room, "too late")),
    ];
    let results = house.store.log.submit(batch).await.expect("available");
    let codes: Vec<Option<Code>> =
        results.iter().map(|result| result.as_ref().err().map(|refusal| refusal.code)).collect();
    let forbidden = Some(Code::Forbidden);
    assert_eq!(codes, [None, forbidden, None, None, None, None, forbidden]);
    let events = results.into_iter().filter_map(Result::ok).flat_map(|done| done.events);
    let (mut told, mut seqs) = (Vec::new(), Vec::new());
    for (log, event) in events {
        if log == LogId::from(room) {
            seqs.push(event.seq.get());
            told.push(event);
        }
    }
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6]);
    let page = house.store.log.after(room.into(), Seq::ZERO, 100).await.expect("available");
    assert_eq!(page.expect("there").events, told, "what was answered is what is stored");
}

async fn group_commit_gathers_many_callers(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let before = house.store.log.stats();
    let submits = (0..200).map(|n| {
        let posted = command(ada, post(room, &n.to_string()));
        house.store.log.submit(vec![posted])
    });
    for results in futures_util::future::join_all(submits).await {
        assert!(results.expect("available")[0].is_ok());
    }
    let after = house.store.log.stats();
    assert_eq!(after.commands - before.commands, 200);
    let transactions = after.transactions - before.transactions;
    assert!(transactions <= 20, "{transactions} transactions for 200 callers at once");
}

async fn one_poisoned_room_does_not_fail_the_others(house: House) {
    let ada = house.user("ada").await;
    let bad = house.room(ada, Visibility::Public).await;
    let good = house.room(ada, Visibility::Public).await;
    house
        .execute(format!("UPDATE rooms SET name = '' WHERE id = {}", house.literal(bad.uuid())))
        .await;
    let submits = (0..20).map(|n| {
        let room = if n == 7 { bad } else { good };
        house.store.log.submit(vec![command(ada, post(room, "hello"))])
    });
    let results = futures_util::future::join_all(submits).await;
    for (n, result) in results.into_iter().enumerate() {
        if n == 7 {
            assert!(matches!(result, Err(StoreError::Internal(_))), "{result:?}");
        } else {
            assert!(result.expect("available")[0].is_ok());
        }
    }
}

async fn pages_after_and_before_are_dense(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    for n in 3..=10 {
        assert_eq!(house.post(ada, room, &n.to_string()).await, Seq::new(n));
    }
    let log = &house.store.log;
    let after = async |after, limit| {
        let page =
            log.after(room.into(), Seq::new(after), limit).await.expect("up").expect("there");
        assert_eq!(page.head.seq, Seq::new(10));
        (page.events.iter().map(|event| event.seq.get()).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(after(0, 3).await, (vec![1, 2, 3], true));
    assert_eq!(after(7, 3).await, (vec![8, 9, 10], false));
    assert_eq!(after(6, 3).await, (vec![7, 8, 9], true));
    assert_eq!(after(10, 3).await, (vec![], false));
    assert_eq!(after(99, 3).await, (vec![], false));
    assert_eq!(after(i64::MAX as u64, 3).await, (vec![], false));
    let before = async |before, limit| {
        let page =
            log.before(room.into(), Seq::new(before), limit).await.expect("up").expect("there");
        assert_eq!(page.head.seq, Seq::new(10));
        (page.events.iter().map(|event| event.seq.get()).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(before(11, 3).await, (vec![8, 9, 10], true));
    assert_eq!(before(i64::MAX as u64, 3).await, (vec![8, 9, 10], true));
    assert_eq!(before(4, 3).await, (vec![1, 2, 3], false));
    assert_eq!(before(4, 2).await, (vec![2, 3], true));
    assert_eq!(before(1, 3).await, (vec![], false));
    assert_eq!(before(0, 3).await, (vec![], false));
}

async fn pages_end_at_the_byte_limit(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let long = "x".repeat(limits::TEXT_BYTES);
    for _ in 0..6 {
        house.post(ada, room, &long).await;
    }
    let page = house.store.log.after(room.into(), Seq::new(2), 100).await.expect("up");
    let page = page.expect("there");
    assert_eq!(page.events.len(), 2, "a third one passes {} bytes", limits::EVENT_PAGE_BYTES);
    assert!(page.more);
    let page = house.store.log.before(room.into(), Seq::MAX, 100).await.expect("up");
    let page = page.expect("there");
    assert_eq!(page.events.last().expect("two").seq, Seq::new(8), "the newest come first");
    assert_eq!(page.events.len(), 2);
    assert!(page.more);
    // A body of only quotes is twice as long in JSON, and still comes.
    let quotes = "\"".repeat(limits::TEXT_BYTES);
    let seq = house.post(ada, room, &quotes).await;
    let page = house.store.log.after(room.into(), Seq::new(seq.get() - 1), 100).await.expect("up");
    assert_eq!(page.expect("there").events.len(), 1);
}

async fn c1_what_was_answered_is_there_after_reopening(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let posted = command(ada, post(room, "kept"));
    let done = house.repeat(&posted).await.expect("posted");
    let before = house.store.log.after(room.into(), Seq::ZERO, 100).await.expect("available");
    // Opening runs the migrations again, which must change nothing.
    let house = house.reopen().await;
    let after = house.store.log.after(room.into(), Seq::ZERO, 100).await.expect("available");
    assert_eq!(before, after, "the same events, the same epoch");
    assert_eq!(house.repeat(&posted).await.expect("known").seq, done.seq);
    assert_eq!(house.post(ada, room, "next").await, done.seq.next());
}

async fn the_driver_ends_with_the_last_handle(house: House) {
    let again = house.store.log.clone();
    let submitted =
        again.submit(vec![command(UserId::SYSTEM, create(RoomId::random(), Visibility::Public))]);
    assert!(submitted.await.expect("available")[0].is_ok());
    drop(again);
    // Waits until the driver has ended.
    house.reopen().await;
}

async fn unknown_logs_have_no_pages(house: House) {
    let unknown = RoomId::random();
    let log = &house.store.log;
    assert_eq!(log.head(unknown.into()).await.expect("available"), None);
    assert_eq!(log.after(unknown.into(), Seq::ZERO, 10).await.expect("available"), None);
    assert_eq!(log.before(unknown.into(), Seq::MAX, 10).await.expect("available"), None);
    assert!(log.submit(Vec::new()).await.expect("available").is_empty());
}

async fn side_logs_get_their_events(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Private).await;
    let request_id = RequestId::random();
    let change = Change::AddMember { room, user: bob };
    let added = parlor_domain::Command { request_id, actor: ada, change };
    let done = house.repeat(&added).await.expect("added");
    assert_eq!(done.events.len(), 3);
    let (log, event) = &done.events[1];
    assert_eq!(*log, LogId::from(bob));
    assert_eq!((event.seq, event.actor), (Seq::new(1), ada));
    assert_eq!(event.request_id, None, "the request id stands on the answered event alone");
    assert_eq!(event.body, EventBody::RoomAdded { room });
    house.submit(bob, Change::Leave { room }).await.expect("left");
    let inbox = house.store.log.after(bob.into(), Seq::ZERO, 10).await.expect("up").expect("there");
    let bodies: Vec<EventBody> = inbox.events.into_iter().map(|event| event.body).collect();
    let read = EventBody::ReadMoved { room, seq: done.seq };
    assert_eq!(bodies, [EventBody::RoomAdded { room }, read, EventBody::RoomRemoved { room }]);
}

fn text_of(event: parlor_domain::Event) -> String {
    match event.body {
        EventBody::MessagePosted { text, .. } => text,
        other => panic!("not a message: {other:?}"),
    }
}
