//! `PATCH /api/v1/uploads/{id}`

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse as _, Response},
};
use bytes::BytesMut;
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, StatusCode, header};
use parlor_domain::{Code, FileId, Refusal, UserId, limits};
use parlor_store::Piece;
use tokio::time::{Instant, timeout_at};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    finish,
    objects::Key,
    own_upload,
    wire::{OffsetBytes, Upload},
};
use crate::{
    Problem,
    app::App,
    extract::{Caller, Json, Path},
    problem::refused,
    wire::Number,
};

pub(crate) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const CONTENT_TYPE: &str = "application/offset+octet-stream";

/// Where the bytes go that are sent.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "read by hand: an extractor takes no numbers from headers")]
pub(crate) struct UploadOffset {
    /// How many bytes came before: `offset` of the upload.
    #[param(rename = "Upload-Offset", value_type = Number)]
    upload_offset: Number,
}

/// How the bytes of a body came in.
enum Received {
    /// As far as the body went.
    All(Box<parlor_store::Upload>),
    /// The upload stands elsewhere.
    Elsewhere(u64),
    /// They ceased to come. Those that did are kept.
    Stalled,
}

/// Sends bytes of a file, all that are left or some of them. What came before a
/// connection broke is kept: ask where the upload stands and go on there.
///
/// With the last byte the file is looked at: its kind is told by what it holds, and a
/// picture is made anew, without what the camera wrote into it. Sent again at its end,
/// with nothing, a whole upload stays what it is.
#[utoipa::path(
    patch, path = "/uploads/{id}", tag = "files",
    operation_id = "send_upload", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The upload's id"), UploadOffset),
    request_body(content = OffsetBytes, content_type = "application/offset+octet-stream"),
    responses(
        (status = 200, description = "How far it came; with `file` where it is whole", body = Upload),
        (status = 404, description = "NOT_FOUND: no such upload of the caller's, or it was given up"),
        (status = 409, description = "CONFLICT: it stands elsewhere; `Upload-Offset` says where"),
        (status = 413, description = "TOO_LARGE: more than was announced; it is given up"),
        (status = 415, description = "UNSUPPORTED_MEDIA_TYPE: of the body, or the file is not of \
            the kind that its name says; then it is given up"),
        (status = 422, description = "UNPROCESSABLE: a picture that cannot be read; it is given up"),
        (status = 507, description = "RESOURCE_EXHAUSTED: no space left; it is given up"),
    ),
)]
pub(crate) async fn receive(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type != Some(CONTENT_TYPE) {
        let message = format!("the body must be {CONTENT_TYPE}");
        return Err(Refusal::new(Code::UnsupportedMediaType, message).into());
    }
    let offset = offset(&headers)?;
    let place = app.places.enter(caller.user)?;
    let work = {
        let app = app.clone();
        // Apart from the connection: what came before it broke is stored, and what is
        // whole is looked at.
        async move {
            let received = take_in(&app, caller.user, FileId::from_uuid(id), offset, body).await;
            drop(place);
            received
        }
    };
    match app.unbroken.run(work).await? {
        Received::All(upload) => Ok(Json(Upload::from(*upload)).into_response()),
        Received::Elsewhere(offset) => {
            let refusal = Refusal::new(Code::Conflict, "the upload stands at another offset");
            Ok(([(UPLOAD_OFFSET, offset.to_string())], Problem::from(refusal)).into_response())
        }
        Received::Stalled => Err(Problem::with_status(
            StatusCode::REQUEST_TIMEOUT,
            Refusal::new(Code::InvalidArgument, "the body ceased to come"),
        )),
    }
}

fn offset(headers: &HeaderMap) -> Result<u64, Refusal> {
    let mut values = headers.get_all(&UPLOAD_OFFSET).iter();
    let value = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().and_then(Number::parse),
        _ => None,
    };
    let number = value
        .ok_or_else(|| Refusal::new(Code::InvalidArgument, "Upload-Offset must be one number"))?;
    Ok(number.0)
}

/// Takes a body in, and looks at the file where it is whole.
async fn take_in(
    app: &App,
    user: UserId,
    id: FileId,
    offset: u64,
    body: Body,
) -> Result<Received, Refusal> {
    let upload = own_upload(app, user, id).await?;
    if upload.received != offset {
        return Ok(Received::Elsewhere(upload.received));
    }
    let mut intake = match Intake::begin(app, &upload).await {
        Ok(intake) => intake,
        Err(refusal) => return Err(given_up(app, id, refusal).await),
    };
    match intake.run(body).await {
        Ok(End::Body) => {}
        Ok(End::Elsewhere) => {
            return Ok(Received::Elsewhere(own_upload(app, user, id).await?.received));
        }
        Ok(End::Stalled) => return Ok(Received::Stalled),
        Err(refusal) => return Err(given_up(app, id, refusal).await),
    }
    let upload = own_upload(app, user, id).await?;
    if upload.received < upload.bytes || upload.whole.is_some() {
        return Ok(Received::All(Box::new(upload)));
    }
    match finish::finish(app, &upload).await {
        Ok(()) => Ok(Received::All(Box::new(own_upload(app, user, id).await?))),
        Err(refusal) => Err(given_up(app, id, refusal).await),
    }
}

/// Gives an upload up that can come to nothing; and where there is no space left, what
/// it takes is of more use to others.
async fn given_up(app: &App, id: FileId, refusal: Refusal) -> Refusal {
    let is_final = !refusal.code.is_retryable() && refusal.code != Code::InvalidArgument;
    if is_final || refusal.code == Code::ResourceExhausted {
        super::give_up(app, id).await;
    }
    refusal
}

/// How a body ended.
enum End {
    /// With its last byte.
    Body,
    /// Too slowly.
    Stalled,
    /// Somebody else went on with the upload meanwhile.
    Elsewhere,
}

/// A body on its way into pieces.
struct Intake<'a> {
    app: &'a App,
    id: FileId,
    /// How long the file will be.
    bytes: u64,
    /// How many bytes are stored.
    stored: u64,
    /// Where in the file the buffer begins.
    start: u64,
    buffer: BytesMut,
    /// The object that holds the beginning of what is in the buffer: the last piece,
    /// where it was short, is written anew with what follows it, so that pieces are
    /// few however the bytes come.
    replaces: Option<Uuid>,
}

impl<'a> Intake<'a> {
    async fn begin(app: &'a App, upload: &parlor_store::Upload) -> Result<Self, Refusal> {
        let mut intake = Self {
            app,
            id: upload.id,
            bytes: upload.bytes,
            stored: upload.received,
            start: upload.received,
            buffer: BytesMut::new(),
            replaces: None,
        };
        let pieces = app.deps.store.files.pieces(upload.id).await.map_err(refused)?;
        if let Some(last) = pieces.last()
            && last.bytes < limits::UPLOAD_PIECE_BYTES as u64
            && last.start + last.bytes == upload.received
            && upload.received < upload.bytes
        {
            let object = app.deps.objects.all(&[Key::Piece(upload.id, last.object)]).await?;
            object.iter().for_each(|bytes| intake.buffer.extend_from_slice(bytes));
            (intake.start, intake.replaces) = (last.start, Some(last.object));
        }
        Ok(intake)
    }

    async fn run(&mut self, body: Body) -> Result<End, Refusal> {
        let mut body = body.into_data_stream();
        let mut pace = Pace::new(limits::UPLOAD_STALL, limits::UPLOAD_STALL_BYTES);
        loop {
            let next = match timeout_at(pace.deadline, body.next()).await {
                Ok(next) => next,
                Err(_) => {
                    self.flush().await?;
                    return Ok(End::Stalled);
                }
            };
            match next {
                Some(Ok(bytes)) => {
                    pace.moved(bytes.len());
                    if !self.take(bytes).await? {
                        return Ok(End::Elsewhere);
                    }
                }
                Some(Err(_)) => {
                    self.flush().await?;
                    let message = "the body broke off before its end";
                    return Err(Refusal::new(Code::InvalidArgument, message));
                }
                None => return Ok(if self.flush().await? { End::Body } else { End::Elsewhere }),
            }
        }
    }

    /// False where somebody else went on with the upload.
    async fn take(&mut self, bytes: Bytes) -> Result<bool, Refusal> {
        let there = self.start + self.buffer.len() as u64;
        if bytes.len() as u64 > self.bytes - there {
            return Err(Refusal::new(Code::TooLarge, "more bytes than were announced"));
        }
        self.buffer.extend_from_slice(&bytes);
        while self.buffer.len() >= limits::UPLOAD_PIECE_BYTES {
            if !self.store(limits::UPLOAD_PIECE_BYTES).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn flush(&mut self) -> Result<bool, Refusal> {
        let is_new = self.start + self.buffer.len() as u64 > self.stored;
        if is_new { self.store(self.buffer.len()).await } else { Ok(true) }
    }

    /// Stores the first bytes of the buffer: the object first, then what is known of
    /// it, so that what is known is there.
    async fn store(&mut self, length: usize) -> Result<bool, Refusal> {
        let bytes = self.buffer.split_to(length).freeze();
        let piece = Piece { start: self.start, bytes: length as u64, object: Uuid::new_v4() };
        let objects = &self.app.deps.objects;
        objects.put(Key::Piece(self.id, piece.object), bytes).await?;
        let expires_at = self.app.deps.clock.now().plus(limits::UPLOAD_LIFETIME);
        let files = &self.app.deps.store.files;
        let advanced = files.advance(self.id, self.stored, piece, expires_at).await;
        let advanced = advanced.map_err(refused)?;
        let useless = if advanced { self.replaces.take() } else { Some(piece.object) };
        if let Some(object) = useless
            && let Err(error) = objects.delete(Key::Piece(self.id, object)).await
        {
            tracing::debug!(%error, "a piece is left for the sweeper");
        }
        self.start += piece.bytes;
        self.stored = self.start;
        Ok(advanced)
    }
}

/// Sees whether a body moves on.
struct Pace {
    within: Duration,
    least: usize,
    came: usize,
    deadline: Instant,
}

impl Pace {
    fn new(within: Duration, least: usize) -> Self {
        Self { within, least, came: 0, deadline: Instant::now() + within }
    }

    fn moved(&mut self, bytes: usize) {
        self.came += bytes;
        if self.came >= self.least {
            self.came = 0;
            self.deadline = Instant::now() + self.within;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn u6_a_body_that_dribbles_does_not_move_on() {
        let mut pace = Pace::new(Duration::from_secs(30), 1_000);
        let first = pace.deadline;
        tokio::time::advance(Duration::from_secs(20)).await;
        for _ in 0..999 {
            pace.moved(1);
        }
        assert_eq!(pace.deadline, first);
        pace.moved(1);
        assert_eq!(pace.deadline, first + Duration::from_secs(20));
    }
}
