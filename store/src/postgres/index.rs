//! The index of messages, in a `tsvector` with a GIN index.
//!
//! GIN knows no order: it finds all that is wanted, and they are sorted then. What is
//! in every message would cost as much as there are messages. So messages carry the
//! number of the band of ids that they are in, and are looked for in the last bands
//! first, in more and more of them as long as they are not enough; a look that finds
//! too many is given up and done again in fewer.

use std::{collections::BTreeMap, fmt::Write as _};

use parlor_domain::Phrase;
use tokio::time::Instant;

use super::sql::{
    Connection, row,
    search::{Entry, MARK, Span, Wanted},
    writes::insert,
};

/// Ids of one band.
const BAND: i64 = 4_096;
/// How many bands are looked through at once, at first and at most, short of all that
/// are left.
const FEWEST: i64 = 2;
const MOST: i64 = 128;
/// So many times more of them are looked through after a look that was not enough.
const GROWTH: i64 = 8;
/// A look that finds more than this is given up: as many as the fewest bands hold.
const TOO_MANY: i64 = FEWEST * BAND;

/// Ids for so many messages.
pub(crate) async fn ids(connection: &mut Connection, count: usize) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "SELECT nextval('search_docs_id_seq') FROM generate_series(1, $1) ORDER BY 1",
    )
    .bind(i32::try_from(count).unwrap_or(i32::MAX))
    .fetch_all(connection)
    .await
}

/// Puts new messages in.
pub(crate) async fn add(connection: &mut Connection, entries: &[Entry]) -> sqlx::Result<()> {
    let sql = (
        "INSERT INTO search_docs (id, room_id, seq, at, filled, words) \
         SELECT v.column1, v.column2, v.column3, v.column4, TRUE, CAST(v.column5 AS TSVECTOR) \
         FROM (",
        ") AS v",
    );
    insert(connection, sql, entries, |tuple, entry| {
        tuple.push_bind(entry.id).push_bind(entry.room.uuid());
        tuple.push_bind(row::number(entry.seq)).push_bind(entry.at.micros());
        tuple.push_bind(words(entry));
        Ok(())
    })
    .await
}

/// Puts messages in that have their ids, in place of what stood there for them.
pub(crate) async fn replace(connection: &mut Connection, entries: &[Entry]) -> sqlx::Result<()> {
    let sql = (
        "UPDATE search_docs SET filled = TRUE, words = CAST(v.column2 AS TSVECTOR) FROM (",
        ") AS v WHERE search_docs.id = v.column1",
    );
    insert(connection, sql, entries, |tuple, entry| {
        tuple.push_bind(entry.id).push_bind(words(entry));
        Ok(())
    })
    .await
}

/// Takes a message out, whose row is gone: there is nothing else.
pub(crate) async fn remove(_: &mut Connection, _: i64) -> sqlx::Result<()> {
    Ok(())
}

/// The newest messages that are wanted, so many at most, from the greatest id; and
/// below which id there may be more.
pub(crate) async fn newest(
    connection: &mut Connection,
    wanted: &Wanted<'_>,
    span: Span,
    limit: u32,
    enough: Instant,
) -> sqlx::Result<(Vec<i64>, Option<i64>)> {
    // The index alone is right here, whatever the planner knows of the words.
    sqlx::query("SET LOCAL enable_seqscan = off").execute(&mut *connection).await?;
    let last: Option<i64> = sqlx::query_scalar("SELECT MAX(id) FROM search_docs WHERE id < $1")
        .bind(span.before)
        .fetch_one(&mut *connection)
        .await?;
    let Some(last) = last else { return Ok((Vec::new(), None)) };
    let expression = expression(wanted);
    let mut before = last + 1;
    let mut found = Vec::new();
    let (mut size, mut all_are_too_many) = (FEWEST, false);
    // Down to here there are too many.
    let mut dense = None;
    while before > span.from && Instant::now() < enough {
        // The band that `before` ends in, and those before it.
        let newest = (before - 1) / BAND;
        let bands = (size <= MOST).then(|| (newest - size + 1).max(0)..=newest);
        let from = bands.as_ref().map_or(span.from, |bands| span.from.max(bands.start() * BAND));
        let looked = match bands {
            Some(bands) => with_bands(&expression, bands),
            None => expression.clone(),
        };
        let missing = i64::from(limit) - i64::try_from(found.len()).unwrap_or(i64::MAX);
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            // Not by the order of ids, in which all of them would be read.
            "SELECT d.id, COUNT(*) OVER () FROM (SELECT id FROM search_docs \
             WHERE words @@ CAST($1 AS TSQUERY) AND id + 0 >= $2 AND id + 0 < $3 LIMIT $4) AS d \
             ORDER BY d.id DESC LIMIT $5",
        )
        .bind(looked)
        .bind(from)
        .bind(before)
        .bind(TOO_MANY + 1)
        .bind(missing)
        .fetch_all(&mut *connection)
        .await?;
        if size > FEWEST && rows.first().is_some_and(|(_, count)| *count > TOO_MANY) {
            if size > MOST {
                (size, all_are_too_many) = (MOST, true);
            } else {
                (size, dense) = ((size / 2).max(FEWEST), Some(from));
            }
            continue;
        }
        found.extend(rows.into_iter().map(|(id, _)| id));
        if found.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            let rest = found.last().copied();
            return Ok((found, rest));
        }
        before = from;
        size = match dense {
            // Half of what is left of it each time.
            Some(end) if before > end => ((before - end) / BAND / 2).max(FEWEST),
            _ if all_are_too_many => (size * GROWTH).min(MOST),
            _ => size * GROWTH,
        };
        dense = dense.filter(|end| before > *end);
    }
    Ok((found, Some(before).filter(|before| *before > span.from)))
}

/// A message as a `tsvector`. Every text stands in quotes, and none holds one.
fn words(entry: &Entry) -> String {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, word) in entry.words.iter().enumerate() {
        places.entry(word).or_default().push(at + 1);
    }
    let mut vector = String::new();
    for (word, places) in places {
        let places: Vec<String> = places.iter().map(ToString::to_string).collect();
        _ = write!(vector, "'{word}':{} ", places.join(","));
    }
    for mark in entry.marks.iter().chain([&band_mark(entry.id / BAND)]) {
        _ = write!(vector, "'{mark}' ");
    }
    vector
}

/// Begins like the other marks, and goes on with a letter that none of them has.
fn band_mark(band: i64) -> String {
    format!("{MARK}b{band}")
}

/// The query as a `tsquery`.
fn expression(wanted: &Wanted<'_>) -> String {
    let phrases = wanted.phrases.iter().map(|Phrase { tokens, open }| {
        let words: Vec<String> = tokens.iter().map(|token| format!("'{token}'")).collect();
        format!("({}{})", words.join(" <-> "), if *open { ":*" } else { "" })
    });
    let marks = wanted.marks.iter().map(|any| one_of(any.iter().map(String::as_str)));
    phrases.chain(marks).collect::<Vec<_>>().join(" & ")
}

fn with_bands(expression: &str, bands: impl Iterator<Item = i64>) -> String {
    let bands: Vec<String> = bands.map(band_mark).collect();
    format!("{expression} & {}", one_of(bands.iter().map(String::as_str)))
}

fn one_of<'a>(marks: impl Iterator<Item = &'a str>) -> String {
    let marks: Vec<String> = marks.map(|mark| format!("'{mark}'")).collect();
    format!("({})", marks.join(" | "))
}
