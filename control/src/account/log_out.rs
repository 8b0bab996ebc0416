//! `POST /api/v1/logout`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use parlor_proto::user::{LogOutRequest, log_out_request::By};
use serde::Deserialize;
use utoipa::ToSchema;

use super::cookie::RefreshCookie;
use crate::{
    Problem,
    app::App,
    extract::{AccessToken, JsonOrEmpty, SameOrigin},
};

/// A refresh token; where none is given the cookie's, else the access token.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogOut {
    #[schema(example = "vXq0m3zv2nTyY0Wc3l1o5w")]
    refresh_token: Option<String>,
}

/// Signs this device out: its tokens and its sessions end.
///
/// Sent again with the refresh token, it is answered the same.
#[utoipa::path(
    post, path = "/logout", tag = "account",
    request_body = Option<LogOut>,
    responses(
        (status = 204, description = "Signed out; the cookie is cleared"),
        (status = 401, description = "UNAUTHENTICATED or BAD_REFRESH_TOKEN: nobody is signed in"),
        (status = 403, description = "ORIGIN_REFUSED: not from this page"),
    ),
)]
pub(crate) async fn log_out(
    State(app): State<App>,
    _: SameOrigin,
    cookie: RefreshCookie,
    access_token: Result<AccessToken, Problem>,
    JsonOrEmpty(body): JsonOrEmpty<LogOut>,
) -> Result<Response, Problem> {
    let by_cookie = body.refresh_token.is_none();
    let by = match body.refresh_token.or_else(|| cookie.token()) {
        Some(token) => By::RefreshToken(token),
        None => By::AccessToken(access_token?.0),
    };
    match app.users.log_out(LogOutRequest { by: Some(by) }).await {
        Ok(()) => Ok((StatusCode::NO_CONTENT, cookie.clear()).into_response()),
        Err(refusal) if by_cookie => Ok(cookie.refused(refusal)),
        Err(refusal) => Err(refusal.into()),
    }
}
