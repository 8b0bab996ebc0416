//! What the program that asks says it is (RFC 9110 section 10.1.5).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::{header, request::Parts};

/// The `User-Agent` as it came; empty where there is none. For people to
/// recognise a device by: nothing is decided by it.
pub(crate) struct UserAgent(pub String);

impl<S: Sync> FromRequestParts<S> for UserAgent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let value = parts.headers.get(header::USER_AGENT).map(|value| value.as_bytes());
        Ok(Self(String::from_utf8_lossy(value.unwrap_or_default()).into_owned()))
    }
}
