//! `DELETE /api/v1/admin/users/{user_id}/admin`

use axum::extract::State;
use http::StatusCode;
use parlor_proto::user::SetAdminRequest;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Admin, Path},
};

/// Makes an admin a user like others.
///
/// Sent again, it is answered the same.
#[utoipa::path(
    delete, path = "/admin/users/{user_id}/admin", tag = "admin",
    operation_id = "admin_revoke", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The account")),
    responses(
        (status = 204, description = "No admin"),
        (status = 404, description = "NOT_FOUND: no such user, or the caller is no admin"),
        (status = 409, description = "LAST_ADMIN: the server would have none"),
    ),
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let request = SetAdminRequest {
        access_token: admin.token,
        user_id: id.as_bytes().to_vec(),
        admin: false,
        peer: admin.by.address,
    };
    app.users.set_admin(request).await?;
    Ok(StatusCode::NO_CONTENT)
}
