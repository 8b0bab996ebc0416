//! `DELETE /api/v1/me/avatar`

use axum::extract::State;
use parlor_domain::Change;

use super::me::Me;
use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json},
};

/// Takes the caller's picture away.
#[utoipa::path(
    delete, path = "/me/avatar", tag = "account",
    operation_id = "delete_avatar", security(("bearer" = [])),
    params(Idempotency),
    responses(
        (status = 200, description = "The caller as others see them now", body = Me),
        (status = 409, description = "IDEMPOTENCY_MISMATCH"),
    ),
)]
pub(crate) async fn delete_avatar(
    State(app): State<App>,
    caller: Caller,
    Idempotency(request_id): Idempotency,
) -> Result<Json<Me>, Problem> {
    app.submit(caller.user, request_id, Change::SetAvatar(None)).await?;
    Ok(Json(Me::of(&app, caller).await?))
}
