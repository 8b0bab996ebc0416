//! `PUT /api/v1/rooms/{id}/bans/{user_id}`

use axum::extract::State;
use parlor_domain::Change;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Committed, room_id, user_id},
};

/// Keeps somebody out of a room until the ban is lifted; a member stops being one.
/// Nothing happens where that is so already.
#[utoipa::path(
    put, path = "/rooms/{id}/bans/{user_id}", tag = "rooms",
    operation_id = "ban_user", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The room's id"),
        ("user_id" = Uuid, Path, description = "The user's id"),
        Idempotency,
    ),
    responses(
        (status = 200, description = "Banned; `seq` is the event's own", body = Committed),
        (status = 400, description = "INVALID_ARGUMENT: that is the caller"),
        (status = 403, description = "FORBIDDEN: for owners and admins; an owner only by an owner"),
        (status = 404, description = "NOT_FOUND: no such room, or no such user"),
    ),
)]
pub(crate) async fn ban(
    State(app): State<App>,
    caller: Caller,
    Path((id, user)): Path<(Uuid, Uuid)>,
    Idempotency(request_id): Idempotency,
) -> Result<Json<Committed>, Problem> {
    let change = Change::Ban { room: room_id(id), user: user_id(user), on: true };
    Ok(Json(app.submit(caller.user, request_id, change).await?.into()))
}
