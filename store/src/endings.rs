//! What is left to do for rooms and accounts that end. The tables say what that is, so
//! whoever does it may be stopped at any time, and several may do it at once.

use std::sync::Arc;

use parlor_domain::{Clock, RoomId, UserId};

use crate::{
    StoreError,
    backend::{Backend, on},
};

/// The right to end what is left of deleted rooms and accounts. Events are written
/// through the log; here is what goes without one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Endings {
    pub(crate) backend: Backend,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A deleted account that others do not all know of yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Whose it was.
    pub user: UserId,
    /// All that it said shall go too.
    pub erase_messages: bool,
}

/// A channel that a user is still a member of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The room.
    pub room: RoomId,
    /// Where the user is its one owner and others are there: the admin, else the
    /// member, who has been there longest, those whose accounts are in use first.
    pub heir: Option<UserId>,
}

impl Endings {
    /// Deleted accounts that are still being ended, the longest deleted first.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn accounts(&self, limit: u32) -> Result<Vec<Ending>, StoreError> {
        on!(&self.backend, endings::accounts(limit))
    }

    /// Channels that `user` is still a member of, deleted ones too, ascending by id.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn memberships(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<Membership>, StoreError> {
        on!(&self.backend, endings::memberships(user, limit))
    }

    /// Those with whom `user` has a direct room, ascending by id, those after `after`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn peers(
        &self,
        user: UserId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserId>, StoreError> {
        on!(&self.backend, endings::peers(user, after, limit))
    }

    /// Takes away some of what a deleted account kept for itself: read positions,
    /// blocks, and the events of its own log. At the end the account is not among
    /// [`Self::accounts`] any more. True where there is more.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn clear(&self, user: UserId) -> Result<bool, StoreError> {
        on!(&self.backend, endings::clear(user))
    }

    /// Members who have not been told yet that their room is deleted, or restored.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn untold(&self, limit: u32) -> Result<Vec<(RoomId, UserId)>, StoreError> {
        on!(&self.backend, endings::untold(limit))
    }

    /// Notes of which rooms all members have been told.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn note_told(&self) -> Result<(), StoreError> {
        on!(&self.backend, endings::note_told())
    }

    /// Takes away some of what is left of one deleted room that can be restored no
    /// longer, and of which all members have been told. Its id is never given to another. True where there is more to do.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn purge(&self) -> Result<bool, StoreError> {
        on!(&self.backend, endings::purge(self.clock.now()))
    }
}
