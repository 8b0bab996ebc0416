//! `GET /api/v1/me/devices`

use axum::extract::State;
use parlor_proto::user::ListDevicesRequest;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Problem,
    app::{App, Asked},
    cursor::List,
    extract::{AccessToken, Caller, Json, Limit, Query},
    wire::{Device, Page},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Devices {
    /// Devices in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    cursor: Option<String>,
}

/// The caller's signed-in devices.
#[utoipa::path(
    get, path = "/me/devices", tag = "account",
    operation_id = "list_devices", security(("bearer" = [])),
    params(Devices),
    responses(
        (status = 200, description = "A page of devices", body = Page<Device>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
    ),
)]
pub(crate) async fn devices(
    State(app): State<App>,
    caller: Caller,
    AccessToken(access_token): AccessToken,
    Query(query): Query<Devices>,
) -> Result<Json<Page<Device>>, Problem> {
    let asked = Asked { limit: query.limit.0, cursor: query.cursor.as_deref() };
    let list = List::new("devices", caller.user.as_bytes());
    let after: Option<[u8; 16]> = asked.after(&list)?;
    let request = ListDevicesRequest {
        access_token,
        after: after.map(Vec::from).unwrap_or_default(),
        limit: asked.limit + 1,
    };
    let devices = app.users.devices(request, caller.device).await?;
    Ok(Json(asked.listed(&list, devices, |device| *device.id.as_bytes()).into()))
}
