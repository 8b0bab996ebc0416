//! Who runs the server.

use axum::extract::FromRequestParts;
use http::request::Parts;
use parlor_domain::{Operator, ServerAct, UserId, permit_server};

use super::{AccessToken, Caller, Peer};
use crate::{Problem, app::App, problem::refused};

/// An admin, or the server itself: whoever holds the key that signs access tokens.
/// To everybody else there is nothing here.
pub(crate) struct Admin {
    pub by: Operator,
    /// For the user service, which decides by itself whether an act is permitted.
    pub token: String,
}

impl FromRequestParts<App> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let AccessToken(token) = AccessToken::from_request_parts(parts, app).await?;
        let identity = app.deps.verifier.verify(&token);
        // The server has no device that could be signed out.
        let is_server = identity.is_ok_and(|identity| identity.user == UserId::SYSTEM);
        let (user, is_admin) = if is_server {
            (UserId::SYSTEM, true)
        } else {
            let user = Caller::from_request_parts(parts, app).await?.user;
            (user, app.deps.store.server.is_admin(user).await.map_err(refused)?)
        };
        permit_server(is_admin, ServerAct::Look)?;
        let Ok(Peer(address)) = Peer::from_request_parts(parts, app).await;
        Ok(Self { by: Operator { user, address: address.to_string() }, token })
    }
}
