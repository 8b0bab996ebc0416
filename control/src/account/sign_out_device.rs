//! `DELETE /api/v1/me/devices/{id}`

use axum::extract::State;
use http::StatusCode;
use parlor_proto::user::SignOutDeviceRequest;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{AccessToken, Caller, Path},
};

/// Signs one of the caller's devices out: its tokens and its sessions end.
///
/// Sent again, it is answered the same.
#[utoipa::path(
    delete, path = "/me/devices/{id}", tag = "account",
    operation_id = "sign_out_device", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The device's id")),
    responses(
        (status = 204, description = "Signed out, now or before"),
        (status = 404, description = "NOT_FOUND: the caller has no such device"),
    ),
)]
pub(crate) async fn sign_out_device(
    State(app): State<App>,
    _: Caller,
    AccessToken(access_token): AccessToken,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let request = SignOutDeviceRequest { access_token, device_id: id.as_bytes().to_vec() };
    app.users.sign_out_device(request).await?;
    Ok(StatusCode::NO_CONTENT)
}
