//! `POST /api/v1/admin/users/{user_id}/enable`

use axum::extract::State;
use http::StatusCode;
use parlor_proto::user::SetDisabledRequest;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Admin, Path},
};

/// Lets somebody in again, with the password they had.
///
/// Sent again, it is answered the same.
#[utoipa::path(
    post, path = "/admin/users/{user_id}/enable", tag = "admin",
    operation_id = "admin_enable_user", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The account")),
    responses(
        (status = 204, description = "Enabled"),
        (status = 404, description = "NOT_FOUND: no such user, or the caller is no admin"),
    ),
)]
pub(crate) async fn enable(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let request = SetDisabledRequest {
        access_token: admin.token,
        user_id: id.as_bytes().to_vec(),
        disabled: false,
        peer: admin.by.address,
    };
    app.users.set_disabled(request).await?;
    Ok(StatusCode::NO_CONTENT)
}
