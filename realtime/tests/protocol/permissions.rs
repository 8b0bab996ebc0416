//! Every role, in every kind of room, asking for everything that a session can ask
//! for: the answer is as the one permission table says.

use parlor_domain::{Action, Change, Code, Role, RoomId, Visibility, direct_room, permit};
use parlor_proto::realtime::{
    Delete, Edit, ErrorCode, Fetch, MarkRead, MarkUnread, Open, Pin, Post, React, SetDraft,
    fetch::From, request::Body,
};

use crate::{
    client::bytes,
    kit::{Kit, Person},
};

/// A room with somebody of some role, and a message of theirs and of another's.
struct Stage {
    actor: Person,
    room: RoomId,
    own: u64,
    others: u64,
}

async fn stage(kit: &Kit, role: Option<Role>, visibility: Visibility, n: usize) -> Stage {
    let person = async |name: &str| kit.person(&format!("{name}{n}")).await;
    let (owner, actor, other) =
        (person("owner").await, person("actor").await, person("other").await);
    if visibility == Visibility::Direct {
        let one = if role.is_some() { &actor } else { &owner };
        let room = direct_room(one.user, other.user);
        kit.change(one.user, Change::OpenDirect { room, other: other.user }).await;
        let own = kit.post(one, room, "mine").await.get();
        let others = kit.post(&other, room, "not mine").await.get();
        return Stage { actor, room, own, others };
    }
    let room = kit.room_with(&owner, visibility).await;
    for user in [actor.user, other.user] {
        kit.change(owner.user, Change::AddMember { room, user }).await;
    }
    let own = kit.post(&actor, room, "mine").await.get();
    let others = kit.post(&other, room, "not mine").await.get();
    let actor_becomes = match role {
        None => Some(Change::RemoveMember { room, user: actor.user }),
        Some(Role::Member) => None,
        Some(role) => Some(Change::SetRole { room, user: actor.user, role }),
    };
    if let Some(change) = actor_becomes {
        kit.change(owner.user, change).await;
    }
    Stage { actor, room, own, others }
}

/// What a session can ask for, in an order in which nothing takes away what the
/// next one needs. The rest of the table is asked for over REST.
fn requests(stage: &Stage) -> Vec<(Action, Body)> {
    let Stage { own, others, .. } = *stage;
    let room_id = bytes(stage.room.as_bytes());
    let room = || room_id.clone();
    let react =
        |remove| Body::React(React { room_id: room(), seq: others, emoji: "👍".into(), remove });
    let pin = |remove| Body::Pin(Pin { room_id: room(), seq: others, remove });
    let draft = SetDraft { room_id: room(), text: "hel".into(), reply_to: 0 };
    let fetch = Fetch { log_id: room(), limit: 10, from: Some(From::BeforeSeq(u64::MAX)) };
    vec![
        (Action::Read, Body::Open(Open { room_id: room(), epoch: 0, after_seq: 0 })),
        (Action::Read, Body::Fetch(fetch)),
        (Action::Read, Body::MarkRead(MarkRead { room_id: room(), seq: others })),
        (Action::Read, Body::MarkUnread(MarkUnread { room_id: room(), seq: others })),
        (Action::Post, Body::SetDraft(draft)),
        (
            Action::Post,
            Body::Post(Post { room_id: room(), text: "hello".into(), ..Post::default() }),
        ),
        (Action::React, react(false)),
        (Action::React, react(true)),
        (Action::Pin, pin(false)),
        (Action::Pin, pin(true)),
        (
            Action::EditOwn,
            Body::Edit(Edit { room_id: room(), seq: own, text: "mine again".into() }),
        ),
        (Action::EditOwn, Body::Delete(Delete { room_id: room(), seq: own })),
        (Action::DeleteAny, Body::Delete(Delete { room_id: room(), seq: others })),
    ]
}

fn on_the_wire(code: Code) -> ErrorCode {
    match code {
        Code::NotFound => ErrorCode::NotFound,
        Code::Forbidden => ErrorCode::Forbidden,
        code => panic!("the table refuses with {code:?}"),
    }
}

pub(crate) async fn every_role_may_ask_for_what_the_table_says(kit: &Kit) {
    let all = &[None, Some(Role::Member), Some(Role::Admin), Some(Role::Owner)][..];
    let (mut n, mut allowed, mut refused) = (0, 0, 0);
    for (visibility, roles) in [
        (Visibility::Public, all),
        (Visibility::Private, all),
        (Visibility::Direct, &[None, Some(Role::Member)]),
    ] {
        for &role in roles {
            n += 1;
            let stage = stage(kit, role, visibility, n).await;
            let mut client = kit.enter(&stage.actor).await;
            for (action, body) in requests(&stage) {
                let expected = permit(role, visibility, action);
                let said = format!("{role:?} {visibility:?} {action:?}: {body:?}");
                match (client.ask(body).await, expected) {
                    (Ok(_), Ok(())) => allowed += 1,
                    (Err((code, _)), Err(refusal)) => {
                        assert_eq!(code, on_the_wire(refusal.code), "{said}");
                        refused += 1;
                    }
                    (told, expected) => panic!("{said}: {told:?}, the table {expected:?}"),
                }
            }
            client.vanish().await;
        }
    }
    assert!(allowed > 80 && refused > 30, "{allowed} allowed, {refused} refused");
}
