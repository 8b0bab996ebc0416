//! Reads of messages.

use parlor_domain::{Event, EventBody, Message, RoomId, Seq, UserId, Version};

use uuid::Uuid;

use super::{
    Connection, Db, files, forwards::forwarded_columns, log, mentions, pins, reactions, row,
};
use crate::{Authored, From, History};

pub(crate) async fn history(
    db: &Db,
    room: RoomId,
    reader: UserId,
    from: From,
    limit: u32,
) -> sqlx::Result<Option<History>> {
    let mut lease = db.reader().await?;
    let mut snapshot = lease.begin_read().await?;
    let history = read(&mut snapshot, room, reader, from, limit).await?;
    snapshot.commit().await?;
    lease.done();
    Ok(history)
}

pub(crate) async fn versions(
    db: &Db,
    room: RoomId,
    message: Seq,
    after: Seq,
    limit: u32,
) -> sqlx::Result<Option<Vec<Version>>> {
    let mut lease = db.reader().await?;
    let mut snapshot = lease.begin_read().await?;
    let posted: Option<i64> =
        sqlx::query_scalar("SELECT seq FROM messages WHERE room_id = $1 AND seq = $2")
            .bind(room.uuid())
            .bind(row::number(message))
            .fetch_optional(&mut *snapshot)
            .await?;
    let rows: Vec<row::EventRow> = sqlx::query_as(
        "SELECT e.seq, e.at, e.actor, e.request_id, e.body FROM events e \
         WHERE e.log_id = $1 AND e.seq > $3 AND e.seq IN \
         (SELECT seq FROM edits WHERE room_id = $1 AND message = $2 \
         UNION ALL SELECT seq FROM messages WHERE room_id = $1 AND seq = $2) \
         ORDER BY e.seq LIMIT $4",
    )
    .bind(room.uuid())
    .bind(row::number(message))
    .bind(row::number(after))
    .bind(i64::from(limit))
    .fetch_all(&mut *snapshot)
    .await?;
    snapshot.commit().await?;
    lease.done();
    let events: Vec<Event> = rows.into_iter().map(row::event).collect::<sqlx::Result<_>>()?;
    Ok(posted.map(|_| events.into_iter().filter_map(version).collect()))
}

/// What `author` said, in whatever room, and is not deleted: after the message `after`,
/// by room and seq.
pub(crate) async fn authored(
    db: &Db,
    author: UserId,
    after: Option<(RoomId, Seq)>,
    limit: u32,
) -> sqlx::Result<Vec<Authored>> {
    let (room, seq) = after.map_or((Uuid::nil(), Seq::ZERO), |(room, seq)| (room.uuid(), seq));
    let mut lease = db.reader().await?;
    let rows: Vec<row::AuthoredRow> = sqlx::query_as(concat!(
        "SELECT m.room_id, m.seq, m.text, m.reply_to, m.posted_at, m.edited_at, ",
        forwarded_columns!(),
        " FROM messages m WHERE m.author = $1 AND NOT m.deleted \
         AND (m.room_id, m.seq) > ($2, $3) ORDER BY m.room_id, m.seq LIMIT $4"
    ))
    .bind(author.uuid())
    .bind(room)
    .bind(row::number(seq))
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    let mut authored = rows.into_iter().map(row::authored).collect::<Vec<Authored>>();
    files::read_authored(&mut lease, &mut authored).await?;
    lease.done();
    Ok(authored)
}

/// What an event says about the text of its message; nothing where that is gone.
fn version(Event { seq, at, body, .. }: Event) -> Option<Version> {
    match body {
        EventBody::MessagePosted { text, erased: false, .. }
        | EventBody::MessageEdited { text, erased: false, .. } => Some(Version { seq, text, at }),
        _ => None,
    }
}

async fn read(
    snapshot: &mut Connection,
    room: RoomId,
    reader: UserId,
    from: From,
    limit: u32,
) -> sqlx::Result<Option<History>> {
    // A user's log has events, but no messages and no history.
    let is_room: Option<i64> = sqlx::query_scalar("SELECT member_count FROM rooms WHERE id = $1")
        .bind(room.uuid())
        .fetch_optional(&mut *snapshot)
        .await?;
    let (Some(_), Some(head)) = (is_room, log::position(snapshot, room.into()).await?) else {
        return Ok(None);
    };
    let (mut messages, more_before, more_after) = match from {
        From::Before(seq) => {
            let (messages, more) = older(snapshot, room, seq, limit).await?;
            let (_, newer) = newer(snapshot, room, seq, 0).await?;
            (messages, more, newer)
        }
        From::After(seq) => {
            let (messages, more) = newer(snapshot, room, seq.next(), limit).await?;
            let (_, older) = older(snapshot, room, seq.next(), 0).await?;
            (messages, older, more)
        }
        From::Around(seq) => {
            let half = limit / 2;
            let (mut messages, more_before) = older(snapshot, room, seq, half).await?;
            let (after, more_after) = newer(snapshot, room, seq, limit - half).await?;
            messages.extend(after);
            (messages, more_before, more_after)
        }
    };
    files::read(snapshot, room, &mut messages).await?;
    mentions::read(snapshot, room, &mut messages).await?;
    pins::read(snapshot, room, &mut messages).await?;
    reactions::read(snapshot, room, reader, &mut messages).await?;
    Ok(Some(History { messages, head, more_before, more_after }))
}

macro_rules! columns {
    () => {
        concat!(
            "SELECT m.seq, m.author, m.text, m.reply_to, m.posted_at, m.edited_at, m.deleted, \
             m.version, ",
            forwarded_columns!(),
            " FROM messages m "
        )
    };
}

/// The newest `limit` before `end`, ascending, and whether there are older ones.
async fn older(
    snapshot: &mut Connection,
    room: RoomId,
    end: Seq,
    limit: u32,
) -> sqlx::Result<(Vec<Message>, bool)> {
    let sql = concat!(columns!(), "WHERE room_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3");
    let (mut messages, more) = page(snapshot, sql, room, end, limit).await?;
    messages.reverse();
    Ok((messages, more))
}

/// The oldest `limit` from `start` on, and whether there are newer ones.
async fn newer(
    snapshot: &mut Connection,
    room: RoomId,
    start: Seq,
    limit: u32,
) -> sqlx::Result<(Vec<Message>, bool)> {
    let sql = concat!(columns!(), "WHERE room_id = $1 AND seq >= $2 ORDER BY seq LIMIT $3");
    page(snapshot, sql, room, start, limit).await
}

/// Asks for one more than wanted, to know whether there are more.
async fn page(
    snapshot: &mut Connection,
    sql: &'static str,
    room: RoomId,
    edge: Seq,
    limit: u32,
) -> sqlx::Result<(Vec<Message>, bool)> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut rows: Vec<row::MessageRow> = sqlx::query_as(sql)
        .bind(room.uuid())
        .bind(row::number(edge))
        .bind(i64::from(limit) + 1)
        .fetch_all(snapshot)
        .await?;
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    Ok((rows.into_iter().map(row::message).collect(), more))
}
