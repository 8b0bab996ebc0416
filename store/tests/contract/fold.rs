//! C8: what is read equals what the events say, on random histories.

use std::collections::{BTreeMap, BTreeSet};

use parlor_domain::{
    Change, Draft, DraftText, Emoji, Event, EventBody, FileId, FileIds, InviteCode, InviteId,
    InviteTerms, LogId, Mentions, Message, Notify, PreferencesChange, Privacy, PrivacyChange,
    ProfileChange, Reaction, Role, RoomId, RoomName, Seq, StatusText, Tie, Topic, UserId,
    Visibility, direct_room,
};
use parlor_store::{From, History};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    files,
    house::{House, body, command, contract},
};

contract! {
    c8_projections_equal_the_fold_of_the_events,
}

const USERS: usize = 4;
/// The last one is direct, of the first two users.
const ROOMS: usize = 3;
const HISTORIES: u64 = 6;
const LINKS: u8 = 3;
/// Of each user.
const FILES: u8 = 4;
const EMOJI: [&str; 3] = ["👍", "❤\u{FE0F}", "🇹🇼"];

/// A change without ids: users and rooms by their index.
type Step = (usize, usize, Kind);

#[derive(Clone, Debug)]
enum Kind {
    Rename(String),
    Archive(bool),
    Destroy,
    Restore,
    Depart(usize),
    Withdraw(u64),
    Join,
    Leave,
    Add(usize),
    Remove(usize),
    Post(String, Option<u64>),
    Edit(u64, String),
    Delete(u64),
    React(u64, usize, bool),
    Read(u64),
    Unread(u64),
    Pin(u64, bool),
    Ban(usize, bool),
    Role(usize, Role),
    Prefer(Notify, bool),
    Invite(u8),
    Revoke(u8),
    Accept(u8),
    Status(String),
    Draft(String, Option<u64>),
    Privacy(bool, bool),
    Befriend(usize),
    Unfriend(usize),
    Block(usize, bool),
    Share(usize, u8),
    /// From one of the rooms.
    Forward(usize, u64, String),
}

fn kinds() -> impl Strategy<Value = Kind> {
    // `@0` stands for the name of the first user.
    let call =
        prop_oneof![4 => Just(String::new()), 1 => Just(" @room".to_owned()), 3 => " @[0-3]"];
    let text = ("[a-z\"\\\\這é\n]{1,9}x", call).prop_map(|(text, call)| text + &call);
    let seq = 1..40_u64;
    prop_oneof![
        1 => "[a-z]{1,9}".prop_map(Kind::Rename),
        1 => prop::bool::weighted(0.2).prop_map(Kind::Archive),
        1 => Just(Kind::Destroy),
        4 => Just(Kind::Restore),
        1 => (0..USERS).prop_map(Kind::Depart),
        1 => (1..40_u64).prop_map(Kind::Withdraw),
        3 => Just(Kind::Join),
        1 => Just(Kind::Leave),
        1 => (0..USERS).prop_map(Kind::Add),
        1 => (0..USERS).prop_map(Kind::Remove),
        12 => (text.clone(), prop::option::weighted(0.2, seq.clone()))
            .prop_map(|(text, to)| Kind::Post(text, to)),
        5 => (seq.clone(), text).prop_map(|(seq, text)| Kind::Edit(seq, text)),
        3 => seq.clone().prop_map(Kind::Delete),
        9 => (1..14_u64, 0..EMOJI.len(), prop::bool::weighted(0.7))
            .prop_map(|(seq, emoji, on)| Kind::React(seq, emoji, on)),
        3 => seq.clone().prop_map(Kind::Read),
        2 => seq.prop_map(Kind::Unread),
        3 => (1..14_u64, prop::bool::weighted(0.7)).prop_map(|(seq, on)| Kind::Pin(seq, on)),
        1 => "[a-z]{0,2}".prop_map(Kind::Status),
        4 => (" {0,1}[a-z]{0,1}", prop::option::weighted(0.1, 1..9_u64))
            .prop_map(|(text, to)| Kind::Draft(text, to)),
        1 => (any::<bool>(), prop::bool::weighted(0.8))
            .prop_map(|(invisible, marks)| Kind::Privacy(invisible, marks)),
        2 => (0..USERS, prop::bool::weighted(0.3)).prop_map(|(user, on)| Kind::Ban(user, on)),
        2 => (0..USERS, roles()).prop_map(|(user, role)| Kind::Role(user, role)),
        4 => (0..USERS).prop_map(Kind::Befriend),
        2 => (0..USERS).prop_map(Kind::Unfriend),
        3 => (0..USERS, any::<bool>()).prop_map(|(user, on)| Kind::Block(user, on)),
        6 => (0..USERS, 0..FILES).prop_map(|(owner, n)| Kind::Share(owner, n)),
        6 => (0..ROOMS, 1..14_u64, "[a-z]{0,2}")
            .prop_map(|(from, seq, text)| Kind::Forward(from, seq, text)),
        2 => (0..LINKS).prop_map(Kind::Invite),
        1 => (0..LINKS).prop_map(Kind::Revoke),
        2 => (0..LINKS).prop_map(Kind::Accept),
        1 => (levels(), any::<bool>()).prop_map(|(notify, on)| Kind::Prefer(notify, on)),
    ]
}

fn roles() -> impl Strategy<Value = Role> {
    prop::sample::select(vec![Role::Owner, Role::Admin, Role::Member])
}

fn levels() -> impl Strategy<Value = Notify> {
    prop::sample::select(vec![Notify::All, Notify::Mentions, Notify::None])
}

fn name(seed: u64, user: usize) -> String {
    format!("user{seed}.{user}")
}

/// Batches, as several callers would submit them.
fn histories() -> impl Strategy<Value = Vec<Vec<Step>>> {
    prop::collection::vec(prop::collection::vec((0..USERS, 0..ROOMS, kinds()), 1..20), 1..14)
}

/// A room, from its events alone.
#[derive(Clone, Debug, Default, PartialEq)]
struct Folded {
    name: Option<RoomName>,
    topic: Option<Topic>,
    visibility: Option<Visibility>,
    archived: bool,
    deleted: bool,
    members: BTreeMap<UserId, Role>,
    banned: BTreeSet<UserId>,
    /// Live links, and who made them.
    invites: BTreeMap<InviteId, UserId>,
    messages: BTreeMap<Seq, Message>,
}

impl Folded {
    fn apply(&mut self, event: &Event) {
        match event.body.clone() {
            EventBody::RoomCreated { name, topic, visibility } => {
                (self.name, self.topic) = (Some(name), Some(topic));
                self.visibility = Some(visibility);
            }
            EventBody::RoomRenamed { name, topic } => {
                (self.name, self.topic) = (Some(name), Some(topic));
            }
            EventBody::RoomArchived { archived } => self.archived = archived,
            EventBody::RoomDeleted => assert!(!std::mem::replace(&mut self.deleted, true)),
            EventBody::RoomRestored => assert!(std::mem::replace(&mut self.deleted, false)),
            EventBody::MemberJoined { user, role } => {
                assert_eq!(self.members.insert(user, role), None, "joined twice");
            }
            EventBody::MemberLeft { user } => {
                assert!(self.members.remove(&user).is_some(), "left before joining");
            }
            EventBody::RoleChanged { user, role } => {
                let before = self.members.insert(user, role);
                assert!(before.is_some_and(|before| before != role), "a member, and a change");
            }
            EventBody::MemberBanned { user, was_member } => {
                assert_eq!(self.members.remove(&user).is_some(), was_member);
                assert!(self.banned.insert(user), "banned once");
            }
            EventBody::MemberUnbanned { user } => {
                assert!(self.banned.remove(&user), "banned before");
            }
            EventBody::InviteCreated { invite } => {
                assert_eq!(self.invites.insert(invite, event.actor), None, "made once");
            }
            EventBody::InviteRevoked { invite } => {
                assert!(self.invites.remove(&invite).is_some(), "live before");
            }
            EventBody::MessagePosted {
                text, mentions, reply_to, attachments, forwarded, ..
            } => {
                let message = Message {
                    seq: event.seq,
                    author: event.actor,
                    text,
                    mentions,
                    reply_to,
                    attachments,
                    forwarded,
                    posted_at: event.at,
                    edited_at: None,
                    deleted: false,
                    pinned: false,
                    reactions: Vec::new(),
                    version: event.seq,
                };
                self.messages.insert(event.seq, message);
            }
            EventBody::MessageEdited { message, text, mentions, .. } => {
                let message = self.messages.get_mut(&message).expect("posted before");
                (message.text, message.mentions) = (text, mentions);
                (message.edited_at, message.version) = (Some(event.at), event.seq);
            }
            EventBody::MessageDeleted { message } => {
                let message = self.messages.get_mut(&message).expect("posted before");
                message.text.clear();
                message.mentions = Mentions::default();
                message.reactions.clear();
                message.attachments.clear();
                message.forwarded = None;
                message.pinned = false;
                (message.deleted, message.version) = (true, event.seq);
            }
            EventBody::MessagePinned { message } => {
                let message = self.messages.get_mut(&message).expect("posted before");
                assert!(!message.pinned, "pinned once");
                (message.pinned, message.version) = (true, event.seq);
            }
            EventBody::MessageUnpinned { message } => {
                let message = self.messages.get_mut(&message).expect("posted before");
                assert!(message.pinned, "pinned before");
                (message.pinned, message.version) = (false, event.seq);
            }
            EventBody::ReactionAdded { message, emoji } => {
                let message = self.messages.get_mut(&message).expect("posted before");
                let all = &mut message.reactions;
                let known = all.iter().position(|reaction| reaction.emoji == emoji);
                let at = known.unwrap_or_else(|| {
                    all.push(Reaction { emoji, count: 0, users: Vec::new() });
                    all.len() - 1
                });
                assert!(!all[at].users.contains(&event.actor), "each user once");
                all[at].count += 1;
                all[at].users.push(event.actor);
                message.version = event.seq;
            }
            EventBody::ReactionRemoved { message, emoji } => {
                let message = self.messages.get_mut(&message).expect("posted before");
                let reaction =
                    message.reactions.iter_mut().find(|reaction| reaction.emoji == emoji);
                let reaction = reaction.expect("put there before");
                reaction.count -= 1;
                reaction.users.retain(|user| *user != event.actor);
                message.reactions.retain(|reaction| reaction.count > 0);
                message.version = event.seq;
            }
            other => panic!("not a room's event: {other:?}"),
        }
    }
}

async fn events(house: &House, log: LogId, after: Seq) -> Vec<Event> {
    let page = house.store.log.after(log, after, 10_000).await.expect("up").expect("there");
    assert!(!page.more, "small histories fit a page");
    let seqs: Vec<u64> = page.events.iter().map(|event| event.seq.get()).collect();
    assert_eq!(seqs, (after.get() + 1..=page.head.seq.get()).collect::<Vec<_>>(), "no holes");
    page.events
}

/// A cold load of a room.
async fn load(house: &House, room: RoomId) -> (Folded, Seq) {
    let rooms = &house.store.rooms;
    let history: Option<History> =
        rooms.history(room, UserId::SYSTEM, From::After(Seq::ZERO), 10_000).await.expect("up");
    let history = history.expect("there");
    let (room, deleted) = match rooms.access(room, UserId::SYSTEM).await.expect("up") {
        Some(access) => (access.room, false),
        // Behind the store's back, which shows it to nobody.
        None => (undelete(house, room).await, true),
    };
    let members = rooms.members(room.id, None, 10_000).await.expect("up");
    assert_eq!(room.members as usize, members.len(), "members are counted");
    let bans = rooms.bans(room.id, None, 10_000).await.expect("up");
    // They have no end, so that events alone say which are live.
    let now = house.advance(std::time::Duration::ZERO);
    let invites = rooms.invites(room.id, None, now, None, 10_000).await.expect("up");
    let folded = Folded {
        name: Some(room.name),
        topic: Some(room.topic),
        visibility: Some(room.visibility),
        archived: room.archived,
        deleted,
        members: members.into_iter().map(|member| (member.user.id, member.role)).collect(),
        banned: bans.into_iter().map(|ban| ban.user).collect(),
        invites: invites.into_iter().map(|invite| (invite.id, invite.by)).collect(),
        messages: history.messages.into_iter().map(|message| (message.seq, message)).collect(),
    };
    (folded, history.head.seq)
}

/// A room that is deleted, as it stands.
async fn undelete(house: &House, room: RoomId) -> parlor_domain::Room {
    let id = house.literal(room.uuid());
    let until = house.number(&format!("SELECT purge_at FROM rooms WHERE id = {id}")).await;
    house.execute(format!("UPDATE rooms SET purge_at = NULL WHERE id = {id}")).await;
    let access = house.store.rooms.access(room, UserId::SYSTEM).await.expect("up").expect("there");
    house.execute(format!("UPDATE rooms SET purge_at = {until} WHERE id = {id}")).await;
    access.room
}

fn change(rooms: &[RoomId], room: usize, users: &[UserId], seed: u64, kind: Kind) -> Change {
    let room = rooms[room];
    let body = |text: String| {
        let called = (0..USERS)
            .fold(text, |text, n| text.replace(&format!("@{n}"), &format!("@{}", name(seed, n))));
        body(&called)
    };
    match kind {
        Kind::Rename(name) => Change::RenameRoom {
            room,
            name: Some(RoomName::parse(&name).expect("valid")),
            topic: None,
        },
        Kind::Archive(archived) => Change::ArchiveRoom { room, archived },
        Kind::Destroy => {
            Change::DeleteRoom { room, kept_for: std::time::Duration::from_secs(3_600) }
        }
        Kind::Restore => Change::RestoreRoom { room },
        Kind::Depart(heir) => Change::Depart { room, heir: Some(users[heir]) },
        Kind::Withdraw(message) => Change::Withdraw { room, message: Seq::new(message) },
        Kind::Join => Change::Join { room },
        Kind::Leave => Change::Leave { room },
        Kind::Add(user) => Change::AddMember { room, user: users[user] },
        Kind::Remove(user) => Change::RemoveMember { room, user: users[user] },
        Kind::Post(text, to) => Change::Post {
            room,
            body: body(text),
            reply_to: to.map(Seq::new),
            attachments: FileIds::default(),
        },
        Kind::Edit(message, text) => {
            Change::Edit { room, message: Seq::new(message), body: body(text) }
        }
        Kind::Delete(message) => Change::Delete { room, message: Seq::new(message) },
        Kind::React(message, emoji, on) => Change::React {
            room,
            message: Seq::new(message),
            emoji: Emoji::parse(EMOJI[emoji]).expect("valid"),
            on,
        },
        Kind::Read(seq) => Change::MarkRead { room, seq: Seq::new(seq) },
        Kind::Pin(message, on) => Change::Pin { room, message: Seq::new(message), on },
        Kind::Ban(user, on) => Change::Ban { room, user: users[user], on },
        Kind::Role(user, role) => Change::SetRole { room, user: users[user], role },
        Kind::Prefer(notify, favourite) => Change::SetPreferences {
            room,
            change: PreferencesChange { notify: Some(notify), favourite: Some(favourite) },
        },
        Kind::Draft(text, to) => {
            let text = DraftText::parse(&text).expect("valid");
            Change::SetDraft { room, draft: Draft { text, reply_to: to.map(Seq::new) } }
        }
        Kind::Privacy(invisible, read_marks) => Change::SetPrivacy(PrivacyChange {
            invisible: Some(invisible),
            read_marks: Some(read_marks),
        }),
        Kind::Befriend(user) => Change::Befriend { other: users[user] },
        Kind::Unfriend(user) => Change::Unfriend { other: users[user] },
        Kind::Block(user, on) => Change::Block { other: users[user], on },
        Kind::Invite(n) => {
            let (invite, terms) = (link(room, n), InviteTerms::new(None, None).expect("valid"));
            let code = InviteCode::from_random(*invite.as_bytes());
            Change::CreateInvite { room, invite, code, terms }
        }
        Kind::Revoke(n) => Change::RevokeInvite { room, invite: link(room, n) },
        Kind::Accept(n) => Change::JoinByInvite { room, invite: link(room, n) },
        Kind::Share(owner, n) => {
            let attachments = FileIds::new(vec![shared(users[owner], n)]).expect("one");
            Change::Post { room, body: body("see".to_owned()), reply_to: None, attachments }
        }
        Kind::Forward(source, message, text) => Change::Forward {
            room,
            body: parlor_domain::Body::comment(&text).expect("valid"),
            source: rooms[source],
            message: Seq::new(message),
        },
        Kind::Unread(from) => Change::MarkUnread { room, from: Seq::new(from) },
        Kind::Status(text) => Change::SetProfile(ProfileChange {
            status_text: Some(StatusText::parse(&text).expect("valid")),
            ..ProfileChange::default()
        }),
    }
}

/// One of the few files of a user.
fn shared(user: UserId, n: u8) -> FileId {
    let mut id = *user.as_bytes();
    id[15] = n;
    FileId::from_slice(&id).expect("16 bytes")
}

/// One of the few links of a room.
fn link(room: RoomId, n: u8) -> InviteId {
    let mut id = *room.as_bytes();
    id[15] = n;
    InviteId::from_slice(&id).expect("16 bytes")
}

/// Tells everybody whose room was deleted or restored.
async fn tell(house: &House) {
    let untold = house.endings.untold(100).await.expect("up");
    let tell = |(room, user)| command(UserId::SYSTEM, Change::TellMember { room, user });
    house.store.log.submit(untold.into_iter().map(tell).collect()).await.expect("up");
    house.endings.note_told().await.expect("up");
}

async fn c8_projections_equal_the_fold_of_the_events(house: House) {
    for seed in 0..HISTORIES {
        // Printed with a failure; the histories are the same in every run.
        println!("seed {seed}");
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed as u8; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let history = histories().new_tree(&mut runner).expect("a history").current();
        play(&house, seed, history).await;
    }
}

async fn play(house: &House, seed: u64, history: Vec<Vec<Step>>) {
    let mut users = Vec::new();
    for n in 0..USERS {
        users.push(house.user(&name(seed, n)).await);
    }
    for user in &users {
        for n in 0..FILES {
            files::whole_as(house, shared(*user, n), *user).await;
        }
    }
    let mut rooms = Vec::new();
    for (owner, visibility) in [(0, Visibility::Public), (1, Visibility::Private)] {
        rooms.push(house.room(users[owner], visibility).await);
    }
    let direct = direct_room(users[0], users[1]);
    let open = Change::OpenDirect { room: direct, other: users[1] };
    house.submit(users[0], open).await.expect("opened");
    rooms.push(direct);
    let half = history.len() / 2;
    let mut halfway = Vec::new();
    for (n, batch) in history.into_iter().enumerate() {
        if n == half {
            for room in &rooms {
                halfway.push(load(house, *room).await);
            }
        }
        house.advance(std::time::Duration::from_secs(1));
        let batch = batch
            .into_iter()
            .map(|(user, room, kind)| {
                command(users[user], change(&rooms, room, &users, seed, kind))
            })
            .collect();
        house.store.log.submit(batch).await.expect("up");
        tell(house).await;
    }
    for (room, (mut state, seq)) in rooms.iter().zip(halfway) {
        let (cold, head) = load(house, *room).await;
        let mut folded = Folded::default();
        let all = events(house, (*room).into(), Seq::ZERO).await;
        assert_eq!(all.last().map(|event| event.seq), Some(head));
        all.iter().for_each(|event| folded.apply(event));
        assert_eq!(folded, cold, "the events from the first");
        events(house, (*room).into(), seq).await.iter().for_each(|event| state.apply(event));
        assert_eq!(state, cold, "a load at seq {seq}, and the events after it");
    }
    for user in users {
        inbox(house, user).await;
    }
}

/// A user's log tells which rooms they are in, as what, up to where they read and the
/// other one of a direct room did, what they want of them and have begun to write there,
/// what they let others know, what they show of themselves, who their friends are and whom
/// they block. What is unread, and what of it mentions them, equals a naive count
/// over the events.
async fn inbox(house: &House, user: UserId) {
    let (mut mine, mut reads) = (BTreeSet::new(), BTreeMap::new());
    let (mut own_roles, mut wanted) = (BTreeMap::new(), BTreeMap::new());
    let (mut ties, mut blocked) = (BTreeMap::new(), BTreeSet::new());
    let (mut drafts, mut partner_reads) = (BTreeMap::new(), BTreeMap::new());
    let (mut privacy, mut shown) = (Privacy::default(), None);
    for event in events(house, user.into(), Seq::ZERO).await {
        match event.body {
            EventBody::RoomAdded { room } => {
                assert!(mine.insert(room));
                // Told anew where there is something to tell.
                wanted.remove(&room);
            }
            EventBody::RoomRemoved { room } => {
                assert!(mine.remove(&room));
                own_roles.remove(&room);
                wanted.remove(&room);
                drafts.remove(&room);
            }
            EventBody::OwnRoleChanged { room, role } => {
                assert_ne!(own_roles.insert(room, role), Some(role), "a change");
            }
            EventBody::PreferencesChanged { room, preferences } => {
                let before = wanted.insert(room, preferences).unwrap_or_default();
                assert_ne!(before, preferences, "a change");
            }
            EventBody::DraftChanged { draft, superseded: true, .. } => {
                assert!(draft.is_empty(), "its text is gone");
            }
            EventBody::DraftChanged { room, draft, superseded: false } => {
                if draft.is_empty() {
                    drafts.remove(&room);
                } else {
                    drafts.insert(room, draft);
                }
            }
            EventBody::PartnerRead { room, seq } => {
                assert!(partner_reads.insert(room, seq) < Some(seq), "forward");
            }
            EventBody::PrivacyChanged { privacy: now } => {
                assert_ne!(std::mem::replace(&mut privacy, now), now, "a change");
            }
            EventBody::ReadMoved { room, seq } => {
                assert_ne!(reads.insert(room, seq), Some(seq), "it moved");
            }
            EventBody::ProfileChanged { profile } => {
                assert_ne!(shown.as_ref(), Some(&profile), "a change");
                shown = Some(profile);
            }
            EventBody::FriendRequested { user: other, outgoing } => {
                let tie = if outgoing { Tie::Requested } else { Tie::Asked };
                assert_eq!(ties.insert(other, tie), None, "nothing stood between them");
                assert!(!blocked.contains(&other));
            }
            EventBody::FriendAdded { user: other } => {
                assert_ne!(ties.insert(other, Tie::Friends), Some(Tie::Friends), "a change");
            }
            EventBody::FriendRemoved { user: other } => {
                assert!(ties.remove(&other).is_some(), "something stood between them");
            }
            EventBody::UserBlocked { user: other } => assert!(blocked.insert(other)),
            EventBody::UserUnblocked { user: other } => assert!(blocked.remove(&other)),
            other => panic!("not a user's event: {other:?}"),
        }
    }
    let account = house.store.accounts.user(user).await.expect("up").expect("there");
    assert_eq!(shown.as_ref().unwrap_or(&account.profile), &account.profile);
    assert_eq!(house.store.friends.privacy(user).await.expect("up"), Some(privacy));
    let kept = house.store.rooms.drafts(user, None, 100).await.expect("up");
    assert_eq!(kept.into_iter().collect::<BTreeMap<_, _>>(), drafts);
    let friends = house.store.friends.list(user, None, None, 100).await.expect("up");
    assert_eq!(
        friends.iter().map(|friend| (friend.user, friend.tie)).collect::<BTreeMap<_, _>>(),
        ties
    );
    let blocks = house.store.friends.blocks(user, None, 100).await.expect("up");
    assert_eq!(blocks.iter().map(|block| block.user).collect::<BTreeSet<_>>(), blocked);
    let summaries = house.store.rooms.mine(user, None, 100).await.expect("up");
    assert_eq!(summaries.iter().map(|mine| mine.room.id).collect::<BTreeSet<_>>(), mine);
    for summary in summaries {
        let read = reads.get(&summary.room.id).copied().unwrap_or_default();
        assert_eq!(summary.read, read);
        let partner_read = partner_reads.get(&summary.room.id).copied().unwrap_or_default();
        assert_eq!(summary.peer_read, partner_read);
        assert_eq!(own_roles.get(&summary.room.id).unwrap_or(&summary.role), &summary.role);
        let wanted = wanted.get(&summary.room.id).copied().unwrap_or_default();
        assert_eq!(summary.preferences, wanted);
        let mut folded = Folded::default();
        let all = events(house, summary.room.id.into(), Seq::ZERO).await;
        all.iter().for_each(|event| folded.apply(event));
        let counts =
            |message: &&Message| message.seq > read && message.author != user && !message.deleted;
        let unread: Vec<&Message> = folded.messages.values().filter(counts).collect();
        let calls =
            |message: &&&Message| message.mentions.room || message.mentions.users.contains(&user);
        let heard = |message: &&&Message| !blocked.contains(&message.author);
        let mentions = unread.iter().filter(calls).filter(heard).count();
        assert_eq!((summary.unread as usize, summary.mentions as usize), (unread.len(), mentions));
    }
}
