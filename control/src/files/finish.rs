//! What becomes of an upload whose last byte came.

use bytes::Bytes;
use parlor_domain::{Attachment, Code, FileKind, Refusal, Thumbhash, limits};
use parlor_store::{Piece, StoredFile, Upload};
use uuid::Uuid;

use super::{
    clip,
    imaging::{self, Format, Remade},
    kind::{HEAD_BYTES, Kind, look},
    objects::Key,
};
use crate::{
    app::App,
    problem::{internal, refused},
};

/// Looks at a file, stores it under a name of its own, and says what it is. Where two
/// do so at once, one of them is right and the other one's object goes.
pub(super) async fn finish(app: &App, upload: &Upload) -> Result<(), Refusal> {
    let pieces = app.deps.store.files.pieces(upload.id).await.map_err(refused)?;
    let head = head(app, upload, &pieces).await?;
    let object = Uuid::new_v4();
    let finished = match look(&head, &upload.name)? {
        Kind::Picture(format) => picture(app, upload, &pieces, object, format).await,
        Kind::AsItIs(kind, media_type) => {
            as_it_is(app, upload, &pieces, object, kind, media_type).await
        }
    };
    let done = match finished {
        Ok((whole, counted)) => app.deps.store.files.finish(&whole, counted).await.map_err(refused),
        Err(refusal) => Err(refusal),
    };
    if matches!(done, Ok(true)) {
        tidy(app.deps.objects.delete_pieces(upload.id).await);
        return Ok(());
    }
    tidy(app.deps.objects.delete(Key::File(object)).await);
    tidy(app.deps.objects.delete(Key::Thumbnail(object)).await);
    done.map(drop)
}

/// What stays behind is for the sweeper.
fn tidy(outcome: Result<(), Refusal>) {
    if let Err(error) = outcome {
        tracing::debug!(%error, "an object is left for the sweeper");
    }
}

fn keys(upload: &Upload, pieces: &[Piece]) -> Vec<Key> {
    pieces.iter().map(|piece| Key::Piece(upload.id, piece.object)).collect()
}

/// The first bytes of the file.
async fn head(app: &App, upload: &Upload, pieces: &[Piece]) -> Result<Vec<u8>, Refusal> {
    let first = pieces.partition_point(|piece| piece.start < HEAD_BYTES as u64);
    let mut head = app.deps.objects.all(&keys(upload, &pieces[..first])).await?.concat();
    head.truncate(HEAD_BYTES);
    Ok(head)
}

async fn picture(
    app: &App,
    upload: &Upload,
    pieces: &[Piece],
    object: Uuid,
    format: Format,
) -> Result<(StoredFile, u64), Refusal> {
    if upload.bytes > limits::IMAGE_FILE_BYTES {
        let megabytes = limits::IMAGE_FILE_BYTES / (1024 * 1024);
        let message = format!("a picture has at most {megabytes} MiB");
        return Err(Refusal::new(Code::Unprocessable, message));
    }
    let source = app.deps.objects.all(&keys(upload, pieces)).await?.concat();
    let remade = app.workshop.run(move || imaging::remake(&source, format)).await?;
    let Remade { bytes, media_type, extension, width, height, thumbhash, thumbnail } = remade;
    let length = bytes.len() as u64;
    app.deps.objects.put(Key::File(object), Bytes::from(bytes)).await?;
    let (mut thumbnail_type, mut counted) = (String::new(), length);
    if let Some(thumbnail) = thumbnail {
        thumbnail.media_type.clone_into(&mut thumbnail_type);
        counted += thumbnail.bytes.len() as u64;
        app.deps.objects.put(Key::Thumbnail(object), Bytes::from(thumbnail.bytes)).await?;
    }
    let name = match extension {
        Some(extension) => upload.name.with_extension(extension),
        None => upload.name.clone(),
    };
    let file = Attachment {
        file: upload.id,
        name,
        media_type: media_type.to_owned(),
        bytes: length,
        kind: FileKind::Image,
        width,
        height,
        thumbhash: Thumbhash::new(thumbhash).ok_or_else(internal)?,
        thumbnail: !thumbnail_type.is_empty(),
        duration_ms: 0,
    };
    Ok((StoredFile { file, object, thumbnail_type }, counted))
}

async fn as_it_is(
    app: &App,
    upload: &Upload,
    pieces: &[Piece],
    object: Uuid,
    kind: FileKind,
    media_type: &'static str,
) -> Result<(StoredFile, u64), Refusal> {
    let (objects, key) = (&app.deps.objects, Key::File(object));
    objects.join(&keys(upload, pieces), upload.bytes, key).await?;
    let duration_ms =
        clip::duration_ms(&app.workshop, objects, key, upload.bytes, media_type).await;
    let file = Attachment {
        file: upload.id,
        name: upload.name.clone(),
        media_type: media_type.to_owned(),
        bytes: upload.bytes,
        kind,
        width: 0,
        height: 0,
        thumbhash: Thumbhash::default(),
        thumbnail: false,
        duration_ms,
    };
    Ok((StoredFile { file, object, thumbnail_type: String::new() }, upload.bytes))
}
