//! F39: clients vanish at every moment of the way of a post, come back and ask
//! again.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use parlor_domain::{Position, RequestId, RoomId, Seq};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};

use super::Row;
use crate::{
    faults::{
        bare::{Bare, Reached},
        play::Book,
        scene::Scene,
    },
    ledger::Finding,
    wire::{Answer, Said},
};

/// Clients that vanish, and how often each does.
const VANISHERS: usize = 8;
const LIVES: usize = 30;
/// Posts that each life begins, on top of those that were not answered yet.
const POSTS: std::ops::RangeInclusive<usize> = 0..=3;
/// A life that waits for nothing vanishes while the server still reads; a
/// longer one while it commits, answers, or passes on.
const STAY_MS: std::ops::Range<u64> = 0..15;
/// Before somebody who was turned away comes again.
const PAUSE: Duration = Duration::from_millis(100);
/// A session that is answered ok is told of the event too, by then: twice what
/// everybody is promised (L8).
const TOLD_WITHIN: Duration = Duration::from_secs(10);
/// In the end everything is answered, within so many lives of this length.
const LAST_LIVES: usize = 20;
const LAST_STAY: Duration = Duration::from_millis(500);

pub(super) const ROW: Row = Row {
    id: "F39",
    fault: "8 clients vanish 30 times each right after a post, and ask again",
    inject: vanish,
    ..Row::BASE
};

fn vanish<'a>(scene: &'a mut Scene<'_>) -> BoxFuture<'a, anyhow::Result<()>> {
    async move {
        let room = &scene.play.rooms[0];
        let from = scene.crowd.people[0].client.room_info(room.id).await?.position();
        let mut lives = JoinSet::new();
        for index in 0..VANISHERS {
            let number = room.members[index % room.members.len()];
            let tokens = scene.crowd.people[number].client.session_tokens().await;
            let vanisher = Vanisher {
                server: scene.server.address(),
                token: tokens.access_token,
                room: room.id,
                number,
                book: scene.play.book.clone(),
                reached: Reached { at: Position { seq: Seq::ZERO, ..from } },
                pending: Vec::new(),
                answered: Seq::ZERO,
                rng: StdRng::from_rng(scene.rng),
                finding: None,
            };
            lives.spawn(vanisher.run());
        }
        while let Some(lived) = lives.join_next().await {
            scene.notes.findings.extend(lived??);
        }
        Ok(())
    }
    .boxed()
}

/// How long a life lasts, if its time does not end first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Cut,
    /// All is answered, and was followed that far.
    Told,
}

/// How a life ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Stayed,
    /// The server ended it, or did not let it begin.
    Gone,
}

struct Vanisher {
    server: SocketAddr,
    token: String,
    room: RoomId,
    number: usize,
    book: Arc<Book>,
    reached: Reached,
    /// Asked for and not answered, in the order asked.
    pending: Vec<(RequestId, String)>,
    /// The highest seq that was answered ok.
    answered: Seq,
    rng: StdRng,
    finding: Option<Finding>,
}

impl Vanisher {
    async fn run(mut self) -> anyhow::Result<Option<Finding>> {
        for _ in 0..LIVES {
            let (posts, stay) = (self.rng.random_range(POSTS), self.rng.random_range(STAY_MS));
            self.live(posts, Duration::from_millis(stay), Until::Cut).await?;
        }
        // The others end so soon that silence means nothing there.
        let end = self.live(1, TOLD_WITHIN, Until::Told).await?;
        if end == End::Stayed && self.pending.is_empty() && !self.is_told() {
            let (answered, reached) = (self.answered, self.reached.at.seq);
            self.tell(format!("{answered} was answered, but nothing sent after {reached}"));
        }
        for _ in 0..LAST_LIVES {
            if self.is_told() || self.finding.is_some() {
                break;
            }
            self.live(0, LAST_STAY, Until::Told).await?;
        }
        Ok(self.finding)
    }

    /// All is answered, and the events came too.
    fn is_told(&self) -> bool {
        self.pending.is_empty() && self.reached.at.seq >= self.answered
    }

    async fn live(&mut self, posts: usize, stay: Duration, until: Until) -> anyhow::Result<End> {
        if self.finding.is_some() {
            return Ok(End::Gone);
        }
        let rooms = [(self.room, self.reached.at)];
        let Ok(mut bare) = Bare::connect(self.server, self.token.clone(), &rooms).await else {
            // A server that is too busy may say so: this life is over, and the
            // next one asks again.
            sleep(PAUSE).await;
            return Ok(End::Gone);
        };
        for _ in 0..posts {
            let (id, text) = (RequestId::random(), format!("{:016x}", self.rng.random::<u64>()));
            self.book.account(self.number).sent(id, self.room, &text);
            self.pending.push((id, text));
        }
        for (id, text) in &self.pending {
            bare.post(self.room, *id, text).await?;
        }
        let end = Instant::now() + stay;
        while self.finding.is_none() && !(until == Until::Told && self.is_told()) {
            // What was not answered is asked again.
            match timeout_at(end, bare.next()).await {
                Ok(Some(said)) => self.hear(said),
                Ok(None) => return Ok(End::Gone),
                Err(_) => break,
            }
        }
        Ok(End::Stayed)
    }

    fn hear(&mut self, said: Said) {
        let wrong = match said {
            Said::Reply { id, answer } => {
                let mut account = self.book.account(self.number);
                match answer {
                    Answer::Ok(seq) => {
                        account.answered(id, seq);
                        self.answered = self.answered.max(seq);
                    }
                    Answer::Refused => account.refused(id, parlor_domain::Code::InvalidArgument),
                    Answer::Later => return,
                }
                drop(account);
                return self.pending.retain(|(asked, _)| *asked != id);
            }
            Said::Events { room, events } if room == self.room => self.reached.take(&events).err(),
            Said::Reset { room } if room == self.room => Some("a Reset came".to_owned()),
            _ => None,
        };
        wrong.into_iter().for_each(|what| self.tell(what));
    }

    /// Keeps the first finding: what follows may come of it.
    fn tell(&mut self, what: String) {
        let what = format!("{} resumed: {what}", self.room);
        self.finding.get_or_insert(Finding { check: "C7", what });
    }
}
