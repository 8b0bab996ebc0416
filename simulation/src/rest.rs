//! What comes to the log beside realtime: calls over REST, which are made again
//! under their request ids until they are answered.

use std::time::Duration;

use parlor_domain::{Command, LogId, Refusal, Seq};
use parlor_store::{Done, StoreError};

use crate::{
    db::EPOCH,
    node::Caller,
    world::{Event, World},
};

/// A caller that was not answered asks again after this.
const AGAIN: Duration = Duration::from_millis(300);

/// One call.
#[derive(Debug)]
pub struct Call {
    pub commands: Vec<Command>,
    /// It still waits for its answer.
    pub waits: bool,
}

impl Call {
    /// A call that commits these commands.
    pub fn new(commands: Vec<Command>) -> Self {
        Self { commands, waits: true }
    }
}

impl World {
    /// Makes a call.
    pub fn call(&mut self, index: usize) {
        let Some(commands) = self.calls.get(index).map(|call| call.commands.clone()) else {
            return;
        };
        if self.node.is_some() {
            self.submit_to_log(commands, Caller::Rest(index));
        } else {
            self.after(AGAIN, Event::Call(index));
        }
    }

    /// What the log made of a call.
    pub fn call_answered(
        &mut self,
        index: usize,
        committed: Result<Vec<Result<Done, Refusal>>, StoreError>,
    ) {
        let Ok(results) = committed else {
            self.doubt(index);
            self.after(AGAIN, Event::Call(index));
            return;
        };
        if let Some(call) = self.calls.get_mut(index) {
            call.waits = false;
        }
        if results.iter().flatten().any(|done| done.events.is_empty()) {
            self.doubt(index);
        }
        let mut heads: Vec<(LogId, Seq)> = Vec::new();
        for done in results.into_iter().flatten() {
            heads.extend(done.events.iter().map(|(log, event)| (*log, event.seq)));
        }
        heads.sort_by_key(|(log, seq)| (*log, std::cmp::Reverse(*seq)));
        heads.dedup_by_key(|(log, _)| *log);
        for (log, seq) in heads {
            self.announce(log, parlor_domain::Position { epoch: EPOCH, seq });
        }
    }

    /// What a call wrote may have been told to nobody.
    fn doubt(&mut self, index: usize) {
        let logs: Vec<LogId> = self.calls[index].commands.iter().flat_map(Command::logs).collect();
        for log in logs {
            if self.now >= self.faults.bus_lost_until {
                let wait = self.soon();
                self.after(wait, Event::Doubted(log));
            }
        }
    }

    /// A server that stops answers nobody: callers ask again.
    pub fn calls_lost(&mut self) {
        for index in 0..self.calls.len() {
            if self.calls[index].waits {
                self.after(AGAIN, Event::Call(index));
            }
        }
    }
}
