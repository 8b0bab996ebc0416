//! What the fuzz target `client` calls: a server that says anything, and an
//! application that asks for anything. A broken promise is a panic.

mod model;
#[cfg(test)]
mod seeds;

use std::time::{Duration, Instant};

use arbitrary::{Result, Unstructured};
use parlor_domain::{
    Body, Code, Epoch, Event, EventBody, FileIds, LogId, Position, Refusal, RequestId, RoomId, Seq,
    Timestamp, UserId,
};
use rand::{SeedableRng as _, rngs::StdRng};
use uuid::Uuid;

use self::model::Model;
use crate::{
    frame::Decoder,
    machine::{Input, Machine},
    protocol::{Close, Comeback, Done, Inbound, Limits, RequestBody, Run, Welcome},
    status::Lane,
    wire,
};

/// Inputs of one run; what follows is not looked at.
const INPUTS: usize = 4_096;
/// A clock that jumps ahead jumps by this much at most.
const JUMP_MS: u32 = 60_000;
/// Ticks after which a machine must have done what was due.
const TICKS: usize = 4;

/// The bytes are a script: what the server says, in bytes or in words, what the
/// application and the network do, and how much time passes. Any script is a
/// valid one.
///
/// The client keeps to the rules that [`Model`] writes down a second time.
pub fn client(data: &[u8]) {
    let mut script = Unstructured::new(data);
    let mut bench = Bench::new();
    for _ in 0..INPUTS {
        // A script that ends within an input has ended.
        if script.is_empty() || bench.step(&mut script).is_err() {
            break;
        }
    }
}

struct Bench {
    now: Instant,
    machine: Machine,
    decoder: Decoder,
    model: Model,
    requests: u128,
}

impl Bench {
    fn new() -> Self {
        // Only differences are looked at, so that the same bytes make the same run.
        let now = Instant::now();
        let mut bench = Self {
            now,
            machine: Machine::new(now, StdRng::seed_from_u64(7)),
            decoder: Decoder::default(),
            model: Model::default(),
            requests: 0,
        };
        bench.take(Input::Tick);
        bench
    }

    fn take(&mut self, input: Input) {
        self.model.hear(&input);
        let effects = self.machine.handle(self.now, input);
        self.model.check(&effects, self.machine.is_closed());
    }

    fn step(&mut self, script: &mut Unstructured<'_>) -> Result<()> {
        match script.int_in_range(0..=11_u8)? {
            0 | 1 => {
                let length = script.int_in_range(0..=600_usize)?.min(script.len());
                self.read(script.bytes(length)?);
            }
            2..=5 => {
                let frame = self.said(script)?;
                self.take(Input::Heard { id: self.model.connection(), frame });
            }
            6 | 7 => {
                let input = self.asked(script)?;
                self.take(input);
            }
            8 => {
                let input = self.net(script)?;
                self.take(input);
            }
            9 => {
                let id = self.model.connection();
                self.take(Input::Connected { id, lane: Lane::Quic, renew_after: JUMP });
                self.decoder = Decoder::default();
            }
            _ => {
                self.now += Duration::from_millis(script.int_in_range(0..=JUMP_MS)?.into());
                self.tick();
            }
        }
        Ok(())
    }

    /// Does what is due; a deadline that stays in the past would spin the driver.
    fn tick(&mut self) {
        for _ in 0..TICKS {
            self.take(Input::Tick);
            if self.machine.deadline(self.now).is_none_or(|at| at > self.now) {
                return;
            }
        }
        panic!("what is due is not done: {:?}", self.machine);
    }

    /// Bytes of the server, as the reader of a lane takes them.
    fn read(&mut self, bytes: &[u8]) {
        let id = self.model.connection();
        self.decoder.push(bytes);
        loop {
            let frame = match self.decoder.next() {
                Ok(Some(frame)) => wire::inbound(frame).map_err(|error| error.to_string()),
                Ok(None) => return,
                Err(error) => Err(error.to_string()),
            };
            match frame {
                Ok(Some(frame)) => self.take(Input::Heard { id, frame }),
                Ok(None) => {}
                Err(error) => {
                    self.decoder = Decoder::default();
                    return self.take(Input::Lost { id, error });
                }
            }
        }
    }

    fn said(&mut self, script: &mut Unstructured<'_>) -> Result<Inbound> {
        let position = |script: &mut Unstructured<'_>| -> Result<Position> {
            let epoch = Epoch::new(script.int_in_range(0..=2_u64)?);
            Ok(Position { epoch, seq: seq(script)? })
        };
        Ok(match script.int_in_range(0..=10_u8)? {
            0 => Inbound::Welcome(Welcome {
                user: UserId::from_uuid(Uuid::from_u128(1)),
                user_log: position(script)?,
                heads: vec![(room(script)?.into(), position(script)?)],
                heartbeat: Duration::from_millis(script.int_in_range(0..=60_000_u64)?),
                limits: Limits {
                    unanswered_requests: script.int_in_range(0..=40_usize)?,
                    request_burst: script.arbitrary::<u8>()?.into(),
                    requests_per_second: script.arbitrary::<u8>()?.into(),
                },
            }),
            1..=3 => Inbound::Events(events(script)?),
            4 => Inbound::Reset { log: log(script)?, head: position(script)? },
            5 | 6 => {
                let id = self.model.some_request(script.arbitrary()?);
                let result = if script.arbitrary()? {
                    let Position { epoch, seq } = position(script)?;
                    Ok(Done { seq, epoch, ..Done::default() })
                } else {
                    Err(refusal(script)?)
                };
                Inbound::Reply { id, result }
            }
            7 => Inbound::Heartbeat { heads: vec![(log(script)?, position(script)?)] },
            8 => Inbound::Probe { nonce: self.model.nonce() },
            9 => Inbound::GoAway {
                resume_after: Duration::from_millis(script.arbitrary::<u16>()?.into()),
            },
            _ => Inbound::Close(Close {
                comeback: *script.choose(&[
                    Comeback::Resume,
                    Comeback::Resume,
                    Comeback::NewToken,
                    Comeback::Never,
                ])?,
                reason: "TOLD".to_owned(),
                resume_after: Duration::from_millis(script.arbitrary::<u16>()?.into()),
            }),
        })
    }

    fn asked(&mut self, script: &mut Unstructured<'_>) -> Result<Input> {
        let room = room(script)?;
        Ok(match script.int_in_range(0..=7_u8)? {
            0 | 1 => {
                let epoch = Epoch::new(script.int_in_range(0..=2_u64)?);
                Input::Follow { room, from: Position { epoch, seq: seq(script)? } }
            }
            2 => Input::Unfollow { room },
            3 => {
                let events = self.model.consume(room, script.arbitrary::<u8>()?.into());
                Input::Consumed { room, events }
            }
            4 => Input::Typing { room },
            // The driver takes no more from the application then.
            _ if !self.machine.takes_requests() => Input::Tick,
            _ => {
                self.requests += 1;
                let id = RequestId::from_uuid(Uuid::from_u128(self.requests));
                let text = Body::parse("hello").map_err(|_| arbitrary::Error::IncorrectFormat)?;
                Input::Request {
                    id,
                    room,
                    body: RequestBody::Post {
                        text,
                        reply_to: None,
                        attachments: FileIds::default(),
                    },
                }
            }
        })
    }

    fn net(&mut self, script: &mut Unstructured<'_>) -> Result<Input> {
        let id = self.model.connection();
        let error = "cut".to_owned();
        Ok(match script.int_in_range(0..=7_u8)? {
            0 | 1 => Input::Lost { id, error },
            // What an old connection still says.
            2 => Input::Lost { id: id.wrapping_sub(1), error },
            3 => Input::ConnectFailed { id, error },
            4 => Input::Renewed { access_token: "fresh".to_owned(), renew_after: JUMP },
            5 => Input::RenewFailed,
            6 => Input::SignedOut { reason: error },
            _ => Input::Tick,
        })
    }
}

const JUMP: Duration = Duration::from_millis(JUMP_MS as u64);

fn room(script: &mut Unstructured<'_>) -> Result<RoomId> {
    let number: u128 = match script.int_in_range(0..=3_u8)? {
        0 => script.arbitrary::<u8>()?.into(),
        few => few.into(),
    };
    Ok(RoomId::from_uuid(Uuid::from_u128(0x1000 + number)))
}

/// A room's log, or now and then the user's own.
fn log(script: &mut Unstructured<'_>) -> Result<LogId> {
    if script.ratio(1, 8)? {
        return Ok(LogId::from(UserId::from_uuid(Uuid::from_u128(1))));
    }
    room(script).map(LogId::from)
}

fn seq(script: &mut Unstructured<'_>) -> Result<Seq> {
    Ok(match script.int_in_range(0..=15_u8)? {
        0 => Seq::new(script.arbitrary()?),
        1..=3 => Seq::new(script.arbitrary::<u16>()?.into()),
        few => Seq::new(few.into()),
    })
}

fn events(script: &mut Unstructured<'_>) -> Result<Run> {
    let first = seq(script)?.max(Seq::new(1));
    let event = |index: u64| {
        Some(Event {
            seq: first.plus(index),
            at: Timestamp::default(),
            actor: UserId::SYSTEM,
            request_id: None,
            body: EventBody::RoomArchived { archived: true },
        })
    };
    let events = (0..script.arbitrary::<u8>()?.into()).map(event).collect();
    Ok(Run { log: log(script)?, epoch: Epoch::new(script.int_in_range(0..=2_u64)?), first, events })
}

fn refusal(script: &mut Unstructured<'_>) -> Result<Refusal> {
    let codes = [
        Code::NotFound,
        Code::Forbidden,
        Code::RateLimited,
        Code::Unavailable,
        Code::RetryInOrder,
        Code::Internal,
    ];
    let refusal = Refusal::new(*script.choose(&codes)?, "no");
    let wait = Duration::from_millis(script.arbitrary::<u16>()?.into());
    Ok(if script.arbitrary()? { refusal.retry_after(wait) } else { refusal })
}

#[cfg(test)]
#[path = "../../../fuzz/src/corpus.rs"]
mod corpus;

#[cfg(test)]
mod tests {
    use super::{client, corpus, seeds};

    #[test]
    fn a_client_keeps_to_the_rules_whatever_it_is_told() {
        corpus::seed("client", &seeds::client());
        corpus::replay("client", client);
    }
}
