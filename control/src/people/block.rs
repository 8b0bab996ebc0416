//! `PUT /api/v1/users/{id}/block`

use axum::extract::State;
use http::StatusCode;
use parlor_domain::Change;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Path},
    wire::user_id,
};

/// Has nothing to do with somebody any more: neither writes to the other or adds
/// the other to rooms, and what stood between the two ends. They are not told.
/// Nothing happens where that is so already.
#[utoipa::path(
    put, path = "/users/{id}/block", tag = "people",
    operation_id = "block_user", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The user's id"), Idempotency),
    responses(
        (status = 204, description = "Blocked"),
        (status = 400, description = "INVALID_ARGUMENT: that is the caller"),
        (status = 404, description = "NOT_FOUND: no such user"),
    ),
)]
pub(crate) async fn block(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
) -> Result<StatusCode, Problem> {
    let change = Change::Block { other: user_id(id), on: true };
    app.submit(caller.user, request_id, change).await?;
    Ok(StatusCode::NO_CONTENT)
}
