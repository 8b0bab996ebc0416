//! `GET /api/v1/users/{id}/avatar/{avatar}`, and how such a picture is made.

use axum::{extract::State, response::Response};
use bytes::Bytes;
use http::HeaderMap;
use parlor_domain::{Code, FileId, Refusal, RequestId, UserId};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    imaging::{self, Square},
    objects::Key,
    own_upload,
    serve::{self, Served},
    wire::FileBytes,
};
use crate::{
    Problem,
    app::{App, made_by},
    extract::{FileReader, Path},
    problem::refused,
    wire::user_id,
};

/// A user's picture, for everybody who is signed in: a square of 256 pixels, which
/// never changes. Another picture has another id.
///
/// Besides the access token, the cookie is taken that comes with the one of the
/// refresh token, so that pages may show it.
#[utoipa::path(
    get, path = "/users/{id}/avatar/{avatar}", tag = "account",
    operation_id = "avatar", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The user's id"),
        ("avatar" = Uuid, Path, description = "The picture's id: `avatar` of the user"),
    ),
    responses(
        (status = 200, description = "The picture", body = FileBytes, content_type = "image/webp"),
        (status = 404, description = "NOT_FOUND: not a picture that this user has"),
    ),
)]
pub(crate) async fn avatar(
    State(app): State<App>,
    _: FileReader,
    Path((id, avatar)): Path<(Uuid, Uuid)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let user = app.deps.store.accounts.user(user_id(id)).await.map_err(refused)?;
    let shown = user.and_then(|user| user.profile.avatar).filter(|shown| shown.uuid() == avatar);
    let key = Key::Avatar(shown.ok_or_else(Refusal::not_found)?);
    let served = Served {
        key,
        etag: format!("\"{avatar}\""),
        length: app.deps.objects.length(key).await?,
        media_type: "image/webp".to_owned(),
        disposition: None,
        cache: "private, max-age=31536000, immutable",
    };
    serve::serve(&app.deps.objects, served, &headers).await
}

impl App {
    /// Makes a picture of a person of a part of an upload. Its id follows from the
    /// request, so that a retry finds what the first attempt made.
    pub(crate) async fn make_avatar(
        &self,
        user: UserId,
        request_id: RequestId,
        upload: FileId,
        part: Option<Square>,
    ) -> Result<FileId, Refusal> {
        let avatar = avatar_of_request(user, request_id, upload, part);
        if self.deps.objects.length(Key::Avatar(avatar)).await.is_ok() {
            return Ok(avatar);
        }
        let upload = own_upload(self, user, upload).await?;
        if upload.attached {
            return Err(Refusal::new(Code::Conflict, "the file stands on a message"));
        }
        let Some(whole) = upload.whole else {
            return Err(Refusal::new(Code::Conflict, "the file is not whole yet"));
        };
        let Some(format) = imaging::format_of(&whole.file.media_type) else {
            return Err(Refusal::new(Code::Unprocessable, "the file is no picture"));
        };
        let source = self.deps.objects.all(&[Key::File(whole.object)]).await?.concat();
        let made = self.workshop.run(move || imaging::portrait(&source, format, part)).await?;
        self.deps.objects.put(Key::Avatar(avatar), Bytes::from(made)).await?;
        Ok(avatar)
    }

    /// Forgets an upload of which all is made that shall be.
    pub(crate) async fn use_up(&self, upload: FileId) {
        super::give_up(self, upload).await;
    }
}

/// The id of the picture that this request makes.
fn avatar_of_request(
    user: UserId,
    request_id: RequestId,
    upload: FileId,
    part: Option<Square>,
) -> FileId {
    let mut hash = Sha256::new();
    if let Some(Square { x, y, size }) = part {
        [x, y, size].iter().for_each(|number| hash.update(number.to_be_bytes()));
    }
    let mut cut = [0; 16];
    cut.copy_from_slice(&hash.finalize()[..16]);
    let of = [user.as_bytes(), request_id.as_bytes(), upload.as_bytes(), &cut];
    FileId::from_uuid(made_by(b"parlor avatar", &of))
}
