//! `POST /api/v1/admin/sign-up-links`

use axum::extract::State;
use http::StatusCode;
use parlor_proto::user::MakeSignUpLinkRequest;

use super::wire::OneTimeLink;
use crate::{
    Problem,
    app::App,
    extract::{Admin, Json},
};

/// Makes a link by which one person makes an account within 7 days, where only who
/// is invited may.
///
/// Sent again, it makes another link.
#[utoipa::path(
    post, path = "/admin/sign-up-links", tag = "admin",
    operation_id = "admin_make_sign_up_link", security(("bearer" = [])),
    responses(
        (status = 201, description = "Made", body = OneTimeLink),
    ),
)]
pub(crate) async fn sign_up_link(
    State(app): State<App>,
    admin: Admin,
) -> Result<(StatusCode, Json<OneTimeLink>), Problem> {
    let request = MakeSignUpLinkRequest { access_token: admin.token, peer: admin.by.address };
    let link = app.users.make_sign_up_link(request).await?;
    let link = OneTimeLink::new("/register", link.code, link.expires_at_us);
    Ok((StatusCode::CREATED, Json(link)))
}
