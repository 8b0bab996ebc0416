//! Whom messages mention, and what is counted of it.

use parlor_domain::{Change, EventBody, Mentions, Role, RoomId, Seq, UserId, Visibility, limits};
use parlor_store::{From, RoomSummary};

use crate::house::{House, body, command, contract, post};

contract! {
    rule_3_13_members_are_mentioned_by_name,
    rule_3_13_an_edit_decides_anew_whom_it_mentions,
    rule_3_13_who_is_a_member_is_decided_in_the_batch,
    mentions_are_counted_apart_from_what_is_unread,
    mentions_are_counted_so_far,
}

struct Stage {
    ada: UserId,
    bob: UserId,
    room: RoomId,
}

/// A private room of Ada and Bob, and Eve outside.
async fn stage(house: &House) -> Stage {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    house.user("eve").await;
    let room = house.room(ada, Visibility::Private).await;
    house.submit(ada, Change::AddMember { room, user: bob }).await.expect("added");
    Stage { ada, bob, room }
}

fn of(users: &[UserId], room: bool) -> Mentions {
    Mentions { users: users.iter().copied().collect(), room }
}

async fn stored(house: &House, room: RoomId, message: Seq) -> Mentions {
    let page = house.store.rooms.history(room, UserId::SYSTEM, From::Around(message), 1).await;
    page.expect("up").expect("there").messages.remove(0).mentions
}

async fn summary(house: &House, user: UserId, room: RoomId) -> RoomSummary {
    house.store.rooms.summaries(user, &[room]).await.expect("up").remove(0)
}

async fn rule_3_13_members_are_mentioned_by_name(house: House) {
    let Stage { ada, bob, room } = stage(&house).await;
    let said = [
        ("@bob, @ADA: @eve is not here, nor is @nobody or @system", of(&[ada, bob], false)),
        ("look, @room", of(&[], true)),
        ("`@bob` bob@example.org", of(&[], false)),
    ];
    for (text, expected) in said {
        let done = house.submit(ada, post(room, text)).await.expect("posted");
        let event = &done.events[0].1.body;
        assert!(
            matches!(event, EventBody::MessagePosted { mentions, .. } if *mentions == expected),
            "{event:?}"
        );
        assert_eq!(stored(&house, room, done.seq).await, expected, "{text}");
    }
}

async fn rule_3_13_an_edit_decides_anew_whom_it_mentions(house: House) {
    let Stage { ada, bob, room } = stage(&house).await;
    let message = house.post(ada, room, "@bob").await;
    let edit = |text| Change::Edit { room, message, body: body(text) };
    for (text, expected) in [
        ("@bob and @room", of(&[bob], true)),
        ("@ada", of(&[ada], false)),
        ("nobody", of(&[], false)),
        ("@bob again", of(&[bob], false)),
    ] {
        let done = house.submit(ada, edit(text)).await.expect("edited");
        let event = &done.events[0].1.body;
        assert!(
            matches!(event, EventBody::MessageEdited { mentions, .. } if *mentions == expected),
            "{event:?}"
        );
        assert_eq!(stored(&house, room, message).await, expected, "{text}");
    }
    house.submit(ada, Change::Delete { room, message }).await.expect("deleted");
    assert_eq!(stored(&house, room, message).await, Mentions::default());
}

async fn rule_3_13_who_is_a_member_is_decided_in_the_batch(house: House) {
    let Stage { ada, bob, room } = stage(&house).await;
    let batch = vec![
        command(ada, post(room, "@bob one")),
        command(ada, Change::RemoveMember { room, user: bob }),
        command(ada, post(room, "@bob two")),
        command(ada, Change::AddMember { room, user: bob }),
        command(ada, post(room, "@bob three")),
    ];
    let done = house.store.log.submit(batch).await.expect("up");
    let seqs: Vec<Seq> = done.into_iter().map(|done| done.expect("done").seq).collect();
    let mut mentioned = Vec::new();
    for seq in [seqs[0], seqs[2], seqs[4]] {
        mentioned.push(stored(&house, room, seq).await.users.contains(&bob));
    }
    assert_eq!(mentioned, [true, false, true]);
}

async fn mentions_are_counted_apart_from_what_is_unread(house: House) {
    let Stage { ada, bob, room } = stage(&house).await;
    let counts = async |user| {
        let summary = summary(&house, user, room).await;
        assert_ne!(summary.role, Role::Admin);
        (summary.unread, summary.mentions)
    };
    house.post(ada, room, "hello").await;
    house.post(bob, room, "@bob says @room to himself").await;
    assert_eq!(counts(bob).await, (1, 0), "one's own never count");
    assert_eq!(counts(ada).await, (1, 1));
    let both = house.post(ada, room, "@bob and @room").await;
    let last = house.post(ada, room, "@bob").await;
    assert_eq!(counts(bob).await, (3, 2), "twice in one message is once");
    house.submit(ada, Change::Delete { room, message: last }).await.expect("deleted");
    assert_eq!(counts(bob).await, (2, 1), "deleted ones do not count");
    let edit = Change::Edit { room, message: both, body: body("never mind") };
    house.submit(ada, edit).await.expect("edited");
    assert_eq!(counts(bob).await, (2, 0));
    house.post(ada, room, "@room").await;
    house.submit(bob, Change::MarkRead { room, seq: Seq::MAX }).await.expect("read");
    assert_eq!(counts(bob).await, (0, 0));
}

async fn mentions_are_counted_so_far(house: House) {
    let Stage { ada, bob, room } = stage(&house).await;
    let many = (0..limits::UNREAD_COUNTED + 5).map(|_| command(ada, post(room, "@bob @room")));
    house.store.log.submit(many.collect()).await.expect("up");
    let summary = summary(&house, bob, room).await;
    assert_eq!(
        (summary.unread, summary.mentions),
        (limits::UNREAD_COUNTED, limits::UNREAD_COUNTED)
    );
}
