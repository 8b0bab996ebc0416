//! `POST /api/v1/reset`

use axum::extract::State;
use http::StatusCode;
use parlor_proto::user::ResetPasswordRequest;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Problem,
    app::App,
    extract::{Json, Peer},
};

/// A new password for whoever has the link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reset {
    /// What follows `#` in the link.
    #[schema(example = "q1Zk0k3H9sV2hC1xkHjB8m6s7d3Wm0pYw4n5t6u7v8w")]
    code: String,
    /// At least 8 characters, and not easily guessed.
    #[schema(example = "stable battery of correct horses")]
    new_password: String,
}

/// Sets a new password by a link that an admin made, and signs all devices of its
/// user out.
///
/// Sent again, it is refused: the code is used up. Log in with the new password.
#[utoipa::path(
    post, path = "/reset", tag = "account",
    operation_id = "reset_password",
    request_body = Reset,
    responses(
        (status = 204, description = "Set"),
        (status = 404, description = "NOT_FOUND: the code is used up, too old, or never was one"),
        (status = 422, description = "UNPROCESSABLE: the password will not do"),
    ),
)]
pub(crate) async fn reset(
    State(app): State<App>,
    Peer(peer): Peer,
    Json(body): Json<Reset>,
) -> Result<StatusCode, Problem> {
    let Reset { code, new_password } = body;
    let request = ResetPasswordRequest { code, new_password, peer: peer.to_string() };
    app.users.reset_password(request).await?;
    Ok(StatusCode::NO_CONTENT)
}
