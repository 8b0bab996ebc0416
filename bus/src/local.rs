//! The bus within one process.

use parlor_domain::planted::{Planted, planted};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::{Announcement, Received};

/// Announcements a slow subscriber may be behind before some are lost to it.
const CAPACITY: usize = 4_096;

/// A bus within this process.
#[derive(Clone, Debug)]
pub struct LocalBus {
    sender: broadcast::Sender<Announcement>,
}

impl LocalBus {
    pub(crate) fn new() -> Self {
        let capacity = if planted(Planted::SmallBus) { 1 } else { CAPACITY };
        Self { sender: broadcast::channel(capacity).0 }
    }

    pub(crate) fn publish(&self, announcement: Announcement) {
        // An error only says that nobody is subscribed.
        let _ = self.sender.send(announcement);
    }

    pub(crate) fn subscribe(&self) -> LocalSubscription {
        LocalSubscription { receiver: self.sender.subscribe() }
    }
}

/// One subscriber's end of a [`LocalBus`].
#[derive(Debug)]
pub struct LocalSubscription {
    receiver: broadcast::Receiver<Announcement>,
}

impl LocalSubscription {
    pub(crate) async fn next(&mut self) -> Option<Received> {
        loop {
            return match self.receiver.recv().await {
                Ok(announcement) => Some(Received::Announcement(announcement)),
                Err(RecvError::Lagged(_)) if planted(Planted::IgnoreLagged) => continue,
                Err(RecvError::Lagged(_)) => Some(Received::Missed),
                Err(RecvError::Closed) => None,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use parlor_domain::DeviceId;

    use super::*;

    #[tokio::test]
    async fn c14_everybody_gets_everything_or_is_told_that_some_is_missing() {
        let bus = LocalBus::new();
        let (mut quick, mut slow) = (bus.subscribe(), bus.subscribe());
        let said = |_| Announcement::DeviceRevoked { device: DeviceId::random() };
        let all: Vec<_> = (0..=CAPACITY).map(said).collect();
        for announcement in &all {
            bus.publish(announcement.clone());
            assert_eq!(quick.next().await, Some(Received::Announcement(announcement.clone())));
        }
        assert_eq!(slow.next().await, Some(Received::Missed));
        assert_eq!(slow.next().await, Some(Received::Announcement(all[1].clone())));
        drop(bus);
        for _ in 2..all.len() {
            assert!(matches!(slow.next().await, Some(Received::Announcement(_))));
        }
        assert_eq!(slow.next().await, None);
    }
}
