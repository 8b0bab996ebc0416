//! One id per request, by which the caller can ask about it and the log knows
//! it. Always ours: an id that a caller chose could point at somebody else's.

use std::sync::Arc;

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderName, HeaderValue};
use uuid::Uuid;

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of this request.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

pub(super) async fn stamp(mut request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    let header = HeaderValue::from_str(&id).ok();
    request.extensions_mut().insert(RequestId(id.into()));
    if let Some(value) = header.clone() {
        request.headers_mut().insert(X_REQUEST_ID, value);
    }
    let mut response = next.run(request).await;
    if let Some(value) = header {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}
