//! `GET /api/v1/admin/settings`

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wire::SignUp;
use crate::{
    Problem,
    app::App,
    extract::{Admin, Json},
};

/// What an admin changes while the server runs. The configuration says what it is at
/// the very first start, and nothing after that.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Who may make an account.
    pub sign_up: SignUp,
}

/// What an admin changes while the server runs.
#[utoipa::path(
    get, path = "/admin/settings", tag = "admin",
    operation_id = "admin_settings", security(("bearer" = [])),
    responses(
        (status = 200, description = "As they are now", body = Settings),
    ),
)]
pub(crate) async fn settings(State(app): State<App>, _: Admin) -> Result<Json<Settings>, Problem> {
    let sign_up = app.deps.store.server.sign_up().await?.into();
    Ok(Json(Settings { sign_up }))
}
