//! `PUT /api/v1/users/{id}/friend`

use axum::extract::State;
use parlor_domain::Change;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    problem::refused,
    wire::{Tied, user_id},
};

/// Asks somebody to be friends; who has asked the caller already is a friend by
/// it. Nothing happens where that is so already.
#[utoipa::path(
    put, path = "/users/{id}/friend", tag = "people",
    operation_id = "add_friend", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The user's id"), Idempotency),
    responses(
        (status = 200, description = "What stands between the two now", body = Tied),
        (status = 400, description = "INVALID_ARGUMENT: that is the caller"),
        (status = 404, description = "NOT_FOUND: no such user"),
        (status = 409, description = "CONFLICT: the caller blocks them"),
    ),
)]
pub(crate) async fn befriend(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
) -> Result<Json<Tied>, Problem> {
    let other = user_id(id);
    app.submit(caller.user, request_id, Change::Befriend { other }).await?;
    let friend = app.deps.store.friends.one(caller.user, other).await.map_err(refused)?;
    Ok(Json(Tied { tie: friend.map(|friend| friend.tie.into()) }))
}
