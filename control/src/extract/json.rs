//! JSON bodies. Each has a limit in bytes and in time, and holds exactly the
//! fields that are known: others, and the same one twice, are refused.

use std::time::Duration;

use axum::{
    RequestExt as _,
    body::Bytes,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use parlor_domain::{Code, Refusal, limits};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::error::Category;

use crate::Problem;

/// A JSON body, in a request or a response.
pub(crate) struct Json<T>(pub T);

/// A JSON body of a request; `null`, or none at all, is the default.
pub(crate) struct JsonOrEmpty<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(not_json());
        }
        parse(&read(request).await?).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for JsonOrEmpty<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let json = is_json(request.headers());
        let typed = request.headers().contains_key(header::CONTENT_TYPE);
        let body = read(request).await?;
        if body.is_empty() && (json || !typed) {
            return Ok(Self(T::default()));
        }
        if !json {
            return Err(not_json());
        }
        Ok(Self(parse::<Option<T>>(&body)?.unwrap_or_default()))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

fn not_json() -> Problem {
    Refusal::new(Code::UnsupportedMediaType, "the body must be application/json").into()
}

/// The whole body, of up to [`limits::HTTP_BODY_BYTES`]: the default body limit
/// that the middleware sets.
async fn read(request: Request) -> Result<Bytes, Problem> {
    read_within(request, limits::HTTP_BODY_TIMEOUT).await
}

async fn read_within(request: Request, limit: Duration) -> Result<Bytes, Problem> {
    match tokio::time::timeout(limit, request.extract::<Bytes, _>()).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let limit = limits::HTTP_BODY_BYTES;
            Err(Refusal::new(Code::TooLarge, format!("a body has at most {limit} bytes")).into())
        }
        Ok(Err(_)) => {
            Err(Refusal::new(Code::InvalidArgument, "the body broke off before its end").into())
        }
        Err(_) => Err(Problem::with_status(
            StatusCode::REQUEST_TIMEOUT,
            Refusal::new(Code::InvalidArgument, "the body did not arrive in time"),
        )),
    }
}

/// serde refuses unknown and repeated fields, serde_json a depth above 128.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let Ok(text) = std::str::from_utf8(body) else {
        return Err(Refusal::new(Code::Unprocessable, "the body is not UTF-8").into());
    };
    serde_json::from_str(text).map_err(|error| {
        let code = match error.classify() {
            Category::Data => Code::Unprocessable,
            Category::Io | Category::Syntax | Category::Eof => Code::InvalidArgument,
        };
        Refusal::new(code, error.to_string()).into()
    })
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, response::IntoResponse as _};
    use futures_util::stream;

    use super::*;

    fn status<T>(result: Result<T, Problem>) -> Option<StatusCode> {
        result.err().map(|problem| problem.into_response().status())
    }

    #[tokio::test]
    async fn r15_a_body_that_does_not_end_is_given_up() {
        let body = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        let read = read_within(Request::new(body), Duration::ZERO).await;
        assert_eq!(status(read), Some(StatusCode::REQUEST_TIMEOUT));
    }

    #[tokio::test]
    async fn r6_a_body_that_breaks_off_is_refused() {
        let broken = stream::iter([Ok(Bytes::from("{")), Err(std::io::Error::other("gone"))]);
        let read = read(Request::new(Body::from_stream(broken))).await;
        assert_eq!(status(read), Some(StatusCode::BAD_REQUEST));
    }
}
