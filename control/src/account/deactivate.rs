//! `POST /api/v1/me/deactivate`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use parlor_proto::user::DeactivateAccountRequest;
use serde::Deserialize;
use utoipa::ToSchema;

use super::cookie::RefreshCookie;
use crate::{
    Problem,
    app::App,
    extract::{AccessToken, Caller, Json, Peer, SameOrigin},
};

/// What shows that it is one's own account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deactivate {
    #[schema(example = "correct horse battery staple")]
    password: String,
}

/// Puts the caller's account aside, until it logs in with `reactivate`.
///
/// All its devices are signed out at once. It stays a member, and what it said stays;
/// others see that it is deactivated, do not find it, and cannot write to it.
///
/// Sent again, it is refused with `UNAUTHENTICATED`.
#[utoipa::path(
    post, path = "/me/deactivate", tag = "account",
    operation_id = "deactivate_account", security(("bearer" = [])),
    request_body = Deactivate,
    responses(
        (status = 204, description = "Deactivated; the cookie is cleared"),
        (status = 401, description = "BAD_CREDENTIALS: not the password; or UNAUTHENTICATED"),
        (status = 403, description = "ORIGIN_REFUSED: not from this page"),
        (status = 409, description = "LAST_ADMIN: the server would have none"),
        (status = 429, description = "RATE_LIMITED: too many failures"),
    ),
)]
pub(crate) async fn deactivate(
    State(app): State<App>,
    _: SameOrigin,
    _: Caller,
    AccessToken(access_token): AccessToken,
    Peer(peer): Peer,
    cookie: RefreshCookie,
    Json(body): Json<Deactivate>,
) -> Result<Response, Problem> {
    let peer = peer.to_string();
    let request = DeactivateAccountRequest { access_token, password: body.password, peer };
    app.users.deactivate(request).await?;
    Ok((StatusCode::NO_CONTENT, cookie.clear()).into_response())
}
