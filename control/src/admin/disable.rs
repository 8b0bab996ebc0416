//! `POST /api/v1/admin/users/{user_id}/disable`

use axum::extract::State;
use http::StatusCode;
use parlor_proto::user::SetDisabledRequest;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Admin, Path},
};

/// Lets somebody in no more, and ends all their sessions.
///
/// Sent again, it is answered the same.
#[utoipa::path(
    post, path = "/admin/users/{user_id}/disable", tag = "admin",
    operation_id = "admin_disable_user", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The account")),
    responses(
        (status = 204, description = "Disabled"),
        (status = 404, description = "NOT_FOUND: no such user, or the caller is no admin"),
        (status = 409, description = "LAST_ADMIN: the server would have none"),
    ),
)]
pub(crate) async fn disable(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let request = SetDisabledRequest {
        access_token: admin.token,
        user_id: id.as_bytes().to_vec(),
        disabled: true,
        peer: admin.by.address,
    };
    app.users.set_disabled(request).await?;
    Ok(StatusCode::NO_CONTENT)
}
