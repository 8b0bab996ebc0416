//! `POST /api/v1/register`

use axum::extract::State;
use http::StatusCode;
use parlor_domain::{Refusal, RequestId, UserId};
use parlor_proto::user::RegisterRequest;
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
    users::SignedIn,
    wire::user_id,
};

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    /// Unique; letters and digits of any script, `.`, `_`, `-`.
    #[schema(example = "ada")]
    name: String,
    /// What others see; the name where it is not given.
    #[schema(example = "Ada Lovelace")]
    display_name: Option<String>,
    /// At least 8 characters, and not easily guessed.
    #[schema(example = "correct horse battery staple")]
    password: String,
    /// What this device calls itself.
    #[schema(example = "Firefox on Linux")]
    device_name: Option<String>,
    /// The code of a link, where not everybody may register: one into a room, or a
    /// one-time link.
    #[schema(example = "2lTyb6gJc_QfXkY1u0sH7w")]
    invite: Option<String>,
    /// Put the refresh token into an HttpOnly cookie.
    #[serde(default)]
    cookie: bool,
}

/// Makes an account and signs this device in.
///
/// Sent again, it is refused with `NAME_TAKEN`: log in, the password is known.
#[utoipa::path(
    post, path = "/register", tag = "account",
    request_body = Register,
    responses(
        (status = 201, description = "Made and signed in", body = Session),
        (status = 403, description = "SIGN_UP_CLOSED: to everybody, or to who is not invited"),
        (status = 409, description = "NAME_TAKEN"),
        (status = 422, description = "UNPROCESSABLE: a name or the password will not do"),
        (status = 429, description = "RATE_LIMITED"),
    ),
)]
pub(crate) async fn register(
    State(app): State<App>,
    _: SameOrigin,
    Peer(peer): Peer,
    UserAgent(client): UserAgent,
    cookie: RefreshCookie,
    Json(body): Json<Register>,
) -> Result<(StatusCode, Cookies, Json<Session>), Problem> {
    let request = RegisterRequest {
        name: body.name,
        display_name: body.display_name.unwrap_or_default(),
        password: body.password,
        device_name: body.device_name.unwrap_or_default(),
        peer: peer.to_string(),
        client,
        invite: body.invite.unwrap_or_default(),
    };
    let signed_in = app.unbroken.run(make(app.clone(), request)).await?;
    let (jar, json) = session::answer(&app, signed_in, body.cookie.then_some(cookie));
    Ok((StatusCode::CREATED, jar, json))
}

async fn make(app: App, request: RegisterRequest) -> Result<SignedIn, Refusal> {
    let signed_in = app.users.register(request).await?;
    welcome(&app, user_id(signed_in.user.id)).await;
    Ok(signed_in)
}

/// Brings a new user into the room where everybody begins. The account stands
/// without it, so a failure is only told to the log.
async fn welcome(app: &App, user: UserId) {
    let Some(room) = app.deps.settings.welcome_room else { return };
    if let Err(refusal) = app.join(user, room, RequestId::random()).await {
        tracing::warn!(%refusal, %user, "a new user could not be joined to the welcome room");
    }
}
