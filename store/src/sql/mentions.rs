//! Whom messages mention: what decides about it, the rows, and reads.

use std::collections::BTreeSet;

use parlor_domain::{Mentions, Message, RoomId, Seq, UserId, UserName};
use uuid::Uuid;

use super::{Connection, facts::select, on_message, row, writes};
use crate::log::{
    facts::{Facts, Needs},
    plan::NewMessage,
};

/// Stands in a row for all members: the system user is nowhere a member.
pub(super) const EVERYBODY: UserId = UserId::SYSTEM;

/// Finds out whose names are called. Returns the roles that tell whether they are
/// members.
pub(super) async fn names(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<BTreeSet<(RoomId, UserId)>> {
    let names: BTreeSet<&UserName> = needs.names.iter().map(|(name, _)| name).collect();
    let sql = ("SELECT u.name, u.id FROM (", ") AS v CROSS JOIN users u WHERE u.name = v.column1");
    let rows: Vec<(String, Uuid)> = select(connection, sql, &names, |tuple, name| {
        tuple.push_bind(name.as_str().to_owned());
    })
    .await?;
    for (name, user) in rows {
        facts.names.insert(row::user_name(&name)?, UserId::from_uuid(user));
    }
    let role = |(name, room): &(UserName, RoomId)| Some((*room, *facts.names.get(name)?));
    Ok(needs.names.iter().filter_map(role).collect())
}

/// Those who are mentioned, as they stand in rows.
fn mentioned(mentions: &Mentions) -> impl Iterator<Item = UserId> {
    mentions.users.iter().copied().chain(mentions.room.then_some(EVERYBODY))
}

/// The rows of new messages.
pub(super) async fn insert(
    connection: &mut Connection,
    messages: &[NewMessage],
) -> sqlx::Result<()> {
    let rows: Vec<(RoomId, Seq, UserId)> = messages
        .iter()
        .flat_map(|new| mentioned(&new.mentions).map(|user| (new.room, new.seq, user)))
        .collect();
    write(connection, &rows).await
}

/// The rows of one message that has none.
pub(super) async fn add(
    connection: &mut Connection,
    room: RoomId,
    message: Seq,
    mentions: &Mentions,
) -> sqlx::Result<()> {
    let rows: Vec<_> = mentioned(mentions).map(|user| (room, message, user)).collect();
    write(connection, &rows).await
}

async fn write(connection: &mut Connection, rows: &[(RoomId, Seq, UserId)]) -> sqlx::Result<()> {
    let sql = ("INSERT INTO mentions (room_id, message, user_id) ", "");
    writes::insert(connection, sql, rows, |tuple, (room, message, user)| {
        tuple.push_bind(room.uuid()).push_bind(row::number(*message)).push_bind(user.uuid());
        Ok(())
    })
    .await
}

/// Takes the rows of a message away.
pub(super) async fn clear(
    connection: &mut Connection,
    room: RoomId,
    message: Seq,
) -> sqlx::Result<()> {
    let sql = "DELETE FROM mentions WHERE room_id = $1 AND message = $2";
    on_message::run(connection, sql, room, message).await
}

/// Says of messages, which ascend, whom they mention.
pub(super) async fn read(
    snapshot: &mut Connection,
    room: RoomId,
    messages: &mut [Message],
) -> sqlx::Result<()> {
    let sql = "SELECT message, user_id FROM mentions \
               WHERE room_id = $1 AND message BETWEEN $2 AND $3";
    let Some(query) = on_message::query::<(i64, Uuid)>(sql, room, messages) else {
        return Ok(());
    };
    for (message, user) in query.fetch_all(snapshot).await? {
        let Some(message) = on_message::find(messages, message) else { continue };
        match UserId::from_uuid(user) {
            EVERYBODY => message.mentions.room = true,
            user => {
                message.mentions.users.insert(user);
            }
        }
    }
    Ok(())
}
