//! Whose presence is known to whom, and when devices were seen.

use parlor_domain::{DeviceId, Timestamp, UserId};

use crate::{
    StoreError,
    backend::{Backend, on},
};

/// What presence is decided by. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Presence {
    pub(crate) backend: Backend,
}

/// What a user has decided about being seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// By nobody.
    pub invisible: bool,
    /// Those whom the user blocks, and those who block the user.
    pub hidden_from: Vec<UserId>,
}

/// Somebody whom a user is a friend of, or shares a room with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acquaintance {
    /// Who.
    pub user: UserId,
    /// When one of their devices was seen last; `None` where they are invisible, or
    /// one of the two blocks the other.
    pub last_seen: Option<Timestamp>,
}

impl Presence {
    /// What `user` has decided about being seen.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn standing(&self, user: UserId) -> Result<Standing, StoreError> {
        on!(&self.backend, presence::standing(user))
    }

    /// Those of `others`, who are few, whom `user` knows; in no order.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn acquaintances(
        &self,
        user: UserId,
        others: &[UserId],
    ) -> Result<Vec<Acquaintance>, StoreError> {
        on!(&self.backend, presence::acquaintances(user, others))
    }

    /// Keeps that devices were seen: the one thing about devices that is written
    /// where they connect.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn saw(&self, devices: &[DeviceId], at: Timestamp) -> Result<(), StoreError> {
        on!(&self.backend, presence::saw(devices, at))
    }
}
