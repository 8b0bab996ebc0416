//! What stands on messages in tables of their own: pins, reactions, mentions.

use parlor_domain::{Message, RoomId, Seq};
use sqlx::{Database, FromRow, query::QueryAs};

use super::{Connection, Driver, row};

/// Runs a statement about one message: its room is `$1`, its seq `$2`.
pub(super) async fn run(
    connection: &mut Connection,
    sql: &'static str,
    room: RoomId,
    message: Seq,
) -> sqlx::Result<()> {
    sqlx::query(sql).bind(room.uuid()).bind(row::number(message)).execute(connection).await?;
    Ok(())
}

/// A query about messages, which ascend: their room is `$1`, the seq of the first
/// `$2`, and of the last `$3`. `None` where there are no messages.
pub(super) fn query<Row>(
    sql: &'static str,
    room: RoomId,
    messages: &[Message],
) -> Option<QueryAs<'static, Driver, Row, <Driver as Database>::Arguments>>
where
    Row: for<'r> FromRow<'r, <Driver as Database>::Row>,
{
    let (first, last) = (messages.first()?, messages.last()?);
    let query = sqlx::query_as(sql).bind(room.uuid());
    Some(query.bind(row::number(first.seq)).bind(row::number(last.seq)))
}

/// The message of a row, among messages, which ascend.
pub(super) fn find(messages: &mut [Message], seq: i64) -> Option<&mut Message> {
    let at = messages.binary_search_by_key(&row::seq(seq), |message| message.seq).ok()?;
    messages.get_mut(at)
}
