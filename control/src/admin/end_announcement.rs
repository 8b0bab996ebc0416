//! `DELETE /api/v1/admin/announcements/{id}`

use axum::extract::State;
use http::StatusCode;
use parlor_bus::Announcement as Told;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Admin, Path},
    problem::refused,
};

/// Takes an announcement back.
///
/// Sent again, it is answered the same.
#[utoipa::path(
    delete, path = "/admin/announcements/{id}", tag = "admin",
    operation_id = "admin_end_announcement", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The announcement's id")),
    responses(
        (status = 204, description = "Taken back"),
        (status = 404, description = "NOT_FOUND: no such announcement, or the caller is no admin"),
    ),
)]
pub(crate) async fn end_announcement(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let (writer, bus) = (app.deps.server_writer.clone(), app.deps.bus.clone());
    let work = async move {
        writer.end_announcement(&admin.by, id).await.map_err(refused)??;
        bus.publish(Told::AnnouncementsChanged);
        Ok(())
    };
    app.unbroken.run(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
