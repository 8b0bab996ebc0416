//! Which pages of other origins may use the API (R11): those on the operator's
//! list. Everybody else gets no `Access-Control-Allow-Origin`.

use std::time::Duration;

use axum::http::request::Parts;
use http::{HeaderName, HeaderValue, Method, header, uri::Authority};
use parlor_domain::OriginPolicy;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{
    rate::{RATE_LIMIT, RATE_LIMIT_POLICY},
    request_id::X_REQUEST_ID,
};
use crate::{extract::authority, files::UPLOAD_OFFSET};

pub(super) fn layer(origins: OriginPolicy) -> CorsLayer {
    let allowed = move |origin: &HeaderValue, parts: &Parts| {
        let authority = authority(&parts.uri, &parts.headers);
        origin.to_str().is_ok_and(|origin| {
            origins.allows(origin, authority.as_ref().map_or("", Authority::as_str))
        })
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::RANGE,
            HeaderName::from_static("idempotency-key"),
            UPLOAD_OFFSET,
        ])
        .expose_headers([
            X_REQUEST_ID,
            header::RETRY_AFTER,
            header::LOCATION,
            header::CONTENT_RANGE,
            header::ETAG,
            UPLOAD_OFFSET,
            RATE_LIMIT_POLICY,
            RATE_LIMIT,
        ])
        .max_age(Duration::from_secs(600))
}
