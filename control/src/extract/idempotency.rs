//! `Idempotency-Key`: makes the retry of a write safe.

use axum::extract::FromRequestParts;
use http::request::Parts;
use parlor_domain::{Code, Refusal, RequestId};
use utoipa::IntoParams;

use crate::Problem;

/// The request id of a write: the caller's key, or a fresh one.
#[derive(IntoParams)]
#[into_params(names("Idempotency-Key"), parameter_in = Header)]
pub(crate) struct Idempotency(
    /// A UUID that makes a retry safe: the same one does nothing twice.
    #[param(value_type = Uuid, required = false)]
    pub RequestId,
);

impl<S: Sync> FromRequestParts<S> for Idempotency {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all("idempotency-key").iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(Self(RequestId::random())),
            (Some(value), None) => {
                value.to_str().ok().and_then(|text| text.parse().ok()).map(Self).ok_or_else(invalid)
            }
            _ => Err(invalid()),
        }
    }
}

fn invalid() -> Problem {
    Refusal::new(Code::InvalidArgument, "Idempotency-Key must be one UUID").into()
}
