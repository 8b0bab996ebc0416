//! `POST /api/v1/me/delete`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use parlor_proto::user::DeleteAccountRequest;
use serde::Deserialize;
use utoipa::ToSchema;

use super::cookie::RefreshCookie;
use crate::{
    Problem,
    app::App,
    extract::{AccessToken, Caller, Json, Peer, SameOrigin},
};

/// What shows that it is one's own account, and meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteAccount {
    #[schema(example = "correct horse battery staple")]
    password: String,
    /// One's own user name.
    #[schema(example = "ada")]
    name: String,
    /// Delete all messages of the account as well.
    #[serde(default)]
    erase_messages: bool,
}

/// Deletes the caller's account for good.
///
/// Password, profile and devices are gone with the answer. Memberships and friendships
/// end soon after, and with `erase_messages` all messages; else these stay under
/// "Deleted account". A room without another owner passes to the admin, else to the
/// member, who has been there longest. The user name is not given to anybody else.
///
/// Sent again, it is refused with `UNAUTHENTICATED`.
#[utoipa::path(
    post, path = "/me/delete", tag = "account",
    operation_id = "delete_account", security(("bearer" = [])),
    request_body = DeleteAccount,
    responses(
        (status = 204, description = "Deleted; the cookie is cleared"),
        (status = 401, description = "BAD_CREDENTIALS: not the password; or UNAUTHENTICATED"),
        (status = 403, description = "ORIGIN_REFUSED: not from this page"),
        (status = 409, description = "LAST_ADMIN: the server would have none"),
        (status = 422, description = "UNPROCESSABLE: not the caller's user name"),
        (status = 429, description = "RATE_LIMITED: too many failures"),
    ),
)]
pub(crate) async fn delete(
    State(app): State<App>,
    _: SameOrigin,
    _: Caller,
    AccessToken(access_token): AccessToken,
    Peer(peer): Peer,
    cookie: RefreshCookie,
    Json(body): Json<DeleteAccount>,
) -> Result<Response, Problem> {
    let DeleteAccount { password, name, erase_messages } = body;
    let peer = peer.to_string();
    let request = DeleteAccountRequest { access_token, password, name, erase_messages, peer };
    app.users.delete(request).await?;
    app.deps.ending.notify_one();
    Ok((StatusCode::NO_CONTENT, cookie.clear()).into_response())
}
