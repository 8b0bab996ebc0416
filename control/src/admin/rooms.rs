//! `GET /api/v1/admin/rooms`

use axum::extract::State;
use parlor_domain::{RoomId, RoomQuery};

use super::{users::Which, wire::AdminRoom};
use crate::{
    Problem,
    app::{App, Asked},
    cursor::List,
    extract::{Admin, Json, Query},
    rooms::unprocessable,
    wire::Page,
};

/// All rooms: how large they are, not what is said there.
#[utoipa::path(
    get, path = "/admin/rooms", tag = "admin",
    operation_id = "admin_rooms", security(("bearer" = [])),
    params(Which),
    responses(
        (status = 200, description = "A page of rooms", body = Page<AdminRoom>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
        (status = 422, description = "UNPROCESSABLE: no room can be called that"),
    ),
)]
pub(crate) async fn rooms(
    State(app): State<App>,
    _: Admin,
    Query(which): Query<Which>,
) -> Result<Json<Page<AdminRoom>>, Problem> {
    let q = which.q.as_deref().filter(|q| !q.is_empty());
    let query = q.map(RoomQuery::parse).transpose().map_err(unprocessable("q"))?;
    let asked = Asked { limit: which.limit.0, cursor: which.cursor.as_deref() };
    let list = List::new("admin/rooms", q.unwrap_or_default().as_bytes());
    let after = asked.after(&list)?.and_then(|id: [u8; 16]| RoomId::from_slice(&id));
    let rooms = app.deps.store.server.rooms(query.as_ref(), after, asked.limit + 1).await?;
    Ok(Json(asked.listed(&list, rooms, |it| *it.room.id.as_bytes()).into()))
}
