//! `GET /api/v1/uploads/{id}`

use axum::extract::State;
use parlor_domain::FileId;
use uuid::Uuid;

use super::{own_upload, wire::Upload};
use crate::{
    Problem,
    app::App,
    extract::{Caller, Json, Path},
};

/// How far an upload of the caller's came.
#[utoipa::path(
    get, path = "/uploads/{id}", tag = "files",
    operation_id = "upload", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The upload's id")),
    responses(
        (status = 200, description = "The upload; with `file` where it is whole", body = Upload),
        (status = 404, description = "NOT_FOUND: no such upload of the caller's, or it was given up"),
    ),
)]
pub(crate) async fn status(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<Upload>, Problem> {
    Ok(Json(own_upload(&app, caller.user, FileId::from_uuid(id)).await?.into()))
}
