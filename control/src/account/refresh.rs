//! `POST /api/v1/refresh`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use parlor_domain::{Code, Refusal};
use parlor_proto::user::RefreshRequest;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    cookie::RefreshCookie,
    session::{self, Session},
};
use crate::{
    Problem,
    app::App,
    extract::{JsonOrEmpty, Peer, SameOrigin, UserAgent},
};

/// A refresh token; the cookie's where none is given.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refresh {
    #[schema(example = "vXq0m3zv2nTyY0Wc3l1o5w")]
    refresh_token: Option<String>,
}

/// Exchanges a refresh token for a new session. Each is taken once.
///
/// What came in the cookie goes back in the cookie. Sent again within 10 s, the
/// same token buys the same session; later, it signs the device out.
#[utoipa::path(
    post, path = "/refresh", tag = "account",
    request_body = Option<Refresh>,
    responses(
        (status = 200, description = "Signed in for longer", body = Session),
        (status = 401, description = "BAD_REFRESH_TOKEN: sign in again; the cookie is cleared"),
        (status = 403, description = "ORIGIN_REFUSED: not from this page"),
    ),
)]
pub(crate) async fn refresh(
    State(app): State<App>,
    _: SameOrigin,
    Peer(peer): Peer,
    UserAgent(client): UserAgent,
    cookie: RefreshCookie,
    JsonOrEmpty(body): JsonOrEmpty<Refresh>,
) -> Result<Response, Problem> {
    let by_cookie = body.refresh_token.is_none();
    let Some(refresh_token) = body.refresh_token.or_else(|| cookie.token()) else {
        return Err(Refusal::new(Code::BadRefreshToken, "sign in again").into());
    };
    let request = RefreshRequest { refresh_token, peer: peer.to_string(), client };
    match app.users.refresh(request).await {
        Ok(signed_in) => {
            Ok(session::answer(&app, signed_in, by_cookie.then_some(cookie)).into_response())
        }
        Err(refusal) if by_cookie => Ok(cookie.refused(refusal)),
        Err(refusal) => Err(refusal.into()),
    }
}
