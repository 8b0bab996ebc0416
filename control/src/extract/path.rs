//! Ids in paths.

use axum::extract::FromRequestParts;
use http::request::Parts;
use parlor_domain::Refusal;
use serde::de::DeserializeOwned;

use crate::Problem;

/// Parts of the path. What is not an id names nothing: the answer is the same
/// 404 as for an id that nothing has.
pub(crate) struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Refusal::not_found().into()),
        }
    }
}
