//! Running the server: who may, what closes an account, one-time links, the audit
//! log, announcements.

use std::time::Duration;

use parlor_domain::{
    AnnouncementLevel, AnnouncementText, Change, Clock as _, Code, InviteCode, InviteId,
    InviteTerms, OneTimeCode, Operator, PersonQuery, Refusal, RequestId, RoomQuery, ServerAct,
    SignUp, UserId, Visibility,
};
use parlor_store::{CreateUserError, Entry};
use uuid::Uuid;

use crate::house::{House, command, contract, new_device, new_user};

contract! {
    only_an_admin_acts_and_each_act_leaves_one_entry,
    what_changes_nothing_leaves_no_entry,
    a_disabled_account_has_no_device_and_no_office,
    the_last_admin_stays,
    of_two_admins_who_go_at_once_one_stays,
    the_first_admin_comes_by_a_link_that_works_once,
    a_reset_link_sets_one_password_once,
    who_is_let_in_follows_the_policy,
    an_admin_of_the_server_archives_any_room_through_its_log,
    the_audit_log_is_only_added_to,
    announcements_end,
    the_whole_server_is_seen_page_by_page,
    r2_to_whoever_is_no_admin_there_is_nothing,
}

fn by(user: UserId) -> Operator {
    Operator { user, address: "192.0.2.7".to_owned() }
}

fn code(byte: u8) -> OneTimeCode {
    OneTimeCode::from_random([byte; 32])
}

async fn admin(house: &House, name: &str) -> UserId {
    let user = house.user(name).await;
    let done = house.writer.set_admin(&by(UserId::SYSTEM), user, true).await;
    done.expect("up").expect("the server itself may");
    user
}

/// Acts and whom they were done to, the oldest first.
async fn acts(house: &House) -> Vec<(ServerAct, Option<UserId>)> {
    let mut entries = house.store.server.audit(None, 100).await.expect("up");
    entries.reverse();
    entries.into_iter().map(|entry| (entry.act, entry.user)).collect()
}

fn code_of<T: std::fmt::Debug>(done: Result<T, Refusal>) -> Code {
    done.expect_err("refused").code
}

async fn only_an_admin_acts_and_each_act_leaves_one_entry(house: House) {
    let (ada, bob) = (admin(&house, "ada").await, house.user("bob").await);
    let device = new_device(bob, [9; 16]);
    house.writer.create_device(device.clone()).await.expect("up");
    let soon = house.clock.now().plus(Duration::from_secs(60));
    let text = AnnouncementText::parse("Hello").expect("valid");
    for actor in [bob, UserId::random()] {
        let (it, users) = (by(actor), &house.writer);
        let refused = [
            code_of(users.set_disabled(&it, ada, true).await.expect("up")),
            code_of(users.set_admin(&it, bob, true).await.expect("up")),
            code_of(users.end_device(&it, device.id).await.expect("up")),
            code_of(users.make_reset_link(&it, ada, code(1).hash(), soon).await.expect("up")),
            code_of(users.make_sign_up_link(&it, code(2).hash(), soon).await.expect("up")),
            code_of(house.server.set_sign_up(&it, SignUp::Closed).await.expect("up")),
            code_of(house.server.end_announcement(&it, Uuid::now_v7()).await.expect("up")),
        ];
        assert_eq!(refused, [Code::NotFound; 7]);
        let level = AnnouncementLevel::Info;
        let told = house.server.announce(&it, text.clone(), level, None).await.expect("up");
        assert_eq!(code_of(told), Code::NotFound);
    }
    assert_eq!(acts(&house).await, [(ServerAct::GrantAdmin, Some(ada))], "nothing else was done");

    let (it, users) = (by(ada), &house.writer);
    users.set_admin(&it, bob, true).await.expect("up").expect("may");
    users.set_admin(&it, bob, false).await.expect("up").expect("may");
    assert!(users.end_device(&it, device.id).await.expect("up").expect("may"));
    users.make_reset_link(&it, bob, code(1).hash(), soon).await.expect("up").expect("may");
    users.make_sign_up_link(&it, code(2).hash(), soon).await.expect("up").expect("may");
    users.set_disabled(&it, bob, true).await.expect("up").expect("may");
    users.set_disabled(&it, bob, false).await.expect("up").expect("may");
    house.server.set_sign_up(&it, SignUp::Closed).await.expect("up").expect("may");
    let level = AnnouncementLevel::Warning;
    let told = house.server.announce(&it, text, level, None).await.expect("up").expect("may");
    house.server.end_announcement(&it, told.id).await.expect("up").expect("may");
    assert_eq!(
        acts(&house).await[1..],
        [
            (ServerAct::GrantAdmin, Some(bob)),
            (ServerAct::RevokeAdmin, Some(bob)),
            (ServerAct::SignOutDevice, Some(bob)),
            (ServerAct::MakeResetLink, Some(bob)),
            (ServerAct::MakeSignUpLink, None),
            (ServerAct::DisableUser, Some(bob)),
            (ServerAct::EnableUser, Some(bob)),
            (ServerAct::SetSignUp, None),
            (ServerAct::Announce, None),
            (ServerAct::EndAnnouncement, None),
        ]
    );
    let entries = house.store.server.audit(None, 100).await.expect("up");
    assert!(entries[..10].iter().all(|entry| entry.by == it && entry.at == house.clock.now()));
    assert_eq!((entries[0].thing, entries[0].detail.as_str()), (Some(told.id), "Hello"));
    assert_eq!(entries[2].detail, "closed");
    assert_eq!((entries[7].thing, entries[7].detail.as_str()), (Some(device.id.uuid()), "laptop"));
}

async fn what_changes_nothing_leaves_no_entry(house: House) {
    let (ada, bob) = (admin(&house, "ada").await, house.user("bob").await);
    let it = by(ada);
    house.writer.set_admin(&it, ada, true).await.expect("up").expect("may");
    house.writer.set_admin(&it, bob, false).await.expect("up").expect("may");
    let revoked = house.writer.set_disabled(&it, bob, false).await.expect("up").expect("may");
    assert!(revoked.is_empty());
    house.server.set_sign_up(&it, SignUp::Open).await.expect("up").expect("may");
    assert_eq!(acts(&house).await.len(), 1, "the first office alone");
    let nobody = UserId::random();
    let done = house.writer.set_disabled(&it, nobody, true).await.expect("up");
    assert_eq!(code_of(done), Code::NotFound);
    let done = house.writer.set_admin(&it, UserId::SYSTEM, true).await.expect("up");
    assert_eq!(code_of(done), Code::NotFound, "the server itself is nobody's account");
}

async fn a_disabled_account_has_no_device_and_no_office(house: House) {
    let (ada, bob) = (admin(&house, "ada").await, admin(&house, "bob").await);
    let second = new_device(bob, [1; 16]);
    house.writer.create_device(second.clone()).await.expect("up");
    let devices = house.writer.set_disabled(&by(ada), bob, true).await.expect("up").expect("may");
    assert_eq!(devices.len(), 2);
    let mut again = house.writer.set_disabled(&by(ada), bob, true).await.expect("up").expect("may");
    let mut first = devices;
    first.sort();
    again.sort();
    assert_eq!(first, again, "whoever missed it hears it now");
    let device = house.store.accounts.device(second.id).await.expect("up").expect("there");
    assert_eq!(device.revoked_at, Some(house.clock.now()));
    assert!(!house.store.server.is_admin(bob).await.expect("up"));
    let done = house.writer.set_admin(&by(bob), ada, false).await.expect("up");
    assert_eq!(code_of(done), Code::NotFound, "an office sleeps while its account does");
    let credentials = house.store.accounts.credentials_of(bob).await.expect("up").expect("there");
    assert_eq!(credentials.disabled_at, Some(house.clock.now()));
    house.writer.set_disabled(&by(ada), bob, false).await.expect("up").expect("may");
    assert!(house.store.server.is_admin(bob).await.expect("up"));
    let credentials = house.store.accounts.credentials_of(bob).await.expect("up").expect("there");
    assert_eq!(credentials.disabled_at, None);
}

async fn the_last_admin_stays(house: House) {
    let ada = admin(&house, "ada").await;
    for actor in [ada, UserId::SYSTEM] {
        let done = house.writer.set_admin(&by(actor), ada, false).await.expect("up");
        assert_eq!(code_of(done), Code::LastAdmin);
        let done = house.writer.set_disabled(&by(actor), ada, true).await.expect("up");
        assert_eq!(code_of(done), Code::LastAdmin);
    }
    assert_eq!(code_of(house.writer.deactivate(ada).await.expect("up")), Code::LastAdmin);
    assert_eq!(code_of(house.writer.delete_user(ada, true).await.expect("up")), Code::LastAdmin);
    assert!(house.store.server.is_admin(ada).await.expect("up"), "none of it left a trace");
    let bob = admin(&house, "bob").await;
    house.writer.set_disabled(&by(ada), bob, true).await.expect("up").expect("may");
    let done = house.writer.set_admin(&by(ada), ada, false).await.expect("up");
    assert_eq!(code_of(done), Code::LastAdmin, "one who is disabled runs nothing");
    house.writer.set_disabled(&by(ada), bob, false).await.expect("up").expect("may");
    house.writer.deactivate(bob).await.expect("up").expect("ada is there");
    assert_eq!(code_of(house.writer.delete_user(ada, false).await.expect("up")), Code::LastAdmin);
    house.writer.reactivate(bob).await.expect("up");
    house.writer.set_admin(&by(ada), ada, false).await.expect("up").expect("bob is there");
    house.writer.delete_user(ada, false).await.expect("up").expect("no admin any more");
}

async fn of_two_admins_who_go_at_once_one_stays(house: House) {
    let (ada, bob) = (admin(&house, "ada").await, admin(&house, "bob").await);
    let (one, two) = (by(ada), by(bob));
    let (first, second) = tokio::join!(
        house.writer.set_admin(&one, bob, false),
        house.writer.set_admin(&two, ada, false),
    );
    let done = [first.expect("up").is_ok(), second.expect("up").is_ok()];
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    for user in [ada, bob] {
        house.writer.set_admin(&by(UserId::SYSTEM), user, true).await.expect("up").expect("may");
    }
    let (first, second) =
        tokio::join!(house.writer.deactivate(ada), house.writer.delete_user(bob, false));
    let done = [first.expect("up").is_ok(), second.expect("up").is_ok()];
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
}

async fn the_first_admin_comes_by_a_link_that_works_once(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let day = Duration::from_secs(24 * 3_600);
    let make = async |byte| {
        let ends = house.clock.now().plus(day);
        house.writer.make_claim(code(byte).hash(), ends).await.expect("up")
    };
    let claim =
        async |user, byte| house.writer.claim(&by(user), code(byte).hash()).await.expect("up");
    assert!(make(1).await);
    assert!(make(2).await, "a new one at each start");
    assert_eq!(claim(ada, 1).await, Err(OneTimeCode::not_valid()), "the one before is gone");
    house.advance(day);
    assert_eq!(claim(ada, 2).await, Err(OneTimeCode::not_valid()), "too old");
    assert!(make(3).await);
    assert_eq!(claim(UserId::random(), 3).await, Err(Refusal::not_found()), "nobody's account");
    assert_eq!(claim(ada, 3).await, Ok(()));
    assert!(house.store.server.is_admin(ada).await.expect("up"));
    assert_eq!(claim(bob, 3).await, Err(OneTimeCode::not_valid()), "used up");
    assert!(!make(4).await, "there is an admin");
    assert_eq!(acts(&house).await, [(ServerAct::ClaimAdmin, Some(ada))]);
}

async fn a_reset_link_sets_one_password_once(house: House) {
    let (ada, bob) = (admin(&house, "ada").await, house.user("bob").await);
    let hour = Duration::from_secs(3_600);
    let make = async |byte| {
        let (link, ends) = (code(byte).hash(), house.clock.now().plus(hour));
        let made = house.writer.make_reset_link(&by(ada), bob, link, ends).await;
        made.expect("up").expect("may");
    };
    let reset = async |byte: u8| {
        let link = code(byte).hash();
        house.writer.reset_password(link, format!("hash {byte}"), "192.0.2.9").await.expect("up")
    };
    let refused = Err(OneTimeCode::not_valid());
    make(1).await;
    make(2).await;
    assert_eq!(reset(1).await, refused, "a newer one was made");
    assert_eq!(reset(9).await, refused, "never made");
    let holds = async |byte| {
        let of = house.store.server.reset_of(&code(byte).hash(), house.clock.now()).await;
        of.expect("up").map(|user| user.id)
    };
    assert_eq!((holds(1).await, holds(2).await), (None, Some(bob)));
    assert_eq!(reset(2).await.map(|devices| devices.len()), Ok(1));
    let credentials = house.store.accounts.credentials_of(bob).await.expect("up").expect("there");
    assert_eq!(credentials.password_hash, "hash 2");
    assert_eq!((holds(2).await, reset(2).await), (None, refused), "used up");
    make(3).await;
    house.advance(hour);
    assert_eq!(reset(3).await, Err(OneTimeCode::not_valid()), "too old");
    let entry = house.store.server.audit(None, 2).await.expect("up").remove(1);
    assert_eq!((entry.act, entry.by.user), (ServerAct::ResetPassword, bob));
    assert_eq!(entry.by.address, "192.0.2.9");
}

async fn who_is_let_in_follows_the_policy(house: House) {
    let ada = admin(&house, "ada").await;
    let room = house.room(ada, Visibility::Private).await;
    let (invite, invited) = (InviteId::random(), InviteCode::from_random([5; 16]));
    let terms = InviteTerms::new(None, None).expect("valid");
    let change = Change::CreateInvite { room, invite, code: invited, terms };
    house.submit(ada, change).await.expect("made");
    let soon = house.clock.now().plus(Duration::from_secs(60));
    for byte in [1, 2] {
        let link = code(byte).hash();
        let made = house.writer.make_sign_up_link(&by(ada), link, soon).await;
        made.expect("up").expect("may");
    }
    let enter = async |entry: Entry| {
        let name = format!("u{}", Uuid::new_v4().simple());
        let (mut user, device) = new_user(&name[..20]);
        user.entry = entry;
        match house.writer.create_user(user, device).await {
            Ok(_) => true,
            Err(CreateUserError::SignUpClosed) => false,
            Err(error) => panic!("{error}"),
        }
    };
    let policy = async |policy| {
        house.server.set_sign_up(&by(ada), policy).await.expect("up").expect("may");
        assert_eq!(house.store.server.sign_up().await.expect("up"), policy);
    };
    assert_eq!(house.store.server.sign_up().await.expect("up"), SignUp::Open);
    assert!(enter(Entry::Unasked).await);
    let (by_room, by_link) = (Entry::Invited(invited), |byte| Entry::ByLink(code(byte).hash()));
    policy(SignUp::Invite).await;
    assert!(!enter(Entry::Unasked).await);
    assert!(enter(by_room).await && enter(by_room).await);
    assert!(!enter(Entry::Invited(InviteCode::from_random([6; 16]))).await, "no such link");
    assert!(enter(by_link(1)).await);
    assert!(!enter(by_link(1)).await, "one person's");
    policy(SignUp::Closed).await;
    assert!(!enter(by_room).await && !enter(by_link(2)).await);
    policy(SignUp::Invite).await;
    assert!(enter(by_link(2)).await, "who was turned away used nothing up");
    house.submit(ada, Change::RevokeInvite { room, invite }).await.expect("revoked");
    assert!(!enter(by_room).await);

    // What the configuration says counts once.
    house.server.begin(SignUp::Open).await.expect("up");
    assert_eq!(house.store.server.sign_up().await.expect("up"), SignUp::Invite);
}

async fn an_admin_of_the_server_archives_any_room_through_its_log(house: House) {
    let (ada, bob) = (admin(&house, "ada").await, house.user("bob").await);
    let room = house.room(bob, Visibility::Private).await;
    let change = |archived| {
        let address = "192.0.2.7".to_owned();
        Change::ArchiveByServer { room, archived, address }
    };
    let refused = house.submit(bob, change(true)).await.expect_err("an owner is no admin");
    assert_eq!(refused, Refusal::not_found());
    let archive = command(ada, change(true));
    let done = house.repeat(&archive).await.expect("may");
    let again = house.repeat(&archive).await.expect("answered");
    assert_eq!((again.seq, again.events.len()), (done.seq, 0), "c2");
    let same = house.submit(ada, change(true)).await.expect("nothing to do");
    assert_eq!((same.seq, same.events.len()), (done.seq, 0));
    let found = house.store.server.room(room).await.expect("up").expect("there");
    assert!(found.room.archived);
    house.submit(ada, change(false)).await.expect("may");
    let entries = house.store.server.audit(None, 2).await.expect("up");
    let of = |entry: &parlor_domain::AuditEntry| (entry.act, entry.thing, entry.by.clone());
    assert_eq!(of(&entries[0]), (ServerAct::RestoreRoom, Some(room.uuid()), by(ada)));
    assert_eq!(of(&entries[1]), (ServerAct::ArchiveRoom, Some(room.uuid()), by(ada)));
    assert_eq!(entries[0].detail, "room");

    let carol = house.user("carol").await;
    let direct = parlor_domain::direct_room(bob, carol);
    let open = Change::OpenDirect { room: direct, other: carol };
    house.submit(bob, open).await.expect("opened");
    let address = String::new();
    let change = Change::ArchiveByServer { room: direct, archived: true, address };
    assert_eq!(code_of(house.submit(ada, change).await), Code::Conflict, "it is theirs alone");
}

async fn the_audit_log_is_only_added_to(house: House) {
    let ada = admin(&house, "ada").await;
    for sql in ["UPDATE audit SET detail = 'nothing happened'", "DELETE FROM audit"] {
        let refused = house.try_execute(sql.to_owned()).await.expect_err("refused");
        assert!(refused.contains("only added to"), "{refused}");
    }
    assert_eq!(acts(&house).await, [(ServerAct::GrantAdmin, Some(ada))]);
}

async fn announcements_end(house: House) {
    let it = by(admin(&house, "ada").await);
    let told = async |text: &str, until| {
        let text = AnnouncementText::parse(text).expect("valid");
        house.server.announce(&it, text, AnnouncementLevel::Info, until).await.expect("up")
    };
    let texts = async || {
        let told = house.store.server.announcements(house.clock.now()).await.expect("up");
        told.into_iter().map(|it| it.text.into()).collect::<Vec<String>>()
    };
    let hour = Duration::from_secs(3_600);
    let one = told("one", None).await.expect("told");
    told("two", Some(house.clock.now().plus(hour))).await.expect("told");
    assert_eq!(texts().await, ["two", "one"], "the newest first");
    for text in ["three", "four", "five"] {
        told(text, None).await.expect("told");
    }
    assert_eq!(code_of(told("six", None).await), Code::Conflict, "nobody reads so many");
    house.advance(hour);
    told("six", None).await.expect("one has ended by itself");
    house.server.end_announcement(&it, one.id).await.expect("up").expect("ended");
    house.server.end_announcement(&it, one.id).await.expect("up").expect("as before");
    let done = house.server.end_announcement(&it, Uuid::now_v7()).await.expect("up");
    assert_eq!(code_of(done), Code::NotFound);
    assert_eq!(texts().await, ["six", "five", "four", "three"]);
}

async fn the_whole_server_is_seen_page_by_page(house: House) {
    let ada = admin(&house, "ada").await;
    for name in ["bob", "adele", "zoe"] {
        house.user(name).await;
    }
    let server = &house.store.server;
    let names = async |query: Option<&str>, after, limit| {
        let query = query.map(|query| PersonQuery::parse(query).expect("valid"));
        let page = server.accounts(query.as_ref(), after, limit).await.expect("up");
        page.into_iter().map(|it| it.user.name.into()).collect::<Vec<String>>()
    };
    assert_eq!(names(None, None, 2).await, ["ada", "adele"]);
    assert_eq!(names(Some("AD"), Some(ada), 9).await, ["adele"]);
    let account = server.account(ada).await.expect("up").expect("there");
    assert!(account.is_admin && account.disabled_at.is_none());
    assert_eq!(account.seen_at, Some(house.clock.now()));
    assert_eq!(server.account(UserId::SYSTEM).await.expect("up"), None);

    let mut rooms = Vec::new();
    for visibility in [Visibility::Private, Visibility::Public] {
        rooms.push(house.room(ada, visibility).await);
    }
    house.advance(Duration::from_secs(5));
    house.post(ada, rooms[0], "one").await;
    let gone = house.post(ada, rooms[0], "two").await;
    let change = Change::Delete { room: rooms[0], message: gone };
    house.submit(ada, change).await.expect("deleted");
    let first = server.rooms(None, None, 1).await.expect("up").remove(0);
    assert_eq!((first.room.id, first.messages), (rooms[0], 1));
    assert_eq!(first.active_at, house.clock.now());
    let rest = server.rooms(None, Some(rooms[0]), 9).await.expect("up");
    assert_eq!(
        rest.iter().map(|it| (it.room.id, it.messages)).collect::<Vec<_>>(),
        [(rooms[1], 0)]
    );
    let none = RoomQuery::parse("nothing").expect("valid");
    assert!(server.rooms(Some(&none), None, 9).await.expect("up").is_empty());

    let usage = server.usage().await.expect("up");
    assert_eq!((usage.users, usage.devices, usage.rooms), (4, 4, 2));
    assert!(usage.database_bytes > 0 && usage.events >= 7, "{usage:?}");

    for name in ["bob", "zoe"] {
        let user = server.accounts(Some(&PersonQuery::parse(name).expect("valid")), None, 1).await;
        let user = user.expect("up").remove(0).user.id;
        house.writer.set_admin(&by(ada), user, true).await.expect("up").expect("may");
    }
    let newest = server.audit(None, 2).await.expect("up");
    let older = server.audit(Some(newest[1].id), 2).await.expect("up");
    assert_eq!((newest.len(), older.len()), (2, 1));
    assert!(newest[0].id > newest[1].id && newest[1].id > older[0].id);
    assert_eq!(older[0].by.user, UserId::SYSTEM);
}

/// A room that is not there, and an act that is not permitted, look the same.
async fn r2_to_whoever_is_no_admin_there_is_nothing(house: House) {
    let bob = house.user("bob").await;
    let archive = |room| Change::ArchiveByServer { room, archived: true, address: String::new() };
    let there = house.room(bob, Visibility::Public).await;
    let nowhere = parlor_domain::RoomId::random();
    let refused = house.submit(bob, archive(there)).await.expect_err("no admin");
    let command = parlor_domain::Command {
        request_id: RequestId::random(),
        actor: bob,
        change: archive(nowhere),
    };
    assert_eq!(house.repeat(&command).await.expect_err("no room"), refused);
}
