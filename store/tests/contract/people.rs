//! What people show of themselves, and finding them by it.

use parlor_domain::{
    Change, Code, Command, DisplayName, EventBody, PersonQuery, Profile, ProfileChange, RequestId,
    Seq, StatusEmoji, StatusText, UserId, Visibility,
};

use crate::house::{House, contract};

contract! {
    a_profile_changes_with_an_event_of_its_own_log,
    c2_a_repeated_change_of_a_profile_happens_once,
    others_see_the_profile,
    people_are_found_by_any_part_of_their_names,
    a_page_of_people_goes_on_where_the_last_one_ended,
    accounts_older_than_the_search_are_found,
}

fn status(text: &str) -> ProfileChange {
    ProfileChange {
        status_text: Some(StatusText::parse(text).expect("valid")),
        ..ProfileChange::default()
    }
}

async fn profile(house: &House, user: UserId) -> Profile {
    house.store.accounts.user(user).await.expect("up").expect("there").profile
}

async fn head(house: &House, user: UserId) -> Seq {
    house.store.log.head(user.into()).await.expect("up").expect("there").seq
}

async fn a_profile_changes_with_an_event_of_its_own_log(house: House) {
    let ada = house.user("ada").await;
    let change = ProfileChange {
        display_name: Some(DisplayName::parse("Ada Lovelace").expect("valid")),
        status_text: Some(StatusText::parse("在开会").expect("valid")),
        status_emoji: Some(StatusEmoji::parse("🌴").expect("valid")),
    };
    let done = house.submit(ada, Change::SetProfile(change.clone())).await.expect("changed");
    let all = profile(&house, ada).await;
    assert_eq!(all, all.with(&change));
    let event = &house.store.log.after(ada.into(), Seq::ZERO, 10).await.expect("up");
    let event = &event.as_ref().expect("there").events[0];
    assert_eq!((event.seq, event.actor), (done.seq, ada));
    assert_eq!(event.body, EventBody::ProfileChanged { profile: all.clone() });

    house.submit(ada, Change::SetProfile(status("back"))).await.expect("changed");
    let text = status("back").status_text.expect("given");
    assert_eq!(profile(&house, ada).await, Profile { status_text: text, ..all }, "the rest stays");

    let before = head(&house, ada).await;
    let same = house.submit(ada, Change::SetProfile(status("back"))).await.expect("so it is");
    assert_eq!((same.seq, same.events.len()), (before, 0), "nothing has happened");
    assert_eq!(head(&house, ada).await, before);

    for nobody in [UserId::random(), UserId::SYSTEM] {
        let refused = house.submit(nobody, Change::SetProfile(status("x"))).await;
        assert_eq!(refused.expect_err("nobody").code, Code::NotFound);
    }
}

async fn c2_a_repeated_change_of_a_profile_happens_once(house: House) {
    let ada = house.user("ada").await;
    let request_id = RequestId::random();
    let first =
        Command { request_id, actor: ada, change: Change::SetProfile(status("in a meeting")) };
    let done = house.repeat(&first).await.expect("changed");
    house.submit(ada, Change::SetProfile(status("back"))).await.expect("changed");
    let again = house.repeat(&first).await.expect("as before");
    assert_eq!((again.seq, again.at, again.events.len()), (done.seq, done.at, 0));
    assert_eq!(profile(&house, ada).await.status_text.as_str(), "back", "it is not done again");
    let other = Command { change: Change::SetProfile(status("other")), ..first };
    let refused = house.repeat(&other).await.expect_err("another content");
    assert_eq!(refused.code, Code::IdempotencyMismatch);
}

async fn others_see_the_profile(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    house.submit(ada, Change::SetProfile(status("back on Monday"))).await.expect("changed");
    let members = house.store.rooms.members(room, None, 10).await.expect("up");
    assert_eq!(members[0].user.profile, profile(&house, ada).await);
    assert_eq!(members[0].user.profile.status_text.as_str(), "back on Monday");
}

/// Somebody with a name and another that is shown.
async fn person(house: &House, name: &str, shown: &str) -> UserId {
    let user = house.user(name).await;
    let display_name = Some(DisplayName::parse(shown).expect("valid"));
    let change = ProfileChange { display_name, ..ProfileChange::default() };
    house.submit(user, Change::SetProfile(change)).await.expect("changed");
    user
}

async fn find(house: &House, text: &str) -> Vec<String> {
    let query = PersonQuery::parse(text).expect("valid");
    let found = house.store.accounts.search(&query, None, 100).await.expect("up");
    found.into_iter().map(|found| found.user.name.to_string()).collect()
}

async fn people_are_found_by_any_part_of_their_names(house: House) {
    for (name, shown) in [
        ("ada", "Ada Lovelace"),
        ("zada", "Zoe Adams"),
        ("grace", "Grace \u{C9}mile Hopper"),
        ("wang", "王小明"),
        ("小红", "Xiao Hong"),
        ("100", "100% \\ sure_thing"),
    ] {
        person(&house, name, shown).await;
    }
    for (text, expected) in [
        ("ada", &["ada", "zada"][..]),
        ("ADA", &["ada", "zada"]),
        ("love", &["ada"]),
        ("ovelac", &["ada"]),
        ("ace", &["ada", "grace"]),
        ("a", &["ada", "zada", "grace", "wang", "小红"]),
        ("hopper", &["grace"]),
        ("\u{E9}m", &["grace"]),
        ("e\u{301}mile", &["grace"]),
        ("小明", &["wang"]),
        ("小", &["小红", "wang"]),
        ("明", &["wang"]),
        ("ＸＩＡＯ", &["小红"]),
        ("%", &["100"]),
        ("_", &["100"]),
        ("\\", &["100"]),
        ("e_t", &["100"]),
        ("e h", &["grace"]),
        ("nobody", &[]),
        ("system", &[]),
    ] {
        assert_eq!(find(&house, text).await, expected, "{text:?}");
    }
    let ada = find(&house, "love").await;
    person(&house, "late", "Late Lovelace").await;
    assert_eq!(find(&house, "love").await, [&ada[..], &["late".to_owned()]].concat(), "at once");
}

async fn a_page_of_people_goes_on_where_the_last_one_ended(house: House) {
    for n in 0..9 {
        person(&house, &format!("x.{n}"), "Somebody").await;
        person(&house, &format!("{n}.x"), "Somebody").await;
    }
    let query = PersonQuery::parse("x").expect("valid");
    let all = house.store.accounts.search(&query, None, 100).await.expect("up");
    let names: Vec<_> = all.iter().map(|found| found.user.name.as_str()).collect();
    assert_eq!(names[..2], ["x.0", "x.1"], "those that begin with it");
    assert_eq!(names[9..11], ["0.x", "1.x"], "the others");
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = house.store.accounts.search(&query, after, 4).await.expect("up");
        assert!(page.len() <= 4);
        let Some(last) = page.last() else { break };
        after = Some((last.rank, last.user.id));
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

async fn accounts_older_than_the_search_are_found(house: House) {
    person(&house, "wang", "王小明").await;
    house.execute("UPDATE users SET found_by = ''".to_owned()).await;
    assert!(find(&house, "小明").await.is_empty(), "as an older version left it");
    let house = house.reopen().await;
    assert_eq!(find(&house, "小明").await, ["wang"]);
    assert!(find(&house, "system").await.is_empty());
}
