//! Who wants the bytes of a file: by the access token, or by a cookie that is good for
//! nothing else, since what a page shows (`<img>`, `<video>`) is asked for without
//! headers of the page's own.

use axum::extract::FromRequestParts;
use axum_extra::extract::CookieJar;
use http::{header, request::Parts};
use parlor_domain::UserId;

use super::{Caller, unauthenticated};
use crate::{Problem, app::App};

/// Somebody whose device is signed in.
pub(crate) struct FileReader(pub UserId);

/// What the cookie is called: `__Host-` binds it to this very host (RFC 6265bis section
/// 4.1.3) and needs TLS.
pub(crate) const fn files_cookie(secure: bool) -> &'static str {
    if secure { "__Host-parlor-files" } else { "parlor-files" }
}

impl FromRequestParts<App> for FileReader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self(Caller::from_request_parts(parts, app).await?.user));
        }
        let secure = app.deps.lanes.borrow().secure;
        let jar = CookieJar::from_headers(&parts.headers);
        let token = jar.get(files_cookie(secure)).ok_or_else(unauthenticated)?;
        Ok(Self(Caller::of_files_token(parts, app, token.value()).await?.user))
    }
}
