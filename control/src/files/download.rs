//! `GET /api/v1/rooms/{id}/files/{file_id}`

use axum::{extract::State, response::Response};
use http::HeaderMap;
use parlor_domain::{Action, Code, FileId, FileKind, Refusal, RoomId, UserId};
use parlor_store::StoredFile;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    objects::Key,
    serve::{self, Served},
    wire::FileBytes,
};
use crate::{
    Problem,
    app::App,
    extract::{FileReader, Path, Query},
    problem::refused,
    wire::room_id,
};

/// Which form of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rendition {
    /// The file itself.
    #[default]
    Whole,
    /// The small picture of an image.
    Thumbnail,
}

/// Which form of a file.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Form {
    /// The file itself where nothing is said.
    #[serde(default)]
    #[param(inline, required = false)]
    rendition: Rendition,
}

/// The bytes of a file, or one range of them (`Range`), for who is a member of the
/// room at this moment.
///
/// Besides the access token, the cookie is taken that comes with the one of the
/// refresh token, so that pages may show files.
#[utoipa::path(
    get, path = "/rooms/{id}/files/{file_id}", tag = "files",
    operation_id = "download_file", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The room's id"),
        ("file_id" = Uuid, Path, description = "The file's id"),
        Form,
    ),
    responses(
        (status = 200, description = "All of it", body = FileBytes, content_type = "application/octet-stream"),
        (status = 206, description = "A range of it", body = FileBytes, content_type = "application/octet-stream"),
        (status = 400, description = "INVALID_ARGUMENT: there is no such form"),
        (status = 404, description = "NOT_FOUND: no such file in a room of the caller's"),
    ),
)]
pub(crate) async fn download(
    State(app): State<App>,
    FileReader(user): FileReader,
    Path((id, file)): Path<(Uuid, Uuid)>,
    Query(form): Query<Form>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let stored = find(&app, user, room_id(id), FileId::from_uuid(file)).await?;
    let StoredFile { file, object, thumbnail_type } = stored;
    let name = file.name;
    let served = match form.rendition {
        Rendition::Whole => Served {
            key: Key::File(object),
            etag: format!("\"{object}\""),
            length: file.bytes,
            media_type: file.media_type,
            disposition: Some((file.kind != FileKind::Other, name)),
            cache: "private, no-store",
        },
        Rendition::Thumbnail if thumbnail_type.is_empty() => {
            return Err(Refusal::not_found().into());
        }
        Rendition::Thumbnail => Served {
            key: Key::Thumbnail(object),
            etag: format!("\"{object}-thumbnail\""),
            length: app.deps.objects.length(Key::Thumbnail(object)).await?,
            media_type: thumbnail_type,
            disposition: Some((true, name)),
            cache: "private, no-store",
        },
    };
    serve::serve(&app.deps.objects, served, &headers).await
}

/// A file that `user` may have at this moment. What is not so looks alike: also a room
/// that everybody can see and join.
async fn find(app: &App, user: UserId, room: RoomId, file: FileId) -> Result<StoredFile, Refusal> {
    match app.access(user, room, Action::Read).await {
        Err(refusal) if refusal.code == Code::Forbidden => return Err(Refusal::not_found()),
        access => access?,
    };
    let found = app.deps.store.files.attached(room, file).await.map_err(refused)?;
    found.ok_or_else(Refusal::not_found)
}
