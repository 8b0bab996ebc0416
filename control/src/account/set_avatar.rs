//! `PUT /api/v1/me/avatar`

use axum::extract::State;
use parlor_domain::{Change, Code, FileId, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::me::Me;
use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json},
    files::Square,
};

/// Which picture, and which part of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetAvatar {
    /// A whole upload of the caller's, a picture that is attached nowhere.
    upload_id: Uuid,
    /// The part to show; the largest square in the middle where none is given.
    crop: Option<Crop>,
}

/// A square part of a picture, in pixels of the picture as it was uploaded, upright.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crop {
    /// From the left.
    #[schema(example = 0)]
    x: u32,
    /// From the top.
    #[schema(example = 0)]
    y: u32,
    /// Of each side.
    #[schema(example = 100, minimum = 1)]
    size: u32,
}

/// Gives the caller a picture: the part that is named, made 256 pixels wide and high.
/// The upload is used up.
#[utoipa::path(
    put, path = "/me/avatar", tag = "account",
    operation_id = "set_avatar", security(("bearer" = [])),
    params(Idempotency),
    request_body = SetAvatar,
    responses(
        (status = 200, description = "The caller as others see them now", body = Me),
        (status = 404, description = "NOT_FOUND: no such upload of the caller's"),
        (status = 409, description = "CONFLICT: the upload is not whole, or stands on a message; \
            or IDEMPOTENCY_MISMATCH"),
        (status = 422, description = "UNPROCESSABLE: no picture, or the part is not within it"),
    ),
)]
pub(crate) async fn set_avatar(
    State(app): State<App>,
    caller: Caller,
    Idempotency(request_id): Idempotency,
    Json(body): Json<SetAvatar>,
) -> Result<Json<Me>, Problem> {
    let part = body.crop.map(|crop| Square { x: crop.x, y: crop.y, size: crop.size });
    if part.is_some_and(|part| part.size == 0) {
        return Err(Refusal::new(Code::Unprocessable, "crop.size must be at least 1").into());
    }
    let upload = FileId::from_uuid(body.upload_id);
    let work = {
        let app = app.clone();
        async move {
            let avatar = app.make_avatar(caller.user, request_id, upload, part).await?;
            app.submit(caller.user, request_id, Change::SetAvatar(Some(avatar))).await?;
            app.use_up(upload).await;
            Ok(())
        }
    };
    app.unbroken.run(work).await?;
    Ok(Json(Me::of(&app, caller).await?))
}
