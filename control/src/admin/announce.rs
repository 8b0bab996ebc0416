//! `POST /api/v1/admin/announcements`

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use parlor_bus::Announcement as Told;
use parlor_domain::AnnouncementText;
use serde::Deserialize;
use utoipa::ToSchema;

use super::wire::{Announcement, AnnouncementLevel};
use crate::{
    Problem,
    app::App,
    extract::{Admin, Json},
    problem::refused,
    rooms::unprocessable,
};

/// What everybody shall be told.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Announce {
    /// One line of up to 500 characters.
    #[schema(example = "The server moves on Friday at 18:00")]
    text: String,
    /// How much it matters.
    #[serde(default)]
    level: AnnouncementLevel,
    /// For how long, in seconds; until it is taken back where nothing is said.
    #[schema(example = 86_400)]
    seconds: Option<u32>,
}

/// Tells everybody something, at once, above all else until they dismiss it.
///
/// Sent again, it is told a second time.
#[utoipa::path(
    post, path = "/admin/announcements", tag = "admin",
    operation_id = "admin_announce", security(("bearer" = [])),
    request_body = Announce,
    responses(
        (status = 201, description = "Told", body = Announcement),
        (status = 409, description = "CONFLICT: there are 5 already"),
        (status = 422, description = "UNPROCESSABLE: the text will not do"),
    ),
)]
pub(crate) async fn announce(
    State(app): State<App>,
    admin: Admin,
    Json(body): Json<Announce>,
) -> Result<(StatusCode, Json<Announcement>), Problem> {
    let text = AnnouncementText::parse(&body.text).map_err(unprocessable("text"))?;
    let lifetime = body.seconds.map(|seconds| Duration::from_secs(seconds.into()));
    let until = lifetime.map(|lifetime| app.deps.clock.now().plus(lifetime));
    let (writer, bus) = (app.deps.server_writer.clone(), app.deps.bus.clone());
    let work = async move {
        let told = writer.announce(&admin.by, text, body.level.into(), until).await;
        let told = told.map_err(refused)??;
        bus.publish(Told::AnnouncementsChanged);
        Ok(told)
    };
    let told = app.unbroken.run(work).await?;
    Ok((StatusCode::CREATED, Json(told.into())))
}
