//! `PATCH /api/v1/me`

use axum::extract::State;
use parlor_domain::{Change, Code, DisplayName, ProfileChange, Refusal, StatusEmoji, StatusText};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json},
    rooms::unprocessable,
    wire::User,
};

/// What shall be different; what is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMe {
    /// One line of up to 64 characters: what others see.
    #[schema(example = "Ada Lovelace")]
    display_name: Option<String>,
    /// One line of up to 100 characters; empty for none.
    #[schema(example = "Back on Monday")]
    status_text: Option<String>,
    /// One emoji; empty for none.
    #[schema(example = "🌴")]
    status_emoji: Option<String>,
}

/// Changes what others see of the caller. The caller's other devices learn it
/// from the user's own log.
#[utoipa::path(
    patch, path = "/me", tag = "account",
    operation_id = "update_me", security(("bearer" = [])),
    params(Idempotency),
    request_body = UpdateMe,
    responses(
        (status = 200, description = "The caller as others see them now", body = User),
        (status = 422, description = "UNPROCESSABLE: a text will not do, or none is given"),
    ),
)]
pub(crate) async fn update_me(
    State(app): State<App>,
    caller: Caller,
    Idempotency(request_id): Idempotency,
    Json(body): Json<UpdateMe>,
) -> Result<Json<User>, Problem> {
    let display_name = body.display_name.as_deref().map(DisplayName::parse).transpose();
    let status_text = body.status_text.as_deref().map(StatusText::parse).transpose();
    let status_emoji = body.status_emoji.as_deref().map(StatusEmoji::parse).transpose();
    let change = ProfileChange {
        display_name: display_name.map_err(unprocessable("display_name"))?,
        status_text: status_text.map_err(unprocessable("status_text"))?,
        status_emoji: status_emoji.map_err(unprocessable("status_emoji"))?,
    };
    if change.is_empty() {
        let message = "give a display_name, a status_text or a status_emoji";
        return Err(Refusal::new(Code::Unprocessable, message).into());
    }
    app.submit(caller.user, request_id, Change::SetProfile(change)).await?;
    Ok(Json(app.users.user(caller.user).await?))
}
