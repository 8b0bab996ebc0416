//! What somebody gets who has just signed in.

use axum::response::AppendHeaders;
use parlor_domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::cookie::{Cookies, Lasting, RefreshCookie};
use crate::{
    app::App,
    extract::Json,
    users::SignedIn,
    wire::{Time, User},
};

/// A device that is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    /// Whose it is.
    user: User,
    /// Goes into `Authorization: Bearer`.
    #[schema(example = "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln")]
    access_token: String,
    /// When that ends; refresh before.
    access_expires_at: Time,
    /// The device.
    device_id: Uuid,
    /// Buys the next session, once. Absent where it went into a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "vXq0m3zv2nTyY0Wc3l1o5w")]
    refresh_token: Option<String>,
    /// When the refresh token ends.
    refresh_expires_at: Time,
}

/// The answer to a sign-in. With `cookie` the refresh token travels in one.
pub(super) fn answer(
    app: &App,
    signed_in: SignedIn,
    cookie: Option<RefreshCookie>,
) -> (Cookies, Json<Session>) {
    let SignedIn { user, tokens } = signed_in;
    let refresh_ends = Timestamp::from_micros(tokens.refresh_expires_at_us);
    let (jar, refresh_token) = match cookie {
        Some(cookie) => {
            let now = app.deps.clock.now();
            let access_ends = Timestamp::from_micros(tokens.access_expires_at_us);
            let refresh = Lasting(tokens.refresh_token, refresh_ends.since(now));
            (cookie.set(refresh, Lasting(tokens.files_token, access_ends.since(now))), None)
        }
        None => (AppendHeaders(Vec::new()), Some(tokens.refresh_token)),
    };
    let session = Session {
        user,
        access_token: tokens.access_token,
        access_expires_at: Time(Timestamp::from_micros(tokens.access_expires_at_us)),
        device_id: Uuid::from_slice(&tokens.device_id).unwrap_or_default(),
        refresh_token,
        refresh_expires_at: Time(refresh_ends),
    };
    (jar, Json(session))
}
