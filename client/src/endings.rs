//! What a client does about the end of rooms and of its account.

use parlor_domain::{RequestId, RoomId};
use tokio::io::AsyncWrite;

use crate::{Client, DeletedRoomInfo, Page, RestError, RoomInfo};

impl Client {
    /// Deletes a room: it is not there for anybody any more. The same `id` again
    /// changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `FORBIDDEN` unless the caller owns it.
    pub async fn delete_room(&self, id: RequestId, room: RoomId) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.delete_room(&token, id, room).await }).await
    }

    /// Brings a deleted room back, with all that was in it. The same `id` again changes
    /// nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where its time is over, or it is not the caller's;
    /// `UNAVAILABLE` while members are still being told that it is gone.
    pub async fn restore_room(&self, id: RequestId, room: RoomId) -> Result<RoomInfo, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.restore_room(&token, id, room).await }).await
    }

    /// A page of the deleted rooms that the caller can restore.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn deleted_rooms(
        &self,
        cursor: Option<&str>,
    ) -> Result<Page<DeletedRoomInfo>, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.deleted_rooms(&token, cursor).await }).await
    }

    /// Writes a copy of all that the server keeps of the caller, one JSON document of
    /// any size. Returns its length in bytes. Where it fails, what was written is not
    /// whole.
    ///
    /// # Errors
    /// See [`RestError`]; `RATE_LIMITED` after some copies.
    pub async fn export(&self, out: &mut (impl AsyncWrite + Unpin)) -> Result<u64, RestError> {
        // A token that ended meanwhile is found before the first byte is written.
        let token = self.signed(|token| async move { Ok(token) }).await?;
        self.rest().export(&token, out).await
    }

    /// Puts the caller's account aside, until [`crate::Rest::reactivate`]. Every device
    /// is signed out, so that this client ends too.
    ///
    /// # Errors
    /// See [`RestError`]; `BAD_CREDENTIALS` where that is not the password, `LAST_ADMIN`
    /// where the server would have none.
    pub async fn deactivate(&self, password: &str) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.deactivate(&token, password).await }).await
    }

    /// Deletes the caller's account for good, with its messages where `erase_messages`;
    /// this client ends too.
    ///
    /// # Errors
    /// See [`RestError`]; `BAD_CREDENTIALS` where that is not the password,
    /// `UNPROCESSABLE` where `name` is not the caller's own, `LAST_ADMIN` where the
    /// server would have none.
    pub async fn delete_account(
        &self,
        name: &str,
        password: &str,
        erase_messages: bool,
    ) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move {
            rest.delete_account(&token, name, password, erase_messages).await
        })
        .await
    }
}
