//! Files over REST.

use std::ops::Range;

use bytes::Bytes;
use http::{Method, header};
use http_body_util::Full;
use parlor_domain::{FileId, FileKind, FileName, RequestId, RoomId};
use serde_json::json;

use super::{Page, Rest, RestError, RoomFileInfo, UploadInfo, UserInfo, paged, parse};

/// Which part of an upload's picture shows its owner, in pixels: a square. All of it,
/// where it is one, else the largest in the middle: `None`.
pub type Crop = Option<(u32, u32, u32)>;

impl Rest {
    /// Announces a file; the same `id` again tells how far it came.
    ///
    /// # Errors
    /// See [`RestError`]; `TOO_LARGE` or `QUOTA_EXCEEDED` where there is no space.
    pub async fn begin_upload(
        &self,
        token: &str,
        id: RequestId,
        name: &FileName,
        bytes: u64,
    ) -> Result<UploadInfo, RestError> {
        let body = json!({ "name": name, "bytes": bytes.to_string() });
        parse(&self.call(Method::POST, "/uploads", Some(token), Some(id), Some(&body)).await?)
    }

    /// Sends bytes of a file, from `offset` on.
    ///
    /// # Errors
    /// See [`RestError`]; `CONFLICT` where the upload stands elsewhere.
    pub async fn send_upload(
        &self,
        token: &str,
        upload: FileId,
        offset: u64,
        bytes: Bytes,
    ) -> Result<UploadInfo, RestError> {
        let request = self
            .request(Method::PATCH, &format!("/uploads/{upload}"), Some(token))
            .header("upload-offset", offset)
            .header(header::CONTENT_TYPE, "application/offset+octet-stream");
        parse(&self.exchange(request.body(Full::from(bytes)), super::ANSWER_BYTES).await?)
    }

    /// How far an upload came.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where it was given up.
    pub async fn upload(&self, token: &str, upload: FileId) -> Result<UploadInfo, RestError> {
        self.get(&format!("/uploads/{upload}"), Some(token)).await
    }

    /// Gives an upload up.
    ///
    /// # Errors
    /// See [`RestError`]; `CONFLICT` where it stands on a message.
    pub async fn cancel_upload(&self, token: &str, upload: FileId) -> Result<(), RestError> {
        let path = format!("/uploads/{upload}");
        self.call(Method::DELETE, &path, Some(token), None, None).await.map(drop)
    }

    /// A page of the files of a room, of one kind where one is given, the newest first.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn files(
        &self,
        token: &str,
        room: RoomId,
        kind: Option<FileKind>,
        cursor: Option<&str>,
    ) -> Result<Page<RoomFileInfo>, RestError> {
        let kind = kind.map_or_else(String::new, |kind| format!("kind={}&", kind.as_str()));
        self.get(&paged(&format!("/rooms/{room}/files?{kind}"), cursor), Some(token)).await
    }

    /// A range of a file's bytes.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` unless the caller is a member of the room.
    pub async fn file_bytes(
        &self,
        token: &str,
        room: RoomId,
        file: FileId,
        range: Range<u64>,
    ) -> Result<Bytes, RestError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let last = range.end - 1;
        let request = self
            .request(Method::GET, &format!("/rooms/{room}/files/{file}"), Some(token))
            .header(header::RANGE, format!("bytes={}-{last}", range.start));
        let most = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        self.exchange(request.body(Full::default()), most).await
    }

    /// The small picture of an image.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where there is none for the caller.
    pub async fn thumbnail(
        &self,
        token: &str,
        room: RoomId,
        file: FileId,
    ) -> Result<Bytes, RestError> {
        let path = format!("/rooms/{room}/files/{file}?rendition=thumbnail");
        self.call(Method::GET, &path, Some(token), None, None).await
    }

    /// Gives the caller a picture, of a part of an upload; the same `id` again changes
    /// nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `UNPROCESSABLE` where it is no picture, or the part is not
    /// within it.
    pub async fn set_avatar(
        &self,
        token: &str,
        id: RequestId,
        upload: FileId,
        crop: Crop,
    ) -> Result<UserInfo, RestError> {
        let crop = crop.map(|(x, y, size)| json!({ "x": x, "y": y, "size": size }));
        let body = json!({ "upload_id": upload, "crop": crop });
        let me = self.call(Method::PUT, "/me/avatar", Some(token), Some(id), Some(&body)).await?;
        Ok(parse::<Me>(&me)?.user)
    }

    /// Takes the caller's picture away.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn delete_avatar(&self, token: &str, id: RequestId) -> Result<UserInfo, RestError> {
        let me = self.call(Method::DELETE, "/me/avatar", Some(token), Some(id), None).await?;
        Ok(parse::<Me>(&me)?.user)
    }

    /// A user's picture.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where the user has another, or none.
    pub async fn avatar(&self, token: &str, user: &UserInfo) -> Result<Bytes, RestError> {
        let avatar = user.avatar.map(|id| id.to_string()).unwrap_or_default();
        let path = format!("/users/{}/avatar/{avatar}", user.id);
        self.call(Method::GET, &path, Some(token), None, None).await
    }
}

/// The caller, as `/me` tells it.
#[derive(serde::Deserialize)]
struct Me {
    user: UserInfo,
}
