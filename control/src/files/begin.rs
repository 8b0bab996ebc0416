//! `POST /api/v1/uploads`

use axum::extract::State;
use http::StatusCode;
use parlor_domain::{Code, FileName, Refusal, limits};
use parlor_store::{Begun, NewUpload, Quota};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{file_of_request, wire::Upload};
use crate::{
    Problem,
    app::App,
    extract::{Caller, Idempotency, Json},
    problem::refused,
    rooms::unprocessable,
    wire::Number,
};

/// A file to come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begin {
    /// What it is called: of a path the last part, of up to 255 characters.
    #[schema(example = "plan.png")]
    name: String,
    /// How long it will be.
    bytes: Number,
}

/// Announces a file. Its bytes come by PATCH; unless more of them come, or it is
/// attached, it is forgotten after a day.
#[utoipa::path(
    post, path = "/uploads", tag = "files",
    operation_id = "begin_upload", security(("bearer" = [])),
    params(Idempotency),
    request_body = Begin,
    responses(
        (status = 201, description = "Announced; a retry is told how far it came", body = Upload),
        (status = 409, description = "IDEMPOTENCY_MISMATCH"),
        (status = 413, description = "TOO_LARGE or QUOTA_EXCEEDED: attach or give up others first"),
        (status = 422, description = "UNPROCESSABLE: the name will not do"),
    ),
)]
pub(crate) async fn begin(
    State(app): State<App>,
    caller: Caller,
    Idempotency(request_id): Idempotency,
    Json(body): Json<Begin>,
) -> Result<(StatusCode, Json<Upload>), Problem> {
    let name = FileName::parse(&body.name).map_err(unprocessable("name"))?;
    let most = app.deps.settings.files;
    if body.bytes.0 > most.file_bytes {
        let message = format!("a file has at most {} bytes", most.file_bytes);
        return Err(Refusal::new(Code::TooLarge, message).into());
    }
    let new = NewUpload {
        id: file_of_request(caller.user, request_id),
        owner: caller.user,
        name,
        bytes: body.bytes.0,
        expires_at: app.deps.clock.now().plus(limits::UPLOAD_LIFETIME),
    };
    let quota = Quota { bytes: most.user_bytes, open: limits::UPLOADS_OPEN };
    match app.deps.store.files.begin(&new, quota).await.map_err(refused)? {
        Begun::Upload(upload) => Ok((StatusCode::CREATED, Json((*upload).into()))),
        Begun::QuotaExceeded => {
            let message = "your files take all the space they may, or too many wait to be attached";
            Err(Refusal::new(Code::QuotaExceeded, message).into())
        }
        Begun::Mismatch => {
            let message = "this request id was used before for something else";
            Err(Refusal::new(Code::IdempotencyMismatch, message).into())
        }
    }
}
