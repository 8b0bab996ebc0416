//! The writing direction of a session: takes what has queued, writes it gathered.

use std::{sync::Arc, time::Duration};

use parlor_domain::{
    limits::OUTBOX_AGE,
    planted::{Planted, planted},
};
use tokio::time::{Instant, sleep, timeout};

use super::{close::CloseReason, outbox::Batch, shared::Shared};
use crate::transport::{Class, Lane, Writer};

/// After a flush this recent, what follows is gathered ...
const BUSY_WITHIN: Duration = Duration::from_millis(20);
/// ... for this long: a flush costs the same for one frame as for thirty.
const GATHER: Duration = Duration::from_millis(3);

/// Writes until the outbox is closed and empty, and gives the writer back for
/// the last frame. A lane that fails or takes nothing for ten seconds ends the
/// session (C11); then there is no writer, for nothing may follow half a frame.
pub(crate) async fn run(mut writer: Writer, lane: Lane, shared: Arc<Shared>) -> Option<Writer> {
    let mut flushed: Option<Instant> = None;
    let oldest = if planted(Planted::UnboundedQueue) { Duration::MAX } else { OUTBOX_AGE };
    while let Some(mut batch) = shared.outbox.take().await {
        if lane != Lane::Memory && flushed.is_some_and(|at| at.elapsed() < BUSY_WITHIN) {
            sleep(GATHER).await;
            shared.outbox.take_more(&mut batch);
        }
        match timeout(oldest, write(&mut writer, &mut batch)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(session = %shared.id, %error, "the lane is gone");
                shared.kick(CloseReason::Goodbye);
                return None;
            }
            Err(_) => {
                shared.kick(CloseReason::SlowReader);
                return None;
            }
        }
        shared.outbox.written(&batch);
        flushed = Some(Instant::now());
    }
    Some(writer)
}

async fn write(writer: &mut Writer, batch: &mut Batch) -> std::io::Result<()> {
    for (class, frames) in [
        (Class::Control, &mut batch.control),
        (Class::Focus, &mut batch.focus),
        (Class::Live, &mut batch.live),
    ] {
        if !frames.is_empty() {
            writer.write(class, frames).await?;
        }
    }
    for frame in batch.datagrams.drain(..) {
        writer.write_datagram(frame).await?;
    }
    Ok(())
}
