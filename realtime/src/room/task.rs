//! The task of one room: take what has queued, append, fan out.

use std::{
    future::{Future, pending},
    pin::Pin,
    time::{Duration, Instant},
};

use parlor_domain::{
    LogId, Refusal, limits,
    planted::{Planted, planted},
};
use parlor_store::{Log, Page, StoreError};
use tokio::{
    sync::mpsc,
    time::{sleep, sleep_until, timeout, timeout_at},
};

use super::{
    desk::{Batch, Committed, Desk, RoomInput, unavailable},
    registry::Registered,
};

/// A read of the log that failed is tried again after this.
const READ_AGAIN: Duration = Duration::from_millis(200);
/// Between what a planted bug shows too early and the commit.
const PLANTED_DELAY: Duration = Duration::from_millis(30);

type Commit = Pin<Box<dyn Future<Output = Committed> + Send>>;
type Read = Pin<Box<dyn Future<Output = Result<Option<Page>, StoreError>> + Send>>;

/// Runs one room until nobody needs it.
pub(crate) async fn run(registered: Registered, mut inputs: mpsc::Receiver<RoomInput>) {
    let Registered { node, log: log_id, hints } = &registered;
    let log_id = *log_id;
    let Some((log, bus, stopped)) =
        node.upgrade().map(|node| (node.store.log.clone(), node.bus.clone(), node.stopped.clone()))
    else {
        return;
    };
    let head = match timeout(limits::COMMIT_DEADLINE, log.head(log_id)).await {
        Ok(Ok(Some(head))) => head,
        Ok(Ok(None)) => return refuse_all(inputs, &Refusal::not_found()).await,
        Ok(Err(error)) => return refuse_all(inputs, &error.into()).await,
        Err(_) => return refuse_all(inputs, &unavailable()).await,
    };
    let mut room = Desk::new(log_id, head, Instant::now());
    let mut commit: Option<Commit> = None;
    let mut read: Option<Read> = None;
    let mut taken = Vec::new();
    loop {
        hints.know(room.machine.known());
        let idle = room.machine.is_idle() && commit.is_none() && read.is_none();
        tokio::select! {
            count = inputs.recv_many(&mut taken, limits::ROOM_QUEUE),
                if room.takes_more() =>
            {
                if count == 0 {
                    return;
                }
                for input in taken.drain(..) {
                    room.input(input);
                }
            }
            committed = maybe(&mut commit) => {
                commit = None;
                for told in room.committed(Instant::now(), committed) {
                    bus.publish(told);
                }
            }
            page = maybe(&mut read) => {
                read = None;
                if let Some(told) = room.read(Instant::now(), page) {
                    bus.publish(told);
                }
            }
            () = hints.given.notified() => {
                room.hinted(Instant::now(), hints.reaches(), hints.take_missed());
            }
            () = stopped.cancelled(), if commit.is_none() => return,
            () = sleep(limits::ROOM_IDLE), if idle => {
                let Some(node) = node.upgrade() else { return };
                if node.registry.evict(log_id, hints, &inputs) {
                    return;
                }
            }
            () = at(room.look_at()), if read.is_none() => {
                read = Some(start_read(&log, log_id, &mut room));
            }
        }
        if commit.is_none() {
            commit = room.next_batch(Instant::now()).map(|batch| start_commit(&log, batch));
        }
        if read.is_none() && room.machine.is_behind() {
            read = Some(start_read(&log, log_id, &mut room));
        }
    }
}

fn start_commit(log: &Log, batch: Batch) -> Commit {
    let Batch { commands, deadline } = batch;
    let log = log.clone();
    Box::pin(async move {
        if planted(Planted::PublishBeforeCommit) {
            sleep(PLANTED_DELAY).await;
        }
        match timeout_at(deadline.into(), log.submit(commands)).await {
            Ok(committed) => committed,
            Err(_) => Err(StoreError::Unavailable("the commit takes too long".into())),
        }
    })
}

fn start_read(log: &Log, log_id: LogId, room: &mut Desk) -> Read {
    let after = room.begin_read(Instant::now());
    let log = log.clone();
    Box::pin(async move {
        let page = log.after(log_id, after, limits::PAGE_ITEMS).await;
        if page.is_err() {
            sleep(READ_AGAIN).await;
        }
        page
    })
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time.into()).await,
        None => pending().await,
    }
}

async fn maybe<T>(future: &mut Option<Pin<Box<dyn Future<Output = T> + Send>>>) -> T {
    match future {
        Some(future) => future.await,
        None => pending().await,
    }
}

/// Answers whoever came before the room was found not to be there. It stays
/// registered meanwhile: what a session sends to the room that is woken next
/// comes after these answers (C4).
async fn refuse_all(mut inputs: mpsc::Receiver<RoomInput>, refusal: &Refusal) {
    inputs.close();
    while let Some(input) = inputs.recv().await {
        input.refuse(refusal);
    }
}
