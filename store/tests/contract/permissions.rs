//! Every role, in every kind of room, doing everything: the log decides as the
//! one permission table says.

use std::time::Duration;

use parlor_domain::{
    Action, Change, Code, InviteCode, InviteId, InviteTerms, PreferencesChange, Refusal, Role,
    RoomId, RoomName, Seq, UserId, Visibility, direct_room, permit,
};
use parlor_store::Done;

use crate::house::{House, body, contract, post, react};

contract! {
    only_owners_delete_a_room,
    every_role_may_do_what_the_table_says,
    nobody_edits_what_another_wrote,
    an_archived_room_takes_no_change_but_leaving,
}

/// A room with an actor of some role, somebody else, a message of each, and a
/// link of the owner.
struct Stage {
    owner: UserId,
    actor: UserId,
    other: UserId,
    outsider: UserId,
    room: RoomId,
    own: Seq,
    others: Seq,
    invite: InviteId,
}

async fn stage(house: &House, role: Option<Role>, visibility: Visibility, n: usize) -> Stage {
    let user = async |name: &str| house.user(&format!("{name}{n}")).await;
    let (owner, actor) = (user("owner").await, user("actor").await);
    let (other, outsider) = (user("other").await, user("outsider").await);
    if visibility == Visibility::Direct {
        // Its two people are made members by it, and stay so.
        let one = if role.is_some() { actor } else { owner };
        let room = direct_room(one, other);
        house.submit(one, Change::OpenDirect { room, other }).await.expect("opened");
        let own = house.post(one, room, "mine").await;
        let others = house.post(other, room, "not mine").await;
        let invite = InviteId::random();
        return Stage { owner, actor, other, outsider, room, own, others, invite };
    }
    let room = house.room(owner, visibility).await;
    for user in [actor, other] {
        house.submit(owner, Change::AddMember { room, user }).await.expect("added");
    }
    let own = house.post(actor, room, "mine").await;
    let others = house.post(other, room, "not mine").await;
    let invite = InviteId::random();
    house.submit(owner, create_invite(room, invite)).await.expect("made");
    match role {
        None => {
            house.submit(actor, Change::Leave { room }).await.expect("left");
        }
        Some(role) => house.set_role(room, actor, role).await,
    }
    Stage { owner, actor, other, outsider, room, own, others, invite }
}

/// Every change, and the action it is in the table.
fn changes(stage: &Stage) -> Vec<(Action, Change)> {
    let Stage { other, outsider, room, own, others, .. } = *stage;
    vec![
        (Action::Post, post(room, "hello")),
        (Action::Read, Change::MarkRead { room, seq: Seq::MAX }),
        (Action::Read, Change::MarkUnread { room, from: own }),
        (Action::React, react(room, others, "👍", true)),
        (Action::Pin, Change::Pin { room, message: others, on: true }),
        (Action::EditOwn, Change::Edit { room, message: own, body: body("x") }),
        (Action::EditOwn, Change::Delete { room, message: own }),
        (Action::DeleteAny, Change::Delete { room, message: others }),
        (Action::Rename, rename(room)),
        (Action::Archive, Change::ArchiveRoom { room, archived: false }),
        (Action::AddMember, Change::AddMember { room, user: outsider }),
        (Action::Ban, Change::Ban { room, user: outsider, on: true }),
        (Action::Ban, Change::Ban { room, user: outsider, on: false }),
        (Action::SetRole, Change::SetRole { room, user: other, role: Role::Admin }),
        (Action::Invite, create_invite(room, InviteId::random())),
        (Action::ManageInvites, Change::RevokeInvite { room, invite: stage.invite }),
        (Action::RemoveMember, Change::RemoveMember { room, user: other }),
        (Action::Read, favour(room)),
        (Action::Leave, Change::Leave { room }),
        (Action::Join, Change::Join { room }),
    ]
}

fn favour(room: RoomId) -> Change {
    let change = PreferencesChange { favourite: Some(true), notify: None };
    Change::SetPreferences { room, change }
}

fn create_invite(room: RoomId, invite: InviteId) -> Change {
    let terms = InviteTerms::new(None, None).expect("valid");
    Change::CreateInvite { room, invite, code: InviteCode::from_random(*invite.as_bytes()), terms }
}

fn rename(room: RoomId) -> Change {
    let name = Some(RoomName::parse("renamed").expect("valid"));
    Change::RenameRoom { room, name, topic: None }
}

fn code(result: &Result<Done, Refusal>) -> Option<Code> {
    result.as_ref().err().map(|refusal| refusal.code)
}

async fn every_role_may_do_what_the_table_says(house: House) {
    let all = &[None, Some(Role::Member), Some(Role::Admin), Some(Role::Owner)][..];
    let mut n = 0;
    for (visibility, roles) in [
        (Visibility::Public, all),
        (Visibility::Private, all),
        (Visibility::Direct, &[None, Some(Role::Member)]),
    ] {
        for &role in roles {
            n += 1;
            let stage = stage(&house, role, visibility, n).await;
            let mut role = role;
            for (action, change) in changes(&stage) {
                let expected = permit(role, visibility, action).err().map(|refusal| refusal.code);
                let told = house.submit(stage.actor, change.clone()).await;
                assert_eq!(code(&told), expected, "{role:?} {visibility:?} {change:?}");
                if action == Action::Leave && told.is_ok() {
                    role = None;
                }
            }
        }
    }
}

async fn only_owners_delete_a_room(house: House) {
    let all = &[None, Some(Role::Member), Some(Role::Admin), Some(Role::Owner)][..];
    let mut n = 0;
    for (visibility, roles) in [
        (Visibility::Public, all),
        (Visibility::Private, all),
        (Visibility::Direct, &[None, Some(Role::Member)]),
    ] {
        for &role in roles {
            n += 1;
            let Stage { actor, room, .. } = stage(&house, role, visibility, n).await;
            let expected = permit(role, visibility, Action::Delete).err();
            let delete = Change::DeleteRoom { room, kept_for: Duration::from_secs(60) };
            let told = house.submit(actor, delete).await;
            assert_eq!(
                code(&told),
                expected.map(|refusal| refusal.code),
                "{role:?} {visibility:?}"
            );
        }
    }
}

async fn nobody_edits_what_another_wrote(house: House) {
    let stage = stage(&house, Some(Role::Owner), Visibility::Public, 0).await;
    let Stage { actor, room, others, .. } = stage;
    for actor in [actor, UserId::SYSTEM] {
        let edit = Change::Edit { room, message: others, body: body("not mine") };
        assert_eq!(code(&house.submit(actor, edit).await), Some(Code::Forbidden));
    }
}

async fn an_archived_room_takes_no_change_but_leaving(house: House) {
    let stage = stage(&house, Some(Role::Owner), Visibility::Public, 0).await;
    let Stage { owner, actor, other, room, .. } = stage;
    let archive = |archived| Change::ArchiveRoom { room, archived };
    house.submit(actor, archive(true)).await.expect("archived");
    house.submit(actor, archive(true)).await.expect("archived again");
    for (action, change) in changes(&stage) {
        let expected = match action {
            Action::Post
            | Action::React
            | Action::Pin
            | Action::EditOwn
            | Action::DeleteAny
            | Action::Rename
            | Action::AddMember
            | Action::Invite
            | Action::SetRole
            | Action::Join => Some(Code::RoomArchived),
            Action::Archive => continue,
            _ => None,
        };
        let told = house.submit(actor, change.clone()).await;
        assert_eq!(code(&told), expected, "{change:?}");
    }
    house.submit(owner, archive(false)).await.expect("restored");
    house.submit(other, Change::Join { room }).await.expect("joined again");
}
