//! Running the server, and what it tells everybody, over REST.

use http::Method;
use serde_json::Value;

use super::{AnnouncementInfo, Rest, RestError, model::Items, parse};

impl Rest {
    /// What is told to everybody, the newest first.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn announcements(&self, token: &str) -> Result<Vec<AnnouncementInfo>, RestError> {
        self.get::<Items<AnnouncementInfo>>("/announcements", Some(token)).await.map(|it| it.items)
    }

    /// Becomes the first admin of a server, by the code that it printed.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where the code holds no longer.
    pub async fn claim_admin(&self, token: &str, code: &str) -> Result<(), RestError> {
        let body = serde_json::json!({ "code": code });
        self.call(Method::POST, "/claim", Some(token), None, Some(&body)).await.map(drop)
    }

    /// Any call under `/api/v1/admin`: `path` is what follows that, as the server's
    /// OpenAPI document has it. The answer as JSON; null where it is empty.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` for whoever is no admin.
    pub async fn admin(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, RestError> {
        let path = format!("/admin{path}");
        let answer = self.call(method, &path, Some(token), None, body).await?;
        if answer.is_empty() { Ok(Value::Null) } else { parse(&answer) }
    }
}
