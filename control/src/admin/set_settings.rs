//! `PUT /api/v1/admin/settings`

use axum::extract::State;

use super::settings::Settings;
use crate::{
    Problem,
    app::App,
    extract::{Admin, Json},
    problem::refused,
};

/// Changes who may make an account. What it was before is in the audit log.
///
/// Sent again, it is answered the same.
#[utoipa::path(
    put, path = "/admin/settings", tag = "admin",
    operation_id = "admin_set_settings", security(("bearer" = [])),
    request_body = Settings,
    responses(
        (status = 200, description = "As they are now", body = Settings),
    ),
)]
pub(crate) async fn set_settings(
    State(app): State<App>,
    admin: Admin,
    Json(body): Json<Settings>,
) -> Result<Json<Settings>, Problem> {
    let sign_up = body.sign_up.into();
    app.deps.server_writer.set_sign_up(&admin.by, sign_up).await.map_err(refused)??;
    app.policy.is(sign_up);
    Ok(Json(body))
}
