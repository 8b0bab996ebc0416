//! `GET /api/v1/me/blocks`

use axum::extract::State;

use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Paging, Query},
    wire::{Block, Page},
};

/// Whom the caller blocks.
#[utoipa::path(
    get, path = "/me/blocks", tag = "people",
    operation_id = "list_blocks", security(("bearer" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of people", body = Page<Block>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
    ),
)]
pub(crate) async fn blocks(
    State(app): State<App>,
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Block>>, Problem> {
    let asked = Asked::by(&paging);
    Ok(Json(app.blocks(caller.user, asked).await?.into()))
}
