//! Which page a request comes from, and which name it was sent to.

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, Uri, header, request::Parts, uri::Authority};
use parlor_domain::{Code, Refusal};

use crate::{Problem, app::App};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A request that no foreign page made (R12). Endpoints that set or take the
/// refresh cookie ask for it: the browser sends the cookie by itself, whoever
/// made the request.
pub(crate) struct SameOrigin;

/// The `host[:port]` that the request was sent to: `:authority` (HTTP/2, HTTP/3)
/// or `Host`. `None` where it is missing or no authority.
pub(crate) fn authority(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let host = || headers.get(header::HOST)?.to_str().ok()?.parse::<Authority>().ok();
    uri.authority().cloned().or_else(host).filter(|authority| {
        let sign = |c: char| matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        authority.as_str().chars().all(|c| c.is_ascii_alphanumeric() || sign(c))
    })
}

impl FromRequestParts<App> for SameOrigin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let header = |name| parts.headers.get(name).map(|value| value.to_str().unwrap_or("null"));
        let authority = authority(&parts.uri, &parts.headers);
        let authority = authority.as_ref().map_or("", Authority::as_str);
        let allowed = match (header(header::ORIGIN), header(SEC_FETCH_SITE)) {
            (Some(origin), _) => app.deps.origins.allows(origin, authority),
            (None, Some(site)) => matches!(site, "same-origin" | "none"),
            // No browser: nobody's cookie is used without their knowing.
            (None, None) => true,
        };
        if allowed {
            Ok(Self)
        } else {
            Err(Refusal::new(Code::OriginRefused, "not from this page").into())
        }
    }
}
