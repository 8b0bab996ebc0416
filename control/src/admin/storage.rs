//! `GET /api/v1/admin/storage`

use axum::extract::State;
use parlor_store::Usage;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Problem,
    app::App,
    extract::{Admin, Json},
    wire::Number,
};

/// What the server keeps, one field for each store.
#[derive(Serialize, ToSchema)]
pub(crate) struct Storage {
    /// Everything but files.
    database: DatabaseUse,
}

/// What the database holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct DatabaseUse {
    /// On its disk.
    bytes: Number,
    /// Accounts.
    users: Number,
    /// Devices, signed in or not.
    devices: Number,
    /// Rooms, archived ones and those of two people among them.
    rooms: Number,
    /// Events of all logs: every post, edit, join and the like there ever was.
    events: Number,
}

impl From<Usage> for DatabaseUse {
    fn from(usage: Usage) -> Self {
        Self {
            bytes: Number(usage.database_bytes),
            users: Number(usage.users),
            devices: Number(usage.devices),
            rooms: Number(usage.rooms),
            events: Number(usage.events),
        }
    }
}

/// How much the server keeps.
#[utoipa::path(
    get, path = "/admin/storage", tag = "admin",
    operation_id = "admin_storage", security(("bearer" = [])),
    responses(
        (status = 200, description = "How much", body = Storage),
    ),
)]
pub(crate) async fn storage(State(app): State<App>, _: Admin) -> Result<Json<Storage>, Problem> {
    let database = app.deps.store.server.usage().await?.into();
    Ok(Json(Storage { database }))
}
