//! F31, as far as one node goes: SIGTERM under load, and a restart.

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_client::Status;
use parlor_domain::{RequestId, RoomId};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};

use super::{Row, f1::READY_WITHIN};
use crate::{
    faults::{bare::Bare, play::Book, scene::Scene},
    ledger::Finding,
    wire::{Answer, Said},
};

/// Restarts in each round.
const RESTARTS: usize = 2;
/// Sessions that post without a pause until they are sent away, and how many
/// posts of each are on their way at once.
const ASKERS: usize = 3;
const AT_ONCE: usize = 8;
/// The server has ended within this time after SIGTERM (C15).
const ENDED_WITHIN: Duration = Duration::from_secs(20);
/// By then all clients have come back by themselves: they may have found the
/// draining server often enough to wait their longest, ten seconds.
const BACK_WITHIN: Duration = Duration::from_secs(12);
const LOAD: std::ops::Range<Duration> = Duration::from_millis(100)..Duration::from_millis(500);

pub(super) const ROW: Row = Row {
    id: "F31-1",
    fault: "SIGTERM under load and restart, twice, one node",
    inject: drain_and_restart,
    ..Row::BASE
};

fn drain_and_restart<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        for _ in 0..RESTARTS {
            let mut askers = JoinSet::new();
            let room = scene.play.rooms[0].id;
            for _ in 0..ASKERS {
                let tokens = scene.crowd.people[0].client.session_tokens().await;
                // Before the load begins: who comes to a node that drains is sent away.
                let bare = Bare::connect(scene.server.address(), tokens.access_token, &[]).await?;
                askers.spawn(ask(bare, room, scene.play.book.clone()));
            }
            scene.wait(LOAD).await;
            let told = Instant::now();
            if !scene.server.stop().await? {
                scene.notes.find("C15", "the exit code is not 0".to_owned());
            }
            scene.notes.within("drained", told.elapsed(), ENDED_WITHIN);
            while let Some(asked) = askers.join_next().await {
                scene.notes.findings.extend(asked??);
            }
            let took = scene.server.launch().await?;
            scene.notes.within("ready", took, READY_WITHIN);
        }
        let begun = Instant::now();
        for person in &scene.crowd.people {
            let mut status = person.client.status();
            let back = status.wait_for(|now| matches!(now, Status::Live { .. }));
            // Elapsed: the measure below tells it.
            let _ = timeout(BACK_WITHIN, back).await;
        }
        scene.notes.within("back", begun.elapsed(), BACK_WITHIN);
        Ok(())
    }
    .boxed()
}

/// Posts until it is told to go, waits for its answers, and goes.
async fn ask(mut bare: Bare, room: RoomId, book: Arc<Book>) -> anyhow::Result<Option<Finding>> {
    let (mut waiting, mut is_going) = (HashSet::new(), false);
    loop {
        while !is_going && waiting.len() < AT_ONCE {
            let id = RequestId::random();
            let text = id.to_string();
            book.account(0).sent(id, room, &text);
            waiting.insert(id);
            bare.post(room, id, &text).await?;
        }
        match bare.next().await {
            Some(Said::GoAway) => is_going = true,
            Some(Said::Reply { id, answer: Answer::Ok(seq) }) => {
                book.account(0).answered(id, seq);
                waiting.remove(&id);
            }
            Some(Said::Reply { id, answer }) => {
                let what = format!("{id} was answered {answer:?} by a node that drains");
                return Ok(Some(Finding { check: "C15", what }));
            }
            Some(Said::Close) | None => break,
            Some(_) => {}
        }
        if is_going && waiting.is_empty() {
            return Ok(None);
        }
    }
    let what = format!("{} requests were in flight and never answered", waiting.len());
    Ok(Some(Finding { check: "C15", what }))
}
