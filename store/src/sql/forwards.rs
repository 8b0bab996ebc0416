//! Messages that are forwarded: what decides about them, and the copies of their files.

use parlor_domain::{FileId, Forwarded, RoomId, Seq, Timestamp, UserId};
use uuid::Uuid;

use super::{Connection, facts::select, files, row};
use crate::log::facts::{Facts, Needs, SourceFacts};

/// The columns of [`row::ForwardedRow`], of a table `messages` called `m`.
macro_rules! forwarded_columns {
    () => {
        "m.forwarded_author, m.forwarded_at, m.forwarded_text"
    };
}
pub(super) use forwarded_columns;

#[derive(sqlx::FromRow)]
struct SourceRow {
    room_id: Uuid,
    seq: i64,
    author: Uuid,
    posted_at: i64,
    text: String,
    #[sqlx(flatten)]
    forwarded: row::ForwardedRow,
}

/// What may be forwarded. The logs of its rooms are held: whoever edits or deletes it,
/// or takes the right to read it, waits until the copy is there.
pub(super) async fn load(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    // What is not there may come by an earlier command.
    facts.sources.extend(needs.sources.iter().map(|key| (*key, None)));
    let sql = (
        concat!(
            "SELECT m.room_id, m.seq, m.author, m.posted_at, m.text, ",
            forwarded_columns!(),
            " FROM ("
        ),
        ") AS v CROSS JOIN messages m \
         WHERE m.room_id = v.column1 AND m.seq = v.column2 AND NOT m.deleted",
    );
    let rows: Vec<SourceRow> = select(connection, sql, &needs.sources, |tuple, (room, message)| {
        tuple.push_bind(room.uuid()).push_bind(row::number(*message));
    })
    .await?;
    for row in rows {
        let forwarded = row::forwarded(row.forwarded);
        let is_forward = forwarded.is_some();
        let said = forwarded.unwrap_or_else(|| Forwarded {
            author: UserId::from_uuid(row.author),
            said_at: Timestamp::from_micros(row.posted_at),
            text: row.text,
        });
        let source = SourceFacts { said, is_forward, files: Vec::new() };
        facts.sources.insert((RoomId::from_uuid(row.room_id), row::seq(row.seq)), Some(source));
    }
    files::load_sources(connection, needs, facts).await
}

/// Puts copies of files on a message that forwards them, in this order. They share the
/// object.
pub(super) async fn share(
    connection: &mut Connection,
    room: RoomId,
    message: Seq,
    owner: UserId,
    files: &[(FileId, FileId)],
) -> sqlx::Result<()> {
    for (place, (file, copy)) in (0_i64..).zip(files) {
        sqlx::query(
            "INSERT INTO files (id, owner, state, name, announced, received, counted, expires_at, \
             object, media_type, kind, bytes, width, height, thumbhash, thumbnail_type, \
             duration_ms, room_id, message, place) \
             SELECT $2, $3, 'attached', f.name, f.announced, f.received, f.counted, f.expires_at, \
             f.object, f.media_type, f.kind, f.bytes, f.width, f.height, f.thumbhash, \
             f.thumbnail_type, f.duration_ms, $4, $5, $6 FROM files f WHERE f.id = $1",
        )
        .bind(file.uuid())
        .bind(copy.uuid())
        .bind(owner.uuid())
        .bind(room.uuid())
        .bind(row::number(message))
        .bind(place)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
