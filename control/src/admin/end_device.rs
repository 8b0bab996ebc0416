//! `DELETE /api/v1/admin/devices/{id}`

use axum::extract::State;
use http::StatusCode;
use parlor_proto::user::EndDeviceRequest;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Admin, Path},
};

/// Signs a device of somebody out, which ends its sessions within a second. A
/// session that only were cut would be back at once.
///
/// Sent again, it is answered the same.
#[utoipa::path(
    delete, path = "/admin/devices/{id}", tag = "admin",
    operation_id = "admin_sign_out_device", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The device, as a session names it")),
    responses(
        (status = 204, description = "Signed out"),
        (status = 404, description = "NOT_FOUND: no such device, or the caller is no admin"),
    ),
)]
pub(crate) async fn end_device(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let request = EndDeviceRequest {
        access_token: admin.token,
        device_id: id.as_bytes().to_vec(),
        peer: admin.by.address,
    };
    app.users.end_device(request).await?;
    Ok(StatusCode::NO_CONTENT)
}
