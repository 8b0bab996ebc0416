//! `PUT /api/v1/users/{id}/direct`

use axum::extract::State;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Room, user_id},
};

/// The direct room of the caller and somebody else: there is one, made the first
/// time that either of them asks.
#[utoipa::path(
    put, path = "/users/{id}/direct", tag = "rooms",
    operation_id = "open_direct_room", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The other user's id"), Idempotency),
    responses(
        (status = 200, description = "The room", body = Room),
        (status = 400, description = "INVALID_ARGUMENT: that is the caller"),
        (status = 403, description = "FORBIDDEN: one of the two blocks the other"),
        (status = 404, description = "NOT_FOUND: no such user"),
    ),
)]
pub(crate) async fn direct(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
) -> Result<Json<Room>, Problem> {
    let access = app.open_direct(caller.user, user_id(id), request_id).await?;
    Ok(Json(app.with_peer(access).await?.into()))
}
