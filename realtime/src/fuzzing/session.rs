//! The session machine, by the frames of a client that knows no shame and the
//! answers of a house that works.

use std::time::{Duration, Instant};

use arbitrary::{Result, Unstructured};
use bytes::Bytes;
use parlor_domain::{Body, Change, Code, FileIds, LogId, Position, RequestId, RoomId, Seq, UserId};
use uuid::Uuid;

use super::model::{self, Model};
use crate::{
    session::{
        close::CloseReason,
        machine::{Ask, Checked, FetchFrom, Input, Machine},
        rate::{Rate, TokenBucket},
        task::from_reader,
    },
    transport::{Inbound, ReadError},
};

/// Few enough that a run meets them.
pub(super) const RATE: Rate = Rate { burst: 60, per_second: 20 };
const USER_RATE: Rate = Rate { burst: 120, per_second: 40 };
/// Whose session it is, where it is anybody's.
pub(super) const SOMEBODY: UserId = UserId::from_uuid(Uuid::from_u128(1));
/// Inputs of one run; what follows is not looked at.
const INPUTS: usize = 4_096;
/// A clock that jumps ahead jumps by this much at most.
const JUMP_MS: u32 = 60_000;

/// The bytes are a script: what the client says, what the house answers, and how
/// much time passes. Any script is a valid one.
///
/// The machine keeps to the rules that [`Model`] writes down a second time.
pub fn session(data: &[u8]) {
    let mut script = Unstructured::new(data);
    let mut run = Run::new();
    for _ in 0..INPUTS {
        if script.is_empty() {
            break;
        }
        // A script that ends within an input has ended.
        let Ok(step) = run.step(&mut script) else { break };
        run.take(step);
    }
}

/// What the model hears of an input that the machine consumes.
pub(super) struct Step {
    input: Input,
    pub(super) heard: model::Heard,
}

struct Run {
    now: Instant,
    machine: Machine,
    user: TokenBucket,
    model: Model,
}

impl Run {
    fn new() -> Self {
        // Only differences are looked at, so that the same bytes make the same run.
        let now = Instant::now();
        Self {
            now,
            machine: Machine::new(RATE, now),
            user: TokenBucket::new(USER_RATE, now),
            model: Model::new(now),
        }
    }

    fn step(&mut self, script: &mut Unstructured<'_>) -> Result<Step> {
        let input = match script.int_in_range(0..=15_u8)? {
            0 => {
                let length = script.int_in_range(0..=600_usize)?.min(script.len());
                let frame = Bytes::copy_from_slice(script.bytes(length)?);
                let by_datagram = script.arbitrary()?;
                let inbound =
                    if by_datagram { Inbound::Datagram(frame) } else { Inbound::Frame(frame) };
                let now = self.now;
                from_reader(|token| checked(token, now), Ok(inbound))
            }
            1 => Input::Hello { checked: self.somebody(script)?, resume: resume(script)? },
            2 => Input::Renew { checked: self.somebody(script)? },
            3..=6 => Input::Request { id: request_id(script)?, ask: Ok(self.ask(script)?) },
            7 => Input::Focus(Some(room(script)?)),
            8 => Input::Typing(room(script)?),
            9 => match script.int_in_range(0..=5_u8)? {
                4 => Input::SetPresence { away: script.arbitrary()? },
                5 => Input::WatchPresence(vec![UserId::from_uuid(room(script)?.uuid())]),
                0 => Input::Heartbeat { digest: script.arbitrary()? },
                1 => Input::Probe { nonce: script.arbitrary()?, by_datagram: script.arbitrary()? },
                2 => Input::LogClosed(room(script)?),
                _ => Input::Unknown,
            },
            10 | 11 => {
                self.now += Duration::from_millis(script.int_in_range(0..=JUMP_MS)?.into());
                Input::Tick
            }
            12 | 13 => {
                let code = if script.arbitrary()? { None } else { Some(code(script)?) };
                let which = script.arbitrary()?;
                self.model.answer(self.now, which, code).unwrap_or(Input::Tick)
            }
            14 => {
                self.now += Duration::from_millis(script.int_in_range(0..=500_u32)?.into());
                Input::Tick
            }
            _ => match script.int_in_range(0..=3_u8)? {
                0 => Input::Drain { resume_after: Duration::from_secs(1) },
                1 => Input::Kick(CloseReason::Revoked),
                2 => from_reader(|_| None, Err(ReadError::Lost("gone".to_owned()))),
                _ => Input::Unknown,
            },
        };
        Ok(Step { heard: model::Heard::of(&input), input })
    }

    fn take(&mut self, step: Step) {
        // The task reads no further while so many requests wait (rule 3.6).
        if step.heard.is_from_client() && !self.machine.may_read() {
            return;
        }
        let mut effects = Vec::new();
        self.machine.input(self.now, step.input, &mut self.user, &mut effects);
        self.model.check(self.now, &step.heard, &effects, &self.machine);
    }

    fn somebody(&self, script: &mut Unstructured<'_>) -> Result<Option<Checked>> {
        let token = if script.ratio(1, 16)? { "nobody" } else { "somebody" };
        let lives = Duration::from_secs(script.int_in_range(0..=900_u64)?);
        Ok(checked(token, self.now).map(|who| Checked { ends_at: self.now + lives, ..who }))
    }

    fn ask(&self, script: &mut Unstructured<'_>) -> Result<Ask> {
        let room = room(script)?;
        let seq = Seq::new(script.int_in_range(1..=9_u64)?);
        let body = || Body::parse("hello").map_err(|_| arbitrary::Error::IncorrectFormat);
        Ok(match script.int_in_range(0..=9_u8)? {
            0..=2 => Ask::Change(Change::Post {
                room,
                body: body()?,
                reply_to: None,
                attachments: FileIds::default(),
            }),
            9 => Ask::Change(Change::Forward { room, body: body()?, source: room, message: seq }),
            3 => Ask::Change(Change::Edit { room, message: seq, body: body()? }),
            4 => Ask::Change(Change::MarkRead { room, seq }),
            5 | 6 => Ask::Open { room, from: Position::default() },
            7 => Ask::CloseLog { room },
            _ => Ask::Fetch { log: LogId::from(room), from: FetchFrom::After(seq), limit: 9 },
        })
    }
}

/// Whom a token of these scripts speaks for.
fn checked(token: &str, now: Instant) -> Option<Checked> {
    (token == "somebody").then(|| Checked {
        user: SOMEBODY,
        device: parlor_domain::DeviceId::from_uuid(Uuid::from_u128(2)),
        ends_at: now + Duration::from_secs(900),
    })
}

/// Often one of a few, so that the same room comes again; or one of many.
fn room(script: &mut Unstructured<'_>) -> Result<RoomId> {
    let number = match script.int_in_range(0..=3_u8)? {
        0 => u128::from(script.arbitrary::<u16>()?),
        _ => u128::from(script.int_in_range(0..=3_u8)?),
    };
    Ok(RoomId::from_uuid(Uuid::from_u128(0x1000 + number)))
}

fn request_id(script: &mut Unstructured<'_>) -> Result<RequestId> {
    Ok(RequestId::from_uuid(Uuid::from_u128(u128::from(script.arbitrary::<u8>()?))))
}

fn resume(script: &mut Unstructured<'_>) -> Result<Vec<(LogId, Position)>> {
    let rooms = script.int_in_range(0..=80_u8)?;
    (0..rooms).map(|_| Ok((LogId::from(room(script)?), Position::default()))).collect()
}

fn code(script: &mut Unstructured<'_>) -> Result<Code> {
    const CODES: [Code; 6] = [
        Code::Forbidden,
        Code::NotFound,
        Code::Unavailable,
        Code::RetryInOrder,
        Code::ResourceExhausted,
        Code::Internal,
    ];
    script.choose(&CODES).copied()
}
