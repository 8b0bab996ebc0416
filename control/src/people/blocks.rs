//! `GET /api/v1/me/blocks`

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Limit, Query},
    wire::{Block, Page},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Blocks {
    /// Users in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    cursor: Option<String>,
}

/// Whom the caller blocks.
#[utoipa::path(
    get, path = "/me/blocks", tag = "people",
    operation_id = "list_blocks", security(("bearer" = [])),
    params(Blocks),
    responses(
        (status = 200, description = "A page of people", body = Page<Block>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
    ),
)]
pub(crate) async fn blocks(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Blocks>,
) -> Result<Json<Page<Block>>, Problem> {
    let asked = Asked { limit: query.limit.0, cursor: query.cursor.as_deref() };
    Ok(Json(app.blocks(caller.user, asked).await?.into()))
}
