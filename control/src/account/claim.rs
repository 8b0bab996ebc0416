//! `POST /api/v1/claim`

use axum::extract::State;
use http::StatusCode;
use parlor_proto::user::ClaimAdminRequest;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Problem,
    app::App,
    extract::{AccessToken, Caller, Json, Peer},
};

/// What the server printed when it started.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    /// What follows `#` in the link.
    #[schema(example = "q1Zk0k3H9sV2hC1xkHjB8m6s7d3Wm0pYw4n5t6u7v8w")]
    code: String,
}

/// Makes the caller the first admin of a server that has none, by the link that it
/// printed when it started.
///
/// Sent again, it is refused: the code is used up, and the caller an admin.
#[utoipa::path(
    post, path = "/claim", tag = "account",
    operation_id = "claim_admin", security(("bearer" = [])),
    request_body = Claim,
    responses(
        (status = 204, description = "The caller is an admin"),
        (status = 404, description = "NOT_FOUND: the code is used up, too old, or never was one"),
    ),
)]
pub(crate) async fn claim(
    State(app): State<App>,
    _: Caller,
    AccessToken(access_token): AccessToken,
    Peer(peer): Peer,
    Json(body): Json<Claim>,
) -> Result<StatusCode, Problem> {
    let request = ClaimAdminRequest { access_token, code: body.code, peer: peer.to_string() };
    app.users.claim_admin(request).await?;
    Ok(StatusCode::NO_CONTENT)
}
