//! `GET /api/v1/admin/limits`

use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::RateLimit;
use crate::{
    Problem, Rate,
    app::App,
    extract::{Admin, Json},
    wire::Number,
};

/// The rate limits of this node.
#[derive(Serialize, ToSchema)]
pub(crate) struct RateLimits {
    items: Vec<RateLimit>,
}

/// The rate limits as they are configured, and how many requests they refused since
/// this node started.
#[utoipa::path(
    get, path = "/admin/limits", tag = "admin",
    operation_id = "admin_limits", security(("bearer" = [])),
    responses(
        (status = 200, description = "The limits", body = RateLimits),
    ),
)]
pub(crate) async fn limits(State(app): State<App>, _: Admin) -> Result<Json<RateLimits>, Problem> {
    let (rates, limited) = (app.deps.settings.rates, &app.deps.limited);
    let realtime = app.deps.live.limits();
    let limit = |name, rate: Rate, limited| RateLimit {
        name,
        burst: rate.burst.get(),
        per_second: rate.per_second.get(),
        limited: Number(limited),
    };
    let counted = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Ok(Json(RateLimits {
        items: vec![
            limit("http_address", rates.per_address, counted(&limited.by_address)),
            limit("http_user", rates.per_user, counted(&limited.by_user)),
            limit("realtime", realtime.per_session, realtime.limited),
            limit("realtime_user", realtime.per_user, realtime.limited),
        ],
    }))
}
