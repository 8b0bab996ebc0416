//! Files: what decides about attaching them, their rows, and reads.

use std::collections::{BTreeSet, HashSet};

use parlor_domain::{
    Attachment, FileId, FileKind, Message, Pin, RoomId, Seq, Timestamp, UserId,
    limits::FILE_LEAST_BYTES,
};
use uuid::Uuid;

use super::{Builder, Connection, Db, FOR_UPDATE, facts::select, on_message, row};
use crate::{
    Authored, Begun, GoneFile, NewUpload, Piece, Quota, RoomFile, StoredFile, Upload,
    log::facts::{CountedFile, Facts, FileFacts, Needs},
};

/// The columns of [`row::FileRow`], of a table `files` called `f`.
macro_rules! file_columns {
    () => {
        "f.id, f.name, f.object, f.media_type, f.kind, f.bytes, f.width, f.height, f.thumbhash, \
         f.thumbnail_type, f.duration_ms"
    };
}

/// The columns of [`row::UploadRow`].
macro_rules! upload_columns {
    () => {
        concat!(
            file_columns!(),
            ", f.owner, f.state, f.announced, f.received, f.counted, f.expires_at"
        )
    };
}

/// What a file of so many bytes takes of the space of its owner.
const fn counted(bytes: u64) -> u64 {
    if bytes < FILE_LEAST_BYTES { FILE_LEAST_BYTES } else { bytes }
}

pub(super) async fn load(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    // Held until the commit, so that no other room takes the same file.
    let tail = format!(") AND f.state <> 'gone' ORDER BY f.id{FOR_UPDATE}");
    let sql =
        (concat!("SELECT ", upload_columns!(), " FROM files f WHERE f.id IN ("), tail.as_str());
    let rows: Vec<row::UploadRow> = select(connection, sql, &needs.files, |tuple, file| {
        tuple.push_bind(file.uuid());
    })
    .await?;
    for row in rows {
        let counted = row::size(row.counted);
        let Upload { id, owner, whole, attached, .. } = row::upload(row)?;
        let file = whole.map(|whole| whole.file);
        facts.files.insert(id, FileFacts { owner, file, attached, counted });
    }
    let sql = (
        "SELECT f.room_id, CAST(SUM(f.counted) AS BIGINT) FROM (",
        ") AS v CROSS JOIN files f WHERE f.room_id = v.column1 AND f.state = 'attached' \
         GROUP BY f.room_id",
    );
    let rows: Vec<(Uuid, i64)> = select(connection, sql, &needs.room_files, |tuple, room| {
        tuple.push_bind(room.uuid());
    })
    .await?;
    for (room, taken) in rows {
        facts.room_files.insert(RoomId::from_uuid(room), row::size(taken));
    }
    let sql = (
        "SELECT f.owner, CAST(SUM(f.counted) AS BIGINT) FROM (",
        ") AS v CROSS JOIN files f WHERE f.owner = v.column1 AND f.state <> 'gone' \
         GROUP BY f.owner",
    );
    let rows: Vec<(Uuid, i64)> = select(connection, sql, &needs.user_files, |tuple, user| {
        tuple.push_bind(user.uuid());
    })
    .await?;
    for (user, taken) in rows {
        facts.user_files.insert(UserId::from_uuid(user), row::size(taken));
    }
    Ok(())
}

/// The files of messages that shall be forwarded.
pub(super) async fn load_sources(
    connection: &mut Connection,
    needs: &Needs,
    facts: &mut Facts,
) -> sqlx::Result<()> {
    let sql = (
        concat!("SELECT ", file_columns!(), ", f.message, f.room_id, f.counted FROM ("),
        ") AS v CROSS JOIN files f WHERE f.room_id = v.column1 AND f.message = v.column2 \
         AND f.state = 'attached' ORDER BY f.room_id, f.message, f.place",
    );
    let rows: Vec<row::CountedRow> = select(connection, sql, &needs.sources, |tuple, source| {
        tuple.push_bind(source.0.uuid()).push_bind(row::number(source.1));
    })
    .await?;
    for row in rows {
        let source = (RoomId::from_uuid(row.room_id), row::seq(row.on.message));
        if let Some(Some(source)) = facts.sources.get_mut(&source) {
            let (file, counted) = (row::stored_file(row.on.file)?.file, row::size(row.counted));
            source.files.push(CountedFile { file, counted });
        }
    }
    Ok(())
}

pub(super) async fn attach(
    connection: &mut Connection,
    room: RoomId,
    message: Seq,
    files: &[FileId],
) -> sqlx::Result<()> {
    for (place, file) in (0_i64..).zip(files) {
        sqlx::query(
            "UPDATE files SET state = 'attached', room_id = $2, message = $3, place = $4 \
             WHERE id = $1",
        )
        .bind(file.uuid())
        .bind(room.uuid())
        .bind(row::number(message))
        .bind(place)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// From now on nobody gets the files of a message.
pub(super) async fn clear(
    connection: &mut Connection,
    room: RoomId,
    message: Seq,
) -> sqlx::Result<()> {
    let sql = "UPDATE files SET state = 'gone' \
               WHERE room_id = $1 AND message = $2 AND state = 'attached'";
    on_message::run(connection, sql, room, message).await
}

/// Puts their files on messages, which ascend.
pub(super) async fn read(
    snapshot: &mut Connection,
    room: RoomId,
    messages: &mut [Message],
) -> sqlx::Result<()> {
    let sql = concat!(
        "SELECT ",
        file_columns!(),
        ", f.message FROM files f WHERE f.room_id = $1 AND f.message BETWEEN $2 AND $3 \
         AND f.state = 'attached' ORDER BY f.message, f.place"
    );
    let Some(query) = on_message::query::<row::OnMessageRow>(sql, room, messages) else {
        return Ok(());
    };
    for row in query.fetch_all(snapshot).await? {
        if let Some(message) = on_message::find(messages, row.message) {
            message.attachments.push(row::stored_file(row.file)?.file);
        }
    }
    Ok(())
}

/// Puts their files on pinned messages.
pub(super) async fn read_pins(
    connection: &mut Connection,
    room: RoomId,
    pins: &mut [Pin],
) -> sqlx::Result<()> {
    let keys = pins.iter().map(|pin| (room, pin.message)).collect();
    for (_, message, file) in on_messages(connection, &keys).await? {
        if let Some(pin) = pins.iter_mut().find(|pin| pin.message == message) {
            pin.attachments.push(file);
        }
    }
    Ok(())
}

/// Puts their files on messages of one author.
pub(super) async fn read_authored(
    connection: &mut Connection,
    authored: &mut [Authored],
) -> sqlx::Result<()> {
    let keys = authored.iter().map(|it| (it.room, it.seq)).collect();
    for (room, message, file) in on_messages(connection, &keys).await? {
        if let Some(it) = authored.iter_mut().find(|it| (it.room, it.seq) == (room, message)) {
            it.attachments.push(file);
        }
    }
    Ok(())
}

/// Files of messages in whatever rooms, those of one message in their order.
async fn on_messages(
    connection: &mut Connection,
    keys: &BTreeSet<(RoomId, Seq)>,
) -> sqlx::Result<Vec<(RoomId, Seq, Attachment)>> {
    let sql = (
        concat!("SELECT ", file_columns!(), ", f.message, f.room_id FROM ("),
        ") AS v CROSS JOIN files f WHERE f.room_id = v.column1 AND f.message = v.column2 \
         AND f.state = 'attached' ORDER BY f.message, f.place",
    );
    let rows: Vec<row::OfRoomRow> = select(connection, sql, keys, |tuple, (room, message)| {
        tuple.push_bind(room.uuid()).push_bind(row::number(*message));
    })
    .await?;
    let file = |row: row::OfRoomRow| {
        let file = row::stored_file(row.on.file)?.file;
        Ok((RoomId::from_uuid(row.room_id), row::seq(row.on.message), file))
    };
    rows.into_iter().map(file).collect()
}

pub(crate) async fn begin(db: &Db, new: &NewUpload, quota: Quota) -> sqlx::Result<Begun> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    // Two wishes of one user wait for each other, so that together they keep the
    // quota.
    let mut builder = Builder::new("SELECT 1 FROM users u WHERE u.id = ");
    builder.push_bind(new.owner.uuid()).push(FOR_UPDATE);
    builder.build().execute(&mut *transaction).await?;
    let known: Option<row::UploadRow> =
        sqlx::query_as(concat!("SELECT ", upload_columns!(), " FROM files f WHERE f.id = $1"))
            .bind(new.id.uuid())
            .fetch_optional(&mut *transaction)
            .await?;
    if let Some(known) = known {
        let gone = known.state == "gone";
        let upload = row::upload(known)?;
        transaction.rollback().await?;
        lease.done();
        let same = (upload.owner, &upload.name, upload.bytes) == (new.owner, &new.name, new.bytes);
        return Ok(if same && !gone { Begun::Upload(Box::new(upload)) } else { Begun::Mismatch });
    }
    let (taken, open): (i64, i64) = sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(counted), 0) AS BIGINT), \
         COUNT(CASE WHEN state <> 'attached' THEN 1 END) FROM files \
         WHERE owner = $1 AND state <> 'gone'",
    )
    .bind(new.owner.uuid())
    .fetch_one(&mut *transaction)
    .await?;
    let needed = counted(new.bytes);
    if row::size(taken).saturating_add(needed) > quota.bytes || row::count(open) >= quota.open {
        transaction.rollback().await?;
        lease.done();
        return Ok(Begun::QuotaExceeded);
    }
    sqlx::query(
        "INSERT INTO files (id, owner, state, name, announced, received, counted, expires_at) \
         VALUES ($1, $2, 'receiving', $3, $4, 0, $5, $6)",
    )
    .bind(new.id.uuid())
    .bind(new.owner.uuid())
    .bind(new.name.as_str())
    .bind(row::size_number(new.bytes))
    .bind(row::size_number(needed))
    .bind(new.expires_at.micros())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    lease.done();
    Ok(Begun::Upload(Box::new(Upload {
        id: new.id,
        owner: new.owner,
        name: new.name.clone(),
        bytes: new.bytes,
        received: 0,
        expires_at: new.expires_at,
        whole: None,
        attached: false,
    })))
}

pub(crate) async fn upload(db: &Db, id: FileId) -> sqlx::Result<Option<Upload>> {
    let mut lease = db.reader().await?;
    let row: Option<row::UploadRow> = sqlx::query_as(concat!(
        "SELECT ",
        upload_columns!(),
        " FROM files f WHERE f.id = $1 AND f.state <> 'gone'"
    ))
    .bind(id.uuid())
    .fetch_optional(&mut *lease)
    .await?;
    lease.done();
    row.map(row::upload).transpose()
}

pub(crate) async fn advance(
    db: &Db,
    id: FileId,
    received: u64,
    piece: Piece,
    expires_at: Timestamp,
) -> sqlx::Result<bool> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    let (start, bytes) = (row::size_number(piece.start), row::size_number(piece.bytes));
    let moved = sqlx::query(
        "UPDATE files SET received = $3, expires_at = $4 \
         WHERE id = $1 AND received = $2 AND state = 'receiving' AND $3 <= announced",
    )
    .bind(id.uuid())
    .bind(row::size_number(received))
    .bind(start.saturating_add(bytes))
    .bind(expires_at.micros())
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    if moved == 1 {
        sqlx::query("DELETE FROM file_pieces WHERE file_id = $1 AND start >= $2")
            .bind(id.uuid())
            .bind(start)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO file_pieces (file_id, start, bytes, object) VALUES ($1, $2, $3, $4)",
        )
        .bind(id.uuid())
        .bind(start)
        .bind(bytes)
        .bind(piece.object)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    lease.done();
    Ok(moved == 1)
}

pub(crate) async fn pieces(db: &Db, id: FileId) -> sqlx::Result<Vec<Piece>> {
    let mut lease = db.reader().await?;
    let rows: Vec<(i64, i64, Uuid)> = sqlx::query_as(
        "SELECT start, bytes, object FROM file_pieces WHERE file_id = $1 ORDER BY start",
    )
    .bind(id.uuid())
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    let piece =
        |(start, bytes, object)| Piece { start: row::size(start), bytes: row::size(bytes), object };
    Ok(rows.into_iter().map(piece).collect())
}

pub(crate) async fn finish(db: &Db, whole: &StoredFile, size: u64) -> sqlx::Result<bool> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    let file = &whole.file;
    let finished = sqlx::query(
        "UPDATE files SET state = 'whole', name = $2, object = $3, media_type = $4, kind = $5, \
         bytes = $6, width = $7, height = $8, thumbhash = $9, thumbnail_type = $10, \
         duration_ms = $11, counted = $12 \
         WHERE id = $1 AND state = 'receiving' AND received = announced",
    )
    .bind(file.file.uuid())
    .bind(file.name.as_str())
    .bind(whole.object)
    .bind(file.media_type.as_str())
    .bind(file.kind.as_str())
    .bind(row::size_number(file.bytes))
    .bind(i64::from(file.width))
    .bind(i64::from(file.height))
    .bind(file.thumbhash.as_bytes())
    .bind(whole.thumbnail_type.as_str())
    .bind(i64::from(file.duration_ms))
    .bind(row::size_number(counted(size)))
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    if finished == 1 {
        sqlx::query("DELETE FROM file_pieces WHERE file_id = $1")
            .bind(file.file.uuid())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    lease.done();
    Ok(finished == 1)
}

pub(crate) async fn discard(db: &Db, id: FileId, now: Timestamp) -> sqlx::Result<bool> {
    let mut lease = db.writer().await?;
    let discarded = sqlx::query(
        "UPDATE files SET state = 'gone', expires_at = $2 \
         WHERE id = $1 AND state IN ('receiving', 'whole')",
    )
    .bind(id.uuid())
    .bind(now.micros())
    .execute(&mut *lease)
    .await?
    .rows_affected();
    lease.done();
    Ok(discarded == 1)
}

pub(crate) async fn attached(
    db: &Db,
    room: RoomId,
    file: FileId,
) -> sqlx::Result<Option<StoredFile>> {
    let mut lease = db.reader().await?;
    let row: Option<row::FileRow> = sqlx::query_as(concat!(
        "SELECT ",
        file_columns!(),
        " FROM files f WHERE f.id = $1 AND f.room_id = $2 AND f.state = 'attached'"
    ))
    .bind(file.uuid())
    .bind(room.uuid())
    .fetch_optional(&mut *lease)
    .await?;
    lease.done();
    row.map(row::stored_file).transpose()
}

pub(crate) async fn list(
    db: &Db,
    room: RoomId,
    kind: Option<FileKind>,
    before: Option<(Seq, u32)>,
    limit: u32,
) -> sqlx::Result<Vec<RoomFile>> {
    let mut builder = Builder::new(concat!(
        "SELECT ",
        file_columns!(),
        ", f.message, f.place, m.author, m.posted_at FROM files f \
         JOIN messages m ON m.room_id = f.room_id AND m.seq = f.message \
         WHERE f.state = 'attached' AND f.room_id = "
    ));
    builder.push_bind(room.uuid());
    if let Some(kind) = kind {
        builder.push(" AND f.kind = ").push_bind(kind.as_str());
    }
    if let Some((message, place)) = before {
        builder.push(" AND (f.message, f.place) < (").push_bind(row::number(message));
        builder.push(", ").push_bind(i64::from(place)).push(")");
    }
    builder.push(" ORDER BY f.message DESC, f.place DESC LIMIT ").push_bind(i64::from(limit));
    let mut lease = db.reader().await?;
    let rows: Vec<row::RoomFileRow> = builder.build_query_as().fetch_all(&mut *lease).await?;
    lease.done();
    let file = |row: row::RoomFileRow| {
        Ok(RoomFile {
            message: row::seq(row.on.message),
            place: row::count(row.place),
            sender: UserId::from_uuid(row.author),
            at: Timestamp::from_micros(row.posted_at),
            file: row::stored_file(row.on.file)?.file,
        })
    };
    rows.into_iter().map(file).collect()
}

pub(crate) async fn gone(db: &Db, now: Timestamp, limit: u32) -> sqlx::Result<Vec<GoneFile>> {
    let mut lease = db.writer().await?;
    sqlx::query(
        "UPDATE files SET state = 'gone' \
         WHERE state IN ('receiving', 'whole') AND expires_at <= $1",
    )
    .bind(now.micros())
    .execute(&mut *lease)
    .await?;
    let rows: Vec<(Uuid, Option<Uuid>)> = sqlx::query_as(
        "SELECT g.id, CASE WHEN EXISTS (SELECT 1 FROM files f WHERE f.object = g.object \
             AND f.state <> 'gone') THEN NULL ELSE g.object END \
             FROM files g WHERE g.state = 'gone' LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(&mut *lease)
    .await?;
    lease.done();
    let gone = |(id, object)| GoneFile { id: FileId::from_uuid(id), object };
    Ok(rows.into_iter().map(gone).collect())
}

pub(crate) async fn forget(db: &Db, id: FileId) -> sqlx::Result<()> {
    let mut lease = db.writer().await?;
    let mut transaction = lease.begin_write().await?;
    for sql in [
        "DELETE FROM file_pieces WHERE file_id = $1",
        "DELETE FROM files WHERE id = $1 AND state = 'gone'",
    ] {
        sqlx::query(sql).bind(id.uuid()).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    lease.done();
    Ok(())
}

pub(crate) async fn known(db: &Db, ids: &[Uuid]) -> sqlx::Result<HashSet<Uuid>> {
    let mut known = HashSet::new();
    if ids.is_empty() {
        return Ok(known);
    }
    let mut lease = db.reader().await?;
    for head in [
        "SELECT p.object FROM file_pieces p WHERE p.object IN (",
        "SELECT f.object FROM files f WHERE f.object IN (",
        "SELECT u.avatar FROM users u WHERE u.avatar IN (",
    ] {
        let mut builder = Builder::new(head);
        builder.push_values(ids, |mut tuple, id| {
            tuple.push_bind(*id);
        });
        builder.push(")");
        let rows: Vec<(Uuid,)> = builder.build_query_as().fetch_all(&mut *lease).await?;
        known.extend(rows.into_iter().map(|(id,)| id));
    }
    lease.done();
    Ok(known)
}
