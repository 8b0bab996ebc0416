//! What a client does about files.

use std::{io, time::Duration};

use bytes::Bytes;
use parlor_domain::{Code, FileId, FileKind, FileName, RequestId, RoomId};
use tokio::{
    io::{
        AsyncRead, AsyncReadExt as _, AsyncSeek, AsyncSeekExt as _, AsyncWrite, AsyncWriteExt as _,
    },
    time::sleep,
};

use crate::{Client, Crop, FileInfo, Page, RestError, RoomFileInfo, UploadInfo, UserInfo};

/// Bytes that are sent or fetched with one call.
const PART_BYTES: u64 = 1024 * 1024;
/// Calls in a row that may fail before a transfer is given up.
const ATTEMPTS: u32 = 8;
/// The first pause after a call that failed; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Why a file did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The server's side, or the way to it.
    #[error(transparent)]
    Rest(#[from] RestError),
    /// Our side: what is read from, or written to.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Calls in a row that failed.
#[derive(Default)]
struct Failures(u32);

impl Failures {
    /// Waits after a failure that another attempt may mend.
    async fn bear(&mut self, error: RestError) -> Result<(), RestError> {
        self.0 += 1;
        if !error.is_retryable() || self.0 >= ATTEMPTS {
            return Err(error);
        }
        let told = match &error {
            RestError::Refused(refusal) => refusal.retry_after,
            _ => None,
        };
        sleep(told.unwrap_or(FIRST_PAUSE * 2_u32.pow(self.0 - 1))).await;
        Ok(())
    }
}

impl Client {
    /// Uploads a file from the beginning of `source` to its end. It goes on where it
    /// stood over lost connections and, with the same `id`, over a new start of the
    /// program; dropping the future stops it.
    ///
    /// # Errors
    /// See [`TransferError`]; `QUOTA_EXCEEDED` or `TOO_LARGE` where there is no space,
    /// `UNSUPPORTED_MEDIA_TYPE` or `UNPROCESSABLE` where the server does not take what
    /// it is.
    pub async fn upload<S>(
        &self,
        id: RequestId,
        name: &FileName,
        mut source: S,
    ) -> Result<FileInfo, TransferError>
    where
        S: AsyncRead + AsyncSeek + Unpin + Send,
    {
        let bytes = source.seek(io::SeekFrom::End(0)).await?;
        let rest = self.rest();
        let mut failures = Failures::default();
        let mut upload = loop {
            let begun = self
                .signed(|token| async move { rest.begin_upload(&token, id, name, bytes).await })
                .await;
            match begun {
                Ok(upload) => break upload,
                Err(error) => failures.bear(error).await?,
            }
        };
        loop {
            if let Some(file) = upload.file {
                return Ok(file);
            }
            let (upload_id, offset) = (upload.id, upload.offset);
            source.seek(io::SeekFrom::Start(offset)).await?;
            let mut part = Vec::new();
            (&mut source).take(PART_BYTES.min(bytes - offset)).read_to_end(&mut part).await?;
            let part = Bytes::from(part);
            let sent = self
                .signed(|token| {
                    let part = part.clone();
                    async move { rest.send_upload(&token, upload_id, offset, part).await }
                })
                .await;
            upload = match sent {
                Ok(upload) => {
                    failures = Failures::default();
                    upload
                }
                Err(error) => {
                    // It stands elsewhere where an answer got lost.
                    let elsewhere = matches!(&error,
                        RestError::Refused(refusal) if refusal.code == Code::Conflict);
                    if !elsewhere {
                        failures.bear(error).await?;
                    }
                    self.upload_again(upload_id, &mut failures).await?
                }
            };
        }
    }

    /// Asks how far an upload came, until somebody answers.
    async fn upload_again(
        &self,
        upload: FileId,
        failures: &mut Failures,
    ) -> Result<UploadInfo, RestError> {
        let rest = self.rest();
        loop {
            let told = self.signed(|token| async move { rest.upload(&token, upload).await }).await;
            match told {
                Ok(upload) => return Ok(upload),
                Err(error) => failures.bear(error).await?,
            }
        }
    }

    /// Gives an upload up.
    ///
    /// # Errors
    /// See [`RestError`]; `CONFLICT` where it stands on a message.
    pub async fn cancel_upload(&self, upload: FileId) -> Result<(), RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.cancel_upload(&token, upload).await }).await
    }

    /// Writes `bytes` bytes of a file, from its beginning on, to `target`: the length
    /// that its message tells. It goes on where it stood over lost connections.
    ///
    /// # Errors
    /// See [`TransferError`]; `NOT_FOUND` unless the caller is a member of the room at
    /// that moment.
    pub async fn download<T: AsyncWrite + Unpin + Send>(
        &self,
        room: RoomId,
        file: FileId,
        bytes: u64,
        target: &mut T,
    ) -> Result<(), TransferError> {
        let rest = self.rest();
        let (mut at, mut failures) = (0, Failures::default());
        while at < bytes {
            let range = at..(at + PART_BYTES).min(bytes);
            let length = range.end - range.start;
            let got = self
                .signed(|token| {
                    let range = range.clone();
                    async move { rest.file_bytes(&token, room, file, range).await }
                })
                .await;
            match got {
                Ok(part) if part.len() as u64 == length => {
                    failures = Failures::default();
                    target.write_all(&part).await?;
                    at += length;
                }
                Ok(_) => {
                    let error = RestError::BadAnswer("another range than asked for".to_owned());
                    failures.bear(error).await?;
                }
                Err(error) => failures.bear(error).await?,
            }
        }
        target.flush().await?;
        Ok(())
    }

    /// The small picture of an image.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where there is none for the caller.
    pub async fn thumbnail(&self, room: RoomId, file: FileId) -> Result<Bytes, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.thumbnail(&token, room, file).await }).await
    }

    /// A page of the files of a room, of one kind where one is given, the newest first.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn files(
        &self,
        room: RoomId,
        kind: Option<FileKind>,
        cursor: Option<&str>,
    ) -> Result<Page<RoomFileInfo>, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.files(&token, room, kind, cursor).await }).await
    }

    /// Gives the caller a picture, of a part of an upload, which is used up; the same
    /// `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `UNPROCESSABLE` where it is no picture, or the part is not
    /// within it.
    pub async fn set_avatar(
        &self,
        id: RequestId,
        upload: FileId,
        crop: Crop,
    ) -> Result<UserInfo, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.set_avatar(&token, id, upload, crop).await }).await
    }

    /// Takes the caller's picture away.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn delete_avatar(&self, id: RequestId) -> Result<UserInfo, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.delete_avatar(&token, id).await }).await
    }

    /// A user's picture, a square of 256 pixels.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where the user has another by now, or none.
    pub async fn avatar(&self, user: &UserInfo) -> Result<Bytes, RestError> {
        let rest = self.rest();
        self.signed(|token| async move { rest.avatar(&token, user).await }).await
    }
}
