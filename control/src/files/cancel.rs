//! `DELETE /api/v1/uploads/{id}`

use axum::extract::State;
use http::StatusCode;
use parlor_domain::{Code, FileId, Refusal};
use uuid::Uuid;

use super::{give_up, own_upload};
use crate::{
    Problem,
    app::App,
    extract::{Caller, Path},
};

/// Gives an upload up: its bytes are forgotten.
///
/// Sent again, it is answered that there is no such upload.
#[utoipa::path(
    delete, path = "/uploads/{id}", tag = "files",
    operation_id = "cancel_upload", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The upload's id")),
    responses(
        (status = 204, description = "Given up"),
        (status = 404, description = "NOT_FOUND: no such upload of the caller's, or it was given up"),
        (status = 409, description = "CONFLICT: it stands on a message; delete that"),
    ),
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let upload = own_upload(&app, caller.user, FileId::from_uuid(id)).await?;
    if upload.attached {
        let message = "the file stands on a message";
        return Err(Refusal::new(Code::Conflict, message).into());
    }
    let work = {
        let app = app.clone();
        async move {
            give_up(&app, upload.id).await;
            Ok(())
        }
    };
    app.unbroken.run(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
