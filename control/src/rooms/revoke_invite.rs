//! `DELETE /api/v1/rooms/{id}/invites/{invite_id}`

use axum::extract::State;
use http::StatusCode;
use parlor_domain::{Change, InviteId};
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Path},
    wire::room_id,
};

/// Takes a link back, from now on. Who came in by it stays. Nothing happens where
/// it was taken back already.
#[utoipa::path(
    delete, path = "/rooms/{id}/invites/{invite_id}", tag = "invites",
    operation_id = "revoke_invite", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The room's id"),
        ("invite_id" = Uuid, Path, description = "The link's id"),
        Idempotency,
    ),
    responses(
        (status = 204, description = "Holds no longer"),
        (status = 403, description = "FORBIDDEN: for owners and admins, and for who made it"),
        (status = 404, description = "NOT_FOUND: no such room, or no such link"),
    ),
)]
pub(crate) async fn revoke_invite(
    State(app): State<App>,
    caller: Caller,
    Path((id, invite)): Path<(Uuid, Uuid)>,
    Idempotency(request_id): Idempotency,
) -> Result<StatusCode, Problem> {
    let change = Change::RevokeInvite { room: room_id(id), invite: InviteId::from_uuid(invite) };
    app.submit(caller.user, request_id, change).await?;
    Ok(StatusCode::NO_CONTENT)
}
