//! `DELETE /api/v1/rooms/{id}/members/{user_id}`

use axum::extract::State;
use http::StatusCode;
use parlor_domain::Change;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Path},
    wire::{room_id, user_id},
};

/// Takes somebody's membership.
#[utoipa::path(
    delete, path = "/rooms/{id}/members/{user_id}", tag = "rooms",
    security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The room's id"),
        ("user_id" = Uuid, Path, description = "The user's id"),
        Idempotency,
    ),
    responses(
        (status = 204, description = "No member any more"),
        (status = 403, description = "FORBIDDEN: for owners and admins; an owner only by an owner"),
        (status = 404, description = "NOT_FOUND: no such room, or not a member"),
        (status = 409, description = "LAST_OWNER: others are still in the room"),
    ),
)]
pub(crate) async fn remove_member(
    State(app): State<App>,
    caller: Caller,
    Path((id, user)): Path<(Uuid, Uuid)>,
    Idempotency(request_id): Idempotency,
) -> Result<StatusCode, Problem> {
    let change = Change::RemoveMember { room: room_id(id), user: user_id(user) };
    app.submit(caller.user, request_id, change).await?;
    Ok(StatusCode::NO_CONTENT)
}
