//! `GET /api/v1/invites/{code}`

use axum::extract::State;

use crate::{
    Problem,
    app::App,
    extract::{Json, Path},
    wire::InvitePreview,
};

/// Where a link leads, told to whoever has it, without signing in.
#[utoipa::path(
    get, path = "/invites/{code}", tag = "invites",
    operation_id = "preview_invite",
    params(("code" = String, Path, description = "The link's code", example = "2lTyb6gJc_QfXkY1u0sH7w")),
    responses(
        (status = 200, description = "The room and who invites", body = InvitePreview),
        (status = 404, description = "NOT_FOUND: the link holds no longer, or never did"),
    ),
)]
pub(crate) async fn preview_invite(
    State(app): State<App>,
    Path(code): Path<String>,
) -> Result<Json<InvitePreview>, Problem> {
    Ok(Json(app.preview_invite(&code).await?))
}
