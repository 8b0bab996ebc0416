//! `GET /api/v1/announcements`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Problem,
    admin::wire::Announcement,
    app::App,
    extract::{Caller, Json},
};

/// What everybody is told.
#[derive(Serialize, ToSchema)]
pub(crate) struct Announcements {
    /// The newest first; never more than a few.
    items: Vec<Announcement>,
}

/// What those who run the server tell everybody. A session is told when to ask again
/// (`AnnouncementsChanged`).
#[utoipa::path(
    get, path = "/announcements", tag = "server",
    operation_id = "announcements", security(("bearer" = [])),
    responses(
        (status = 200, description = "What is told now", body = Announcements),
    ),
)]
pub(crate) async fn announcements(
    State(app): State<App>,
    _: Caller,
) -> Result<Json<Announcements>, Problem> {
    let told = app.deps.store.server.announcements(app.deps.clock.now()).await?;
    Ok(Json(Announcements { items: told.into_iter().map(Announcement::from).collect() }))
}
