//! Friends and blocks over REST.

use http::Method;
use parlor_domain::{RequestId, Tie, UserId};
use serde::Deserialize;

use super::{BlockInfo, FriendInfo, Page, Rest, RestError, paged, parse};

/// What stands between the caller and somebody else.
#[derive(Deserialize)]
struct Tied {
    tie: Option<Tie>,
}

impl Rest {
    /// A page of those to whom the caller has a tie, or has the tie `only`.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn friends(
        &self,
        token: &str,
        only: Option<Tie>,
        cursor: Option<&str>,
    ) -> Result<Page<FriendInfo>, RestError> {
        let only = only.map_or_else(String::new, |tie| format!("tie={}&", tie.as_str()));
        self.get(&paged(&format!("/me/friends?{only}"), cursor), Some(token)).await
    }

    /// Asks somebody to be friends, or accepts who has asked; the same `id` again
    /// changes nothing more. Returns what stands between the two now.
    ///
    /// # Errors
    /// See [`RestError`]; `CONFLICT` where the caller blocks them.
    pub async fn befriend(
        &self,
        token: &str,
        id: RequestId,
        user: UserId,
    ) -> Result<Option<Tie>, RestError> {
        let path = format!("/users/{user}/friend");
        let tied: Tied = parse(&self.call(Method::PUT, &path, Some(token), Some(id), None).await?)?;
        Ok(tied.tie)
    }

    /// Takes the caller's request back, declines theirs, or ends the friendship; the
    /// same `id` again changes nothing more.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where there is no such user.
    pub async fn unfriend(
        &self,
        token: &str,
        id: RequestId,
        user: UserId,
    ) -> Result<(), RestError> {
        let path = format!("/users/{user}/friend");
        self.call(Method::DELETE, &path, Some(token), Some(id), None).await.map(drop)
    }

    /// A page of those whom the caller blocks.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn blocks(
        &self,
        token: &str,
        cursor: Option<&str>,
    ) -> Result<Page<BlockInfo>, RestError> {
        self.get(&paged("/me/blocks?", cursor), Some(token)).await
    }

    /// Blocks somebody (`on`), or no longer so; the same `id` again changes nothing
    /// more.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` where there is no such user.
    pub async fn block(
        &self,
        token: &str,
        id: RequestId,
        user: UserId,
        on: bool,
    ) -> Result<(), RestError> {
        let method = if on { Method::PUT } else { Method::DELETE };
        let path = format!("/users/{user}/block");
        self.call(method, &path, Some(token), Some(id), None).await.map(drop)
    }
}
