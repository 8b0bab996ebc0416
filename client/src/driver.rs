//! The task behind a client: owns the lane, the timers and the queues, and does
//! what the machine decides.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use parlor_domain::{Code, Position, Presence, Refusal, RequestId, RoomId, UserId};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{sleep_until, timeout},
};

use crate::{
    auth::{Access, Auth},
    event::RoomEvent,
    lane::{self, Connection, LaneError},
    machine::{ConnectionId, Effect, Input, Machine, log::CREDIT},
    protocol::{Done, RequestBody},
    rest::{Rest, RestError, ServerInfo},
    status::{Closed, Lane, Status},
    wire::{self, Introduction},
};

/// Requests on their way to the driver.
pub(crate) const REQUEST_QUEUE: usize = 32;
/// Other wishes on their way to the driver.
pub(crate) const CONTROL_QUEUE: usize = 64;
/// Events of one feed that wait for its reader: those the machine has credit
/// for, and the rare ones that cost none.
pub(crate) const FEED_EVENTS: usize = CREDIT + FEED_SPARE;
/// Places of a feed kept for what must not be missed.
const FEED_SPARE: usize = 16;

/// The answer to a request.
pub(crate) type Answer = Result<Done, Refusal>;

/// A request of the application.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) id: RequestId,
    pub(crate) room: RoomId,
    pub(crate) body: RequestBody,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// Another wish of the application.
#[derive(Debug)]
pub(crate) enum Control {
    Follow { room: RoomId, from: Position, feed: mpsc::Sender<RoomEvent> },
    Unfollow { room: RoomId },
    Consumed { room: RoomId, events: usize, feed: mpsc::WeakSender<RoomEvent> },
    Typing { room: RoomId },
    SetPresence { away: bool },
    WatchPresence { users: Vec<UserId> },
    Leave,
}

/// What it takes to open a lane.
#[derive(Debug)]
pub(crate) struct Dialer {
    pub(crate) rest: Rest,
    pub(crate) auth: Arc<Auth>,
    pub(crate) lane: Option<Lane>,
    /// Kept until a lane cannot be opened: certificates change with time, and a
    /// herd that returns shall not ask for what it knows.
    pub(crate) server: Mutex<Option<ServerInfo>>,
}

/// Why there is no lane.
#[derive(Debug, thiserror::Error)]
enum DialError {
    /// Without a token there is no session.
    #[error(transparent)]
    Auth(RestError),
    /// The server does not say where its lanes are.
    #[error(transparent)]
    Server(RestError),
    #[error(transparent)]
    Lane(#[from] LaneError),
}

impl Dialer {
    async fn dial(&self, fresh_token: bool) -> Result<(Connection, Access), DialError> {
        let access = if fresh_token { self.auth.fresh().await } else { self.auth.access().await };
        let access = access.map_err(DialError::Auth)?;
        let known = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        let server = match known {
            Some(server) => server,
            None => self.rest.server().await.map_err(DialError::Server)?,
        };
        let connection = lane::open(self.lane, &server, self.rest.origin()).await?;
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
        Ok((connection, access))
    }
}

/// What a task beside the driver's loop brought.
enum Job {
    Dialled(ConnectionId, Result<(Connection, Access), DialError>),
    Renewed(Result<Access, RestError>),
    Left,
}

pub(crate) struct Driver {
    machine: Machine,
    dialer: Arc<Dialer>,
    device_name: String,
    requests: mpsc::Receiver<Ask>,
    control: mpsc::Receiver<Control>,
    tell: Tell,
    connection: Option<Live>,
    jobs: JoinSet<Job>,
    answers: HashMap<RequestId, oneshot::Sender<Answer>>,
    feeds: HashMap<RoomId, mpsc::Sender<RoomEvent>>,
}

/// What the application may look at, and wait for changes of.
pub(crate) struct Tell {
    pub(crate) status: watch::Sender<Status>,
    pub(crate) presence: watch::Sender<People>,
    pub(crate) announced: watch::Sender<u64>,
}

/// How those people are who are watched, as far as it is known.
pub(crate) type People = HashMap<UserId, Presence>;

/// The lane in use.
struct Live {
    id: ConnectionId,
    lane: Connection,
    hello: Introduction,
}

impl Driver {
    pub(crate) fn new(
        dialer: Dialer,
        device_name: String,
        requests: mpsc::Receiver<Ask>,
        control: mpsc::Receiver<Control>,
        tell: Tell,
    ) -> Self {
        Self {
            machine: Machine::new(Instant::now(), StdRng::from_os_rng()),
            dialer: Arc::new(dialer),
            device_name,
            requests,
            control,
            tell,
            connection: None,
            jobs: JoinSet::new(),
            answers: HashMap::new(),
            feeds: HashMap::new(),
        }
    }

    /// Works until the last handle is dropped, or the server forbids to go on.
    pub(crate) async fn run(mut self) {
        self.take(Input::Tick);
        while !self.machine.is_closed() {
            let deadline = self.machine.deadline(Instant::now());
            let input = tokio::select! {
                control = self.control.recv() => match control {
                    None | Some(Control::Leave) => break,
                    Some(control) => self.control(control),
                },
                ask = self.requests.recv(), if self.machine.takes_requests() => match ask {
                    None => break,
                    Some(ask) => self.ask(ask),
                },
                heard = heard(&mut self.connection) => Some(heard),
                Some(job) = self.jobs.join_next() => match job {
                    Ok(job) => self.job(job),
                    // A fault of ours, which must not look like a quiet connection.
                    Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
                },
                () = tick(deadline) => Some(Input::Tick),
            };
            if let Some(input) = input {
                self.take(input);
            }
        }
        if let Some(live) = self.connection.take() {
            live.lane.leave().await;
        }
        let linger = async { while self.jobs.join_next().await.is_some() {} };
        // Elapsed: what still says goodbye is cut as the set is dropped.
        let _ = timeout(parlor_domain::limits::CLOSE_LINGER, linger).await;
        self.tell.status.send_if_modified(|status| {
            let open = !matches!(status, Status::Closed(_));
            if open {
                *status = Status::Closed(Closed::Left);
            }
            open
        });
    }

    /// Gives the machine an input and does what it decides, until it is at rest.
    fn take(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.machine.handle(Instant::now(), input) {
                inputs.extend(self.perform(effect));
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Connect { id, fresh_token } => {
                let dialer = self.dialer.clone();
                self.jobs.spawn(async move { Job::Dialled(id, dialer.dial(fresh_token).await) });
            }
            Effect::Disconnect => {
                if let Some(live) = self.connection.take() {
                    self.jobs.spawn(async move {
                        live.lane.leave().await;
                        Job::Left
                    });
                }
            }
            Effect::Send(out) => {
                let live = self.connection.as_ref()?;
                if !live.lane.send(wire::client_frame(out, &live.hello)) {
                    return Some(Input::Lost {
                        id: live.id,
                        error: "the lane does not move".to_owned(),
                    });
                }
            }
            Effect::Renew => {
                let auth = self.dialer.auth.clone();
                self.jobs.spawn(async move { Job::Renewed(auth.fresh().await) });
            }
            Effect::Deliver { room, event } => return self.deliver(room, event),
            Effect::Answer { id, result } => {
                if let Some(answer) = self.answers.remove(&id) {
                    // Nobody may be waiting any more.
                    let _ = answer.send(result);
                }
            }
            Effect::Announced => self.tell.announced.send_modify(|times| *times += 1),
            Effect::Status(status) => {
                self.tell.status.send_replace(status);
            }
            Effect::Presence(people) => self.tell.presence.send_modify(|all| all.extend(people)),
        }
        None
    }

    fn deliver(&mut self, room: RoomId, event: RoomEvent) -> Option<Input> {
        let feed = self.feeds.get(&room)?;
        if matches!(event, RoomEvent::Typing(_)) && feed.capacity() <= FEED_SPARE {
            return None;
        }
        let ended = matches!(event, RoomEvent::Ended(_));
        // Full: a reader that sleeps through many resets sees its feed end,
        // rather than go on with a gap. Closed: nobody reads it.
        if feed.try_send(event).is_err() || ended {
            self.feeds.remove(&room);
            return Some(Input::Unfollow { room });
        }
        None
    }

    fn ask(&mut self, ask: Ask) -> Option<Input> {
        let Ask { id, room, body, answer } = ask;
        if self.answers.contains_key(&id) {
            let message = "a request with this id is waiting for its answer";
            // Nobody may be waiting any more.
            let _ = answer.send(Err(Refusal::new(Code::Conflict, message)));
            return None;
        }
        self.answers.insert(id, answer);
        Some(Input::Request { id, room, body })
    }

    fn control(&mut self, control: Control) -> Option<Input> {
        Some(match control {
            Control::Follow { room, from, feed } => {
                self.feeds.insert(room, feed);
                Input::Follow { room, from }
            }
            Control::Unfollow { room } => {
                // A newer feed of the same room stays.
                if self.feeds.get(&room).is_some_and(|feed| !feed.is_closed()) {
                    return None;
                }
                self.feeds.remove(&room);
                Input::Unfollow { room }
            }
            Control::Consumed { room, events, feed } => {
                // An older feed of the room says nothing about the newer one.
                let (feed, now) = (feed.upgrade()?, self.feeds.get(&room)?);
                if !feed.same_channel(now) {
                    return None;
                }
                Input::Consumed { room, events }
            }
            Control::Typing { room } => Input::Typing { room },
            Control::SetPresence { away } => Input::SetPresence { away },
            Control::WatchPresence { users } => {
                self.tell.presence.send_modify(|all| all.retain(|user, _| users.contains(user)));
                Input::WatchPresence { users }
            }
            Control::Leave => return None,
        })
    }

    fn job(&mut self, job: Job) -> Option<Input> {
        Some(match job {
            Job::Left => return None,
            Job::Dialled(id, Ok((lane, access))) => {
                let name = lane.lane;
                let hello = Introduction {
                    access_token: access.token,
                    device_name: self.device_name.clone(),
                };
                self.connection = Some(Live { id, lane, hello });
                Input::Connected { id, lane: name, renew_after: access.renew_after }
            }
            Job::Dialled(_, Err(DialError::Auth(error))) | Job::Renewed(Err(error))
                if !error.is_retryable() =>
            {
                Input::SignedOut { reason: error.to_string() }
            }
            Job::Dialled(id, Err(error)) => Input::ConnectFailed { id, error: error.to_string() },
            Job::Renewed(Ok(access)) => {
                Input::Renewed { access_token: access.token, renew_after: access.renew_after }
            }
            Job::Renewed(Err(_)) => Input::RenewFailed,
        })
    }
}

async fn heard(connection: &mut Option<Live>) -> Input {
    match connection {
        None => std::future::pending().await,
        Some(live) => match live.lane.receive().await {
            Ok(frame) => Input::Heard { id: live.id, frame },
            Err(error) => Input::Lost { id: live.id, error },
        },
    }
}

async fn tick(deadline: Option<Instant>) {
    match deadline {
        None => std::future::pending().await,
        Some(at) => sleep_until(at.into()).await,
    }
}
