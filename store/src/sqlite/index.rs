//! The index of messages, in FTS5 (<https://sqlite.org/fts5.html>).

use parlor_domain::Phrase;
use tokio::time::Instant;

use super::sql::{
    Connection, row,
    search::{Entry, Span, Wanted},
    writes::insert,
};

/// Ids for so many messages.
pub(crate) async fn ids(connection: &mut Connection, count: usize) -> sqlx::Result<Vec<i64>> {
    let last: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM search_docs")
        .fetch_one(connection)
        .await?;
    Ok((last + 1..).take(count).collect())
}

/// Puts new messages in.
pub(crate) async fn add(connection: &mut Connection, entries: &[Entry]) -> sqlx::Result<()> {
    let sql = ("INSERT INTO search_docs (id, room_id, seq, at, filled) ", "");
    insert(connection, sql, entries, |tuple, entry| {
        tuple.push_bind(entry.id).push_bind(entry.room.uuid());
        tuple.push_bind(row::number(entry.seq)).push_bind(entry.at.micros()).push_bind(true);
        Ok(())
    })
    .await?;
    words(connection, entries).await
}

/// Puts messages in that have their ids, in place of what stood there for them.
pub(crate) async fn replace(connection: &mut Connection, entries: &[Entry]) -> sqlx::Result<()> {
    for entry in entries {
        sqlx::query("UPDATE search_docs SET filled = TRUE WHERE id = $1 AND NOT filled")
            .bind(entry.id)
            .execute(&mut *connection)
            .await?;
    }
    words(connection, entries).await
}

async fn words(connection: &mut Connection, entries: &[Entry]) -> sqlx::Result<()> {
    let sql = ("INSERT OR REPLACE INTO search_words (rowid, words, marks) ", "");
    insert(connection, sql, entries, |tuple, entry| {
        tuple.push_bind(entry.id);
        tuple.push_bind(entry.words.join(" ")).push_bind(entry.marks.join(" "));
        Ok(())
    })
    .await
}

/// Takes a message out.
pub(crate) async fn remove(connection: &mut Connection, id: i64) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM search_words WHERE rowid = $1").bind(id).execute(connection).await?;
    Ok(())
}

/// The newest messages that are wanted, so many at most, from the greatest id; and
/// below which id there may be more.
///
/// FTS5 walks through its lists from their ends and stops after the last row it was
/// asked for, so that what is in every message costs no more than what is in few.
pub(crate) async fn newest(
    connection: &mut Connection,
    wanted: &Wanted<'_>,
    span: Span,
    limit: u32,
    _enough: Instant,
) -> sqlx::Result<(Vec<i64>, Option<i64>)> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT rowid FROM search_words WHERE search_words MATCH $1 AND rowid >= $2 \
         AND rowid < $3 ORDER BY rowid DESC LIMIT $4",
    )
    .bind(expression(wanted))
    .bind(span.from)
    .bind(span.before)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    let full = u32::try_from(ids.len()).is_ok_and(|found| found >= limit);
    let rest = ids.last().copied().filter(|_| full);
    Ok((ids, rest))
}

/// Every text stands in quotes, and none holds one.
fn expression(wanted: &Wanted<'_>) -> String {
    let phrases = wanted.phrases.iter().map(|Phrase { tokens, open }| {
        format!("words : \"{}\"{}", tokens.join(" "), if *open { " *" } else { "" })
    });
    let marks = wanted.marks.iter().map(|any| {
        let any: Vec<String> = any.iter().map(|mark| format!("\"{mark}\"")).collect();
        format!("marks : ({})", any.join(" OR "))
    });
    phrases.chain(marks).collect::<Vec<_>>().join(" AND ")
}
