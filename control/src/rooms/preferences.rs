//! `PATCH /api/v1/rooms/{id}/preferences`

use axum::extract::State;
use parlor_domain::{Action, Change, Code, PreferencesChange, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json, Path},
    problem::refused,
    wire::{Notify, Preferences, room_id},
};

/// What shall be different; what is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetPreferences {
    /// What to be told of.
    notify: Option<Notify>,
    /// Whether the room stands among the first.
    favourite: Option<bool>,
}

/// Changes what the caller wants of a room. The caller's other devices learn it
/// from the user's own log; leaving the room forgets it.
#[utoipa::path(
    patch, path = "/rooms/{id}/preferences", tag = "rooms",
    operation_id = "set_preferences", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Idempotency),
    request_body = SetPreferences,
    responses(
        (status = 200, description = "All of it, as it is now", body = Preferences),
        (status = 403, description = "FORBIDDEN: join the room first"),
        (status = 404, description = "NOT_FOUND"),
        (status = 422, description = "UNPROCESSABLE: nothing is given"),
    ),
)]
pub(crate) async fn set_preferences(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Idempotency(request_id): Idempotency,
    Json(body): Json<SetPreferences>,
) -> Result<Json<Preferences>, Problem> {
    let room = room_id(id);
    let change =
        PreferencesChange { notify: body.notify.map(Into::into), favourite: body.favourite };
    if change == PreferencesChange::default() {
        app.access(caller.user, room, Action::Read).await?;
        return Err(Refusal::new(Code::Unprocessable, "give a notify, a favourite, or both").into());
    }
    app.submit(caller.user, request_id, Change::SetPreferences { room, change }).await?;
    let mine = app.deps.rooms.summaries(caller.user, &[room]).await.map_err(refused)?;
    let mine = mine.into_iter().next().ok_or_else(Refusal::not_found)?;
    Ok(Json(mine.preferences.into()))
}
