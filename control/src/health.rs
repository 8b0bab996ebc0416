//! Whether the process lives, and whether it can serve.

use axum::extract::State;
use parlor_domain::{Code, Refusal, limits};

use crate::{Problem, app::App};

/// The process lives. Says nothing of the database (C13): restarting us would
/// not bring that back.
#[utoipa::path(
    get, path = "/healthz", tag = "server",
    responses(
        (status = 200, description = "Alive", body = String, content_type = "text/plain",
            example = json!("ok")),
    ),
)]
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// The database answers: send requests here.
#[utoipa::path(
    get, path = "/readyz", tag = "server",
    responses(
        (status = 200, description = "Ready", body = String, content_type = "text/plain",
            example = json!("ok")),
        (status = 503, description = "UNAVAILABLE: the database does not answer"),
    ),
)]
pub(crate) async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    match app.deps.store.ping().await {
        Ok(()) => Ok("ok"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            let refusal = Refusal::new(Code::Unavailable, "not ready");
            Err(refusal.retry_after(limits::UNAVAILABLE_RETRY).into())
        }
    }
}
