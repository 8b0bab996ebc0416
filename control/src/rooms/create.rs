//! `POST /api/v1/rooms`

use axum::{extract::State, response::IntoResponse};
use http::{StatusCode, header};
use parlor_domain::{RoomName, Topic};
use serde::Deserialize;
use utoipa::ToSchema;

use super::unprocessable;
use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json},
    wire::{NewVisibility, Room},
};

/// A new room.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateRoom {
    /// One line of up to 80 characters; not unique.
    #[schema(example = "design")]
    name: String,
    /// One line of up to 250 characters.
    #[serde(default)]
    #[schema(example = "How things shall look")]
    topic: String,
    /// Who can find and join it.
    #[serde(default)]
    visibility: NewVisibility,
}

/// Makes a room; the caller becomes its owner.
#[utoipa::path(
    post, path = "/rooms", tag = "rooms",
    operation_id = "create_room", security(("bearer" = [])),
    params(Idempotency),
    request_body = CreateRoom,
    responses(
        (status = 201, description = "Made", body = Room,
            headers(("Location" = String, description = "Path of the room"))),
        (status = 409, description = "IDEMPOTENCY_MISMATCH"),
        (status = 422, description = "UNPROCESSABLE: name or topic will not do"),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Idempotency(request_id): Idempotency,
    Json(body): Json<CreateRoom>,
) -> Result<impl IntoResponse, Problem> {
    let name = RoomName::parse(&body.name).map_err(unprocessable("name"))?;
    let topic = Topic::parse(&body.topic).map_err(unprocessable("topic"))?;
    let access =
        app.create_room(caller.user, request_id, name, topic, body.visibility.into()).await?;
    let location = format!("/api/v1/rooms/{}", access.room.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(Room::from(access))))
}
