//! The end of rooms and accounts over REST.

use http::Method;
use http_body_util::{BodyExt as _, Full};
use parlor_domain::{RequestId, RoomId};
use serde_json::json;
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

use super::{
    ANSWER_BYTES, CALL_TIMEOUT, DeletedRoomInfo, Page, Rest, RestError, RoomInfo, SessionTokens,
    paged, parse, unreachable, whole,
};

impl Rest {
    /// Deletes a room; the same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller owns it.
    pub async fn delete_room(
        &self,
        token: &str,
        id: RequestId,
        room: RoomId,
    ) -> Result<(), RestError> {
        let path = format!("/rooms/{room}");
        self.call(Method::DELETE, &path, Some(token), Some(id), None).await.map(drop)
    }

    /// Brings a deleted room back; the same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where its time is over, or it is not the caller's.
    pub async fn restore_room(
        &self,
        token: &str,
        id: RequestId,
        room: RoomId,
    ) -> Result<RoomInfo, RestError> {
        let path = format!("/rooms/{room}/restore");
        parse(&self.call(Method::POST, &path, Some(token), Some(id), None).await?)
    }

    /// A page of the deleted rooms that the caller can restore.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn deleted_rooms(
        &self,
        token: &str,
        cursor: Option<&str>,
    ) -> Result<Page<DeletedRoomInfo>, RestError> {
        self.get(&paged("/rooms/deleted?", cursor), Some(token)).await
    }

    /// Puts the caller's account aside; every device is signed out.
    ///
    /// # Errors
    /// See [`RestError`]; `BAD_CREDENTIALS` where that is not the password, `LAST_ADMIN`
    /// where the server would have none.
    pub async fn deactivate(&self, token: &str, password: &str) -> Result<(), RestError> {
        let body = json!({ "password": password });
        self.call(Method::POST, "/me/deactivate", Some(token), None, Some(&body)).await.map(drop)
    }

    /// Signs a device in to an account, and takes that up again where it was put aside.
    ///
    /// # Errors
    /// See [`RestError`]; `BAD_CREDENTIALS` where name and password do not fit.
    pub async fn reactivate(
        &self,
        name: &str,
        password: &str,
        device_name: &str,
    ) -> Result<SessionTokens, RestError> {
        let body = json!({
            "name": name, "password": password, "device_name": device_name, "reactivate": true,
        });
        self.post("/login", None, body).await
    }

    /// Deletes the caller's account for good, with its messages where `erase_messages`.
    ///
    /// # Errors
    /// See [`RestError`]; `BAD_CREDENTIALS` where that is not the password,
    /// `UNPROCESSABLE` where `name` is not the caller's own, `LAST_ADMIN` where the
    /// server would have none.
    pub async fn delete_account(
        &self,
        token: &str,
        name: &str,
        password: &str,
        erase_messages: bool,
    ) -> Result<(), RestError> {
        let body = json!({ "name": name, "password": password, "erase_messages": erase_messages });
        self.call(Method::POST, "/me/delete", Some(token), None, Some(&body)).await.map(drop)
    }

    /// Writes a copy of all that the server keeps of the caller, one JSON document of
    /// any size. Returns its length in bytes. Where it fails, what was written is not
    /// whole.
    ///
    /// # Errors
    /// See [`RestError`]; `Unreachable` also where `out` cannot be written to.
    pub async fn export(
        &self,
        token: &str,
        out: &mut (impl AsyncWrite + Unpin),
    ) -> Result<u64, RestError> {
        let late = |_| RestError::Unreachable("no answer in time".to_owned());
        let broken = |error: &dyn std::fmt::Display| RestError::Unreachable(error.to_string());
        let request = self.request(Method::GET, "/me/export", Some(token)).body(Full::default());
        let request = request.map_err(|_| RestError::BadUrl(self.origin.to_string()))?;
        let response = timeout(CALL_TIMEOUT, self.http.request(request)).await.map_err(late)?;
        let response = response.map_err(unreachable)?;
        if !response.status().is_success() {
            return Err(
                match timeout(CALL_TIMEOUT, whole(response, ANSWER_BYTES)).await.map_err(late)? {
                    Err(refusal) => refusal,
                    Ok(_) => RestError::BadAnswer("neither a copy nor a refusal".to_owned()),
                },
            );
        }
        let (mut body, mut bytes) = (response.into_body(), 0);
        while let Some(frame) = timeout(CALL_TIMEOUT, body.frame()).await.map_err(late)? {
            let frame = frame.map_err(|error| broken(&error))?;
            if let Some(data) = frame.data_ref() {
                out.write_all(data).await.map_err(|error| broken(&error))?;
                bytes += data.len() as u64;
            }
        }
        out.flush().await.map_err(|error| broken(&error))?;
        Ok(bytes)
    }
}
