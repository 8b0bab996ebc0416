//! `GET /api/v1/me/devices`

use axum::extract::State;
use parlor_proto::user::ListDevicesRequest;

use crate::{
    Problem,
    app::{App, Asked},
    cursor::List,
    extract::{AccessToken, Caller, Json, Paging, Query},
    wire::{Device, Page},
};

/// The caller's signed-in devices.
#[utoipa::path(
    get, path = "/me/devices", tag = "account",
    operation_id = "list_devices", security(("bearer" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of devices", body = Page<Device>),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
    ),
)]
pub(crate) async fn devices(
    State(app): State<App>,
    caller: Caller,
    AccessToken(access_token): AccessToken,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Device>>, Problem> {
    let asked = Asked::by(&paging);
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
