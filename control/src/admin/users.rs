//! `GET /api/v1/admin/users`

use axum::extract::State;
use parlor_domain::{PersonQuery, UserId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::wire::AdminUser;
use crate::{
    Problem,
    app::{App, Asked},
    cursor::List,
    extract::{Admin, Json, Limit, Query},
    rooms::unprocessable,
    wire::Page,
};

/// Which accounts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// A part of a name, or of what others see.
    #[param(example = "ada")]
    pub q: Option<String>,
    /// Items in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    pub cursor: Option<String>,
}

/// All accounts, by name.
#[utoipa::path(
    get, path = "/admin/users", tag = "admin",
    operation_id = "admin_users", security(("bearer" = [])),
    params(Which),
    responses(
        (status = 200, description = "A page of accounts", body = Page<AdminUser>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
        (status = 422, description = "UNPROCESSABLE: nobody can be called that"),
    ),
)]
pub(crate) async fn users(
    State(app): State<App>,
    _: Admin,
    Query(which): Query<Which>,
) -> Result<Json<Page<AdminUser>>, Problem> {
    let q = which.q.as_deref().filter(|q| !q.is_empty());
    let query = q.map(PersonQuery::parse).transpose().map_err(unprocessable("q"))?;
    let asked = Asked { limit: which.limit.0, cursor: which.cursor.as_deref() };
    let list = List::new("admin/users", q.unwrap_or_default().as_bytes());
    let after = asked.after(&list)?.and_then(|id: [u8; 16]| UserId::from_slice(&id));
    let server = &app.deps.store.server;
    let accounts = server.accounts(query.as_ref(), after, asked.limit + 1).await?;
    Ok(Json(asked.listed(&list, accounts, |it| *it.user.id.as_bytes()).into()))
}
