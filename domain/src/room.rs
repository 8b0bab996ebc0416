//! Rooms.

use serde::{Deserialize, Serialize};

use crate::{Epoch, RoomId, RoomName, Seq, Timestamp, Topic};

/// Who can find and join a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// In the directory; every user may join.
    Public,
    /// Only its members know of it.
    Private,
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
