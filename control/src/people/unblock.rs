//! `DELETE /api/v1/users/{id}/block`

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

/// Blocks somebody no longer. What stood between the two before stays ended.
/// Nothing happens where they are not blocked.
#[utoipa::path(
    delete, path = "/users/{id}/block", tag = "people",
    operation_id = "unblock_user", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The user's id"), Idempotency),
    responses(
        (status = 204, description = "Not blocked"),
        (status = 400, description = "INVALID_ARGUMENT: that is the caller"),
        (status = 404, description = "NOT_FOUND: no such user"),
    ),
)]
pub(crate) async fn unblock(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
) -> Result<StatusCode, Problem> {
    let change = Change::Block { other: user_id(id), on: false };
    app.submit(caller.user, request_id, change).await?;
    Ok(StatusCode::NO_CONTENT)
}
