//! `POST /api/v1/rooms/{id}/members`

use axum::extract::State;
use http::StatusCode;
use parlor_domain::{Action, Change};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::{Member, Role, Time, room_id, user_id},
};

/// Who shall be a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddMember {
    /// A user's name.
    #[schema(example = "ada")]
    name: String,
}

/// Makes somebody else a member.
#[utoipa::path(
    post, path = "/rooms/{id}/members", tag = "rooms",
    security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    request_body = AddMember,
    responses(
        (status = 201, description = "A member now", body = Member),
        (status = 403, description = "FORBIDDEN: the caller may not add members here, or not this one"),
        (status = 404, description = "NOT_FOUND: no such room, or no such user"),
        (status = 409, description = "CONFLICT: a member already; or ROOM_ARCHIVED"),
    ),
)]
pub(crate) async fn add_member(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
    Json(body): Json<AddMember>,
) -> Result<(StatusCode, Json<Member>), Problem> {
    let room = room_id(id);
    // Before anything is told about the user: whether the caller is told about
    // the room at all.
    app.access(caller.user, room, Action::AddMember).await?;
    let user = app.users.find(body.name).await?;
    let change = Change::AddMember { room, user: user_id(user.id) };
    let done = app.submit(caller.user, request_id, change).await?;
    // Nobody is added as anything but a member.
    let member = Member { user, role: Role::Member, joined_at: Time(done.at) };
    Ok((StatusCode::CREATED, Json(member)))
}
