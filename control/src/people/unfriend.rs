//! `DELETE /api/v1/users/{id}/friend`

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

/// Takes the caller's request back, declines theirs, or ends the friendship;
/// they are not told which of the reasons it was. Nothing happens where nothing
/// stands between the two.
#[utoipa::path(
    delete, path = "/users/{id}/friend", tag = "people",
    operation_id = "remove_friend", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The user's id"), Idempotency),
    responses(
        (status = 204, description = "Nothing stands between the two"),
        (status = 400, description = "INVALID_ARGUMENT: that is the caller"),
        (status = 404, description = "NOT_FOUND: no such user"),
    ),
)]
pub(crate) async fn unfriend(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
) -> Result<StatusCode, Problem> {
    app.submit(caller.user, request_id, Change::Unfriend { other: user_id(id) }).await?;
    Ok(StatusCode::NO_CONTENT)
}
