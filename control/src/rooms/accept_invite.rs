//! `POST /api/v1/invites/{code}/accept`

use axum::extract::State;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    wire::Room,
};

/// Makes the caller a member of the room that a link leads to. A member stays one,
/// and uses nothing of the link up.
#[utoipa::path(
    post, path = "/invites/{code}/accept", tag = "invites",
    operation_id = "accept_invite", security(("bearer" = [])),
    params(
        ("code" = String, Path, description = "The link's code", example = "2lTyb6gJc_QfXkY1u0sH7w"),
        Idempotency,
    ),
    responses(
        (status = 200, description = "The room as it is now", body = Room),
        (status = 403, description = "FORBIDDEN: the caller is banned from the room"),
        (status = 404, description = "NOT_FOUND: the link holds no longer, or never did"),
    ),
)]
pub(crate) async fn accept_invite(
    State(app): State<App>,
    caller: Caller,
    Path(code): Path<String>,
    Idempotency(request_id): Idempotency,
) -> Result<Json<Room>, Problem> {
    Ok(Json(app.accept_invite(caller.user, &code, request_id).await?.into()))
}
