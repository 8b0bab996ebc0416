//! The index of messages: its rows, and what is found by it.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};

use parlor_domain::{
    FileKind, Has, Phrase, RoomId, SearchQuery, Sender, Seq, Sort, Timestamp, UserId, folded,
    has_link, limits, tokens,
};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::{Builder, Connection, Db, FOR_UPDATE, facts::select, index, row};
use crate::{Hit, Hits, SearchPlace, log::plan::NewMessage};

/// Messages that are put into the index at once while it is filled: the log waits
/// for so many.
const FILLED_AT_ONCE: u32 = 64;
/// Messages read at once while the best are looked for.
const READ_AT_ONCE: u32 = 256;
/// Where a day begins or ends, so many messages may stand at the wrong side in the
/// order of ids, since clocks differ and are set.
const OUT_OF_ORDER: u32 = 1_000;

/// A message as it stands in the index.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) room: RoomId,
    pub(crate) seq: Seq,
    pub(crate) at: Timestamp,
    pub(crate) words: Vec<String>,
    pub(crate) marks: Vec<String>,
}

/// What the index is asked for: all phrases, and of each group of marks one at least.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) phrases: &'a [Phrase],
    pub(crate) marks: Vec<Vec<String>>,
}

/// Ids that are looked through, from the greatest: from `from` to below `before`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) from: i64,
    pub(crate) before: i64,
}

/// Begins what is no word: no letter or digit, and nothing that a database folds.
pub(crate) const MARK: char = '\u{E000}';

/// The end of an id is random in all of its versions. Two that end alike would only be
/// looked at in vain.
fn mark(kind: char, id: &[u8; 16]) -> String {
    let [.., a, b, c, d, e, f, g, h] = *id;
    format!("{MARK}{kind}{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}

fn room_mark(room: RoomId) -> String {
    mark('r', room.as_bytes())
}

fn author_mark(author: UserId) -> String {
    mark('u', author.as_bytes())
}

fn has_mark(has: Has) -> String {
    let has = match has {
        Has::File => "file",
        Has::Image => "image",
        Has::Link => "link",
    };
    format!("{MARK}h{has}")
}

/// A message as it stands in the index: all that it is found by is decided here.
fn entry(id: i64, doc: &Doc) -> Entry {
    let mut marks = vec![room_mark(doc.room), author_mark(doc.author)];
    marks.extend(doc.has().map(has_mark));
    let words = tokens(&doc.text).into_iter().map(|token| token.text).collect();
    Entry { id, room: doc.room, seq: doc.seq, at: doc.posted_at, words, marks }
}

/// Puts new messages into the index.
pub(super) async fn insert(
    connection: &mut Connection,
    messages: &[NewMessage],
    now: Timestamp,
) -> sqlx::Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let ids = index::ids(connection, messages.len()).await?;
    let entries: Vec<Entry> = messages
        .iter()
        .zip(ids)
        .map(|(new, id)| {
            let doc = Doc {
                room: new.room,
                seq: new.seq,
                author: new.author,
                text: searched(
                    new.text.clone(),
                    new.forwarded.as_ref().map(|forwarded| forwarded.text.as_str()),
                ),
                posted_at: now,
                edited_at: None,
                files: !new.kinds.is_empty(),
                images: new.kinds.contains(&FileKind::Image),
            };
            entry(id, &doc)
        })
        .collect();
    index::add(connection, &entries).await
}

/// Puts a message whose text was changed into the index, as it stands now.
pub(super) async fn change(
    connection: &mut Connection,
    room: RoomId,
    message: Seq,
) -> sqlx::Result<()> {
    let id: Option<i64> =
        sqlx::query_scalar("SELECT id FROM search_docs WHERE room_id = $1 AND seq = $2")
            .bind(room.uuid())
            .bind(row::number(message))
            .fetch_optional(&mut *connection)
            .await?;
    put(connection, &id.into_iter().collect()).await
}

/// Puts messages into the index that have their ids, as they stand.
async fn put(connection: &mut Connection, ids: &BTreeSet<i64>) -> sqlx::Result<()> {
    let docs = read(connection, ids).await?;
    let entries: Vec<Entry> = docs.iter().map(|(id, doc)| entry(*id, doc)).collect();
    index::replace(connection, &entries).await
}

/// Takes a message out of the index.
pub(super) async fn forget(
    connection: &mut Connection,
    room: RoomId,
    message: Seq,
) -> sqlx::Result<()> {
    let id: Option<i64> =
        sqlx::query_scalar("DELETE FROM search_docs WHERE room_id = $1 AND seq = $2 RETURNING id")
            .bind(room.uuid())
            .bind(row::number(message))
            .fetch_optional(&mut *connection)
            .await?;
    match id {
        Some(id) => index::remove(connection, id).await,
        None => Ok(()),
    }
}

/// Takes some messages of a room that is purged out of the index; whether there were any.
pub(super) async fn forget_some(connection: &mut Connection, room: Uuid) -> sqlx::Result<bool> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "DELETE FROM search_docs WHERE id IN \
         (SELECT id FROM search_docs WHERE room_id = $1 LIMIT $2) RETURNING id",
    )
    .bind(room)
    .bind(i64::from(limits::PURGE_ROWS))
    .fetch_all(&mut *connection)
    .await?;
    for id in &ids {
        index::remove(connection, *id).await?;
    }
    Ok(!ids.is_empty())
}

/// Puts some messages into the index that are older than it; whether there are more.
pub(crate) async fn fill(db: &Db) -> sqlx::Result<bool> {
    let mut lease = db.reader().await?;
    let complete = is_complete(&mut lease).await?;
    lease.done();
    if complete {
        return Ok(false);
    }
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    // Whoever changes one of these messages waits for us, or we have waited for them
    // and read what they wrote.
    let mut query =
        Builder::new("SELECT id FROM search_docs WHERE NOT filled ORDER BY id DESC LIMIT ");
    query.push_bind(i64::from(FILLED_AT_ONCE)).push(FOR_UPDATE);
    let ids: Vec<i64> = query.build_query_scalar().fetch_all(&mut *transaction).await?;
    put(&mut transaction, &ids.into_iter().collect()).await?;
    transaction.commit().await?;
    lease.done();
    Ok(true)
}

async fn is_complete(connection: &mut Connection) -> sqlx::Result<bool> {
    let unfilled: Option<i64> =
        sqlx::query_scalar("SELECT id FROM search_docs WHERE NOT filled LIMIT 1")
            .fetch_optional(connection)
            .await?;
    Ok(unfilled.is_none())
}

pub(crate) async fn messages(
    db: &Db,
    user: UserId,
    query: &SearchQuery,
    sort: Sort,
    from: Option<SearchPlace>,
    limit: u32,
    within: Duration,
) -> sqlx::Result<Option<Hits>> {
    let deadline = Instant::now() + within;
    // Half of the time is left for what the last look at the index brings.
    let enough = deadline - within / 2;
    let mut lease = db.reader().await?;
    let mut snapshot = lease.begin_read().await?;
    // Of a database that does not answer this the caller hears another error.
    let complete = is_complete(&mut snapshot).await?;
    let found = async {
        let mut hits = match scope(&mut snapshot, user, query).await? {
            Ok(scope) => look(&mut snapshot, &scope, sort, from, limit, enough).await?,
            Err(unknown) => Hits { unknown, ..Hits::default() },
        };
        hits.complete = complete;
        Ok::<_, sqlx::Error>(hits)
    };
    let Ok(found) = timeout_at(deadline, found).await else { return Ok(None) };
    let found = found?;
    snapshot.commit().await?;
    lease.done();
    Ok(Some(found))
}

/// A query, and what its names mean for the one who asks.
struct Scope<'a> {
    query: &'a SearchQuery,
    authors: HashSet<UserId>,
    /// Those that are looked through: some of the user's.
    rooms: BTreeSet<RoomId>,
}

/// `Err` names parts of the query that fit nothing.
async fn scope<'a>(
    snapshot: &mut Connection,
    user: UserId,
    query: &'a SearchQuery,
) -> sqlx::Result<Result<Scope<'a>, Vec<String>>> {
    let mut unknown = query.unknown.clone();
    let mut authors = HashSet::new();
    for sender in &query.from {
        let name = match sender {
            Sender::Me => {
                authors.insert(user);
                continue;
            }
            Sender::Named(name) => name,
        };
        let id: Option<Uuid> = sqlx::query_scalar("SELECT id FROM users WHERE name = $1")
            .bind(name.as_str())
            .fetch_optional(&mut *snapshot)
            .await?;
        match id {
            Some(id) => _ = authors.insert(UserId::from_uuid(id)),
            None => unknown.push(format!("from:{name}")),
        }
    }
    let mut rooms = BTreeSet::new();
    if query.rooms.is_empty() {
        let mine: Vec<Uuid> = sqlx::query_scalar(
            "SELECT m.room_id FROM members m JOIN rooms r ON r.id = m.room_id \
             WHERE m.user_id = $1 AND r.purge_at IS NULL",
        )
        .bind(user.uuid())
        .fetch_all(&mut *snapshot)
        .await?;
        rooms.extend(mine.into_iter().map(RoomId::from_uuid));
    } else {
        let names = room_names(snapshot, user).await?;
        for wanted in &query.rooms {
            let called = names.iter().filter(|(_, name)| name == wanted);
            let before = rooms.len();
            rooms.extend(called.map(|(room, _)| *room));
            if rooms.len() == before {
                unknown.push(format!("in:{wanted}"));
            }
        }
    }
    if unknown.is_empty() { Ok(Ok(Scope { query, authors, rooms })) } else { Ok(Err(unknown)) }
}

/// What each room of a user is called, folded: a direct one like the other in it.
async fn room_names(
    snapshot: &mut Connection,
    user: UserId,
) -> sqlx::Result<Vec<(RoomId, String)>> {
    let rows: Vec<(Uuid, Option<String>)> = sqlx::query_as(
        "SELECT r.id, CASE WHEN r.direct THEN (SELECT u.name FROM members o \
         JOIN users u ON u.id = o.user_id WHERE o.room_id = r.id AND o.user_id <> m.user_id \
         LIMIT 1) ELSE r.name END AS name \
         FROM members m JOIN rooms r ON r.id = m.room_id \
         WHERE m.user_id = $1 AND r.purge_at IS NULL",
    )
    .bind(user.uuid())
    .fetch_all(snapshot)
    .await?;
    let name = |(id, name): (Uuid, Option<String>)| Some((RoomId::from_uuid(id), folded(&name?)));
    Ok(rows.into_iter().filter_map(name).collect())
}

/// All the text of a message: what its author says, and below it what they pass on.
fn searched(text: String, forwarded: Option<&str>) -> String {
    match forwarded {
        Some(forwarded) if text.is_empty() => forwarded.to_owned(),
        Some(forwarded) => text + "\n" + forwarded,
        None => text,
    }
}

/// A message of which the index knows, or shall know.
struct Doc {
    room: RoomId,
    seq: Seq,
    author: UserId,
    text: String,
    posted_at: Timestamp,
    edited_at: Option<Timestamp>,
    /// There are files on it.
    files: bool,
    /// One of them is a picture.
    images: bool,
}

impl Doc {
    fn has(&self) -> impl Iterator<Item = Has> {
        let link = has_link(&self.text);
        [(Has::File, self.files), (Has::Image, self.images), (Has::Link, link)]
            .into_iter()
            .filter_map(|(has, there)| there.then_some(has))
    }
}

/// Those of the messages that are there.
async fn read(connection: &mut Connection, ids: &BTreeSet<i64>) -> sqlx::Result<HashMap<i64, Doc>> {
    type Row = (i64, Uuid, i64, Uuid, String, Option<String>, i64, Option<i64>, bool, bool);
    let sql = (
        "SELECT d.id, d.room_id, d.seq, m.author, m.text, m.forwarded_text, m.posted_at, \
         m.edited_at, \
         EXISTS (SELECT 1 FROM files f WHERE f.state = 'attached' AND f.room_id = d.room_id \
         AND f.message = d.seq), \
         EXISTS (SELECT 1 FROM files f WHERE f.state = 'attached' AND f.room_id = d.room_id \
         AND f.message = d.seq AND f.kind = 'image') FROM (",
        ") AS v CROSS JOIN search_docs d CROSS JOIN messages m \
         WHERE d.id = v.column1 AND m.room_id = d.room_id AND m.seq = d.seq AND NOT m.deleted",
    );
    let rows: Vec<Row> = select(connection, sql, ids, |tuple, id| {
        tuple.push_bind(*id);
    })
    .await?;
    let doc =
        |(id, room, seq, author, text, forwarded, posted_at, edited_at, files, images): Row| {
            let doc = Doc {
                room: RoomId::from_uuid(room),
                seq: row::seq(seq),
                author: UserId::from_uuid(author),
                text: searched(text, forwarded.as_deref()),
                posted_at: Timestamp::from_micros(posted_at),
                edited_at: edited_at.map(Timestamp::from_micros),
                files,
                images,
            };
            (id, doc)
        };
    Ok(rows.into_iter().map(doc).collect())
}

/// A hit, its id in the index, and how well it fits.
type Scored = (i64, u32, Hit);

impl Scope<'_> {
    /// What the index is asked for.
    fn wanted(&self) -> Wanted<'_> {
        let mut marks = vec![self.rooms.iter().copied().map(room_mark).collect()];
        if !self.authors.is_empty() {
            marks.push(self.authors.iter().copied().map(author_mark).collect());
        }
        marks.extend(self.query.has.iter().map(|has| vec![has_mark(*has)]));
        Wanted { phrases: &self.query.phrases, marks }
    }

    /// Judges what the index named: that only says where to look.
    fn hit(&self, id: i64, doc: Doc) -> Option<Scored> {
        let fits = self.rooms.contains(&doc.room)
            && (self.authors.is_empty() || self.authors.contains(&doc.author))
            && self.query.before.is_none_or(|before| doc.posted_at < before)
            && self.query.after.is_none_or(|after| doc.posted_at >= after)
            && self.query.has.iter().all(|wanted| doc.has().any(|has| has == *wanted));
        let found = if fits { self.query.matches(&doc.text) } else { None }?;
        let hit = Hit {
            room: doc.room,
            seq: doc.seq,
            author: doc.author,
            text: doc.text,
            ranges: found.ranges,
            posted_at: doc.posted_at,
            edited_at: doc.edited_at,
        };
        Some((id, found.score, hit))
    }

    /// The ids between which hits are. An id is greater where a message came later, but
    /// for [`OUT_OF_ORDER`] of them.
    async fn span(&self, snapshot: &mut Connection, before: Option<i64>) -> sqlx::Result<Span> {
        let mut span = Span { from: 0, before: before.unwrap_or(i64::MAX) };
        if let Some(time) = self.query.before {
            let sql = "SELECT MAX(id) FROM \
                       (SELECT id FROM search_docs WHERE at < $1 ORDER BY at DESC LIMIT $2) AS d";
            let last: Option<i64> = edge(snapshot, sql, time).await?;
            span.before = span.before.min(last.map_or(0, |last| last + 1));
        }
        if let Some(time) = self.query.after {
            let sql = "SELECT MIN(id) FROM \
                       (SELECT id FROM search_docs WHERE at >= $1 ORDER BY at LIMIT $2) AS d";
            span.from = edge(snapshot, sql, time).await?.unwrap_or(i64::MAX);
        }
        Ok(span)
    }
}

async fn edge(
    snapshot: &mut Connection,
    sql: &'static str,
    time: Timestamp,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(sql)
        .bind(time.micros())
        .bind(i64::from(OUT_OF_ORDER))
        .fetch_one(snapshot)
        .await
}

async fn look(
    snapshot: &mut Connection,
    scope: &Scope<'_>,
    sort: Sort,
    from: Option<SearchPlace>,
    limit: u32,
    enough: Instant,
) -> sqlx::Result<Hits> {
    let mut span = scope.span(snapshot, from.map(|from| from.before)).await?;
    if scope.rooms.is_empty() || span.from >= span.before {
        return Ok(Hits::default());
    }
    let size = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
    match sort {
        Sort::Newest => {
            let (mut found, rest) =
                newest(snapshot, scope, &mut span, size(limit) + 1, enough).await?;
            let mut next = rest.then_some(span.before);
            if found.len() > size(limit) {
                found.truncate(size(limit));
                next = found.last().map(|(id, _, _)| *id);
            }
            let next = next.map(|before| SearchPlace { before, seen: 0 });
            let hits = found.into_iter().map(|(_, _, hit)| hit).collect();
            Ok(Hits { hits, next, ..Hits::default() })
        }
        Sort::Best => {
            let (mut found, _) =
                newest(snapshot, scope, &mut span, size(limits::SEARCH_RANKED), enough).await?;
            // What is posted from now on shall not shift the pages that follow.
            let newest = found.first().map_or(0, |(id, _, _)| id.saturating_add(1));
            let before = from.map_or(newest, |from| from.before);
            found.sort_by_key(|(id, score, _)| (Reverse(*score), Reverse(*id)));
            let seen = from.map_or(0, |from| from.seen).min(limits::SEARCH_RANKED);
            let more = found.len() > size(seen) + size(limit);
            let next = more.then_some(SearchPlace { before, seen: seen + limit });
            let hits = found.into_iter().skip(size(seen)).take(size(limit));
            Ok(Hits { hits: hits.map(|(_, _, hit)| hit).collect(), next, ..Hits::default() })
        }
    }
}

/// The newest hits of a span, so many at most, and whether there may be more; the span
/// is then what was not looked through.
async fn newest(
    snapshot: &mut Connection,
    scope: &Scope<'_>,
    span: &mut Span,
    limit: usize,
    enough: Instant,
) -> sqlx::Result<(Vec<Scored>, bool)> {
    let wanted = scope.wanted();
    let mut found = Vec::new();
    while found.len() < limit {
        if Instant::now() >= enough {
            return Ok((found, true));
        }
        let missing = u32::try_from(limit - found.len()).unwrap_or(READ_AT_ONCE);
        let page = missing.min(READ_AT_ONCE);
        let (ids, rest) = index::newest(snapshot, &wanted, *span, page, enough).await?;
        let mut docs = read(snapshot, &ids.iter().copied().collect()).await?;
        found.extend(ids.iter().filter_map(|id| scope.hit(*id, docs.remove(id)?)));
        match rest {
            Some(before) => span.before = before,
            None => return Ok((found, false)),
        }
    }
    Ok((found, true))
}
