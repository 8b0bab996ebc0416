//! `GET /api/v1/me/drafts`

use axum::extract::State;

use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Paging, Query},
    wire::{Draft, Page},
};

/// What the caller has begun to write, on any device.
#[utoipa::path(
    get, path = "/me/drafts", tag = "messages",
    operation_id = "list_drafts", security(("bearer" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of drafts, one for each room", body = Page<Draft>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
    ),
)]
pub(crate) async fn drafts(
    State(app): State<App>,
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Draft>>, Problem> {
    let asked = Asked::by(&paging);
    Ok(Json(app.drafts(caller.user, asked).await?.into()))
}
