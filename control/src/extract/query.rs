//! Query strings.

use axum::extract::FromRequestParts;
use http::request::Parts;
use parlor_domain::{Code, Refusal, limits};
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::Problem;

/// The query string, with exactly the fields that are known.
pub(crate) struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                Err(Refusal::new(Code::InvalidArgument, rejection.body_text()).into())
            }
        }
    }
}

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// Items in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    pub cursor: Option<String>,
}

/// How many items a page shall have: 1 or more; above
/// [`limits::PAGE_ITEMS`] it is that many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit(pub u32);

impl Default for Limit {
    fn default() -> Self {
        Self(limits::PAGE_ITEMS_DEFAULT)
    }
}

// By hand, since the derived number ends at 2^31.
impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        let default = Some(limits::PAGE_ITEMS_DEFAULT.into());
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        number.default(default).build().into()
    }
}

impl ToSchema for Limit {}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() || text.bytes().any(|byte| !byte.is_ascii_digit()) {
            return Err(D::Error::custom("limit must be a positive number"));
        }
        // What does not fit 32 bits is far above the most there is.
        match text.parse().unwrap_or(u32::MAX) {
            0 => Err(D::Error::custom("limit must be at least 1")),
            limit => Ok(Self(limit.min(limits::PAGE_ITEMS))),
        }
    }
}
