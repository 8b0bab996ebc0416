//! Headers that keep a browser from doing what our pages never ask for, on
//! every response.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, header};
use tokio::sync::watch;

use crate::{Lanes, docs, extract::authority, server_info::lane_urls};

const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");

/// The fixed part of the web app's policy; `connect-src` follows the lanes.
const APP_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; media-src 'self'; font-src 'self'; manifest-src 'self'; \
    worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types parlor-worker; connect-src 'self'";

pub(super) async fn set(
    State(lanes): State<watch::Receiver<Lanes>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let is_api = path.starts_with("/api/");
    let (secure, policy) = {
        let lanes = lanes.borrow();
        let policy = if docs::is_docs(path) {
            HeaderValue::from_static(docs::POLICY)
        } else {
            app_policy(&lanes, &request)
        };
        (lanes.secure, policy)
    };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // What people brought has a stricter one of its own.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin"));
    if secure {
        let two_years = HeaderValue::from_static("max-age=63072000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, two_years);
    }
    if is_api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn app_policy(lanes: &Lanes, request: &Request) -> HeaderValue {
    let authority = authority(request.uri(), request.headers());
    let urls = lane_urls(lanes, authority.as_ref());
    let connect = format!("{APP_POLICY} {} {}", urls.webtransport, urls.websocket);
    HeaderValue::try_from(connect).unwrap_or(HeaderValue::from_static(APP_POLICY))
}
