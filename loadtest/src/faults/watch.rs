//! Whether sessions stay, while something happens that must not end them.

use parlor_client::Status;
use tokio::task::JoinSet;

use super::crowd::Crowd;

/// Watches the sessions of everybody.
pub(crate) struct Watch {
    ends: JoinSet<String>,
    watched: usize,
}

impl Watch {
    pub(crate) fn over(crowd: &Crowd) -> Self {
        let mut ends = JoinSet::new();
        for person in &crowd.people {
            let (name, mut status) = (person.name.clone(), person.client.status());
            ends.spawn(async move {
                let ended = status.wait_for(|now| !matches!(now, Status::Live { .. })).await;
                let ended = ended.map(|status| format!("{status:?}"));
                format!("the session of {name} ended: {ended:?}")
            });
        }
        Self { ends, watched: crowd.people.len() }
    }

    /// How many are watched.
    pub(crate) fn watched(&self) -> usize {
        self.watched
    }

    /// What has ended since the beginning.
    pub(crate) fn ended(mut self) -> Vec<String> {
        let mut ended = Vec::new();
        while let Some(end) = self.ends.try_join_next() {
            ended.extend(end.ok());
        }
        ended
    }
}
