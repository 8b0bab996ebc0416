//! Writes what was decided: rows of many commands in one statement each, rare
//! changes one by one.

use parlor_domain::{Epoch, EventBody, Mentions, Role, RoomId, Seq, Timestamp, Visibility};

use super::{
    Builder, Connection, Tuple, accounts::found_by, admin, bans, drafts, files, forwards, friends,
    invites, mentions, pieces, pins, preferences, privacy, reactions, rooms, row, search,
};
use crate::log::plan::{Projection, Writes};

pub(super) async fn run(
    connection: &mut Connection,
    writes: &Writes,
    epoch: Epoch,
    now: Timestamp,
) -> sqlx::Result<()> {
    let epoch = row::epoch_number(epoch);
    insert(
        connection,
        ("INSERT INTO logs (id, kind, epoch, last_seq) ", ""),
        &writes.logs,
        |tuple, log| {
            tuple.push_bind(log.uuid()).push_bind("room").push_bind(epoch).push_bind(0_i64);
            Ok(())
        },
    )
    .await?;
    insert(
        connection,
        ("INSERT INTO events (log_id, seq, at, actor, request_id, digest, body) ", ""),
        &writes.events,
        |tuple, new| {
            tuple
                .push_bind(new.log.uuid())
                .push_bind(row::number(new.event.seq))
                .push_bind(new.event.at.micros())
                .push_bind(new.event.actor.uuid())
                .push_bind(new.event.request_id.map(|id| id.uuid()))
                .push_bind(new.digest.map(|digest| digest.to_vec()))
                .push_bind(json(&new.event.body)?);
            Ok(())
        },
    )
    .await?;
    insert(
        connection,
        (
            "INSERT INTO messages \
             (room_id, seq, author, text, reply_to, posted_at, deleted, version, \
             forwarded_author, forwarded_at, forwarded_text) ",
            "",
        ),
        &writes.messages,
        |tuple, new| {
            tuple
                .push_bind(new.room.uuid())
                .push_bind(row::number(new.seq))
                .push_bind(new.author.uuid())
                .push_bind(new.text.clone())
                .push_bind(new.reply_to.map(row::number))
                .push_bind(now.micros())
                .push_bind(false)
                .push_bind(row::number(new.seq))
                .push_bind(new.forwarded.as_ref().map(|it| it.author.uuid()))
                .push_bind(new.forwarded.as_ref().map(|it| it.said_at.micros()))
                .push_bind(new.forwarded.as_ref().map(|it| it.text.clone()));
            Ok(())
        },
    )
    .await?;
    mentions::insert(connection, &writes.messages).await?;
    search::insert(connection, &writes.messages, now).await?;
    for change in &writes.changes {
        project(connection, change, now).await?;
    }
    let reads: Vec<_> = writes.reads.iter().collect();
    insert(
        connection,
        (
            "INSERT INTO reads (user_id, room_id, seq) ",
            " ON CONFLICT (user_id, room_id) DO UPDATE SET seq = excluded.seq",
        ),
        &reads,
        |tuple, ((user, room), seq)| {
            tuple.push_bind(user.uuid()).push_bind(room.uuid()).push_bind(row::number(**seq));
            Ok(())
        },
    )
    .await?;
    let heads: Vec<_> = writes.heads.iter().collect();
    insert(
        connection,
        ("UPDATE logs SET last_seq = v.column2 FROM (", ") AS v WHERE logs.id = v.column1"),
        &heads,
        |tuple, (log, seq)| {
            tuple.push_bind(log.uuid()).push_bind(row::number(**seq));
            Ok(())
        },
    )
    .await
}

/// Runs `head VALUES rows tail` for all rows.
pub(crate) async fn insert<T>(
    connection: &mut Connection,
    (head, tail): (&str, &str),
    rows: &[T],
    bind: impl Fn(&mut Tuple<'_>, &T) -> sqlx::Result<()>,
) -> sqlx::Result<()> {
    for piece in pieces(rows) {
        let mut query = Builder::new(head);
        let mut bound = Ok(());
        query.push_values(piece, |mut tuple, row| {
            if bound.is_ok() {
                bound = bind(&mut tuple, row);
            }
        });
        bound?;
        query.push(tail).build().execute(&mut *connection).await?;
    }
    Ok(())
}

pub(super) fn json(body: &EventBody) -> sqlx::Result<String> {
    serde_json::to_string(body).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

async fn project(
    connection: &mut Connection,
    change: &Projection,
    now: Timestamp,
) -> sqlx::Result<()> {
    match change {
        Projection::RoomCreated { room, facts } => {
            sqlx::query(
                "INSERT INTO rooms \
                 (id, name, topic, public, direct, archived, created_at, found_by, \
                 member_count, owner_count) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)",
            )
            .bind(room.uuid())
            .bind(facts.name.as_str())
            .bind(facts.topic.as_str())
            .bind(facts.visibility == Visibility::Public)
            .bind(facts.visibility == Visibility::Direct)
            .bind(facts.archived)
            .bind(now.micros())
            .bind(rooms::found_by(&facts.name, &facts.topic))
            .execute(connection)
            .await?;
        }
        Projection::RoomChanged { room, facts } => {
            sqlx::query(
                "UPDATE rooms SET name = $2, topic = $3, archived = $4, found_by = $5 WHERE id = $1",
            )
            .bind(room.uuid())
            .bind(facts.name.as_str())
            .bind(facts.topic.as_str())
            .bind(facts.archived)
            .bind(rooms::found_by(&facts.name, &facts.topic))
            .execute(connection)
            .await?;
        }
        Projection::RoomDeleted { room, by, until } => {
            rooms::delete(connection, *room, *by, *until, now).await?;
        }
        Projection::RoomRestored { room } => rooms::restore(connection, *room).await?,
        Projection::Hidden { room, user, on } => {
            rooms::hide(connection, *room, *user, *on).await?;
            if *on {
                drafts::forget(connection, *user, *room).await?;
            }
        }
        Projection::Joined { room, user, role } => {
            sqlx::query(
                "INSERT INTO members (room_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(room.uuid())
            .bind(user.uuid())
            .bind(role.as_str())
            .bind(now.micros())
            .execute(&mut *connection)
            .await?;
            count(connection, *room, *role, 1).await?;
        }
        Projection::Left { room, user, role } => {
            sqlx::query("DELETE FROM members WHERE room_id = $1 AND user_id = $2")
                .bind(room.uuid())
                .bind(user.uuid())
                .execute(&mut *connection)
                .await?;
            preferences::forget(connection, *user, *room).await?;
            drafts::forget(connection, *user, *room).await?;
            count(connection, *room, *role, -1).await?;
        }
        Projection::RoleChanged { room, user, before, role } => {
            sqlx::query("UPDATE members SET role = $3 WHERE room_id = $1 AND user_id = $2")
                .bind(room.uuid())
                .bind(user.uuid())
                .bind(role.as_str())
                .execute(&mut *connection)
                .await?;
            count(connection, *room, *before, -1).await?;
            count(connection, *room, *role, 1).await?;
        }
        Projection::Banned { room, ban } => bans::add(connection, *room, ban).await?,
        Projection::Unbanned { room, user } => bans::remove(connection, *room, *user).await?,
        Projection::Invited { invite } => invites::add(connection, invite).await?,
        Projection::InviteRevoked { invite } => invites::revoke(connection, *invite).await?,
        Projection::InviteUsed { invite } => invites::count_use(connection, *invite).await?,
        Projection::Preferred { user, room, preferences } => {
            preferences::save(connection, *user, *room, *preferences).await?;
        }
        Projection::Drafted { user, room, draft, by } => {
            drafts::save(connection, *user, *room, draft, *by).await?;
        }
        Projection::PartnerRead { user, room, seq } => {
            privacy::partner_read(connection, *user, *room, *seq).await?;
        }
        Projection::PrivacyChanged { user, privacy } => {
            privacy::save(connection, *user, *privacy).await?;
        }
        Projection::Edited { room, message, text, mentions, by } => {
            sqlx::query(
                "UPDATE messages SET text = $3, edited_at = $4, version = $5 \
                 WHERE room_id = $1 AND seq = $2",
            )
            .bind(room.uuid())
            .bind(row::number(*message))
            .bind(text)
            .bind(now.micros())
            .bind(row::number(*by))
            .execute(&mut *connection)
            .await?;
            sqlx::query("INSERT INTO edits (room_id, message, seq) VALUES ($1, $2, $3)")
                .bind(room.uuid())
                .bind(row::number(*message))
                .bind(row::number(*by))
                .execute(&mut *connection)
                .await?;
            mentions::clear(connection, *room, *message).await?;
            mentions::add(connection, *room, *message, mentions).await?;
            search::change(connection, *room, *message).await?;
        }
        Projection::Erased { room, message, reply_to, by } => {
            erase(connection, *room, *message, *reply_to, *by).await?;
        }
        Projection::Attached { room, message, files } => {
            files::attach(connection, *room, *message, files).await?;
        }
        Projection::Shared { room, message, owner, files } => {
            forwards::share(connection, *room, *message, *owner, files).await?;
        }
        Projection::Reacted { key, since, by } => {
            reactions::add(connection, key, *since, *by, now).await?;
        }
        Projection::Pinned { room, message, user, by } => {
            pins::add(connection, *room, *message, *user, *by, now).await?;
        }
        Projection::Unpinned { room, message, by } => {
            pins::remove(connection, *room, *message, *by).await?;
        }
        Projection::Unreacted { key, by } => reactions::remove(connection, key, *by).await?,
        Projection::ProfileChanged { user, profile } => {
            sqlx::query(
                "UPDATE users SET display_name = $2, status_text = $3, status_emoji = $4, \
                 found_by = name || $5, avatar = $6 WHERE id = $1",
            )
            .bind(user.uuid())
            .bind(profile.display_name.as_str())
            .bind(profile.status_text.as_str())
            .bind(profile.status_emoji.as_str())
            .bind(found_by(&profile.display_name))
            .bind(profile.avatar.map(|avatar| avatar.uuid()))
            .execute(connection)
            .await?;
        }
        Projection::Tied { user, other, tie } => {
            friends::tie(connection, *user, *other, *tie, now).await?;
        }
        Projection::Blocked { user, other, on } => {
            friends::block(connection, *user, *other, *on, now).await?;
        }
        Projection::Audited { .. } => admin::record_of_room(connection, change, now).await?,
    }
    Ok(())
}

async fn count(connection: &mut Connection, room: RoomId, role: Role, by: i64) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE rooms SET member_count = member_count + $2, owner_count = owner_count + $3 \
         WHERE id = $1",
    )
    .bind(room.uuid())
    .bind(by)
    .bind(if role == Role::Owner { by } else { 0 })
    .execute(connection)
    .await?;
    Ok(())
}

/// Leaves a tombstone, no text of the message in any event, and nothing on it.
async fn erase(
    connection: &mut Connection,
    room: RoomId,
    message: Seq,
    reply_to: Option<Seq>,
    by: Seq,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE messages SET text = '', deleted = TRUE, version = $3, \
         forwarded_author = NULL, forwarded_at = NULL, forwarded_text = NULL \
         WHERE room_id = $1 AND seq = $2",
    )
    .bind(room.uuid())
    .bind(row::number(message))
    .bind(row::number(by))
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE events SET body = $3 WHERE log_id = $1 AND seq = $2")
        .bind(room.uuid())
        .bind(row::number(message))
        .bind(json(&EventBody::erased_message(reply_to))?)
        .execute(&mut *connection)
        .await?;
    let edited = EventBody::MessageEdited {
        message,
        text: String::new(),
        mentions: Mentions::default(),
        erased: true,
    };
    sqlx::query(
        "UPDATE events SET body = $3 WHERE log_id = $1 AND seq IN \
         (SELECT seq FROM edits WHERE room_id = $1 AND message = $2)",
    )
    .bind(room.uuid())
    .bind(row::number(message))
    .bind(json(&edited)?)
    .execute(&mut *connection)
    .await?;
    search::forget(connection, room, message).await?;
    files::clear(connection, room, message).await?;
    mentions::clear(connection, room, message).await?;
    pins::clear(connection, room, message).await?;
    reactions::clear(connection, room, message).await
}
