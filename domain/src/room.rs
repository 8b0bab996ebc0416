//! Rooms.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Epoch, RoomId, RoomName, Seq, Timestamp, Topic, UserId};

/// Who can find and join a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// In the directory; every user may join.
    Public,
    /// Only its members know of it.
    Private,
    /// Two people's own: nobody else ever comes in, and neither ever leaves.
    Direct,
}

/// What a member is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything; made the room or was given it.
    Owner,
    /// Runs the room day by day.
    Admin,
    /// Reads and writes.
    Member,
}

impl Role {
    /// As it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Owner, Self::Admin, Self::Member].into_iter().find(|role| role.as_str() == name)
    }
}

/// Somebody who is kept out of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Who.
    pub user: UserId,
    /// Who banned them.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// A room as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its id, which is its log's id too.
    pub id: RoomId,
    /// Its name; not unique.
    pub name: RoomName,
    /// What it is about; may be empty.
    pub topic: Topic,
    /// Who can find it.
    pub visibility: Visibility,
    /// Read-only for everybody.
    pub archived: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Incarnation of its log.
    pub epoch: Epoch,
    /// Seq of its newest event.
    pub head: Seq,
    /// How many members it has.
    pub members: u32,
}

/// The room of exactly these two: its id follows from theirs, so that there is
/// one, whoever begins, and however many begin at once. A UUID version 8 (RFC
/// 9562 section 5.8) of a hash.
pub fn direct_room(a: UserId, b: UserId) -> RoomId {
    let (first, second) = if a < b { (a, b) } else { (b, a) };
    let mut hash = Sha256::new();
    hash.update(b"parlor direct room");
    hash.update(first.as_bytes());
    hash.update(second.as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    RoomId::from_uuid(uuid::Builder::from_custom_bytes(id).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_people_have_one_room_and_other_two_another() {
        let [a, b, c] = [(); 3].map(|()| UserId::random());
        assert_eq!(direct_room(a, b), direct_room(b, a));
        assert_ne!(direct_room(a, b), direct_room(a, c));
        assert_ne!(direct_room(a, b), direct_room(b, c));
        assert_eq!(direct_room(a, b).uuid().get_version_num(), 8);
    }
}
