//! `GET /api/v1/me/friends`

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Problem,
    app::{App, Asked},
    extract::{Caller, Json, Limit, Query},
    wire::{Friend, Page, Tie},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Friends {
    /// Only those to whom the caller has this tie.
    #[param(inline, required = false)]
    tie: Option<Tie>,
    /// Users in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    cursor: Option<String>,
}

/// The caller's friends, whom the caller has asked, and who asks the caller.
#[utoipa::path(
    get, path = "/me/friends", tag = "people",
    operation_id = "list_friends", security(("bearer" = [])),
    params(Friends),
    responses(
        (status = 200, description = "A page of people", body = Page<Friend>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
    ),
)]
pub(crate) async fn friends(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Friends>,
) -> Result<Json<Page<Friend>>, Problem> {
    let asked = Asked { limit: query.limit.0, cursor: query.cursor.as_deref() };
    let only = query.tie.map(parlor_domain::Tie::from);
    Ok(Json(app.friends(caller.user, only, asked).await?.into()))
}
