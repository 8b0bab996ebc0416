//! What stands between users, to read.

use parlor_domain::{Block, Friend, Privacy, Tie, UserId};

use crate::{
    StoreError,
    backend::{Backend, on},
};

/// Read access to friends and blocks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Friends {
    pub(crate) backend: Backend,
}

impl Friends {
    /// Those to whom `user` has a tie, or has the tie `only`, ascending by user id,
    /// those after `after`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn list(
        &self,
        user: UserId,
        only: Option<Tie>,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Friend>, StoreError> {
        on!(&self.backend, friends::list(user, only, after, limit))
    }

    /// What stands between `user` and `other`, as `user` knows it; `None` for nothing.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn one(&self, user: UserId, other: UserId) -> Result<Option<Friend>, StoreError> {
        on!(&self.backend, friends::one(user, other))
    }

    /// What `user` lets others know; `None` where there is no such user.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn privacy(&self, user: UserId) -> Result<Option<Privacy>, StoreError> {
        on!(&self.backend, privacy::of(user))
    }

    /// Those whom `user` blocks, ascending by user id, those after `after`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn blocks(
        &self,
        user: UserId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Block>, StoreError> {
        on!(&self.backend, friends::blocks(user, after, limit))
    }
}
