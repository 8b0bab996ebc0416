//! `DELETE /api/v1/rooms/{id}/bans/{user_id}`

use axum::extract::State;
use parlor_domain::Change;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Committed, room_id, user_id},
};

/// Lets somebody come again who was banned; that makes nobody a member. Nothing
/// happens where that is so already.
#[utoipa::path(
    delete, path = "/rooms/{id}/bans/{user_id}", tag = "rooms",
    operation_id = "unban_user", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The room's id"),
        ("user_id" = Uuid, Path, description = "The user's id"),
        Idempotency,
    ),
    responses(
        (status = 200, description = "Lifted; `seq` is the event's own", body = Committed),
        (status = 403, description = "FORBIDDEN: for owners and admins"),
        (status = 404, description = "NOT_FOUND: no such room, or no such user"),
    ),
)]
pub(crate) async fn unban(
    State(app): State<App>,
    caller: Caller,
    Path((id, user)): Path<(Uuid, Uuid)>,
    Idempotency(request_id): Idempotency,
) -> Result<Json<Committed>, Problem> {
    let change = Change::Ban { room: room_id(id), user: user_id(user), on: false };
    Ok(Json(app.submit(caller.user, request_id, change).await?.into()))
}
