//! One span and one line in the log per request: what was asked for, how it
//! ended, how long it took. Never a query, a header or a body: tokens, names
//! and texts are in there.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument as _, info_span};

use super::RequestId;

pub(super) async fn enter(request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    // The template, not the path: few values, and no ids.
    let route = extensions.get::<MatchedPath>().map_or("(web)", MatchedPath::as_str);
    let request_id = extensions.get::<RequestId>().map_or("", RequestId::as_str);
    let span = info_span!("http", method = %request.method(), route, request_id);
    let begun = Instant::now();
    async move {
        let response = next.run(request).await;
        let status = response.status();
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        if status.is_server_error() {
            tracing::warn!(status = status.as_u16(), ms, "answered");
        } else {
            tracing::debug!(status = status.as_u16(), ms, "answered");
        }
        response
    }
    .instrument(span)
    .await
}
