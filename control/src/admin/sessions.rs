//! `GET /api/v1/admin/sessions`

use axum::extract::State;
use parlor_domain::SessionId;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::AdminSession;
use crate::{
    LiveSession, Problem,
    app::{App, Asked, Listed},
    cursor::List,
    extract::{Admin, Json, Paging, Query},
    wire::Time,
};

/// Live sessions, and how they travel.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sessions {
    /// How many there are on each lane, in all pages.
    by_lane: Vec<OnLane>,
    /// What the page holds.
    items: Vec<AdminSession>,
    /// Where the next page begins; null at the end.
    #[schema(required, example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    next_cursor: Option<String>,
}

/// How many sessions travel on a lane.
#[derive(Serialize, ToSchema)]
pub(crate) struct OnLane {
    #[schema(example = "webtransport")]
    lane: &'static str,
    #[schema(example = 3)]
    sessions: usize,
}

/// The sessions that are live on this node.
#[utoipa::path(
    get, path = "/admin/sessions", tag = "admin",
    operation_id = "admin_sessions", security(("bearer" = [])),
    params(Paging),
    responses(
        (status = 200, description = "A page of sessions", body = Sessions),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
    ),
)]
pub(crate) async fn sessions(
    State(app): State<App>,
    _: Admin,
    Query(paging): Query<Paging>,
) -> Result<Json<Sessions>, Problem> {
    let mut live = app.deps.live.sessions();
    live.sort_by_key(|session| session.id);
    let by_lane = ["webtransport", "websocket", "quic"].map(|lane| OnLane {
        lane,
        sessions: live.iter().filter(|session| session.lane == lane).count(),
    });
    let (asked, list) = (Asked::by(&paging), List::new("admin/sessions", &[]));
    let after = asked.after(&list)?.and_then(|id: [u8; 16]| SessionId::from_slice(&id));
    live.retain(|session| after.is_none_or(|after| session.id > after));
    let Listed { items, next_cursor } =
        asked.listed(&list, live, |session: &LiveSession| *session.id.as_bytes());
    let known = app.users.known(items.iter().map(|session| session.user)).await?;
    let session = |it: LiveSession| {
        Some(AdminSession {
            id: it.id.uuid(),
            user: known.get(it.user)?,
            device_id: it.device.uuid(),
            lane: it.lane,
            since: Time(it.since),
            rtt_us: it.rtt.map(|rtt| u32::try_from(rtt.as_micros()).unwrap_or(u32::MAX)),
            queued_bytes: u32::try_from(it.queued_bytes).unwrap_or(u32::MAX),
            address: it.address,
        })
    };
    let items = items.into_iter().filter_map(session).collect();
    Ok(Json(Sessions { by_lane: by_lane.into(), items, next_cursor }))
}
