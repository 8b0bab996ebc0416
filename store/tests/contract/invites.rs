//! Links that let people into a room.

use std::time::Duration;

use parlor_domain::{
    Change, Code, Command, EventBody, Invite, InviteCode, InviteId, InviteTerms, LogId, Role,
    RoomId, UserId, Visibility, limits,
};

use crate::house::{House, command, contract};

contract! {
    a_link_lets_people_in_and_counts_them,
    c2_a_repeated_link_is_the_first_one,
    a_link_holds_for_so_long_and_so_many_and_until_it_is_revoked,
    whoever_made_a_link_revokes_it_while_a_member,
    a_room_has_so_many_links,
    r2_a_link_leads_into_its_own_room_alone,
}

const NOT_VALID: (Code, &str) = (Code::NotFound, "this invite link is not valid any more");

fn terms(lifetime: Option<u64>, max_uses: Option<u32>) -> InviteTerms {
    InviteTerms::new(lifetime.map(Duration::from_secs), max_uses).expect("valid")
}

/// A link with a code of its own.
fn create(room: RoomId, invite: InviteId, terms: InviteTerms) -> Change {
    Change::CreateInvite { room, invite, code: code(invite), terms }
}

fn code(invite: InviteId) -> InviteCode {
    InviteCode::from_random(*invite.as_bytes())
}

async fn link(house: &House, actor: UserId, room: RoomId, terms: InviteTerms) -> InviteId {
    let invite = InviteId::random();
    house.submit(actor, create(room, invite, terms)).await.expect("made");
    invite
}

async fn refused(house: &House, actor: UserId, change: Change) -> (Code, String) {
    let refusal = house.submit(actor, change).await.expect_err("refused");
    (refusal.code, refusal.message)
}

async fn is_not_valid(house: &House, actor: UserId, room: RoomId, invite: InviteId) {
    let (code, message) = refused(house, actor, Change::JoinByInvite { room, invite }).await;
    assert_eq!((code, message.as_str()), NOT_VALID);
}

async fn listed(house: &House, room: RoomId, by: Option<UserId>) -> Vec<InviteId> {
    let now = house.advance(Duration::ZERO);
    let live = house.store.rooms.invites(room, by, now, None, 200).await.expect("up");
    live.into_iter().map(|invite| invite.id).collect()
}

async fn uses(house: &House, invite: InviteId) -> u32 {
    house.store.rooms.invite(invite).await.expect("up").expect("there").uses
}

async fn a_link_lets_people_in_and_counts_them(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = house.room(ada, Visibility::Private).await;
    let at = house.advance(Duration::from_secs(1));
    let invite = InviteId::random();
    let made = house.submit(ada, create(room, invite, terms(Some(60), Some(5)))).await;
    let made = made.expect("made");
    let [(log, event)] = &made.events[..] else { panic!("{made:?}") };
    assert_eq!((*log, &event.body), (LogId::from(room), &EventBody::InviteCreated { invite }));
    let expected = Invite {
        id: invite,
        room,
        code: code(invite),
        by: ada,
        created_at: at,
        expires_at: Some(at.plus(Duration::from_secs(60))),
        max_uses: Some(5),
        uses: 0,
        revoked: false,
    };
    let rooms = &house.store.rooms;
    assert_eq!(rooms.invite(invite).await.expect("up"), Some(expected.clone()));
    assert_eq!(rooms.invite_by_code(code(invite)).await.expect("up"), Some(expected.clone()));
    assert_eq!(rooms.invites(room, None, at, None, 10).await.expect("up"), [expected]);
    assert_eq!(rooms.invite_by_code(InviteCode::from_random([7; 16])).await.expect("up"), None);

    let accept = Change::JoinByInvite { room, invite };
    let join = command(bob, accept.clone());
    let joined = house.repeat(&join).await.expect("in");
    let told = joined.events.iter().map(|(log, event)| (*log, event.body.clone()));
    let role = Role::Member;
    let expected = [
        (LogId::from(room), EventBody::MemberJoined { user: bob, role }),
        (LogId::from(bob), EventBody::RoomAdded { room }),
        (LogId::from(bob), EventBody::ReadMoved { room, seq: joined.seq }),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected, "as any join");
    let again = house.repeat(&join).await.expect("the same");
    assert_eq!((again.seq, again.events.len()), (joined.seq, 0));
    for member in [ada, bob] {
        let stays = house.submit(member, accept.clone()).await.expect("a member already");
        assert!(stays.events.is_empty());
    }
    assert_eq!(uses(&house, invite).await, 1, "bob once");
    let access = rooms.access(room, bob).await.expect("up").expect("there");
    assert_eq!((access.role, access.room.members), (Some(role), 2));
}

async fn c2_a_repeated_link_is_the_first_one(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let invite = InviteId::random();
    let first = command(ada, create(room, invite, terms(None, None)));
    let made = house.repeat(&first).await.expect("made");
    house.advance(Duration::from_secs(1));
    let another = InviteCode::from_random([9; 16]);
    let change = Change::CreateInvite { room, invite, code: another, terms: terms(None, None) };
    let again = house.repeat(&Command { change, ..first.clone() }).await.expect("the same");
    assert_eq!((again.seq, again.at, again.events.len()), (made.seq, made.at, 0));
    let kept = house.store.rooms.invite(invite).await.expect("up").expect("there");
    assert_eq!((kept.code, kept.created_at), (code(invite), made.at));
    let change = create(room, invite, terms(None, Some(1)));
    let other = house.repeat(&Command { change, ..first }).await.expect_err("other terms");
    assert_eq!(other.code, Code::IdempotencyMismatch);
    let (code, _) = refused(&house, ada, create(room, invite, terms(None, None))).await;
    assert_eq!(code, Code::Conflict, "the same id by another request");
}

async fn a_link_holds_for_so_long_and_so_many_and_until_it_is_revoked(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Private).await;
    let mut people = Vec::new();
    for n in 0..4 {
        people.push(house.user(&format!("guest{n}")).await);
    }
    let short = link(&house, ada, room, terms(Some(60), None)).await;
    let single = link(&house, ada, room, terms(None, Some(1))).await;
    let revoked = link(&house, ada, room, terms(None, None)).await;
    let mut all = vec![short, single, revoked];
    all.sort();
    assert_eq!(listed(&house, room, None).await, all);

    // In one batch, where what is left is known while it is decided.
    let accept = |invite| Change::JoinByInvite { room, invite };
    let batch = [
        command(people[0], accept(single)),
        command(people[1], accept(single)),
        command(ada, Change::RevokeInvite { room, invite: revoked }),
        command(people[1], accept(revoked)),
        command(people[1], accept(short)),
    ];
    let done = house.store.log.submit(batch.to_vec()).await.expect("up");
    let codes: Vec<_> = done.iter().map(|done| done.as_ref().err().map(|no| no.code)).collect();
    let no = Some(NOT_VALID.0);
    assert_eq!(codes, [None, no, None, no, None]);
    assert_eq!(listed(&house, room, None).await, [short]);
    let taken = done[2].as_ref().expect("revoked");
    assert_eq!(taken.events[0].1.body, EventBody::InviteRevoked { invite: revoked });
    let again = house.submit(ada, Change::RevokeInvite { room, invite: revoked }).await;
    assert!(again.expect("is so").events.is_empty());
    for invite in [single, revoked] {
        is_not_valid(&house, people[2], room, invite).await;
    }

    house.advance(Duration::from_micros(59_999_999));
    house.submit(people[2], accept(short)).await.expect("just in time");
    house.advance(Duration::from_micros(1));
    is_not_valid(&house, people[3], room, short).await;
    assert_eq!(listed(&house, room, None).await, []);
    assert_eq!((uses(&house, short).await, uses(&house, single).await), (2, 1));

    let endless = link(&house, ada, room, terms(None, None)).await;
    house.submit(ada, Change::ArchiveRoom { room, archived: true }).await.expect("archived");
    is_not_valid(&house, people[3], room, endless).await;
    house.submit(people[2], accept(endless)).await.expect("a member already");
    house.submit(ada, Change::ArchiveRoom { room, archived: false }).await.expect("restored");
    house.submit(ada, Change::Ban { room, user: people[3], on: true }).await.expect("banned");
    assert_eq!(refused(&house, people[3], accept(endless)).await.0, Code::Forbidden);
    assert_eq!(uses(&house, endless).await, 0);
}

async fn whoever_made_a_link_revokes_it_while_a_member(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let cy = house.user("cy").await;
    let room = house.room(ada, Visibility::Public).await;
    for user in [bob, cy] {
        house.submit(user, Change::Join { room }).await.expect("joined");
    }
    let hers = link(&house, ada, room, terms(None, None)).await;
    let [first, second] = [
        link(&house, bob, room, terms(None, None)).await,
        link(&house, bob, room, terms(None, None)).await,
    ];
    assert_eq!(listed(&house, room, Some(bob)).await, [first.min(second), first.max(second)]);
    assert_eq!(listed(&house, room, Some(cy)).await, []);
    let revoke = |invite| Change::RevokeInvite { room, invite };
    for nobodys in [hers, InviteId::random()] {
        // Of others or not there: alike.
        assert_eq!(refused(&house, bob, revoke(nobodys)).await.0, Code::Forbidden);
    }
    house.submit(bob, revoke(first)).await.expect("his own");
    house.submit(ada, Change::RemoveMember { room, user: bob }).await.expect("removed");
    assert_eq!(refused(&house, bob, revoke(second)).await.0, Code::Forbidden, "no member");
    house.submit(bob, Change::JoinByInvite { room, invite: second }).await.expect("it still holds");
    house.submit(ada, revoke(second)).await.expect("who runs the room may");
    assert_eq!(refused(&house, ada, revoke(InviteId::random())).await.0, Code::NotFound);
}

async fn a_room_has_so_many_links(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Private).await;
    let ids: Vec<_> = (0..limits::INVITES).map(|_| InviteId::random()).collect();
    let batch = ids.iter().map(|id| command(ada, create(room, *id, terms(None, None))));
    let one_more = || command(ada, create(room, InviteId::random(), terms(None, None)));
    let done = house.store.log.submit(batch.chain([one_more()]).collect()).await.expect("up");
    let (last, first) = done.split_last().expect("some");
    assert!(first.iter().all(Result::is_ok));
    assert_eq!(last.as_ref().expect_err("too many").code, Code::Conflict);
    assert_eq!(house.repeat(&one_more()).await.expect_err("too many").code, Code::Conflict);
    // In one batch, where they are counted while it is decided.
    let freed =
        vec![command(ada, Change::RevokeInvite { room, invite: ids[0] }), one_more(), one_more()];
    let done = house.store.log.submit(freed).await.expect("up");
    let codes: Vec<_> = done.iter().map(|done| done.as_ref().err().map(|no| no.code)).collect();
    assert_eq!(codes, [None, None, Some(Code::Conflict)]);
    let elsewhere = house.room(ada, Visibility::Private).await;
    link(&house, ada, elsewhere, terms(None, None)).await;
}

async fn r2_a_link_leads_into_its_own_room_alone(house: House) {
    let (ada, eve) = (house.user("ada").await, house.user("eve").await);
    let hers = house.room(ada, Visibility::Private).await;
    let his = house.room(eve, Visibility::Public).await;
    let invite = link(&house, eve, his, terms(None, None)).await;
    is_not_valid(&house, eve, hers, invite).await;
    is_not_valid(&house, eve, RoomId::random(), invite).await;
    is_not_valid(&house, ada, his, InviteId::random()).await;
    let revoke = |room| Change::RevokeInvite { room, invite };
    assert_eq!(refused(&house, eve, revoke(hers)).await.0, Code::NotFound);
    assert_eq!(refused(&house, ada, revoke(hers)).await.0, Code::NotFound, "of another room");
}
