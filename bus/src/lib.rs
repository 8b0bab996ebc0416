//! Announcements between nodes. An announcement is a hint: the log is the
//! truth, and whoever misses one finds the same by reading on (C14).

mod local;

use parlor_domain::{DeviceId, LogId, Position, RoomId, UserId};

pub use local::LocalBus;

/// Something that other nodes, and other services of this one, want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// Events were committed; the log now reaches `head`.
    Committed {
        /// The log.
        log: LogId,
        /// Its epoch and head.
        head: Position,
    },
    /// A commit's outcome is unknown, or was told to nobody: the log may have grown.
    Doubted {
        /// The log.
        log: LogId,
    },
    /// The device was signed out; its sessions end (C19).
    DeviceRevoked {
        /// The device.
        device: DeviceId,
    },
    /// What is told to everybody has changed.
    AnnouncementsChanged,
    /// Somebody is typing; may be lost.
    Typing {
        /// Where.
        room: RoomId,
        /// Who.
        user: UserId,
    },
}

/// What a subscriber gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// An announcement.
    Announcement(Announcement),
    /// Some were lost: look at the heads of whatever matters.
    Missed,
}

/// One bus, whatever carries it. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Bus {
    /// Within this process.
    Local(LocalBus),
}

impl Bus {
    /// A bus within this process.
    pub fn local() -> Self {
        Self::Local(LocalBus::new())
    }

    /// Tells everybody who is subscribed, the publisher's own node included.
    /// Never waits: what cannot be carried is lost, and read from the log later.
    pub fn publish(&self, announcement: Announcement) {
        match self {
            Self::Local(bus) => bus.publish(announcement),
        }
    }

    /// Everything published from now on.
    pub fn subscribe(&self) -> Subscription {
        match self {
            Self::Local(bus) => Subscription::Local(bus.subscribe()),
        }
    }
}

/// One subscriber's end of the bus.
#[derive(Debug)]
pub enum Subscription {
    /// Of a bus within this process.
    Local(local::LocalSubscription),
}

impl Subscription {
    /// Waits for the next; `None` when the bus is gone. Cancel-safe.
    pub async fn next(&mut self) -> Option<Received> {
        match self {
            Self::Local(subscription) => subscription.next().await,
        }
    }
}
