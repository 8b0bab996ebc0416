//! `DELETE /api/v1/me/devices`

use axum::extract::State;
use http::StatusCode;
use parlor_proto::user::SignOutOthersRequest;

use crate::{
    Problem,
    app::App,
    extract::{AccessToken, Caller},
};

/// Signs out all of the caller's devices but the one that asks.
///
/// Sent again, it is answered the same.
#[utoipa::path(
    delete, path = "/me/devices", tag = "account",
    operation_id = "sign_out_others", security(("bearer" = [])),
    responses(
        (status = 204, description = "Signed out"),
    ),
)]
pub(crate) async fn sign_out_others(
    State(app): State<App>,
    _: Caller,
    AccessToken(access_token): AccessToken,
) -> Result<StatusCode, Problem> {
    app.users.sign_out_others(SignOutOthersRequest { access_token }).await?;
    Ok(StatusCode::NO_CONTENT)
}
