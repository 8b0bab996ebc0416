//! `GET /api/v1/rooms`

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Limit, Query},
    wire::{Page, Room, RoomSummary},
};

/// Which rooms.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// The caller's, with what is unread.
    #[default]
    Mine,
    /// The public directory, without archived rooms.
    Public,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct List {
    /// Which rooms.
    #[serde(default)]
    #[param(inline)]
    scope: Scope,
    /// Rooms in the page, at most.
    #[serde(default)]
    #[param(value_type = u32, minimum = 1, maximum = 100, default = 50, required = false)]
    limit: Limit,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The caller's rooms, or the public directory.
#[utoipa::path(get, path = "/rooms", tag = "rooms", params(List), security(("bearer" = [])),
    responses(
    (status = 200, description = "A page of rooms; those of scope `public` without \
        `read_seq`, `unread`, `preview` and `last_at`",
        content((Page<RoomSummary> = "application/json"))),
    (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<List>,
) -> Result<Response, Problem> {
    let asked = Asked { limit: query.limit.0, cursor: query.cursor.as_deref() };
    match query.scope {
        Scope::Mine => {
            let listed = app.my_rooms(caller.user, asked).await?;
            Ok(Json(Page::<RoomSummary>::from(listed)).into_response())
        }
        Scope::Public => {
            let listed = app.directory(caller.user, asked).await?;
            Ok(Json(Page::<Room>::from(listed)).into_response())
        }
    }
}
