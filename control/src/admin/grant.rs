//! `PUT /api/v1/admin/users/{user_id}/admin`

use axum::extract::State;
use http::StatusCode;
use parlor_proto::user::SetAdminRequest;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Admin, Path},
};

/// Makes somebody an admin of the server.
///
/// Sent again, it is answered the same.
#[utoipa::path(
    put, path = "/admin/users/{user_id}/admin", tag = "admin",
    operation_id = "admin_grant", security(("bearer" = [])),
    params(("user_id" = Uuid, Path, description = "The account")),
    responses(
        (status = 204, description = "An admin"),
        (status = 404, description = "NOT_FOUND: no such user, or the caller is no admin"),
    ),
)]
pub(crate) async fn grant(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let request = SetAdminRequest {
        access_token: admin.token,
        user_id: id.as_bytes().to_vec(),
        admin: true,
        peer: admin.by.address,
    };
    app.users.set_admin(request).await?;
    Ok(StatusCode::NO_CONTENT)
}
