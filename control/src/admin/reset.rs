//! `POST /api/v1/admin/users/{user_id}/reset`

use axum::extract::State;
use http::StatusCode;
use parlor_proto::user::MakeResetLinkRequest;
use uuid::Uuid;

use super::wire::OneTimeLink;
use crate::{
    Problem,
    app::App,
    extract::{Admin, Json, Path},
};

/// Makes a link by which somebody sets a new password, once, within 24 hours. It
/// signs all their devices out.
///
/// Sent again, it makes another link; the one before holds no longer.
#[utoipa::path(
    post, path = "/admin/users/{user_id}/reset", tag = "admin",
    operation_id = "admin_reset_user", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The account")),
    responses(
        (status = 201, description = "Made", body = OneTimeLink),
        (status = 404, description = "NOT_FOUND: no such user, or the caller is no admin"),
    ),
)]
pub(crate) async fn reset(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Json<OneTimeLink>), Problem> {
    let user_id = id.as_bytes().to_vec();
    let request =
        MakeResetLinkRequest { access_token: admin.token, user_id, peer: admin.by.address };
    let link = app.users.make_reset_link(request).await?;
    let link = OneTimeLink::new("/reset", link.code, link.expires_at_us);
    Ok((StatusCode::CREATED, Json(link)))
}
