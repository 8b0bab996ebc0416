//! `PATCH /api/v1/rooms/{id}/members/{user_id}`

use axum::extract::State;
use parlor_domain::{Action, Change, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    problem::refused,
    wire::{Member, Role, room_id, user_id},
};

/// What a member shall be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetRole {
    role: Role,
}

/// Changes what a member is. An owner who hands a room over makes the other one
/// an owner, and then oneself something else.
#[utoipa::path(
    patch, path = "/rooms/{id}/members/{user_id}", tag = "rooms",
    operation_id = "set_role", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The room's id"),
        ("user_id" = Uuid, Path, description = "The user's id"),
        Idempotency,
    ),
    request_body = SetRole,
    responses(
        (status = 200, description = "The member as it is now", body = Member),
        (status = 403, description = "FORBIDDEN: only for owners"),
        (status = 404, description = "NOT_FOUND: no such room, or not a member"),
        (status = 409, description = "LAST_OWNER: the room would have none; or ROOM_ARCHIVED"),
    ),
)]
pub(crate) async fn set_role(
    State(app): State<App>,
    caller: Caller,
    Path((id, user)): Path<(Uuid, Uuid)>,
    Idempotency(request_id): Idempotency,
    Json(body): Json<SetRole>,
) -> Result<Json<Member>, Problem> {
    let (room, user) = (room_id(id), user_id(user));
    let change = Change::SetRole { room, user, role: body.role.into() };
    app.submit(caller.user, request_id, change).await?;
    // A repeat is answered to whom may read the room no longer.
    app.access(caller.user, room, Action::Read).await?;
    let member = app.deps.rooms.member(room, user).await.map_err(refused)?;
    Ok(Json(member.ok_or_else(Refusal::not_found)?.into()))
}
