//! Running the server: what an admin sees and does. Acts on accounts are with the
//! [`crate::AccountsWriter`]; every act leaves its entry in the audit log in the
//! transaction that does it.

use std::sync::Arc;

use parlor_domain::{
    AnnouncementLevel, AnnouncementText, AuditEntry, Clock, DeviceId, OneTimeHash, Operator,
    PersonQuery, Refusal, Room, RoomId, RoomQuery, ServerAnnouncement, SignUp, Timestamp, UserId,
};
use uuid::Uuid;

use crate::{
    AccountsWriter, StoreError, User,
    backend::{Backend, on},
};

/// Read access to what concerns the whole server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Server {
    pub(crate) backend: Backend,
}

/// The right to change what concerns the whole server, accounts excepted; handed
/// to control alone.
#[derive(Clone, Debug)]
pub struct ServerWriter {
    pub(crate) backend: Backend,
    pub(crate) clock: Arc<dyn Clock>,
}

/// An account as an admin sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub user: User,
    /// Whether it runs the server.
    pub is_admin: bool,
    /// Since when it is let in no more.
    pub disabled_at: Option<Timestamp>,
    /// When one of its devices signed in or took new tokens last.
    pub seen_at: Option<Timestamp>,
}

/// A room as an admin sees it: how large it is, not what is said there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomUse {
    /// The room.
    pub room: Room,
    /// Messages that are not deleted, counted up to
    /// [`parlor_domain::limits::ROOM_MESSAGES_COUNTED`].
    pub messages: u32,
    /// The files that stand on its messages, in bytes.
    pub file_bytes: u64,
    /// When something happened there last.
    pub active_at: Timestamp,
}

/// What the server keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The database, on its disk.
    pub database_bytes: u64,
    /// Accounts.
    pub users: u64,
    /// Devices, signed in or not.
    pub devices: u64,
    /// Rooms, archived ones and those of two people among them.
    pub rooms: u64,
    /// Events of all logs.
    pub events: u64,
    /// Files that stand on messages.
    pub attached: FilesUse,
    /// Files that stand on none: still on their way, or not attached yet.
    pub waiting: FilesUse,
}

/// Some of the files that the server keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilesUse {
    /// How many.
    pub count: u64,
    /// What there is of them, without their small pictures.
    pub bytes: u64,
}

/// What somebody shows who wants an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entry {
    /// Nothing.
    #[default]
    Unasked,
    /// The code of a link into a room.
    Invited(parlor_domain::InviteCode),
    /// A one-time link: one that an admin made for this, or that of a server
    /// which has no admin yet.
    ByLink(OneTimeHash),
}

impl Server {
    /// Whether the user is an admin who may sign in.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn is_admin(&self, user: UserId) -> Result<bool, StoreError> {
        on!(&self.backend, overview::is_admin(user))
    }

    /// Who may make an account; open until something was said.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn sign_up(&self) -> Result<SignUp, StoreError> {
        on!(&self.backend, overview::sign_up())
    }

    /// Accounts whose names hold `query` where one is given, by name in the order
    /// of code points, those after `after`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn accounts(
        &self,
        query: Option<&PersonQuery>,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        on!(&self.backend, overview::accounts(query, after, limit))
    }

    /// One account.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn account(&self, user: UserId) -> Result<Option<Account>, StoreError> {
        on!(&self.backend, overview::account(user))
    }

    /// All rooms, those whose name or topic holds `query` where one is given;
    /// ascending by id, those after `after`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn rooms(
        &self,
        query: Option<&RoomQuery>,
        after: Option<RoomId>,
        limit: u32,
    ) -> Result<Vec<RoomUse>, StoreError> {
        on!(&self.backend, overview::rooms(query, after, limit))
    }

    /// One room.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn room(&self, room: RoomId) -> Result<Option<RoomUse>, StoreError> {
        on!(&self.backend, overview::room(room))
    }

    /// The audit log, the newest first; those before the entry `before`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn audit(
        &self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        on!(&self.backend, overview::audit(before, limit))
    }

    /// What is told to everybody at `now`, the newest first.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn announcements(
        &self,
        now: Timestamp,
    ) -> Result<Vec<ServerAnnouncement>, StoreError> {
        on!(&self.backend, overview::announcements(now))
    }

    /// What the server keeps.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn usage(&self) -> Result<Usage, StoreError> {
        on!(&self.backend, overview::usage())
    }

    /// Whose password a link sets that holds at `now`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn reset_of(
        &self,
        link: &OneTimeHash,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        on!(&self.backend, overview::reset_of(link, now))
    }
}

/// What came of an act: that it was refused is no failure of the database.
pub type Acted<T> = Result<Result<T, Refusal>, StoreError>;

impl ServerWriter {
    /// Brings the policy of the configuration, where no start has brought one.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn begin(&self, sign_up: SignUp) -> Result<(), StoreError> {
        on!(&self.backend, admin::begin(sign_up))
    }

    /// Changes who may make an account.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn set_sign_up(&self, by: &Operator, sign_up: SignUp) -> Acted<()> {
        on!(&self.backend, admin::set_sign_up(by, sign_up, self.clock.now()))
    }

    /// Tells everybody something, until `until`.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn announce(
        &self,
        by: &Operator,
        text: AnnouncementText,
        level: AnnouncementLevel,
        until: Option<Timestamp>,
    ) -> Acted<ServerAnnouncement> {
        let created_at = self.clock.now();
        let told = ServerAnnouncement { id: Uuid::now_v7(), text, level, created_at, until };
        on!(&self.backend, admin::announce(by, &told))
    }

    /// Takes an announcement back; one that has ended stays so.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn end_announcement(&self, by: &Operator, id: Uuid) -> Acted<()> {
        on!(&self.backend, admin::end_announcement(by, id, self.clock.now()))
    }
}

impl AccountsWriter {
    /// Lets somebody in no more, or again. Returns the devices that it signed out, the
    /// first time or now.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn set_disabled(
        &self,
        by: &Operator,
        user: UserId,
        disabled: bool,
    ) -> Acted<Vec<DeviceId>> {
        on!(&self.backend, admin::set_disabled(by, user, disabled, self.clock.now()))
    }

    /// Makes somebody an admin, or no longer.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn set_admin(&self, by: &Operator, user: UserId, admin: bool) -> Acted<()> {
        on!(&self.backend, admin::set_admin(by, user, admin, self.clock.now()))
    }

    /// Signs a device of somebody out; returns whether it was signed in.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn end_device(&self, by: &Operator, device: DeviceId) -> Acted<bool> {
        on!(&self.backend, admin::end_device(by, device, self.clock.now()))
    }

    /// Makes a link by which `user` sets a new password; an earlier one holds no
    /// longer.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn make_reset_link(
        &self,
        by: &Operator,
        user: UserId,
        link: OneTimeHash,
        expires_at: Timestamp,
    ) -> Acted<()> {
        on!(&self.backend, admin::make_reset_link(by, user, &link, expires_at, self.clock.now()))
    }

    /// Makes a link by which somebody makes an account.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn make_sign_up_link(
        &self,
        by: &Operator,
        link: OneTimeHash,
        expires_at: Timestamp,
    ) -> Acted<()> {
        on!(&self.backend, admin::make_sign_up_link(by, &link, expires_at, self.clock.now()))
    }

    /// Makes the link by which somebody becomes the first admin; an earlier one
    /// holds no longer. False where there is an admin.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn make_claim(
        &self,
        link: OneTimeHash,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        on!(&self.backend, admin::make_claim(&link, expires_at))
    }

    /// Makes `by` the first admin.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn claim(&self, by: &Operator, link: OneTimeHash) -> Acted<()> {
        on!(&self.backend, admin::claim(by, &link, self.clock.now()))
    }

    /// Sets a new password by a link, and signs all devices of its user out;
    /// returns those signed out.
    ///
    /// # Errors
    /// The database is not available.
    pub async fn reset_password(
        &self,
        link: OneTimeHash,
        password_hash: String,
        address: &str,
    ) -> Acted<Vec<DeviceId>> {
        let now = self.clock.now();
        on!(&self.backend, admin::reset_password(&link, &password_hash, address, now))
    }
}
