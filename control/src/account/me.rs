//! `GET /api/v1/me`

use axum::extract::State;
use parlor_domain::Refusal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Json},
    wire::User,
};

/// The caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// Who.
    user: User,
    /// On which device.
    device_id: Uuid,
    /// Whether the caller runs the server.
    is_admin: bool,
}

impl Me {
    pub(super) async fn of(app: &App, caller: Caller) -> Result<Self, Refusal> {
        let user = app.users.user(caller.user).await?;
        let is_admin = app.deps.store.server.is_admin(caller.user).await?;
        Ok(Self { user, device_id: caller.device.uuid(), is_admin })
    }
}

/// Who the access token speaks for.
#[utoipa::path(
    get, path = "/me", tag = "account",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller", body = Me),
    ),
)]
pub(crate) async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Me>, Problem> {
    Ok(Json(Me::of(&app, caller).await?))
}
