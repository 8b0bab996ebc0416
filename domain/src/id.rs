//! Ids: 16 bytes each, one type per thing, so that they cannot be mixed up.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// Parses exactly 16 bytes in network order; anything else is `None`.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok().map(Self)
            }

            /// The 16 bytes in network order.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// A person's (or bot's) account.
    UserId
);
id!(
    /// One signed-in client of a user.
    DeviceId
);
id!(
    /// One live realtime connection of a device.
    SessionId
);
id!(
    /// A place to talk.
    RoomId
);
id!(
    /// The log of one room or of one user; the same 16 bytes as its owner's id.
    LogId
);
id!(
    /// A link that lets people into a room.
    InviteId
);
id!(
    /// A file that is or was uploaded, or a user's picture.
    FileId
);
id!(
    /// Made by the client, one per thing it wants done; makes every retry safe.
    RequestId
);

macro_rules! random {
    ($($name:ident),*) => {$(
        impl $name {
            /// A new time-ordered id (UUID version 7, RFC 9562 section 5.7).
            pub fn random() -> Self {
                Self(Uuid::now_v7())
            }
        }
    )*};
}
random!(UserId, DeviceId, SessionId, RoomId, InviteId, FileId, RequestId);

impl UserId {
    /// The server itself: creates `#welcome`, may do everything.
    pub const SYSTEM: Self = Self(Uuid::nil());
}

impl From<RoomId> for LogId {
    fn from(room: RoomId) -> Self {
        Self(room.0)
    }
}

impl From<UserId> for LogId {
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}

impl LogId {
    /// The room whose log this is, where it is a room's.
    pub const fn as_room(self) -> RoomId {
        RoomId(self.0)
    }

    /// The user whose log this is, where it is a user's.
    pub const fn as_user(self) -> UserId {
        UserId(self.0)
    }
}
