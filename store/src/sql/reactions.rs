//! Emoji on messages: what decides about them, their rows, and reads.

use std::collections::BTreeSet;

use parlor_domain::{Message, Reaction, RoomId, Seq, Timestamp, UserId, limits};
use uuid::Uuid;

use super::{Connection, facts::select, on_message, row};
use crate::log::facts::{EmojiFacts, Facts, Needs, ReactionFacts, ReactionKey};

pub(super) async fn load(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let sql = (
        "SELECT t.room_id, t.message, t.emoji, t.user_id, t.seq, t.at FROM (",
        ") AS v CROSS JOIN reactions t WHERE t.room_id = v.column1 AND t.message = v.column2 \
         AND t.emoji = v.column3 AND t.user_id = v.column4",
    );
    let rows: Vec<(Uuid, i64, String, Uuid, i64, i64)> =
        select(connection, sql, &needs.reactions, |tuple, (room, message, emoji, user)| {
            tuple
                .push_bind(room.uuid())
                .push_bind(row::number(*message))
                .push_bind(emoji.as_str().to_owned())
                .push_bind(user.uuid());
        })
        .await?;
    for (room, message, emoji, user, seq, at) in rows {
        let message = (RoomId::from_uuid(room), row::seq(message));
        let key = (message.0, message.1, row::emoji(&emoji)?, UserId::from_uuid(user));
        let first = ReactionFacts { seq: row::seq(seq), at: Timestamp::from_micros(at) };
        facts.reactions.insert(key, first);
    }
    let messages: BTreeSet<(RoomId, Seq)> =
        needs.reactions.iter().map(|(room, message, ..)| (*room, *message)).collect();
    let sql = (
        "SELECT t.room_id, t.message, t.emoji, MIN(t.since), COUNT(*) FROM (",
        ") AS v CROSS JOIN reactions t WHERE t.room_id = v.column1 AND t.message = v.column2 \
         GROUP BY t.room_id, t.message, t.emoji",
    );
    let rows: Vec<(Uuid, i64, String, i64, i64)> =
        select(connection, sql, &messages, |tuple, (room, message)| {
            tuple.push_bind(room.uuid()).push_bind(row::number(*message));
        })
        .await?;
    for (room, message, emoji, since, users) in rows {
        let message = (RoomId::from_uuid(room), row::seq(message));
        let on_it = EmojiFacts { since: row::seq(since), users: row::count(users) };
        facts.emoji.entry(message).or_default().insert(row::emoji(&emoji)?, on_it);
    }
    Ok(())
}

pub(super) async fn add(
    connection: &mut Connection,
    (room, message, emoji, user): &ReactionKey,
    since: Seq,
    by: Seq,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO reactions (room_id, message, emoji, user_id, seq, at, since) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(room.uuid())
    .bind(row::number(*message))
    .bind(emoji.as_str())
    .bind(user.uuid())
    .bind(row::number(by))
    .bind(now.micros())
    .bind(row::number(since))
    .execute(&mut *connection)
    .await?;
    touch(connection, *room, *message, by).await
}

pub(super) async fn remove(
    connection: &mut Connection,
    (room, message, emoji, user): &ReactionKey,
    by: Seq,
) -> sqlx::Result<()> {
    sqlx::query(
        "DELETE FROM reactions \
         WHERE room_id = $1 AND message = $2 AND emoji = $3 AND user_id = $4",
    )
    .bind(room.uuid())
    .bind(row::number(*message))
    .bind(emoji.as_str())
    .bind(user.uuid())
    .execute(&mut *connection)
    .await?;
    touch(connection, *room, *message, by).await
}

/// Takes everything off a message.
pub(super) async fn clear(
    connection: &mut Connection,
    room: RoomId,
    message: Seq,
) -> sqlx::Result<()> {
    let sql = "DELETE FROM reactions WHERE room_id = $1 AND message = $2";
    on_message::run(connection, sql, room, message).await
}

/// The event `by` changed a message, if not its text.
pub(super) async fn touch(
    connection: &mut Connection,
    room: RoomId,
    message: Seq,
    by: Seq,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE messages SET version = $3 WHERE room_id = $1 AND seq = $2")
        .bind(room.uuid())
        .bind(row::number(message))
        .bind(row::number(by))
        .execute(connection)
        .await?;
    Ok(())
}

/// Puts on messages, which ascend, what is on them. Of the users of one emoji the
/// first are read, and `reader`, however many there are.
pub(super) async fn read(
    snapshot: &mut Connection,
    room: RoomId,
    reader: UserId,
    messages: &mut [Message],
) -> sqlx::Result<()> {
    let Some(query) = on_message::query::<(i64, String, Uuid, i64)>(
        "SELECT n.message, n.emoji, n.user_id, n.users FROM \
         (SELECT message, emoji, user_id, since, seq, \
         COUNT(*) OVER (PARTITION BY message, emoji) AS users, \
         ROW_NUMBER() OVER (PARTITION BY message, emoji ORDER BY seq) AS place \
         FROM reactions WHERE room_id = $1 AND message BETWEEN $2 AND $3) n \
         WHERE n.place <= $4 OR n.user_id = $5 ORDER BY n.message, n.since, n.seq",
        room,
        messages,
    ) else {
        return Ok(());
    };
    let query = query.bind(i64::from(limits::REACTION_USERS)).bind(reader.uuid());
    for (message, emoji, user, users) in query.fetch_all(snapshot).await? {
        let Some(message) = on_message::find(messages, message) else { continue };
        let user = UserId::from_uuid(user);
        match message.reactions.last_mut() {
            Some(reaction) if reaction.emoji.as_str() == emoji => reaction.users.push(user),
            _ => message.reactions.push(Reaction {
                emoji: row::emoji(&emoji)?,
                count: row::count(users),
                users: vec![user],
            }),
        }
    }
    Ok(())
}
