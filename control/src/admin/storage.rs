//! `GET /api/v1/admin/storage`

use axum::extract::State;
use parlor_store::{FilesUse, Usage};
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
    /// What people sent each other.
    files: FileUse,
}

/// What files there are. Their small pictures, pictures of people, and what the sweeper
/// has yet to take away are not counted.
#[derive(Serialize, ToSchema)]
pub(crate) struct FileUse {
    /// Files that stand on messages.
    attached: Number,
    /// How long those are together.
    attached_bytes: Number,
    /// Files that stand on none: still on their way, or not attached yet.
    waiting: Number,
    /// What came of those.
    waiting_bytes: Number,
}

impl FileUse {
    const fn new(attached: FilesUse, waiting: FilesUse) -> Self {
        Self {
            attached: Number(attached.count),
            attached_bytes: Number(attached.bytes),
            waiting: Number(waiting.count),
            waiting_bytes: Number(waiting.bytes),
        }
    }
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
    let usage = app.deps.store.server.usage().await?;
    let files = FileUse::new(usage.attached, usage.waiting);
    Ok(Json(Storage { database: usage.into(), files }))
}
