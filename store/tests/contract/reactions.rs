//! Emoji on messages.

use std::time::Duration;

use parlor_domain::{Change, Code, EventBody, Reaction, RoomId, Seq, UserId, Visibility, limits};
use parlor_store::From;

use crate::house::{House, command, contract, react};

contract! {
    rule_3_12_a_reaction_is_there_once,
    rule_3_12_a_message_bears_so_many_emoji,
    rule_3_12_a_deleted_message_bears_none,
    rule_3_12_one_batch_may_add_and_take_back,
    reactions_keep_the_order_in_which_they_came,
    a_reader_is_named_among_many,
}

/// A public room of Ada with one message in it.
async fn written(house: &House) -> (UserId, RoomId, Seq) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let message = house.post(ada, room, "well?").await;
    (ada, room, message)
}

async fn member(house: &House, room: RoomId, name: &str) -> UserId {
    let user = house.user(name).await;
    house.submit(user, Change::Join { room }).await.expect("joined");
    user
}

async fn on(house: &House, room: RoomId, message: Seq, reader: UserId) -> Vec<Reaction> {
    let page = house.store.rooms.history(room, reader, From::Around(message), 1).await;
    let mut page = page.expect("up").expect("there");
    assert_eq!(page.messages[0].seq, message);
    page.messages.remove(0).reactions
}

/// What is on it, short: each emoji and how many users.
async fn counts(house: &House, room: RoomId, message: Seq) -> Vec<(String, u32)> {
    let all = on(house, room, message, UserId::SYSTEM).await;
    all.into_iter().map(|reaction| (reaction.emoji.into(), reaction.count)).collect()
}

async fn rule_3_12_a_reaction_is_there_once(house: House) {
    let (ada, room, message) = written(&house).await;
    let bob = member(&house, room, "bob").await;
    house.advance(Duration::from_secs(1));
    let first = house.submit(ada, react(room, message, "👍", true)).await.expect("put");
    let event = &first.events[0].1;
    assert!(matches!(&event.body, EventBody::ReactionAdded { message: on, .. } if *on == message));
    house.advance(Duration::from_secs(1));
    house.submit(bob, react(room, message, "👍", true)).await.expect("put");

    let again = house.submit(ada, react(room, message, "👍", true)).await.expect("is there");
    assert_eq!((again.seq, again.at, again.events.len()), (first.seq, first.at, 0));
    assert_eq!(counts(&house, room, message).await, [("👍".to_owned(), 2)]);

    let off = house.submit(ada, react(room, message, "👍", false)).await.expect("taken back");
    assert_eq!(off.events.len(), 1);
    let again = house.submit(ada, react(room, message, "👍", false)).await.expect("is gone");
    assert_eq!((again.seq, again.events.len()), (off.seq, 0), "the head, and no event");
    assert_eq!(counts(&house, room, message).await, [("👍".to_owned(), 1)]);
    assert_eq!(on(&house, room, message, ada).await[0].users, [bob]);

    let anew = house.submit(ada, react(room, message, "👍", true)).await.expect("put again");
    assert_eq!(anew.seq, off.seq.next());
    let nothing = house.submit(ada, react(room, off.seq, "👍", true)).await;
    assert_eq!(nothing.expect_err("no message").code, Code::NotFound);
}

async fn rule_3_12_a_message_bears_so_many_emoji(house: House) {
    let (ada, room, message) = written(&house).await;
    let bob = member(&house, room, "bob").await;
    let emoji = |n: u32| char::from_u32(0x1F600 + n).expect("a face").to_string();
    let most = u32::try_from(limits::REACTION_KINDS).expect("few");
    for n in 0..most {
        house.submit(ada, react(room, message, &emoji(n), true)).await.expect("put");
    }
    let over = house.submit(bob, react(room, message, &emoji(most), true)).await;
    assert_eq!(over.expect_err("too many").code, Code::Conflict);
    house.submit(bob, react(room, message, &emoji(3), true)).await.expect("a known one");
    house.submit(ada, react(room, message, &emoji(0), false)).await.expect("taken back");
    house.submit(bob, react(room, message, &emoji(most), true)).await.expect("there is room");
}

async fn rule_3_12_a_deleted_message_bears_none(house: House) {
    let (ada, room, message) = written(&house).await;
    let other = house.post(ada, room, "another").await;
    for message in [message, other] {
        house.submit(ada, react(room, message, "👍", true)).await.expect("put");
    }
    house.submit(ada, Change::Delete { room, message }).await.expect("deleted");
    for wish in [true, false] {
        let late = house.submit(ada, react(room, message, "👍", wish)).await;
        assert_eq!(late.expect_err("deleted").code, Code::Conflict);
    }
    assert!(on(&house, room, message, ada).await.is_empty());
    assert_eq!(on(&house, room, other, ada).await.len(), 1, "the other keeps its own");
}

async fn rule_3_12_one_batch_may_add_and_take_back(house: House) {
    let (ada, room, message) = written(&house).await;
    let wishes =
        [("👍", true), ("👍", true), ("🎉", true), ("👍", false), ("👍", false), ("👍", true)];
    let batch = wishes.map(|(emoji, on)| command(ada, react(room, message, emoji, on)));
    let done = house.store.log.submit(batch.to_vec()).await.expect("up");
    let made: Vec<usize> = done.into_iter().map(|done| done.expect("done").events.len()).collect();
    assert_eq!(made, [1, 0, 1, 1, 0, 1]);
    let now = [("🎉".to_owned(), 1), ("👍".to_owned(), 1)];
    assert_eq!(counts(&house, room, message).await, now);
}

async fn reactions_keep_the_order_in_which_they_came(house: House) {
    let (ada, room, message) = written(&house).await;
    let (bob, cy) = (member(&house, room, "bob").await, member(&house, room, "cy").await);
    for (user, emoji) in [(ada, "👍"), (bob, "🎉"), (cy, "👍"), (cy, "🎉")] {
        house.submit(user, react(room, message, emoji, true)).await.expect("put");
    }
    // Whoever came first goes, and the emoji keeps its place.
    house.submit(ada, react(room, message, "👍", false)).await.expect("taken back");
    let all = on(&house, room, message, ada).await;
    assert_eq!((all[0].emoji.as_str(), &all[0].users[..]), ("👍", &[cy][..]));
    assert_eq!((all[1].emoji.as_str(), &all[1].users[..]), ("🎉", &[bob, cy][..]));
    house.submit(cy, react(room, message, "👍", false)).await.expect("taken back");
    house.submit(ada, react(room, message, "👍", true)).await.expect("put again");
    let order: Vec<String> =
        counts(&house, room, message).await.into_iter().map(|(emoji, _)| emoji).collect();
    assert_eq!(order, ["🎉", "👍"]);
}

async fn a_reader_is_named_among_many(house: House) {
    let (_, room, message) = written(&house).await;
    let many = limits::REACTION_USERS + 2;
    let mut users = Vec::new();
    for n in 0..many {
        let user = member(&house, room, &format!("user{n}")).await;
        house.submit(user, react(room, message, "👍", true)).await.expect("put");
        users.push(user);
    }
    let first = &users[..limits::REACTION_USERS as usize];
    let last = users[users.len() - 1];
    let seen = on(&house, room, message, UserId::SYSTEM).await;
    assert_eq!((seen[0].count, &seen[0].users[..]), (many, first));
    let seen = on(&house, room, message, last).await;
    assert_eq!((seen[0].count, seen[0].users.clone()), (many, [first, &[last]].concat()));
}
