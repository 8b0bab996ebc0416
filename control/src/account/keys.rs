//! `GET /api/v1/jwks`

use axum::{extract::State, response::IntoResponse};
use http::header;

use crate::{Problem, app::App};

/// The public keys of access tokens: a JSON Web Key Set (RFC 7517).
#[utoipa::path(
    get, path = "/jwks", tag = "server",
    operation_id = "jwks",
    responses(
        (status = 200, description = "The keys", body = serde_json::Value,
            example = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qY"}]})),
    ),
)]
pub(crate) async fn keys(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let jwks = app.users.keys().await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], jwks))
}
