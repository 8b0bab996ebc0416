//! Every role, in every kind of room, asking for everything: the answer is as the
//! one permission table says.

use http::{Method, StatusCode};
use parlor_domain::{Action, Role, Visibility, permit};
use serde_json::{Value, json};

use crate::stack::{Person, Stack};

/// A room with an actor of some role, its owner, somebody else and an outsider; a
/// message of the actor and one of the other; a link of the owner.
struct Stage {
    actor: Person,
    other: Person,
    outsider: Person,
    room: String,
    own: String,
    others: String,
    invite: String,
}

type Request = (Method, String, Option<Value>);

impl Stage {
    async fn set(stack: &Stack, role: Option<Role>, visibility: Visibility, n: usize) -> Self {
        let person = async |name: &str| stack.person(&format!("{name}{n}")).await;
        let (owner, actor) = (person("owner").await, person("actor").await);
        let (other, outsider) = (person("other").await, person("outsider").await);
        let mut stage = Self {
            room: String::new(),
            own: String::new(),
            others: String::new(),
            // There are none in direct rooms.
            invite: uuid::Uuid::now_v7().to_string(),
            actor,
            other,
            outsider,
        };
        if visibility == Visibility::Direct {
            let one = if role.is_some() { &stage.actor } else { &owner };
            let path = format!("/api/v1/users/{}/direct", stage.other.id);
            let room = stack.put(&path).by(one).send().await.ok(200);
            stage.room = room["id"].as_str().unwrap().to_owned();
            stage.own = stack.say(one, &stage.room, "mine").await;
            stage.others = stack.say(&stage.other, &stage.room, "not mine").await;
            return stage;
        }
        let kind = if visibility == Visibility::Public { "public" } else { "private" };
        stage.room = stack.room(&owner, kind).await;
        let path = |rest: &str| format!("/api/v1/rooms/{}{rest}", stage.room);
        for who in [&stage.actor, &stage.other] {
            stack.add(&owner, &stage.room, who).await;
        }
        let own = stack.say(&stage.actor, &stage.room, "mine").await;
        let others = stack.say(&stage.other, &stage.room, "not mine").await;
        let made = stack.post(&path("/invites")).by(&owner).json(json!({})).send().await.ok(201);
        let member = path(&format!("/members/{}", stage.actor.id));
        match role {
            None => drop(stack.delete(&member).by(&owner).send().await.ok(204)),
            Some(Role::Member) => {}
            Some(role) => {
                let role = json!({"role": if role == Role::Owner { "owner" } else { "admin" }});
                stack.patch(&member).by(&owner).json(role).send().await.ok(200);
            }
        }
        stage.invite = made["id"].as_str().unwrap().to_owned();
        Self { own, others, ..stage }
    }

    /// What the REST face has for an action; a new action does not compile without.
    fn requests(&self, action: Action) -> Vec<Request> {
        let path = |rest: &str| format!("/api/v1/rooms/{}{rest}", self.room);
        let message = |seq: &str, rest: &str| path(&format!("/messages/{seq}{rest}"));
        let get = |rest: &str| (Method::GET, path(rest), None);
        let member = path(&format!("/members/{}", self.other.id));
        let ban = path(&format!("/bans/{}", self.outsider.id));
        let thumb = message(&self.others, "/reactions/%F0%9F%91%8D");
        let pin = path(&format!("/pins/{}", self.others));
        match action {
            Action::See => vec![get("")],
            Action::Read => vec![
                get("/messages"),
                get("/members"),
                get("/pins"),
                (Method::GET, message(&self.own, "/edits"), None),
                (Method::POST, path("/read"), Some(json!({"seq": self.others}))),
                (Method::POST, path("/unread"), Some(json!({"seq": self.others}))),
                (Method::PATCH, path("/preferences"), Some(json!({"favourite": true}))),
            ],
            Action::Post => vec![
                (Method::PUT, path("/draft"), Some(json!({"text": "hel"}))),
                (Method::POST, path("/messages"), Some(json!({"text": "hello"}))),
            ],
            Action::React => {
                vec![(Method::PUT, thumb.clone(), None), (Method::DELETE, thumb, None)]
            }
            Action::Pin => vec![(Method::PUT, pin.clone(), None), (Method::DELETE, pin, None)],
            Action::EditOwn => vec![
                (Method::PATCH, message(&self.own, ""), Some(json!({"text": "mine again"}))),
                (Method::DELETE, message(&self.own, ""), None),
            ],
            Action::DeleteAny => vec![(Method::DELETE, message(&self.others, ""), None)],
            Action::Rename => vec![(Method::PATCH, path(""), Some(json!({"name": "renamed"})))],
            Action::Archive => {
                vec![(Method::POST, path("/archive"), Some(json!({"archived": false})))]
            }
            Action::AddMember => {
                vec![(Method::POST, path("/members"), Some(json!({"name": self.outsider.name})))]
            }
            Action::Ban => {
                vec![get("/bans"), (Method::PUT, ban.clone(), None), (Method::DELETE, ban, None)]
            }
            Action::SetRole => vec![(Method::PATCH, member, Some(json!({"role": "admin"})))],
            Action::RemoveMember => vec![(Method::DELETE, member, None)],
            Action::Invite => vec![(Method::POST, path("/invites"), Some(json!({})))],
            Action::ManageInvites => {
                vec![(Method::DELETE, path(&format!("/invites/{}", self.invite)), None)]
            }
            Action::Delete => vec![(Method::DELETE, path(""), None)],
            Action::Leave => vec![(Method::POST, path("/leave"), None)],
            Action::Join => vec![(Method::POST, path("/join"), None)],
        }
    }
}

/// In the table's order, but for what takes away what the others need: what is
/// there is shown to all before it is changed, and nobody leaves before the end. A
/// room is deleted on a stage of its own.
fn acts() -> [Vec<Action>; 2] {
    let late = [Action::DeleteAny, Action::RemoveMember, Action::Join, Action::Leave];
    let early = Action::ALL.into_iter().filter(|action| !late.contains(action));
    let first = early.filter(|action| *action != Action::Delete).chain(late).collect();
    [first, vec![Action::Delete]]
}

#[tokio::test]
async fn every_role_may_ask_for_what_the_table_says() {
    let stack = Stack::start().await;
    let all = &[None, Some(Role::Member), Some(Role::Admin), Some(Role::Owner)][..];
    let (mut n, mut allowed, mut refused) = (0, 0, 0);
    for (visibility, roles) in [
        (Visibility::Public, all),
        (Visibility::Private, all),
        (Visibility::Direct, &[None, Some(Role::Member)]),
    ] {
        for (&role, acts) in roles.iter().flat_map(|role| acts().map(|acts| (role, acts))) {
            n += 1;
            let stage = Stage::set(&stack, role, visibility, n).await;
            let mut role = role;
            for action in acts {
                let told = match (role, action) {
                    // Whoever is a member is told so again.
                    (Some(_), Action::Join) => Ok(()),
                    (role, action) => permit(role, visibility, action),
                };
                for (method, path, body) in stage.requests(action) {
                    let said = format!("{role:?} {visibility:?} {action:?}: {method} {path}");
                    let mut ask = stack.ask(method, &path).by(&stage.actor);
                    if let Some(body) = body {
                        ask = ask.json(body);
                    }
                    let reply = ask.send().await;
                    match &told {
                        Ok(()) => {
                            assert!(reply.status.is_success(), "{said}: {:?}", reply.body);
                            allowed += 1;
                            if action == Action::Join {
                                role = Some(Role::Member);
                            }
                        }
                        Err(refusal) => {
                            let code = refusal.code;
                            let status = StatusCode::from_u16(code.http_status()).unwrap();
                            assert_eq!(reply.status, status, "{said}: {:?}", reply.body);
                            assert_eq!(reply.json()["code"], code.as_str(), "{said}");
                            refused += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(allowed > 80 && refused > 80, "{allowed} allowed, {refused} refused");
}
