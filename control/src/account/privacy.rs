//! `GET /api/v1/me/privacy`

use axum::extract::State;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Json},
    wire::Privacy,
};

/// What the caller lets others know.
#[utoipa::path(
    get, path = "/me/privacy", tag = "account",
    operation_id = "privacy", security(("bearer" = [])),
    responses((status = 200, description = "All of it", body = Privacy)),
)]
pub(crate) async fn privacy(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<Privacy>, Problem> {
    Ok(Json(app.privacy(caller.user).await?))
}
