//! Errors on the wire: problem details (RFC 9457) with a stable code.

use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use parlor_domain::{Code, Refusal};
use parlor_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{docs::examples, middleware::RequestId};

/// A refused HTTP request. Travels as a response extension and becomes a body
/// in [`render`], which knows the request id.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    refusal: Refusal,
}

/// What stands in the body.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem, example = json!(example(StatusCode::NOT_FOUND, Code::NotFound)))]
pub(crate) struct ProblemBody<'a> {
    /// Always `about:blank`: the code says what it is.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The HTTP status in words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// For people, in English.
    detail: &'a str,
    /// The stable code.
    code: &'a str,
    /// What the server's log knows this request by.
    request_id: &'a str,
}

impl Problem {
    /// A problem whose status differs from the one its code goes with.
    pub(crate) fn with_status(status: StatusCode, refusal: Refusal) -> Self {
        Self { status, refusal }
    }

    /// For an error status that a library answered in its own words.
    fn of_status(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::UNAUTHORIZED => (Code::Unauthenticated, "log in first"),
            StatusCode::FORBIDDEN => (Code::Forbidden, "this is not allowed"),
            StatusCode::NOT_FOUND => return Refusal::not_found().into(),
            StatusCode::METHOD_NOT_ALLOWED => {
                (Code::MethodNotAllowed, "this method is not taken here")
            }
            StatusCode::PAYLOAD_TOO_LARGE => (Code::TooLarge, "the body is too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                (Code::UnsupportedMediaType, "this content type is not taken here")
            }
            StatusCode::SERVICE_UNAVAILABLE => (Code::Unavailable, "not available right now"),
            status if status.is_client_error() => {
                (Code::InvalidArgument, "the request cannot be understood")
            }
            _ => return Self::with_status(status, internal()),
        };
        Self::with_status(status, Refusal::new(code, detail))
    }

    fn body<'a>(&'a self, request_id: &'a str) -> ProblemBody<'a> {
        ProblemBody {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.refusal.message,
            code: self.refusal.code.as_str(),
            request_id,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.code.http_status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, refusal }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        refused(error).into()
    }
}

/// A fault of ours: the caller learns nothing about it.
pub(crate) fn internal() -> Refusal {
    Refusal::new(Code::Internal, "a fault of the server")
}

/// What a problem of this status and code looks like.
pub(crate) fn example(status: StatusCode, code: Code) -> serde_json::Value {
    let problem = Problem::with_status(status, Refusal::new(code, code.meaning()));
    serde_json::to_value(problem.body(examples::UUID)).unwrap_or_default()
}

/// What the caller is told of a failure of the store; the log is told more.
pub(crate) fn refused(error: StoreError) -> Refusal {
    match &error {
        StoreError::Internal(_) => tracing::error!(%error, "the store failed"),
        _ => tracing::warn!(%error, "the store failed"),
    }
    error.into()
}

/// Whole seconds for `Retry-After`, never too few.
fn seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            // No error attribute: why a token is refused is nobody's business.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.refusal.retry_after {
            headers.insert(header::RETRY_AFTER, seconds(wait).into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Middleware that gives every error response its body, those included that a
/// library answered.
pub(crate) async fn render(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let problem =
        parts.extensions.remove::<Problem>().unwrap_or_else(|| Problem::of_status(status));
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    let body = serde_json::to_vec(&problem.body(id.as_str())).unwrap_or_default();
    Response::from_parts(parts, Body::from(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_rounded_up_and_never_nothing() {
        assert_eq!(seconds(Duration::ZERO), 1);
        assert_eq!(seconds(Duration::from_millis(500)), 1);
        assert_eq!(seconds(Duration::from_millis(1_001)), 2);
        assert_eq!(seconds(Duration::from_secs(3)), 3);
    }
}
