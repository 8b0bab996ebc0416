//! Takes away what nobody can fetch any more.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use parlor_domain::{Clock, Refusal, limits};
use parlor_store::{Files, GoneFile};
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

use super::objects::{Found, Key, Objects, Shelf};
use crate::problem::refused;

/// How often files that are gone are looked for,
const GONE_INTERVAL: Duration = Duration::from_secs(60);
/// and objects that no file names.
const ORPHANS_INTERVAL: Duration = Duration::from_secs(6 * 3_600);
/// Files or objects that are looked at together.
const BATCH: u32 = 100;
/// An object that is younger may belong to somebody who has not said so yet.
const ORPHAN_AGE: Duration = limits::UPLOAD_LIFETIME;

/// Sweeps for as long as it runs.
#[derive(Clone, Debug)]
pub struct Sweeper {
    /// What is known of files.
    pub files: Files,
    /// Where their bytes are.
    pub objects: Objects,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Sweeper {
    /// Sweeps now and then, without end.
    pub async fn run(self) {
        let mut turns = interval(GONE_INTERVAL);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut orphans_at = Instant::now();
        loop {
            turns.tick().await;
            match self.sweep_gone().await {
                Ok(0) => {}
                Ok(count) => tracing::debug!(count, "files that are gone were swept away"),
                Err(error) => tracing::warn!(%error, "files that are gone could not be swept away"),
            }
            if Instant::now() >= orphans_at {
                orphans_at = Instant::now() + ORPHANS_INTERVAL;
                match self.sweep_orphans().await {
                    Ok(0) => {}
                    Ok(count) => tracing::info!(count, "objects of no file were swept away"),
                    Err(error) => tracing::warn!(%error, "objects could not be swept away"),
                }
            }
        }
    }

    /// Takes away what is left of files that expired or whose message was deleted.
    /// Returns how many there were.
    ///
    /// # Errors
    /// The database or the objects are not available; the rest is for the next time.
    pub async fn sweep_gone(&self) -> Result<usize, Refusal> {
        let mut swept = 0;
        loop {
            let gone = self.files.gone(self.clock.now(), BATCH).await.map_err(refused)?;
            for GoneFile { id, object } in &gone {
                self.objects.delete_pieces(*id).await?;
                if let Some(object) = object {
                    self.objects.delete(Key::File(*object)).await?;
                    self.objects.delete(Key::Thumbnail(*object)).await?;
                }
                // Last, so that what was left behind is found again.
                self.files.forget(*id).await.map_err(refused)?;
            }
            swept += gone.len();
            if gone.len() < BATCH as usize {
                return Ok(swept);
            }
        }
    }

    /// Takes away objects that no row names, which a crash left behind.
    /// Returns how many there were.
    ///
    /// # Errors
    /// The database or the objects are not available; the rest is for the next time.
    pub async fn sweep_orphans(&self) -> Result<usize, Refusal> {
        let old = self.clock.now().seconds() - ORPHAN_AGE.as_secs().cast_signed();
        let mut swept = 0;
        for shelf in Shelf::ALL {
            let mut batches = self.objects.list(shelf).chunks(BATCH as usize);
            while let Some(batch) = batches.next().await {
                let found = batch.into_iter().collect::<Result<Vec<Found>, Refusal>>()?;
                let found: Vec<&Found> = found.iter().filter(|found| found.at < old).collect();
                let ids: Vec<Uuid> = found.iter().filter_map(|found| found.id).collect();
                let known = self.files.known(&ids).await.map_err(refused)?;
                for found in found {
                    if found.id.is_none_or(|id| !known.contains(&id)) {
                        self.objects.remove(found).await?;
                        swept += 1;
                    }
                }
            }
        }
        Ok(swept)
    }
}
