//! `GET /api/v1/users`

use axum::extract::State;
use parlor_proto::user::SearchUsersRequest;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Problem,
    app::App,
    cursor::List,
    extract::{Caller, Json, Limit, Query},
    wire::{Page, User},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Find {
    /// A part of a name, or of what others see; case and width make no
    /// difference.
    #[param(example = "ada", max_length = 64)]
    q: String,
    /// Users in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    cursor: Option<String>,
}

/// People by a part of their names: first those with a word that begins with it.
#[utoipa::path(
    get, path = "/users", tag = "account",
    operation_id = "find_users", security(("bearer" = [])),
    params(Find),
    responses(
        (status = 200, description = "A page of users", body = Page<User>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
        (status = 422, description = "UNPROCESSABLE: nobody can be called that"),
    ),
)]
pub(crate) async fn find(
    State(app): State<App>,
    _: Caller,
    Query(query): Query<Find>,
) -> Result<Json<Page<User>>, Problem> {
    let list = List::new("users", query.q.as_bytes());
    let after = query.cursor.as_deref().map(|cursor| list.decode::<16>(cursor)).transpose()?;
    let (after_rank, after_id) = match after {
        Some((rank, id)) => (rank.into(), id.to_vec()),
        None => (0, Vec::new()),
    };
    let Limit(limit) = query.limit;
    let request =
        SearchUsersRequest { query: query.q.clone(), after_rank, after_id, limit: limit + 1 };
    let mut found = app.users.search(request).await?;
    let more = found.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor =
        found.last().filter(|_| more).map(|(user, rank)| list.encode(*rank, user.id.as_bytes()));
    let items = found.into_iter().map(|(user, _)| user).collect();
    Ok(Json(Page { items, next_cursor }))
}
