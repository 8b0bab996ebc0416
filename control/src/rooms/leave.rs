//! `POST /api/v1/rooms/{id}/leave`

use axum::extract::State;
use http::StatusCode;
use parlor_domain::Change;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Path},
    wire::room_id,
};

/// Ends the caller's membership.
#[utoipa::path(
    post, path = "/rooms/{id}/leave", tag = "rooms",
    operation_id = "leave_room", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    responses(
        (status = 204, description = "Left"),
        (status = 403, description = "FORBIDDEN: not a member"),
        (status = 404, description = "NOT_FOUND"),
        (status = 409, description = "LAST_OWNER: others are still in the room"),
    ),
)]
pub(crate) async fn leave(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
) -> Result<StatusCode, Problem> {
    app.submit(caller.user, request_id, Change::Leave { room: room_id(id) }).await?;
    Ok(StatusCode::NO_CONTENT)
}
