//! `GET /api/v1/admin/audit`

use axum::extract::State;
use parlor_domain::UserId;

use super::wire::AuditEntry;
use crate::{
    Problem,
    app::{App, Asked, Listed},
    cursor::List,
    extract::{Admin, Json, Paging, Query},
    wire::{Number, Page, Time},
};

/// What was done to the server, the newest first. No entry is ever changed or taken
/// away.
#[utoipa::path(
    get, path = "/admin/audit", tag = "admin",
    operation_id = "admin_audit", security(("bearer" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of entries", body = Page<AuditEntry>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
    ),
)]
pub(crate) async fn audit(
    State(app): State<App>,
    _: Admin,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let (asked, list) = (Asked::by(&paging), List::new("admin/audit", &[]));
    let before = asked.after(&list)?.map(u64::from_be_bytes);
    let entries = app.deps.store.server.audit(before, asked.limit + 1).await?;
    let Listed { items, next_cursor } =
        asked.listed(&list, entries, |entry| entry.id.to_be_bytes());
    let mut people: Vec<UserId> = items.iter().map(|entry| entry.by.user).collect();
    people.extend(items.iter().filter_map(|entry| entry.user));
    let known = app.users.known(people).await?;
    let entry = |entry: parlor_domain::AuditEntry| AuditEntry {
        id: Number(entry.id),
        at: Time(entry.at),
        by: known.get(entry.by.user),
        address: entry.by.address,
        act: entry.act.as_str(),
        user: entry.user.and_then(|user| known.get(user)),
        thing: entry.thing,
        detail: entry.detail,
    };
    Ok(Json(Page { items: items.into_iter().map(entry).collect(), next_cursor }))
}
