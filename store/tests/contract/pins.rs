//! Messages that are pinned to their room.

use std::time::Duration;

use parlor_domain::{Change, Code, RoomId, Seq, UserId, Visibility, limits};
use parlor_store::From;

use crate::house::{House, command, contract, post};

contract! {
    rule_3_15_a_message_is_pinned_once,
    rule_3_15_so_many_are_pinned,
    rule_3_15_a_delete_takes_the_pin_with_it,
}

fn pin(room: RoomId, message: Seq, on: bool) -> Change {
    Change::Pin { room, message, on }
}

async fn pins(house: &House, room: RoomId) -> Vec<Seq> {
    let pins = house.store.rooms.pins(room).await.expect("up");
    pins.into_iter().map(|pin| pin.message).collect()
}

async fn rule_3_15_a_message_is_pinned_once(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Public).await;
    house.submit(bob, Change::Join { room }).await.expect("joined");
    let one = house.post(ada, room, "one").await;
    let two = house.post(ada, room, "two").await;
    let at = house.advance(Duration::from_secs(1));
    let first = house.submit(bob, pin(room, two, true)).await.expect("pinned");
    house.advance(Duration::from_secs(1));
    let again = house.submit(ada, pin(room, two, true)).await.expect("is pinned");
    assert_eq!((again.seq, again.at, again.events.len()), (first.seq, first.at, 0));
    house.submit(ada, pin(room, one, true)).await.expect("pinned");
    let all = house.store.rooms.pins(room).await.expect("up");
    assert_eq!(pins(&house, room).await, [one, two], "the last pinned first");
    let second = &all[1];
    assert_eq!((second.author, second.text.as_str(), second.by, second.at), (ada, "two", bob, at));
    let page = house.store.rooms.history(room, ada, From::Around(two), 1).await.expect("up");
    assert!(page.expect("there").messages[0].pinned);
    let off = house.submit(ada, pin(room, two, false)).await.expect("taken away");
    let again = house.submit(ada, pin(room, two, false)).await.expect("is not pinned");
    assert_eq!((again.seq, again.events.len()), (off.seq, 0));
    assert_eq!(pins(&house, room).await, [one]);
    let nothing = house.submit(ada, pin(room, off.seq, true)).await.expect_err("no message");
    assert_eq!(nothing.code, Code::NotFound);
}

async fn rule_3_15_so_many_are_pinned(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let many = limits::PINS + 1;
    let posts = (0..many).map(|n| command(ada, post(room, &n.to_string()))).collect();
    let done = house.store.log.submit(posts).await.expect("up");
    let seqs: Vec<Seq> = done.into_iter().map(|done| done.expect("posted").seq).collect();
    let wishes = seqs.iter().map(|seq| command(ada, pin(room, *seq, true))).collect();
    let done = house.store.log.submit(wishes).await.expect("up");
    let refused: Vec<Code> = done.into_iter().filter_map(|done| Some(done.err()?.code)).collect();
    assert_eq!(refused, [Code::Conflict], "the last one");
    let last = seqs[seqs.len() - 1];
    let full = house.submit(ada, pin(room, last, true)).await.expect_err("full");
    assert_eq!(full.code, Code::Conflict);
    // In one batch, where the count is kept while it is decided.
    let delete = command(ada, Change::Delete { room, message: seqs[0] });
    let batch = vec![delete, command(ada, pin(room, last, true))];
    let done = house.store.log.submit(batch).await.expect("up");
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(pins(&house, room).await.len(), limits::PINS as usize);
}

async fn rule_3_15_a_delete_takes_the_pin_with_it(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let message = house.post(ada, room, "one").await;
    house.submit(ada, pin(room, message, true)).await.expect("pinned");
    house.submit(ada, Change::Delete { room, message }).await.expect("deleted");
    assert_eq!(pins(&house, room).await, []);
    let page = house.store.rooms.history(room, UserId::SYSTEM, From::Around(message), 1).await;
    assert!(!page.expect("up").expect("there").messages[0].pinned);
    let late = house.submit(ada, pin(room, message, true)).await.expect_err("deleted");
    assert_eq!(late.code, Code::Conflict);
}
