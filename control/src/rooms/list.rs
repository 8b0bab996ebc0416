//! `GET /api/v1/rooms`

use axum::extract::State;
use parlor_domain::{Code, Refusal, RoomQuery};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{RefOr, Schema, schema::AnyOfBuilder},
};

use super::unprocessable;
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
    /// A part of the name or the topic; for `public` alone.
    #[param(example = "design")]
    q: Option<String>,
    /// Rooms in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    cursor: Option<String>,
}

/// What the scope asks for.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Rooms {
    Mine(Page<RoomSummary>),
    Public(Page<Room>),
}

// By hand, since a summary is a room too: both may fit (`anyOf`), where the
// derived `oneOf` wants exactly one.
impl PartialSchema for Rooms {
    fn schema() -> RefOr<Schema> {
        let pages =
            AnyOfBuilder::new().item(Page::<RoomSummary>::schema()).item(Page::<Room>::schema());
        Schema::AnyOf(pages.build()).into()
    }
}

impl ToSchema for Rooms {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((RoomSummary::name().into(), RoomSummary::schema()));
        schemas.push((Room::name().into(), Room::schema()));
        RoomSummary::schemas(schemas);
    }
}

/// The caller's rooms, or the public directory, which can be searched.
#[utoipa::path(
    get, path = "/rooms", tag = "rooms",
    operation_id = "list_rooms", security(("bearer" = [])),
    params(List),
    responses(
        (status = 200, description = "A page of rooms: summaries for `mine`", body = Rooms),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
        (status = 422, description = "UNPROCESSABLE: no room can be called that"),
    ),
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<List>,
) -> Result<Json<Rooms>, Problem> {
    let asked = Asked { limit: query.limit.0, cursor: query.cursor.as_deref() };
    Ok(Json(match query.scope {
        Scope::Mine if query.q.is_some() => {
            return Err(Refusal::new(Code::InvalidArgument, "q looks in scope=public").into());
        }
        Scope::Mine => Rooms::Mine(app.my_rooms(caller.user, asked).await?.into()),
        Scope::Public => {
            let found_by = query.q.as_deref().map(RoomQuery::parse).transpose();
            let found_by = found_by.map_err(unprocessable("q"))?;
            Rooms::Public(app.directory(caller.user, found_by.as_ref(), asked).await?.into())
        }
    }))
}
