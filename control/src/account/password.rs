//! `POST /api/v1/password`

use axum::extract::State;
use http::StatusCode;
use parlor_proto::user::ChangePasswordRequest;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Problem,
    app::App,
    extract::{AccessToken, Caller, Json, Peer},
};

/// The password so far, and the one from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    #[schema(example = "correct horse battery staple")]
    old_password: String,
    #[schema(example = "stable battery of correct horses")]
    new_password: String,
}

/// Changes the caller's password and signs out all other devices.
///
/// Sent again, it is refused with `BAD_CREDENTIALS`: the old password is gone.
#[utoipa::path(
    post, path = "/password", tag = "account",
    security(("bearer" = [])),
    request_body = ChangePassword,
    responses(
        (status = 204, description = "Changed"),
        (status = 401, description = "BAD_CREDENTIALS: not the old password; or UNAUTHENTICATED"),
        (status = 422, description = "UNPROCESSABLE: the new password will not do"),
        (status = 429, description = "RATE_LIMITED: too many failures"),
    ),
)]
pub(crate) async fn change_password(
    State(app): State<App>,
    _: Caller,
    AccessToken(access_token): AccessToken,
    Peer(peer): Peer,
    Json(body): Json<ChangePassword>,
) -> Result<StatusCode, Problem> {
    let request = ChangePasswordRequest {
        access_token,
        old_password: body.old_password,
        new_password: body.new_password,
        peer: peer.to_string(),
    };
    app.users.change_password(request).await?;
    Ok(StatusCode::NO_CONTENT)
}
