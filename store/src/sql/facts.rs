//! Loads the facts that decide commands: a handful of statements, however many
//! the commands.

use std::collections::BTreeSet;

use parlor_domain::{LogId, Position, RequestId, RoomId, Timestamp, UserId};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Builder, Connection, Driver, FOR_UPDATE, FOR_UPDATE_FREE, Tuple, bans, drafts, files, forwards,
    friends, invites, mentions, overview, pieces, pins, preferences, privacy, reactions, row,
};
use crate::log::{
    Patience,
    facts::{Facts, LogFacts, MessageFacts, Needs, Repeat, RoomFacts},
};

/// `Err` names logs that somebody else holds, where those are not waited for.
pub(super) async fn load(
    connection: &mut Connection,
    needs: &Needs,
    now: Timestamp,
    patience: Patience,
) -> sqlx::Result<Result<Facts, BTreeSet<LogId>>> {
    let mut facts = Facts::default();
    // The logs come first: what is read after them cannot change until commit,
    // for whoever changes a room holds its log.
    let mut locked = privacy::partners(connection, needs, &mut facts).await?;
    locked.extend(&needs.logs);
    logs(connection, &locked, patience, &mut facts).await?;
    if patience == Patience::None {
        let held = held(connection, &locked, &facts).await?;
        if !held.is_empty() {
            return Ok(Err(held));
        }
    }
    rooms(connection, needs, &mut facts).await?;
    let called = mentions::names(connection, needs, &mut facts).await?;
    roles(connection, needs.roles.union(&called), &mut facts).await?;
    repeats(connection, needs, &mut facts).await?;
    messages(connection, needs, &mut facts).await?;
    reactions::load(connection, needs, &mut facts).await?;
    pins::load(connection, needs, &mut facts).await?;
    reads(connection, needs, &mut facts).await?;
    bans::load(connection, needs, &mut facts).await?;
    invites::load(connection, needs, now, &mut facts).await?;
    preferences::load(connection, needs, &mut facts).await?;
    standings(connection, needs, &mut facts).await?;
    drafts::load(connection, needs, &mut facts).await?;
    privacy::load(connection, needs, &mut facts).await?;
    profiles(connection, needs, &mut facts).await?;
    friends::load(connection, needs, &mut facts).await?;
    overview::load(connection, needs, &mut facts).await?;
    files::load(connection, needs, &mut facts).await?;
    forwards::load(connection, needs, &mut facts).await?;
    Ok(Ok(facts))
}

/// Logs that are there, and that were not got because somebody else holds them.
async fn held(
    connection: &mut Connection,
    wanted: &BTreeSet<LogId>,
    facts: &Facts,
) -> sqlx::Result<BTreeSet<LogId>> {
    let missing = wanted.iter().filter(|log| !facts.logs.contains_key(log));
    let missing: BTreeSet<LogId> = missing.copied().collect();
    let sql = ("SELECT id FROM logs WHERE id IN (", ")");
    let rows: Vec<(Uuid,)> = select(connection, sql, &missing, |tuple, log| {
        tuple.push_bind(log.uuid());
    })
    .await?;
    Ok(rows.into_iter().map(|(id,)| LogId::from_uuid(id)).collect())
}

/// Runs `head VALUES keys tail` for all keys, in their order.
///
/// Keys of two columns are joined, the keys first: SQLite scans the whole table
/// for `(a, b) IN (VALUES ...)`, and keeps the order of a CROSS JOIN.
pub(super) async fn select<K, T>(
    connection: &mut Connection,
    (head, tail): (&str, &str),
    keys: &BTreeSet<K>,
    bind: impl Fn(&mut Tuple<'_>, &K),
) -> sqlx::Result<Vec<T>>
where
    T: for<'r> FromRow<'r, <Driver as sqlx::Database>::Row> + Send + Unpin,
{
    let keys: Vec<&K> = keys.iter().collect();
    let mut rows = Vec::new();
    for piece in pieces(&keys) {
        let mut query = Builder::new(head);
        query.push_values(piece, |mut tuple, key| bind(&mut tuple, key));
        query.push(tail);
        rows.extend(query.build_query_as().fetch_all(&mut *connection).await?);
    }
    Ok(rows)
}

async fn logs(
    connection: &mut Connection,
    wanted: &BTreeSet<LogId>,
    patience: Patience,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let lock = match patience {
        Patience::None => FOR_UPDATE_FREE,
        Patience::Some => FOR_UPDATE,
    };
    let tail = format!(") ORDER BY id{lock}");
    let sql = ("SELECT id, kind, epoch, last_seq FROM logs WHERE id IN (", tail.as_str());
    let rows: Vec<(Uuid, String, i64, i64)> = select(connection, sql, wanted, |tuple, log| {
        tuple.push_bind(log.uuid());
    })
    .await?;
    for (id, kind, epoch, head) in rows {
        let head = Position { epoch: row::epoch(epoch), seq: row::seq(head) };
        facts.logs.insert(LogId::from_uuid(id), LogFacts { head, is_user: kind == "user" });
    }
    Ok(())
}

/// Only for a direct room it is looked whether one of its two blocks the other, or is
/// not there any more.
async fn rooms(connection: &mut Connection, needs: &Needs, facts: &mut Facts) -> sqlx::Result<()> {
    #[derive(FromRow)]
    struct Row {
        id: Uuid,
        name: String,
        topic: String,
        public: bool,
        direct: bool,
        archived: bool,
        member_count: i64,
        owner_count: i64,
        blocked: bool,
        absent: bool,
        purge_at: Option<i64>,
        untold: bool,
        last_seq: i64,
    }
    let sql = (
        "SELECT r.id, r.name, r.topic, r.public, r.direct, r.archived, r.member_count, r.owner_count, \
         CASE WHEN r.direct THEN EXISTS (SELECT 1 FROM members m JOIN members o ON o.room_id = m.room_id \
         JOIN blocks b ON b.user_id = m.user_id AND b.other_id = o.user_id WHERE m.room_id = r.id) \
         ELSE FALSE END AS blocked, CASE WHEN r.direct THEN EXISTS (SELECT 1 FROM members m \
         JOIN users u ON u.id = m.user_id WHERE m.room_id = r.id \
         AND (u.deactivated_at IS NOT NULL OR u.deleted_at IS NOT NULL)) ELSE FALSE END AS absent, \
         r.purge_at, r.untold, l.last_seq FROM rooms r JOIN logs l ON l.id = r.id WHERE r.id IN (",
        ")",
    );
    let rows: Vec<Row> = select(connection, sql, &needs.rooms, |tuple, room| {
        tuple.push_bind(room.uuid());
    })
    .await?;
    for found in rows {
        let room = RoomFacts {
            name: row::room_name(&found.name)?,
            topic: row::topic(&found.topic)?,
            visibility: row::visibility(found.public, found.direct),
            archived: found.archived,
            members: row::count(found.member_count),
            owners: row::count(found.owner_count),
            blocked: found.blocked,
            absent: found.absent,
            kept_until: found.purge_at.map(Timestamp::from_micros),
            untold: found.untold,
            head: row::seq(found.last_seq),
        };
        facts.rooms.insert(RoomId::from_uuid(found.id), room);
    }
    Ok(())
}

async fn roles(
    connection: &mut Connection,
    keys: impl Iterator<Item = &(RoomId, UserId)>,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let keys = keys.copied().collect();
    let sql = (
        "SELECT t.room_id, t.user_id, t.role, t.hidden FROM (",
        ") AS v CROSS JOIN members t WHERE t.room_id = v.column1 AND t.user_id = v.column2",
    );
    let rows: Vec<(Uuid, Uuid, String, bool)> = select(connection, sql, &keys, |tuple, key| {
        tuple.push_bind(key.0.uuid()).push_bind(key.1.uuid());
    })
    .await?;
    for (room, user, role, hidden) in rows {
        let key = (RoomId::from_uuid(room), UserId::from_uuid(user));
        if hidden {
            facts.hidden.insert(key);
        }
        facts.roles.insert(key, row::role(&role)?);
    }
    Ok(())
}

async fn repeats(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let sql = (
        "SELECT t.log_id, t.request_id, t.seq, t.at, t.digest FROM (",
        ") AS v CROSS JOIN events t WHERE t.log_id = v.column1 AND t.request_id = v.column2",
    );
    let rows: Vec<(Uuid, Uuid, i64, i64, Vec<u8>)> =
        select(connection, sql, &needs.requests, |tuple, key| {
            tuple.push_bind(key.0.uuid()).push_bind(key.1.uuid());
        })
        .await?;
    for (log, request, seq, at, digest) in rows {
        let digest = digest.try_into().map_err(|_| row::malformed("digest"))?;
        let repeat = Repeat { seq: row::seq(seq), at: Timestamp::from_micros(at), digest };
        facts.repeats.insert((LogId::from_uuid(log), RequestId::from_uuid(request)), repeat);
    }
    Ok(())
}

async fn messages(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let sql = (
        "SELECT t.room_id, t.seq, t.author, t.reply_to, t.deleted FROM (",
        ") AS v CROSS JOIN messages t WHERE t.room_id = v.column1 AND t.seq = v.column2",
    );
    let rows: Vec<(Uuid, i64, Uuid, Option<i64>, bool)> =
        select(connection, sql, &needs.messages, |tuple, key| {
            tuple.push_bind(key.0.uuid()).push_bind(row::number(key.1));
        })
        .await?;
    for (room, seq, author, reply_to, deleted) in rows {
        let author = UserId::from_uuid(author);
        let message = MessageFacts { author, reply_to: reply_to.map(row::seq), deleted };
        facts.messages.insert((RoomId::from_uuid(room), row::seq(seq)), message);
    }
    Ok(())
}

async fn reads(connection: &mut Connection, needs: &Needs, facts: &mut Facts) -> sqlx::Result<()> {
    let sql = (
        "SELECT t.user_id, t.room_id, t.seq FROM (",
        ") AS v CROSS JOIN reads t WHERE t.user_id = v.column1 AND t.room_id = v.column2",
    );
    let rows: Vec<(Uuid, Uuid, i64)> = select(connection, sql, &needs.reads, |tuple, key| {
        tuple.push_bind(key.0.uuid()).push_bind(key.1.uuid());
    })
    .await?;
    for (user, room, seq) in rows {
        facts.reads.insert((UserId::from_uuid(user), RoomId::from_uuid(room)), row::seq(seq));
    }
    Ok(())
}

async fn standings(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let sql = (
        "SELECT u.id, u.deactivated_at IS NOT NULL, u.deleted_at IS NOT NULL FROM (",
        ") AS v CROSS JOIN users u WHERE u.id = v.column1 \
         AND (u.deactivated_at IS NOT NULL OR u.deleted_at IS NOT NULL)",
    );
    let rows: Vec<(Uuid, bool, bool)> = select(connection, sql, &needs.standings, |tuple, user| {
        tuple.push_bind(user.uuid());
    })
    .await?;
    for (user, deactivated, deleted) in rows {
        facts.absent.insert(UserId::from_uuid(user), row::standing(deactivated, deleted));
    }
    Ok(())
}

async fn profiles(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let sql = (
        "SELECT id, display_name, status_text, status_emoji, avatar FROM users WHERE id IN (",
        ")",
    );
    let rows: Vec<row::KeyedProfileRow> =
        select(connection, sql, &needs.profiles, |tuple, user| {
            tuple.push_bind(user.uuid());
        })
        .await?;
    for row in rows {
        let (user, profile) = row::keyed_profile(&row)?;
        facts.profiles.insert(user, profile);
    }
    Ok(())
}
