//! `GET /api/v1/invites/{code}`

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Json, Path},
    wire::{Time, Visibility},
};

/// Where a link leads, as anybody who has it is told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitePreview {
    /// The room.
    pub room_id: Uuid,
    /// The room's name.
    #[schema(example = "design")]
    pub name: String,
    /// What it is about; may be empty.
    #[schema(example = "How things shall look")]
    pub topic: String,
    /// Who else can find and join it.
    pub visibility: Visibility,
    /// How many members it has.
    #[schema(example = 12)]
    pub members: u32,
    /// Who made the link.
    pub invited_by: Inviter,
    /// When it holds no longer; null for never.
    #[schema(required)]
    pub expires_at: Option<Time>,
}

/// Who made a link, as far as strangers are told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Inviter {
    /// Unique.
    #[schema(example = "ada")]
    pub name: String,
    /// What others see.
    #[schema(example = "Ada Lovelace")]
    pub display_name: String,
}

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
