//! `GET /api/v1/users/{id}`

use axum::extract::State;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Json, Path},
    wire::{User, user_id},
};

/// One user.
#[utoipa::path(
    get, path = "/users/{id}", tag = "account",
    operation_id = "read_user", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The user's id")),
    responses(
        (status = 200, description = "The user", body = User),
        (status = 404, description = "NOT_FOUND"),
    ),
)]
pub(crate) async fn user(
    State(app): State<App>,
    _: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<User>, Problem> {
    Ok(Json(app.users.user(user_id(id)).await?))
}
