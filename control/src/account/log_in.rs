//! `POST /api/v1/login`

use axum::extract::State;
use parlor_proto::user::LogInRequest;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    cookie::{Cookies, RefreshCookie},
    session::{self, Session},
};
use crate::{
    Problem,
    app::App,
    extract::{Json, Peer, SameOrigin, UserAgent},
};

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogIn {
    #[schema(example = "ada")]
    name: String,
    #[schema(example = "correct horse battery staple")]
    password: String,
    /// What this device calls itself.
    #[schema(example = "Firefox on Linux")]
    device_name: Option<String>,
    /// Take the account up again, where it is deactivated.
    #[serde(default)]
    reactivate: bool,
    /// Put the refresh token into an HttpOnly cookie.
    #[serde(default)]
    cookie: bool,
}

/// Signs this device in.
///
/// Sent again, it signs one more device in.
#[utoipa::path(
    post, path = "/login", tag = "account",
    request_body = LogIn,
    responses(
        (status = 200, description = "Signed in", body = Session),
        (status = 401, description = "BAD_CREDENTIALS: the same whether or not the user exists"),
        (status = 403, description = "ACCOUNT_DISABLED: the password is right; ACCOUNT_DEACTIVATED: say `reactivate` to take it up again; or ORIGIN_REFUSED"),
        (status = 429, description = "RATE_LIMITED: too many failures"),
    ),
)]
pub(crate) async fn log_in(
    State(app): State<App>,
    _: SameOrigin,
    Peer(peer): Peer,
    UserAgent(client): UserAgent,
    cookie: RefreshCookie,
    Json(body): Json<LogIn>,
) -> Result<(Cookies, Json<Session>), Problem> {
    let request = LogInRequest {
        name: body.name,
        password: body.password,
        device_name: body.device_name.unwrap_or_default(),
        peer: peer.to_string(),
        client,
        reactivate: body.reactivate,
    };
    let signed_in = app.users.log_in(request).await?;
    Ok(session::answer(&app, signed_in, body.cookie.then_some(cookie)))
}
