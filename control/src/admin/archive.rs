//! `POST /api/v1/admin/rooms/{id}/archive`

use axum::extract::State;
use parlor_domain::{Change, Refusal};
use uuid::Uuid;

use super::wire::AdminRoom;
use crate::{
    Problem,
    app::App,
    extract::{Admin, Idempotency, Json, Path},
    rooms::archive::Archive,
    wire::room_id,
};

/// Archives any room but one of two people, which makes it read-only for everybody,
/// or brings it back. The admin need not be a member.
#[utoipa::path(
    post, path = "/admin/rooms/{id}/archive", tag = "admin",
    operation_id = "admin_archive_room", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    request_body = Archive,
    responses(
        (status = 200, description = "The room as it is now", body = AdminRoom),
        (status = 404, description = "NOT_FOUND: no such room, or the caller is no admin"),
        (status = 409, description = "CONFLICT: it is the conversation of two people; or \
            IDEMPOTENCY_MISMATCH"),
    ),
)]
pub(crate) async fn archive(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
    Json(body): Json<Archive>,
) -> Result<Json<AdminRoom>, Problem> {
    let (room, address) = (room_id(id), admin.by.address);
    let change = Change::ArchiveByServer { room, archived: body.archived, address };
    app.submit(admin.by.user, request_id, change).await?;
    let room = app.deps.store.server.room(room).await?;
    Ok(Json(room.ok_or_else(Refusal::not_found)?.into()))
}
