//! Search over messages.

use std::{sync::Arc, time::Duration};

use parlor_domain::{
    Change, Clock as _, FileKind, RoomId, RoomName, SearchQuery, Seq, Sort, SystemClock, Topic,
    UserId, Visibility, limits,
};
use parlor_store::{Database, Hits, Opened, SearchPlace, Store, open};
use tokio::task::JoinSet;

use crate::{
    files::{bring, whole_of},
    house::{House, command, contract, post},
};

contract! {
    what_is_found_is_the_same_everywhere,
    filters_say_whose_messages_where_and_when,
    what_a_filter_names_in_vain_is_told,
    files_are_found_by_what_they_are,
    changes_are_found_at_once,
    r2_nothing_is_found_of_rooms_one_is_not_in,
    r2_nothing_is_found_of_a_deleted_room_until_it_is_restored,
    r9_signs_mean_nothing_but_themselves,
    pages_follow_each_other,
    the_best_come_first,
    what_is_common_far_back_is_found_page_by_page,
    messages_older_than_the_index_are_found,
}

/// The machine may be busy: how fast a search is, is measured elsewhere.
const TIME: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_secs(24 * 3_600);

async fn page(
    store: &Store,
    user: UserId,
    query: &str,
    sort: Sort,
    from: Option<SearchPlace>,
    limit: u32,
) -> Hits {
    let query = SearchQuery::parse(query).expect("valid");
    let hits = store.search.messages(user, &query, sort, from, limit, TIME).await.expect("up");
    hits.expect("in time")
}

async fn hits(house: &House, user: UserId, query: &str) -> Hits {
    page(&house.store, user, query, Sort::Newest, None, limits::PAGE_ITEMS).await
}

/// The texts of what is found.
async fn find(house: &House, user: UserId, query: &str) -> Vec<String> {
    hits(house, user, query).await.hits.into_iter().map(|hit| hit.text).collect()
}

async fn named_room(house: &House, owner: UserId, name: &str) -> RoomId {
    let room = RoomId::random();
    let (name, topic) = (RoomName::parse(name).expect("valid"), Topic::parse("").expect("valid"));
    let create = Change::CreateRoom { room, name, topic, visibility: Visibility::Private };
    house.submit(owner, create).await.expect("created");
    room
}

async fn what_is_found_is_the_same_everywhere(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let texts = [
        "Good morning, everybody",
        "It is a good thing this morning",
        "morning good",
        "今天早上好，大家",
        "早安",
        "用Rust写代码",
        "Ｆｕｌｌ width, Andre\u{301} and ﬁne",
        "it's 100% foo_bar at https://example.org/a?b=c",
        "'quoted' \\ and \"double\"",
        "คุณสบายดีไหม",
    ];
    for text in texts {
        house.post(ada, room, text).await;
    }
    for (query, expected) in [
        ("GOOD", &[2, 1, 0][..]),
        ("good morning", &[2, 1, 0]),
        ("\"good morning\"", &[0]),
        ("\"morning good\"", &[2]),
        ("goo", &[]),
        ("早上", &[3]),
        ("早上好", &[3]),
        ("早安", &[4]),
        ("早", &[4, 3]),
        ("家", &[3]),
        ("上大", &[]),
        ("“今天早上”", &[3]),
        ("rust", &[5]),
        ("用rust写", &[5]),
        ("\"rust 写代\"", &[5]),
        ("full ANDRÉ fine", &[6]),
        ("100%", &[7]),
        ("foo_bar", &[7]),
        ("example.org", &[7]),
        ("has:link", &[7]),
        ("has:link good", &[]),
        ("has:file", &[]),
        ("quoted double", &[8]),
        ("สบาย", &[9]),
        ("in:room", &[9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    ] {
        let expected: Vec<&str> = expected.iter().map(|index| texts[*index]).collect();
        assert_eq!(find(&house, ada, query).await, expected, "{query}");
    }
    let hit = hits(&house, ada, "\"早上好\"").await.hits.remove(0);
    assert_eq!((hit.room, hit.author, hit.posted_at), (room, ada, house.clock.now()));
    assert_eq!((&hit.ranges[..], hit.edited_at), (std::slice::from_ref(&(2..5)), None));
}

async fn filters_say_whose_messages_where_and_when(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let lab = named_room(&house, ada, "The Lab").await;
    let design = named_room(&house, ada, "design").await;
    house.submit(ada, Change::AddMember { room: lab, user: bob }).await.expect("added");
    let direct = parlor_domain::direct_room(ada, bob);
    house.submit(ada, Change::OpenDirect { room: direct, other: bob }).await.expect("opened");
    // The house begins on 2023-11-14.
    house.post(ada, lab, "tea one").await;
    house.post(bob, lab, "tea two").await;
    house.advance(DAY);
    house.post(ada, design, "tea three").await;
    house.advance(DAY);
    house.post(bob, direct, "tea four").await;
    for (query, expected) in [
        ("tea", &["tea four", "tea three", "tea two", "tea one"][..]),
        ("tea from:ada", &["tea three", "tea one"]),
        ("tea from:@ADA from:bob", &["tea four", "tea three", "tea two", "tea one"]),
        ("from:me", &["tea three", "tea one"]),
        ("from:bob in:\"the lab\"", &["tea two"]),
        ("in:#Design in:@bob", &["tea four", "tea three"]),
        ("tea before:2023-11-15", &["tea two", "tea one"]),
        ("tea after:2023-11-14", &["tea four", "tea three"]),
        ("tea after:2023-11-14 before:2023-11-16", &["tea three"]),
        ("tea after:2023-11-16", &[]),
        ("tea before:2023-11-14", &[]),
        ("before:2023-11-15 from:bob", &["tea two"]),
    ] {
        assert_eq!(find(&house, ada, query).await, expected, "{query}");
    }
}

async fn what_a_filter_names_in_vain_is_told(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let room = named_room(&house, bob, "secret").await;
    house.post(bob, room, "tea").await;
    let mine = house.room(ada, Visibility::Public).await;
    house.post(ada, mine, "tea").await;
    let told = hits(&house, ada, "tea from:nobody in:secret in:nowhere has:wings").await;
    assert_eq!(told.unknown, ["has:wings", "from:nobody", "in:secret", "in:nowhere"]);
    assert_eq!(told.hits, []);
    assert!(told.next.is_none() && told.complete);
}

async fn files_are_found_by_what_they_are(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    house.post(ada, room, "look, https://example.org").await;
    let plan = whole_of(&house, ada, 9, FileKind::Other).await.file.file;
    bring(&house, ada, room, &[plan]).await.expect("attached");
    let picture = whole_of(&house, ada, 9, FileKind::Image).await.file.file;
    let message = bring(&house, ada, room, &[picture]).await.expect("attached").seq;
    assert_eq!(find(&house, ada, "has:file look").await, ["look", "look"]);
    assert_eq!(hits(&house, ada, "has:image").await.hits[0].seq, message);
    let body = crate::house::body("see https://example.org");
    house.submit(ada, Change::Edit { room, message, body }).await.expect("edited");
    assert_eq!(find(&house, ada, "has:image has:link").await, ["see https://example.org"]);
    assert_eq!(find(&house, ada, "has:file").await, ["see https://example.org", "look"]);
    house.submit(ada, Change::Delete { room, message }).await.expect("deleted");
    assert_eq!(find(&house, ada, "has:image").await, [""; 0]);
}

async fn changes_are_found_at_once(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let message = house.post(ada, room, "green tea").await;
    assert_eq!(find(&house, ada, "green").await, ["green tea"]);
    let at = house.advance(DAY);
    let body = crate::house::body("black tea");
    house.submit(ada, Change::Edit { room, message, body }).await.expect("edited");
    assert_eq!(find(&house, ada, "green").await, [""; 0]);
    let hit = hits(&house, ada, "black").await.hits.remove(0);
    assert_eq!((hit.seq, hit.edited_at), (message, Some(at)));
    house.post(ada, room, "no more").await;
    house.submit(ada, Change::Delete { room, message }).await.expect("deleted");
    assert_eq!(find(&house, ada, "tea").await, [""; 0]);
    assert_eq!(find(&house, ada, "from:me").await, ["no more"]);
    // Posted, changed and deleted in one transaction.
    let batch = vec![command(ada, post(room, "red tea")), command(ada, post(room, "white tea"))];
    let done = house.store.log.submit(batch).await.expect("up");
    assert!(done.iter().all(Result::is_ok));
    assert_eq!(find(&house, ada, "tea").await, ["white tea", "red tea"]);
}

async fn r2_nothing_is_found_of_rooms_one_is_not_in(house: House) {
    let (ada, bob) = (house.user("ada").await, house.user("bob").await);
    let private = house.room(ada, Visibility::Private).await;
    let public = house.room(ada, Visibility::Public).await;
    for room in [private, public] {
        house.post(ada, room, "tea for all").await;
    }
    assert_eq!(find(&house, bob, "tea").await, [""; 0]);
    assert_eq!(find(&house, bob, "from:ada").await, [""; 0]);
    house.submit(bob, Change::Join { room: public }).await.expect("joined");
    house.submit(ada, Change::AddMember { room: private, user: bob }).await.expect("added");
    assert_eq!(find(&house, bob, "tea").await.len(), 2);
    house.submit(bob, Change::Leave { room: public }).await.expect("left");
    let found = hits(&house, bob, "tea").await.hits;
    assert_eq!(found.iter().map(|hit| hit.room).collect::<Vec<_>>(), [private]);
    house.submit(ada, Change::Ban { room: private, user: bob, on: true }).await.expect("banned");
    assert_eq!(find(&house, bob, "tea").await, [""; 0]);
    assert_eq!(find(&house, ada, "tea").await.len(), 2);
}

async fn r2_nothing_is_found_of_a_deleted_room_until_it_is_restored(house: House) {
    let ada = house.user("ada").await;
    let room = named_room(&house, ada, "kiln").await;
    house.post(ada, room, "tea").await;
    house.submit(ada, Change::DeleteRoom { room, kept_for: DAY }).await.expect("deleted");
    assert_eq!(find(&house, ada, "tea").await, [""; 0]);
    assert_eq!(hits(&house, ada, "tea in:kiln").await.unknown, ["in:kiln"]);
    crate::endings::tell(&house).await;
    house.submit(ada, Change::RestoreRoom { room }).await.expect("restored");
    assert_eq!(find(&house, ada, "tea in:kiln").await, ["tea"]);
}

async fn r9_signs_mean_nothing_but_themselves(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    house.post(ada, room, "plain tea").await;
    for query in [
        "%",
        "_",
        "*",
        "\"",
        "'",
        "\\",
        "te*",
        "te%",
        "tea:*",
        "^tea.",
        "NEAR(plain tea)",
        "tea AND plain",
        "tea OR coffee",
        "tea NOT coffee",
        "words : tea ",
        "{words} : tea",
        "tea | coffee",
        "!tea & coffee",
        "plain <-> coffee",
        "'; DROP TABLE search_docs; --",
        "\u{E000}r",
        "$1",
        "\\' tea\\'",
        "tea <2> plain",
    ] {
        let expected: &[&str] = match query {
            // Signs alone are no words: these look for tea.
            "tea:*" | "^tea." | "\\' tea\\'" => &["plain tea"],
            _ => &[],
        };
        assert_eq!(find(&house, ada, query).await, expected, "{query}");
    }
    let signs = "AND OR NOT NEAR ' \" \\ : * <-> & | ! ( ) {} \u{E000}rust";
    house.post(ada, room, signs).await;
    for query in ["and or", "near", "\"not near\"", "rust"] {
        assert_eq!(find(&house, ada, query).await, [signs], "{query}");
    }
    let long = "x".repeat(limits::TEXT_BYTES);
    house.post(ada, room, &long).await;
    assert_eq!(find(&house, ada, &"x".repeat(limits::SEARCH_CHARS)).await, [long]);
    let words: String = (0..limits::TEXT_BYTES / 2).map(|_| "a ").collect();
    house.post(ada, room, words.trim_end()).await;
    assert_eq!(find(&house, ada, "a").await.len(), 1);
}

/// Every hit, by pages.
async fn all(house: &House, user: UserId, query: &str, sort: Sort, limit: u32) -> Vec<Seq> {
    let (mut seqs, mut from) = (Vec::new(), None);
    loop {
        let found = page(&house.store, user, query, sort, from, limit).await;
        assert!(found.hits.len() <= limit as usize);
        seqs.extend(found.hits.iter().map(|hit| hit.seq));
        // What comes meanwhile is on none of the pages that follow.
        let room = found.hits.first().map(|hit| hit.room);
        let Some(next) = found.next else { return seqs };
        let next = SearchPlace::from_bytes(next.to_bytes());
        if let Some(room) = room.filter(|_| from.is_none()) {
            house.post(user, room, "late tea tea tea").await;
        }
        from = Some(next);
    }
}

async fn pages_follow_each_other(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let mut expected = Vec::new();
    for n in 0..20 {
        let (tea, noise) = (format!("tea {n}"), format!("nothing {n}"));
        expected.push(house.post(ada, room, &tea).await);
        house.post(ada, room, &noise).await;
    }
    expected.reverse();
    assert_eq!(all(&house, ada, "tea", Sort::Newest, 6).await, expected);
    let found = page(&house.store, ada, "nothing", Sort::Newest, None, 20).await;
    assert!(found.next.is_none(), "exactly a page");
    let mut best = all(&house, ada, "nothing", Sort::Best, 3).await;
    best.sort_unstable();
    best.dedup();
    assert_eq!(best.len(), 20);
}

async fn the_best_come_first(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let mut seqs = Vec::new();
    for text in [
        "green tea green tea",
        "green tea",
        "the shop at the corner has black and red and white and green and other kinds of tea",
        "green tea",
    ] {
        seqs.push(house.post(ada, room, text).await);
    }
    let found = page(&house.store, ada, "green tea", Sort::Best, None, 10).await;
    let found: Vec<Seq> = found.hits.into_iter().map(|hit| hit.seq).collect();
    assert_eq!(found, [seqs[0], seqs[3], seqs[1], seqs[2]]);
}

/// What is new is not what is looked for, and what is old is full of it.
async fn what_is_common_far_back_is_found_page_by_page(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    let rare = house.post(ada, room, "one rare thing").await;
    let mut last = rare;
    for batch in 0..18 {
        let posts = (0..500).map(|n| command(ada, post(room, &format!("tea {batch} {n}"))));
        for done in house.store.log.submit(posts.collect()).await.expect("up") {
            last = done.expect("posted").seq;
        }
    }
    for _ in 0..40 {
        if matches!(house.database, Database::Postgres { .. }) {
            // So far apart that no look at the index sees all.
            let jump = "SELECT setval('search_docs_id_seq', nextval('search_docs_id_seq') + 40000)";
            house.execute(jump.to_owned()).await;
        }
        house.post(ada, room, "something else").await;
    }
    let found = hits(&house, ada, "tea").await;
    let seqs: Vec<u64> = found.hits.iter().map(|hit| hit.seq.get()).collect();
    let newest: Vec<u64> = (0..100).map(|n| last.get() - n).collect();
    assert_eq!(seqs, newest);
    let next = page(&house.store, ada, "tea", Sort::Newest, found.next, 1).await;
    assert_eq!(next.hits[0].seq.get(), last.get() - 100);
    assert_eq!(hits(&house, ada, "rare").await.hits[0].seq, rare);
    assert_eq!(hits(&house, ada, "else").await.hits.len(), 40);
    let best = page(&house.store, ada, "tea", Sort::Best, None, 10).await;
    assert_eq!(best.hits.len(), 10);
}

async fn messages_older_than_the_index_are_found(house: House) {
    let ada = house.user("ada").await;
    let room = house.room(ada, Visibility::Public).await;
    for n in 0..100 {
        house.post(ada, room, &format!("tea {n}")).await;
    }
    let gone = house.post(ada, room, "tea that is gone").await;
    house.submit(ada, Change::Delete { room, message: gone }).await.expect("deleted");
    // As an older version left it.
    house
        .execute(match house.database {
            Database::Sqlite { .. } => "DROP TABLE search_words; DROP TABLE search_docs; \
                 DELETE FROM _sqlx_migrations WHERE version = 9"
                .to_owned(),
            Database::Postgres { .. } => {
                "DROP TABLE search_docs; DELETE FROM _sqlx_migrations WHERE version = 8".to_owned()
            }
        })
        .await;
    let database = house.database.clone();
    let Opened { store, driver, .. } = open(&database, Arc::new(SystemClock)).await.expect("opens");
    let early = page(&store, ada, "tea", Sort::Newest, None, 100).await;
    assert_eq!((early.hits, early.complete), (Vec::new(), false));
    let mut tasks = JoinSet::new();
    tasks.spawn(driver.run());
    let done = store.log.submit(vec![command(ada, post(room, "new tea"))]).await.expect("up");
    assert!(done[0].is_ok());
    let found = loop {
        let found = page(&store, ada, "tea", Sort::Newest, None, 100).await;
        assert_eq!(found.hits[0].text, "new tea", "found at once");
        if found.complete {
            break found;
        }
    };
    let texts: Vec<&str> = found.hits.iter().map(|hit| hit.text.as_str()).collect();
    assert_eq!((texts[1], texts[99], texts.len()), ("tea 99", "tea 1", 100));
    drop(store);
    while tasks.join_next().await.is_some() {}
}
