//! Who asks: the access token in the `Authorization` header (RFC 6750 section
//! 2.1), checked without asking user-service.

use std::sync::atomic::Ordering;

use axum::extract::FromRequestParts;
use http::{header, request::Parts};
use parlor_domain::{Code, DeviceId, Refusal, UserId};
use parlor_token::{Identity, InvalidToken};

use crate::{Problem, app::App, middleware::TakenByUser, problem::refused};

/// Somebody with a valid access token of a device that is signed in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub user: UserId,
    pub device: DeviceId,
}

/// The access token as it came, not checked.
pub(crate) struct AccessToken(pub String);

pub(crate) fn unauthenticated() -> Refusal {
    Refusal::new(Code::Unauthenticated, "log in first")
}

/// The token of a `Bearer` authorization.
pub(crate) fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

impl Caller {
    /// Who this access token speaks for, by its signature alone.
    fn of_token(app: &App, token: &str) -> Result<Self, Refusal> {
        Self::of_verified(app.deps.verifier.verify(token))
    }

    /// Who the cookie of files speaks for, where it is signed in and asks for no more
    /// than it may.
    pub(super) async fn of_files_token(
        parts: &Parts,
        app: &App,
        token: &str,
    ) -> Result<Self, Refusal> {
        let caller = Self::of_verified(app.deps.verifier.verify_for_files(token))?;
        caller.admitted(parts, app).await
    }

    fn of_verified(verified: Result<Identity, InvalidToken>) -> Result<Self, Refusal> {
        match verified {
            Ok(identity) => Ok(Self { user: identity.user, device: identity.device }),
            Err(error) => {
                tracing::debug!(%error, "a token was refused");
                Err(unauthenticated())
            }
        }
    }

    async fn admitted(self, parts: &Parts, app: &App) -> Result<Self, Refusal> {
        let taken = app.per_user.take(self.user);
        if let Some(told) = parts.extensions.get::<TakenByUser>() {
            told.set(taken);
        }
        taken.allowed().inspect_err(|_| {
            app.deps.limited.by_user.fetch_add(1, Ordering::Relaxed);
        })?;
        self.check_device(app).await
    }

    /// The same, of a device that is still signed in: a token outlives its
    /// device's log-out by minutes (C19).
    pub(crate) async fn signed_in(app: &App, token: &str) -> Result<Self, Refusal> {
        Self::of_token(app, token)?.check_device(app).await
    }

    async fn check_device(self, app: &App) -> Result<Self, Refusal> {
        let device = app.deps.store.accounts.device(self.device).await.map_err(refused)?;
        match device {
            Some(device) if device.revoked_at.is_none() => Ok(self),
            _ => Err(unauthenticated()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for AccessToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // A token in a URL ends up in histories and logs: it is not taken, nor
        // is a request that brings one.
        let in_query = |query: &str| {
            query.split('&').any(|pair| pair.split('=').next() == Some("access_token"))
        };
        if parts.uri.query().is_some_and(in_query) {
            return Err(unauthenticated().into());
        }
        let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(unauthenticated().into());
        };
        let token = value.to_str().ok().and_then(bearer).ok_or_else(unauthenticated)?;
        Ok(Self(token.to_owned()))
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let AccessToken(token) = AccessToken::from_request_parts(parts, app).await?;
        Ok(Self::of_token(app, &token)?.admitted(parts, app).await?)
    }
}
