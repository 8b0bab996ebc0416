//! Users, devices and refresh tokens.

use std::{sync::Arc, time::Duration};

use parlor_domain::{
    ClientName, Clock, DeviceId, DeviceName, DisplayName, PersonQuery, Profile, Standing,
    Timestamp, UserId, UserName,
};

use crate::{
    Entry, StoreError,
    admin::Acted,
    backend::{Backend, on},
};

/// Read access to accounts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Accounts {
    pub(crate) backend: Backend,
}

/// The right to change accounts; handed to user-service alone.
#[derive(Clone, Debug)]
pub struct AccountsWriter {
    pub(crate) backend: Backend,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A person's (or bot's) account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Unique, lower case; of a deleted account one that says nothing.
    pub name: UserName,
    /// What others see, and the user may change.
    pub profile: Profile,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it is in use.
    pub standing: Standing,
}

/// How well somebody fits what was looked for; the least fits best.
pub type Rank = u8;

/// Somebody who was looked for and found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who.
    pub user: User,
    /// 0 where a word of their names begins with what was looked for, else 1.
    pub rank: Rank,
}

/// What a log-in is checked against.
#[derive(Clone)]
pub struct Credentials {
    /// The account.
    pub user: User,
    /// PHC string of the password's hash.
    pub password_hash: String,
    /// Since when an admin lets it in no more.
    pub disabled_at: Option<Timestamp>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// One signed-in client of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// What it calls itself.
    pub name: DeviceName,
    /// When it signed in.
    pub created_at: Timestamp,
    /// Where it was seen last.
    pub seen: Seen,
    /// When that was: when it signed in, or took new tokens.
    pub seen_at: Timestamp,
    /// When it was signed out.
    pub revoked_at: Option<Timestamp>,
}

/// What a device lets be seen when it signs in and when it takes new tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The program.
    pub client: ClientName,
    /// The network address; empty where it is not known.
    pub address: String,
}

/// SHA-256 of a refresh token; the token itself is never stored.
pub type RefreshHash = [u8; 32];

/// An account to make.
#[derive(Clone)]
pub struct NewUser {
    /// Its id.
    pub id: UserId,
    /// Its unique name.
    pub name: UserName,
    /// What others see.
    pub display_name: DisplayName,
    /// PHC string of the password's hash.
    pub password_hash: String,
    /// What lets it in where not everybody may register.
    pub entry: Entry,
}

/// A device to make, with its first refresh token.
#[derive(Clone)]
pub struct NewDevice {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// What it calls itself.
    pub name: DeviceName,
    /// Where it signs in from.
    pub seen: Seen,
    /// Hash of its first refresh token.
    pub refresh: RefreshHash,
    /// When that token ends.
    pub refresh_expires_at: Timestamp,
}

/// A refresh token presented to be exchanged.
#[derive(Clone)]
pub struct Rotation {
    /// Hash of the token presented.
    pub presented: RefreshHash,
    /// Hash of its child, derived from it by the caller.
    pub child: RefreshHash,
    /// When the child ends.
    pub child_expires_at: Timestamp,
    /// How long the direct parent returns the same child.
    pub grace: Duration,
    /// Where it was presented.
    pub seen: Seen,
}

/// What became of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The child is valid: made now, or made by an earlier use of the same
    /// parent within the grace time while the child itself is unused.
    Child {
        /// The device it belongs to.
        device: Device,
        /// Its user.
        user: User,
        /// When the child ends.
        expires_at: Timestamp,
    },
    /// A used-up token was presented: theft or a lost answer. The device is
    /// revoked from now on.
    Reused {
        /// The device that was revoked.
        device: Device,
    },
    /// Unknown, expired, or its device was revoked before.
    Invalid,
}

/// Why a user could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// Somebody has that name.
    #[error("the name is taken")]
    NameTaken,
    /// Not everybody may register, and what was shown does not help.
    #[error("the server takes no new accounts")]
    SignUpClosed,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The same, but for the database.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NotCreated {
    NameTaken,
    SignUpClosed,
}

impl From<NotCreated> for CreateUserError {
    fn from(why: NotCreated) -> Self {
        match why {
            NotCreated::NameTaken => Self::NameTaken,
            NotCreated::SignUpClosed => Self::SignUpClosed,
        }
    }
}

impl Accounts {
    /// One user; never the system user.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.users(&[id]).await?.pop())
    }

    /// Those of up to 100 users that exist, in no order.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn users(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        on!(&self.backend, accounts::users(ids))
    }

    /// Those in use whose name or shown name holds what is looked for, those after
    /// `after`: by rank, and then by name in the order of code points, on each
    /// database alike.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn search(
        &self,
        query: &PersonQuery,
        after: Option<(Rank, UserId)>,
        limit: u32,
    ) -> Result<Vec<Found>, StoreError> {
        on!(&self.backend, accounts::search(query, after, limit))
    }

    /// The user of that name, whose account is not deleted.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn credentials(&self, name: &UserName) -> Result<Option<Credentials>, StoreError> {
        on!(&self.backend, accounts::by_name(name))
    }

    /// The same by id, for a password change.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn credentials_of(&self, id: UserId) -> Result<Option<Credentials>, StoreError> {
        on!(&self.backend, accounts::by_id(id))
    }

    /// One device, revoked or not.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn device(&self, id: DeviceId) -> Result<Option<Device>, StoreError> {
        on!(&self.backend, accounts::device(id))
    }

    /// The devices of `user` that are signed in at `now`, ascending by id, those
    /// after `after`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn devices(
        &self,
        user: UserId,
        now: Timestamp,
        after: Option<DeviceId>,
        limit: u32,
    ) -> Result<Vec<Device>, StoreError> {
        on!(&self.backend, accounts::devices(user, now, after, limit))
    }

    /// The device a refresh token belongs to, used up or not.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn device_of_refresh(
        &self,
        token: &RefreshHash,
    ) -> Result<Option<Device>, StoreError> {
        on!(&self.backend, accounts::device_of_refresh(token))
    }
}

impl AccountsWriter {
    /// Makes an account, its first device, and its (empty) log.
    ///
    /// # Errors
    /// The name is taken, sign-up is closed to what was shown, or the database is not
    /// available.
    pub async fn create_user(
        &self,
        user: NewUser,
        device: NewDevice,
    ) -> Result<User, CreateUserError> {
        let now = self.clock.now();
        on!(&self.backend, accounts::create_user(&user, &device, now))?.map_err(Into::into)
    }

    /// Signs a device in.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn create_device(&self, device: NewDevice) -> Result<(), StoreError> {
        on!(&self.backend, accounts::create_device(&device, self.clock.now()))
    }

    /// Exchanges a refresh token for its child, in one transaction, so that of
    /// many presentations at once exactly one child comes out.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn rotate(&self, rotation: Rotation) -> Result<Rotated, StoreError> {
        on!(&self.backend, accounts::rotate(&rotation, self.clock.now()))
    }

    /// Signs a device out; false where it was already, or is unknown.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn revoke_device(&self, id: DeviceId) -> Result<bool, StoreError> {
        on!(&self.backend, accounts::revoke_device(id, self.clock.now()))
    }

    /// Signs out all devices of the user but `keep`; returns those signed out.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn revoke_others(
        &self,
        user: UserId,
        keep: DeviceId,
    ) -> Result<Vec<DeviceId>, StoreError> {
        on!(&self.backend, accounts::revoke_all_others(user, keep, self.clock.now()))
    }

    /// Puts an account aside and signs all its devices out; returns those signed out.
    /// The last admin's is refused with `LAST_ADMIN`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn deactivate(&self, user: UserId) -> Acted<Vec<DeviceId>> {
        on!(&self.backend, accounts::deactivate(user, self.clock.now()))
    }

    /// Takes an account that was put aside up again.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn reactivate(&self, user: UserId) -> Result<(), StoreError> {
        on!(&self.backend, accounts::reactivate(user))
    }

    /// Deletes an account: password, profile and devices are gone at once; what it
    /// is to others is ended later, as [`crate::Endings`] finds it, with all that it
    /// said where `erase_messages`. Returns the devices. The last admin's is refused with
    /// `LAST_ADMIN`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn delete_user(&self, user: UserId, erase_messages: bool) -> Acted<Vec<DeviceId>> {
        on!(&self.backend, accounts::delete_user(user, erase_messages, self.clock.now()))
    }

    /// Sets a new password hash and signs out all devices of the user but
    /// `keep`; returns those signed out.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn set_password(
        &self,
        user: UserId,
        password_hash: String,
        keep: DeviceId,
    ) -> Result<Vec<DeviceId>, StoreError> {
        let now = self.clock.now();
        on!(&self.backend, accounts::set_password(user, &password_hash, keep, now))
    }
}
