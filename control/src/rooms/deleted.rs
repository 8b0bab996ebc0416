//! `GET /api/v1/rooms/deleted`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Paging, Query},
    wire::{Page, Time, Visibility},
};

/// A deleted room, as its owners find it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedRoom {
    /// Its id.
    id: Uuid,
    /// Its name.
    #[schema(example = "design")]
    name: String,
    /// What it was about; may be empty.
    #[schema(example = "How things shall look")]
    topic: String,
    /// Who could find and join it.
    visibility: Visibility,
    /// How many members it has.
    #[schema(example = 12)]
    members: u32,
    /// When it was deleted.
    deleted_at: Time,
    /// By whom.
    deleted_by: Uuid,
    /// Until when it can be restored; then it is purged.
    kept_until: Time,
}

impl From<parlor_store::DeletedRoom> for DeletedRoom {
    fn from(deleted: parlor_store::DeletedRoom) -> Self {
        Self {
            id: deleted.room.id.uuid(),
            name: deleted.room.name.into(),
            topic: deleted.room.topic.into(),
            visibility: deleted.room.visibility.into(),
            members: deleted.room.members,
            deleted_at: Time(deleted.deleted_at),
            deleted_by: deleted.deleted_by.uuid(),
            kept_until: Time(deleted.kept_until),
        }
    }
}

/// The deleted rooms that the caller owns and can restore.
#[utoipa::path(
    get, path = "/rooms/deleted", tag = "rooms",
    operation_id = "list_deleted_rooms", security(("bearer" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of deleted rooms", body = Page<DeletedRoom>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
    ),
)]
pub(crate) async fn deleted(
    State(app): State<App>,
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<DeletedRoom>>, Problem> {
    Ok(Json(app.deleted_rooms(caller.user, Asked::by(&paging)).await?.into()))
}
