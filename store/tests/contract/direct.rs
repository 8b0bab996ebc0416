//! Rooms of exactly two people.

use std::{collections::BTreeSet, sync::Arc};

use parlor_domain::{
    Change, Code, Command, EventBody, RequestId, Role, RoomId, RoomName, Seq, UserId, Visibility,
    direct_room,
};
use parlor_store::{Database, Log};
use tokio::task::JoinSet;

use crate::house::{House, contract, create, post};

contract! {
    however_many_begin_two_people_have_one_room,
    a_direct_room_is_of_its_two_people_for_ever,
    a_direct_room_needs_two_people_who_are_there,
}

fn open(actor: UserId, other: UserId) -> Command {
    let change = Change::OpenDirect { room: direct_room(actor, other), other };
    Command { request_id: RequestId::random(), actor, change }
}

/// As the contract says of an unknown outcome: the same request again (C5).
async fn insist(log: &Log, command: Command) {
    for _ in 0..50 {
        match log.submit(vec![command.clone()]).await {
            Ok(results) => {
                results.into_iter().next().expect("a result").expect("opened");
                return;
            }
            Err(error) => println!("once more: {error}"),
        }
    }
    panic!("the database stays away");
}

async fn however_many_begin_two_people_have_one_room(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    // On a server several nodes have the same database.
    let others = match &house.database {
        Database::Postgres { .. } => vec![
            House::open(house.database.clone(), None).await,
            House::open(house.database.clone(), None).await,
        ],
        Database::Sqlite { .. } => Vec::new(),
    };
    let logs: Arc<[Log]> =
        std::iter::once(&house).chain(&others).map(|h| h.store.log.clone()).collect();
    let mut tasks = JoinSet::new();
    for n in 0..24 {
        let (actor, other) = if n % 2 == 0 { (ada, bob) } else { (bob, ada) };
        let logs = Arc::clone(&logs);
        tasks.spawn(async move { insist(&logs[n % logs.len()], open(actor, other)).await });
    }
    tasks.join_all().await;

    let room = direct_room(ada, bob);
    let log = house.store.log.after(room.into(), Seq::ZERO, 100).await.expect("up");
    let events = log.expect("there").events;
    assert_eq!(events.len(), 3, "made once: {events:?}");
    assert!(matches!(
        events[0].body,
        EventBody::RoomCreated { visibility: Visibility::Direct, .. }
    ));
    let members = house.store.rooms.members(room, None, 10).await.expect("up");
    let who: BTreeSet<_> = members
        .iter()
        .map(|member| (member.user.id, member.role))
        .map(|(id, role)| {
            assert_eq!(role, Role::Member, "both are the same");
            id
        })
        .collect();
    assert_eq!(who, BTreeSet::from([ada, bob]));
    for (user, peer) in [(ada, bob), (bob, ada)] {
        let own = house.store.log.after(user.into(), Seq::ZERO, 100).await.expect("up");
        let own = own.expect("there").events;
        let added = own.iter().filter(|event| event.body == EventBody::RoomAdded { room }).count();
        assert_eq!((added, own.len()), (1, 1));
        let mine = house.store.rooms.mine(user, None, 10).await.expect("up");
        let [only] = &mine[..] else { panic!("{mine:?}") };
        assert_eq!((only.room.id, only.peer, only.unread), (room, Some(peer), 0));
        assert_eq!(only.room.visibility, Visibility::Direct);
        let access = house.store.rooms.access(room, user).await.expect("up").expect("there");
        assert_eq!((access.role, access.peer), (Some(Role::Member), Some(peer)));
    }
    assert!(house.store.rooms.directory(None, None, 10).await.expect("up").is_empty());
}

async fn a_direct_room_is_of_its_two_people_for_ever(house: House) {
    let user = async |name: &str| house.user(name).await;
    let (ada, bob, eve) = (user("ada").await, user("bob").await, user("eve").await);
    let room = direct_room(ada, bob);
    let made = house.repeat(&open(ada, bob)).await.expect("opened");
    let name = Some(RoomName::parse("ours").expect("valid"));
    for actor in [ada, bob] {
        for change in [
            Change::Leave { room },
            Change::AddMember { room, user: eve },
            Change::RemoveMember { room, user: if actor == ada { bob } else { ada } },
            Change::RenameRoom { room, name: name.clone(), topic: None },
            Change::ArchiveRoom { room, archived: true },
        ] {
            let refused = house.submit(actor, change.clone()).await.expect_err("refused");
            assert_eq!(refused.code, Code::Forbidden, "{change:?}");
        }
    }
    for change in
        [Change::Join { room }, post(room, "hello"), Change::OpenDirect { room, other: ada }]
    {
        let refused = house.submit(eve, change.clone()).await.expect_err("refused");
        let expected = match change {
            Change::OpenDirect { .. } => Code::InvalidArgument,
            _ => Code::NotFound,
        };
        assert_eq!(refused.code, expected, "{change:?}");
    }
    let said = house.post(bob, room, "hello").await;
    assert_eq!(said.get(), 4, "nothing of all that was written");
    let again = house.repeat(&open(bob, ada)).await.expect("opened");
    assert_eq!((again.seq, again.epoch, again.events.len()), (said, made.epoch, 0));
    let mine = house.store.rooms.mine(ada, None, 10).await.expect("up");
    assert_eq!((mine[0].unread, mine[0].preview.as_deref()), (1, Some("hello")));
}

async fn a_direct_room_needs_two_people_who_are_there(house: House) {
    let ada = house.user("ada").await;
    let code = async |command: Command| house.repeat(&command).await.expect_err("refused").code;
    assert_eq!(code(open(ada, ada)).await, Code::InvalidArgument);
    for nobody in [UserId::random(), UserId::SYSTEM] {
        assert_eq!(code(open(ada, nobody)).await, Code::NotFound);
        assert_eq!(code(open(nobody, ada)).await, Code::NotFound);
    }
    // A room that is no user's log, and a room of another kind.
    let room = house.room(ada, Visibility::Private).await;
    let as_user = UserId::from_uuid(room.uuid());
    assert_eq!(code(open(ada, as_user)).await, Code::NotFound);
    let bob = house.user("bob").await;
    let change = Change::OpenDirect { room, other: bob };
    assert_eq!(house.submit(ada, change).await.expect_err("refused").code, Code::InvalidArgument);
    let made = house.submit(ada, create(RoomId::random(), Visibility::Direct)).await;
    assert_eq!(made.expect_err("refused").code, Code::InvalidArgument);
}
