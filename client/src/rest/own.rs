//! What is the caller's own over REST: drafts, and what others may know.

use http::Method;
use parlor_domain::{Draft, Privacy, PrivacyChange, RequestId, RoomId};
use serde_json::json;

use super::{DraftInfo, Page, Rest, RestError, paged, parse};

impl Rest {
    /// A page of what the caller has begun to write.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn drafts(
        &self,
        token: &str,
        cursor: Option<&str>,
    ) -> Result<Page<DraftInfo>, RestError> {
        self.get(&paged("/me/drafts?", cursor), Some(token)).await
    }

    /// Keeps what the caller has begun to write in a room; an empty draft is none.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn set_draft(
        &self,
        token: &str,
        id: RequestId,
        room: RoomId,
        draft: &Draft,
    ) -> Result<(), RestError> {
        let mut body = json!({ "text": draft.text });
        if let Some(message) = draft.reply_to {
            body["reply_to"] = json!(message.to_string());
        }
        let path = format!("/rooms/{room}/draft");
        self.call(Method::PUT, &path, Some(token), Some(id), Some(&body)).await.map(drop)
    }

    /// What the caller lets others know.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn privacy(&self, token: &str) -> Result<Privacy, RestError> {
        self.get("/me/privacy", Some(token)).await
    }

    /// Changes what the caller lets others know; the same `id` again changes nothing
    /// more.
    ///
    /// # Errors
    /// See [`RestError`]; `UNPROCESSABLE` where the change is empty.
    pub async fn set_privacy(
        &self,
        token: &str,
        id: RequestId,
        change: PrivacyChange,
    ) -> Result<Privacy, RestError> {
        let PrivacyChange { invisible, read_marks } = change;
        let mut body = serde_json::Map::new();
        body.extend(invisible.map(|on| ("invisible".to_owned(), json!(on))));
        body.extend(read_marks.map(|on| ("read_marks".to_owned(), json!(on))));
        let body = serde_json::Value::Object(body);
        let path = "/me/privacy";
        parse(&self.call(Method::PATCH, path, Some(token), Some(id), Some(&body)).await?)
    }
}
