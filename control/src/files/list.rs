//! `GET /api/v1/rooms/{id}/files`

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::wire::{FileKind, RoomFile};
use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Limit, Path, Query},
    wire::{Page, room_id},
};

/// Which files, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Of this kind alone.
    #[param(inline)]
    kind: Option<FileKind>,
    /// Items in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    cursor: Option<String>,
}

/// The files of a room that the caller is a member of, the newest first.
#[utoipa::path(
    get, path = "/rooms/{id}/files", tag = "files",
    operation_id = "list_files", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Which),
    responses(
        (status = 200, description = "A page of files", body = Page<RoomFile>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
        (status = 403, description = "FORBIDDEN: join the room first"),
        (status = 404, description = "NOT_FOUND"),
    ),
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(which): Query<Which>,
) -> Result<Json<Page<RoomFile>>, Problem> {
    let asked = Asked { limit: which.limit.0, cursor: which.cursor.as_deref() };
    let kind = which.kind.map(parlor_domain::FileKind::from);
    Ok(Json(app.files(caller.user, room_id(id), kind, asked).await?.into()))
}
