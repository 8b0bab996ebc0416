//! What stands between two users, and what a block keeps from both.

use std::time::Duration;

use parlor_domain::{
    Block, Change, Code, Command, EventBody, Friend, LogId, Refusal, RequestId, RoomId, Tie,
    UserId, Visibility, direct_room,
};
use parlor_store::Done;

use crate::house::{House, body, command, contract, post, react};

contract! {
    friends_are_asked_and_say_yes,
    a_request_is_taken_back_or_declined_and_a_friendship_ends,
    whoever_asks_who_has_asked_is_a_friend,
    c2_a_repeated_request_asks_once,
    a_block_ends_what_stood_and_is_told_to_its_maker_alone,
    a_request_to_who_blocks_looks_like_any_other,
    who_is_blocked_is_written_to_by_neither,
    a_block_is_known_to_what_is_decided_with_it,
    mentions_by_the_blocked_do_not_count,
    friends_are_other_users,
}

fn ask(other: UserId) -> Change {
    Change::Befriend { other }
}

fn end(other: UserId) -> Change {
    Change::Unfriend { other }
}

fn block(other: UserId, on: bool) -> Change {
    Change::Block { other, on }
}

fn bodies(done: &Done) -> Vec<(LogId, EventBody)> {
    done.events.iter().map(|(log, event)| (*log, event.body.clone())).collect()
}

async fn tie(house: &House, user: UserId, other: UserId) -> Option<Tie> {
    let one = house.store.friends.one(user, other).await.expect("up");
    let list = house.store.friends.list(user, None, None, 100).await.expect("up");
    assert_eq!(list.into_iter().find(|friend| friend.user == other), one, "both say the same");
    one.map(|friend| friend.tie)
}

async fn blocked(house: &House, user: UserId) -> Vec<UserId> {
    let blocks = house.store.friends.blocks(user, None, 100).await.expect("up");
    blocks.into_iter().map(|block| block.user).collect()
}

async fn refused(house: &House, actor: UserId, change: Change) -> Refusal {
    house.submit(actor, change).await.expect_err("refused")
}

async fn open(house: &House, actor: UserId, other: UserId) -> Result<RoomId, Refusal> {
    let room = direct_room(actor, other);
    house.submit(actor, Change::OpenDirect { room, other }).await.map(|_| room)
}

async fn friends_are_asked_and_say_yes(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let done = house.submit(ada, ask(bob)).await.expect("asked");
    let told = [
        (LogId::from(ada), EventBody::FriendRequested { user: bob, outgoing: true }),
        (LogId::from(bob), EventBody::FriendRequested { user: ada, outgoing: false }),
    ];
    assert_eq!(bodies(&done), told);
    assert_eq!(tie(&house, ada, bob).await, Some(Tie::Requested));
    assert_eq!(tie(&house, bob, ada).await, Some(Tie::Asked));
    let again = house.submit(ada, ask(bob)).await.expect("is so");
    assert_eq!((again.seq, again.events.len()), (done.seq, 0));

    let since = house.advance(Duration::from_secs(1));
    let done = house.submit(bob, ask(ada)).await.expect("accepted");
    let told = [
        (LogId::from(bob), EventBody::FriendAdded { user: ada }),
        (LogId::from(ada), EventBody::FriendAdded { user: bob }),
    ];
    assert_eq!(bodies(&done), told);
    for (user, other) in [(ada, bob), (bob, ada)] {
        let again = house.submit(user, ask(other)).await.expect("is so");
        assert!(again.events.is_empty());
        let friend = Friend { user: other, tie: Tie::Friends, since };
        assert_eq!(house.store.friends.one(user, other).await.expect("up"), Some(friend));
        let list = async |only| house.store.friends.list(user, only, None, 10).await.expect("up");
        assert_eq!(list(Some(Tie::Friends)).await, [friend]);
        assert_eq!(list(Some(Tie::Asked)).await, []);
        let after = house.store.friends.list(user, None, Some(other), 10).await.expect("up");
        assert_eq!(after, []);
    }
}

async fn a_request_is_taken_back_or_declined_and_a_friendship_ends(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    for (accepts, ends) in [(false, ada), (false, bob), (true, ada), (true, bob)] {
        house.submit(ada, ask(bob)).await.expect("asked");
        if accepts {
            house.submit(bob, ask(ada)).await.expect("accepted");
        }
        let other = if ends == ada { bob } else { ada };
        let done = house.submit(ends, end(other)).await.expect("ended");
        let told = [
            (LogId::from(ends), EventBody::FriendRemoved { user: other }),
            (LogId::from(other), EventBody::FriendRemoved { user: ends }),
        ];
        assert_eq!(bodies(&done), told);
        for (user, other) in [(ada, bob), (bob, ada)] {
            assert_eq!(tie(&house, user, other).await, None);
            let again = house.submit(user, end(other)).await.expect("is so");
            assert!(again.events.is_empty());
        }
    }
}

async fn whoever_asks_who_has_asked_is_a_friend(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    // In one batch, where what was asked is known while it is decided.
    let batch = [command(ada, ask(bob)), command(bob, ask(ada)), command(ada, ask(bob))];
    let done = house.store.log.submit(batch.to_vec()).await.expect("up");
    let events: Vec<_> =
        done.iter().map(|done| done.as_ref().expect("answered").events.len()).collect();
    assert_eq!(events, [2, 2, 0]);
    assert_eq!(tie(&house, ada, bob).await, Some(Tie::Friends));
    assert_eq!(tie(&house, bob, ada).await, Some(Tie::Friends));
}

async fn c2_a_repeated_request_asks_once(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let request_id = RequestId::random();
    let first = Command { request_id, actor: ada, change: ask(bob) };
    let done = house.repeat(&first).await.expect("asked");
    house.submit(ada, end(bob)).await.expect("taken back");
    let again = house.repeat(&first).await.expect("a repeat");
    assert_eq!((again.seq, again.at, again.events.len()), (done.seq, done.at, 0));
    assert_eq!(tie(&house, bob, ada).await, None);
    for change in [end(bob), block(bob, true), ask(house.user("eve").await)] {
        let other = Command { change, ..first.clone() };
        let refused = house.repeat(&other).await.expect_err("something else");
        assert_eq!(refused.code, Code::IdempotencyMismatch);
    }
}

async fn a_block_ends_what_stood_and_is_told_to_its_maker_alone(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    house.submit(ada, ask(bob)).await.expect("asked");
    house.submit(bob, ask(ada)).await.expect("accepted");
    let at = house.advance(Duration::from_secs(1));
    let done = house.submit(bob, block(ada, true)).await.expect("blocked");
    let told = [
        (LogId::from(bob), EventBody::UserBlocked { user: ada }),
        (LogId::from(bob), EventBody::FriendRemoved { user: ada }),
        (LogId::from(ada), EventBody::FriendRemoved { user: bob }),
    ];
    assert_eq!(bodies(&done), told);
    assert_eq!((tie(&house, ada, bob).await, tie(&house, bob, ada).await), (None, None));
    assert_eq!((blocked(&house, ada).await, blocked(&house, bob).await), (vec![], vec![ada]));
    let list = house.store.friends.blocks(bob, None, 10).await.expect("up");
    assert_eq!(list, [Block { user: ada, at }]);
    assert_eq!(house.store.friends.blocks(bob, Some(ada), 10).await.expect("up"), []);
    let again = house.submit(bob, block(ada, true)).await.expect("is so");
    assert!(again.events.is_empty());
    assert_eq!(refused(&house, bob, ask(ada)).await.code, Code::Conflict, "unblock first");

    let done = house.submit(bob, block(ada, false)).await.expect("lifted");
    assert_eq!(bodies(&done), [(LogId::from(bob), EventBody::UserUnblocked { user: ada })]);
    let again = house.submit(bob, block(ada, false)).await.expect("is so");
    assert!(again.events.is_empty());
    assert_eq!(tie(&house, bob, ada).await, None, "what was is not there again");
    assert_eq!(blocked(&house, bob).await, []);
}

async fn a_request_to_who_blocks_looks_like_any_other(house: House) {
    let (ada, bob, cy) = (house.user("ada").await, house.user("bob").await, house.user("cy").await);
    house.submit(bob, block(ada, true)).await.expect("blocked");
    let to_cy = house.submit(ada, ask(cy)).await.expect("asked");
    let to_bob = house.submit(ada, ask(bob)).await.expect("asked, as it seems");
    let outgoing = |user| EventBody::FriendRequested { user, outgoing: true };
    assert_eq!(to_cy.events[0].1.body, outgoing(cy));
    assert_eq!(bodies(&to_bob), [(LogId::from(ada), outgoing(bob))], "it reaches nobody");
    let own = house.store.log.after(ada.into(), parlor_domain::Seq::ZERO, 10).await.expect("up");
    let own: Vec<_> = own.expect("there").events.into_iter().map(|event| event.body).collect();
    assert_eq!(own, [outgoing(cy), outgoing(bob)]);
    for other in [bob, cy] {
        assert_eq!(tie(&house, ada, other).await, Some(Tie::Requested));
    }
    assert_eq!(tie(&house, bob, ada).await, None);

    house.submit(bob, block(ada, false)).await.expect("lifted");
    assert_eq!(tie(&house, bob, ada).await, None, "it does not come up by itself");
    let again = house.submit(ada, ask(bob)).await.expect("still asked");
    assert!(again.events.is_empty());
    // Asked anew it is heard, and who asks in turn is a friend.
    house.submit(ada, end(bob)).await.expect("taken back");
    house.submit(ada, ask(bob)).await.expect("asked");
    assert_eq!(tie(&house, bob, ada).await, Some(Tie::Asked));
    house.submit(bob, block(ada, true)).await.expect("blocked");
    assert_eq!(tie(&house, ada, bob).await, None, "like declined");
    house.submit(ada, ask(bob)).await.expect("asked, as it seems");
    house.submit(bob, block(ada, false)).await.expect("lifted");
    house.submit(bob, ask(ada)).await.expect("asked");
    assert_eq!(tie(&house, ada, bob).await, Some(Tie::Friends));
    assert_eq!(tie(&house, bob, ada).await, Some(Tie::Friends));
}

async fn who_is_blocked_is_written_to_by_neither(house: House) {
    let (ada, bob, cy) = (house.user("ada").await, house.user("bob").await, house.user("cy").await);
    let channel = house.room(cy, Visibility::Public).await;
    let room = open(&house, ada, bob).await.expect("opened");
    let (hers, his) = (house.post(ada, room, "hello").await, house.post(bob, room, "hi").await);
    house.submit(bob, react(room, hers, "👍", true)).await.expect("put there");
    house.submit(bob, block(ada, true)).await.expect("blocked");
    house.submit(bob, block(cy, true)).await.expect("blocked");
    for (actor, own, others) in [(ada, hers, his), (bob, his, hers)] {
        let edit = Change::Edit { room, message: own, body: body("other") };
        let pin = Change::Pin { room, message: own, on: true };
        for change in [post(room, "x"), edit, pin, react(room, others, "❤\u{FE0F}", true)] {
            let no = refused(&house, actor, change.clone()).await;
            let expected = (Code::Forbidden, "you cannot write to this person");
            assert_eq!((no.code, &*no.message), expected, "{change:?}");
        }
        let other = if actor == ada { bob } else { ada };
        assert_eq!(open(&house, actor, other).await, Ok(room));
        let read = Change::MarkRead { room, seq: others };
        house.submit(actor, read).await.expect("reading stays");
    }
    house.submit(ada, Change::Delete { room, message: hers }).await.expect("one's own");
    // Where there is no room yet, none is made; nobody is added to others.
    for (actor, other) in [(bob, cy), (cy, bob)] {
        let no = open(&house, actor, other).await.expect_err("refused");
        assert_eq!((no.code, &*no.message), (Code::Forbidden, "you cannot write to this person"));
        let own = house.room(actor, Visibility::Private).await;
        let no = refused(&house, actor, Change::AddMember { room: own, user: other }).await;
        assert_eq!((no.code, &*no.message), (Code::Forbidden, "you cannot add this person"));
    }
    // In a room of many both go on.
    house.submit(bob, Change::Join { room: channel }).await.expect("joined");
    house.post(cy, channel, "hello all").await;
    house.post(bob, channel, "hello").await;

    house.submit(bob, block(ada, false)).await.expect("lifted");
    house.post(ada, room, "again").await;
    // The other way round, and both ways: one lifted block is not both.
    house.submit(ada, block(bob, true)).await.expect("blocked");
    house.submit(bob, block(ada, true)).await.expect("blocked");
    house.submit(bob, block(ada, false)).await.expect("lifted");
    assert_eq!(refused(&house, bob, post(room, "x")).await.code, Code::Forbidden);
    house.submit(ada, block(bob, false)).await.expect("lifted");
    house.post(bob, room, "at last").await;
}

async fn a_block_is_known_to_what_is_decided_with_it(house: House) {
    let (ada, bob, cy) = (house.user("ada").await, house.user("bob").await, house.user("cy").await);
    let room = open(&house, ada, bob).await.expect("opened");
    let own = house.room(ada, Visibility::Private).await;
    let anew = direct_room(ada, cy);
    let batch = [
        command(bob, block(ada, true)),
        command(ada, post(room, "x")),
        command(ada, Change::AddMember { room: own, user: bob }),
        command(cy, block(ada, true)),
        command(ada, Change::OpenDirect { room: anew, other: cy }),
        command(bob, block(ada, false)),
        command(ada, post(room, "y")),
        command(ada, Change::AddMember { room: own, user: bob }),
    ];
    let done = house.store.log.submit(batch.to_vec()).await.expect("up");
    let codes: Vec<_> = done.iter().map(|done| done.as_ref().err().map(|no| no.code)).collect();
    let no = Some(Code::Forbidden);
    assert_eq!(codes, [None, no, no, None, no, None, None, None]);
}

async fn mentions_by_the_blocked_do_not_count(house: House) {
    let (ada, bob, cy) = (house.user("ada").await, house.user("bob").await, house.user("cy").await);
    let room = house.room(ada, Visibility::Public).await;
    for user in [bob, cy] {
        house.submit(user, Change::Join { room }).await.expect("joined");
        house.post(user, room, "look, @ada").await;
    }
    house.post(bob, room, "and @room").await;
    let counts = async || {
        let mine = house.store.rooms.mine(ada, None, 10).await.expect("up");
        (mine[0].unread, mine[0].mentions)
    };
    assert_eq!(counts().await, (3, 3));
    house.submit(ada, block(bob, true)).await.expect("blocked");
    assert_eq!(counts().await, (3, 1));
    house.submit(ada, block(bob, false)).await.expect("lifted");
    house.submit(bob, block(ada, true)).await.expect("blocked");
    assert_eq!(counts().await, (3, 3), "only whom she blocks");
}

async fn friends_are_other_users(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Private).await;
    let changes = |other| [ask(other), end(other), block(other, true), block(other, false)];
    for change in changes(ada) {
        assert_eq!(refused(&house, ada, change).await.code, Code::InvalidArgument);
    }
    // Nobody, the server itself, and a room's log.
    for other in [UserId::random(), UserId::SYSTEM, UserId::from_uuid(room.uuid())] {
        for change in changes(other) {
            assert_eq!(refused(&house, ada, change).await.code, Code::NotFound);
        }
    }
    for change in changes(ada) {
        assert_eq!(refused(&house, UserId::SYSTEM, change).await.code, Code::NotFound);
    }
}
