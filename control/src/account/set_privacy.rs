//! `PATCH /api/v1/me/privacy`

use axum::extract::State;
use parlor_domain::{Change, Code, PrivacyChange, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json},
    wire::Privacy,
};

/// What shall be different; what is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetPrivacy {
    /// Whether others shall never see that the caller is there, nor when last.
    invisible: Option<bool>,
    /// Whether in direct rooms each shall see up to where the other has read; both
    /// must want it.
    read_marks: Option<bool>,
}

/// Changes what the caller lets others know. The caller's other devices learn it
/// from the user's own log.
#[utoipa::path(
    patch, path = "/me/privacy", tag = "account",
    operation_id = "set_privacy", security(("bearer" = [])),
    params(Idempotency),
    request_body = SetPrivacy,
    responses(
        (status = 200, description = "All of it, as it is now", body = Privacy),
        (status = 422, description = "UNPROCESSABLE: nothing is given"),
    ),
)]
pub(crate) async fn set_privacy(
    State(app): State<App>,
    caller: Caller,
    Idempotency(request_id): Idempotency,
    Json(body): Json<SetPrivacy>,
) -> Result<Json<Privacy>, Problem> {
    let change = PrivacyChange { invisible: body.invisible, read_marks: body.read_marks };
    if change == PrivacyChange::default() {
        let message = "give an invisible, a read_marks, or both";
        return Err(Refusal::new(Code::Unprocessable, message).into());
    }
    app.submit(caller.user, request_id, Change::SetPrivacy(change)).await?;
    Ok(Json(app.privacy(caller.user).await?))
}
