//! `POST /api/v1/rooms/{id}/invites`

use std::time::Duration;

use axum::{extract::State, response::IntoResponse};
use http::StatusCode;
use parlor_domain::{InviteTerms, limits};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, JsonOrEmpty, Path},
    wire::{Invite, room_id},
};

/// How long a link shall hold, and for how many people.
#[derive(Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CreateInvite {
    /// Until it holds no longer: up to 365 days in seconds, null for no end; 7 days
    /// where nothing is said.
    #[schema(example = 86_400)]
    expires_in_seconds: Option<u32>,
    /// How many people may come in by it; null for any number.
    #[schema(example = 10)]
    max_uses: Option<u32>,
}

impl Default for CreateInvite {
    fn default() -> Self {
        let seconds = u32::try_from(limits::INVITE_LIFETIME.as_secs()).ok();
        Self { expires_in_seconds: seconds, max_uses: None }
    }
}

/// Makes a link by which others become members of a room. It outlives the
/// membership of whoever made it.
#[utoipa::path(
    post, path = "/rooms/{id}/invites", tag = "invites",
    operation_id = "create_invite", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    request_body = Option<CreateInvite>,
    responses(
        (status = 201, description = "Made", body = Invite),
        (status = 403, description = "FORBIDDEN: the caller cannot add members"),
        (status = 404, description = "NOT_FOUND"),
        (status = 409, description = "CONFLICT: the room has 100 live links; or ROOM_ARCHIVED"),
        (status = 422, description = "UNPROCESSABLE: time or number will not do"),
    ),
)]
pub(crate) async fn create_invite(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
    JsonOrEmpty(body): JsonOrEmpty<CreateInvite>,
) -> Result<impl IntoResponse, Problem> {
    let lifetime = body.expires_in_seconds.map(u64::from).map(Duration::from_secs);
    let terms = InviteTerms::new(lifetime, body.max_uses);
    let invite = app.create_invite(caller.user, room_id(id), request_id, terms).await?;
    Ok((StatusCode::CREATED, Json(invite)))
}
