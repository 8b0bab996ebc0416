//! The refresh token in a cookie, where no script can read it, and beside it the one
//! that is good for the bytes of files.

use std::time::Duration;

use axum::{
    extract::FromRequestParts,
    response::{AppendHeaders, IntoResponse as _, Response},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use http::{HeaderName, header, request::Parts};
use parlor_domain::{Code, Refusal};

use crate::{Problem, app::App, extract::files_cookie};

/// The cookies of a request, and how ours is called: `__Host-` binds it to this
/// very host (RFC 6265bis section 4.1.3) and needs TLS.
pub(crate) struct RefreshCookie {
    jar: CookieJar,
    secure: bool,
}

/// Cookies to set, in this order.
pub(super) type Cookies = AppendHeaders<Vec<(HeaderName, String)>>;

fn cookies(cookies: [Cookie<'static>; 2]) -> Cookies {
    AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie.to_string())).to_vec())
}

/// A token, and how long it lives.
pub(super) struct Lasting(pub String, pub Duration);

impl FromRequestParts<App> for RefreshCookie {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let secure = app.deps.lanes.borrow().secure;
        Ok(Self { jar: CookieJar::from_headers(&parts.headers), secure })
    }
}

impl RefreshCookie {
    const fn name(&self) -> &'static str {
        if self.secure { "__Host-parlor_refresh" } else { "parlor_refresh" }
    }

    /// The token that came.
    pub(super) fn token(&self) -> Option<String> {
        self.jar.get(self.name()).map(|cookie| cookie.value().to_owned())
    }

    /// Sets the cookies, each for as long as its token lives.
    pub(super) fn set(self, refresh: Lasting, files: Lasting) -> Cookies {
        let cookie = |name, Lasting(token, lifetime): Lasting| {
            let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
            self.cookie(name, token, time::Duration::seconds(seconds))
        };
        cookies([cookie(self.name(), refresh), cookie(files_cookie(self.secure), files)])
    }

    /// Makes the browser forget them.
    pub(super) fn clear(self) -> Cookies {
        let gone = |name| self.cookie(name, String::new(), time::Duration::ZERO);
        cookies([gone(self.name()), gone(files_cookie(self.secure))])
    }

    /// The answer to a cookie that is good for nothing: it would come with every
    /// later attempt, so it is cleared. Other refusals say nothing against it.
    pub(super) fn refused(self, refusal: Refusal) -> Response {
        if refusal.code == Code::BadRefreshToken {
            (self.clear(), Problem::from(refusal)).into_response()
        } else {
            Problem::from(refusal).into_response()
        }
    }

    fn cookie(
        &self,
        name: &'static str,
        value: String,
        max_age: time::Duration,
    ) -> Cookie<'static> {
        Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Strict)
            .secure(self.secure)
            .max_age(max_age)
            .build()
    }
}
