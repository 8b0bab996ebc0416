//! Steps of the plan, and how faults end.

use std::time::Duration;

use parlor_client::machines::{machine::Input, protocol::RequestBody};
use parlor_domain::{Body, Change, Emoji, FileIds, LogId, Position, UserId};
use rand::Rng as _;

use crate::{
    plan::Step,
    rest::Call,
    world::{Event, World},
};

/// What is wrong with the server's side now: each until a time.
#[derive(Debug, Default)]
pub struct Faults {
    /// Nothing passes between anybody and the server.
    pub all_apart_until: Duration,
    /// The database refuses.
    pub database_down_until: Duration,
    /// The database does not answer.
    pub database_hangs_until: Duration,
    /// Commits land and look failed.
    pub answers_lost_until: Duration,
    /// Announcements are lost.
    pub bus_lost_until: Duration,
}

/// A fault that ends with more than the passing of its time.
#[derive(Clone, Copy, Debug)]
pub enum Heal {
    /// What was held up goes on.
    Rejoin(usize),
    /// The same, for everybody.
    RejoinAll,
    /// The server starts.
    Start,
    /// The server has drained, and stops.
    Stop,
    /// A process that stood still goes on.
    Wake(usize),
}

impl World {
    /// Does one step of the plan.
    pub fn step(&mut self, round: usize, index: usize) {
        let Some((_, step)) = self.plan.rounds.get(round).and_then(|it| it.steps.get(index)) else {
            return;
        };
        let step = *step;
        self.trace.mix(index as u64);
        self.trace.say(self.now, || format!("step {step:?}"));
        // A process that stands still does nothing.
        let stands = |client: usize| self.clients[client].paused_until > self.now;
        if step.client().is_some_and(stands) && !step.is_fault() {
            return;
        }
        match step {
            Step::Post { client, room, count } => self.post(client, room, count),
            Step::Edit { client, room } => {
                let Some(message) = self.message_of(client, room) else { return };
                let number: u16 = self.rng.random();
                let text = text(&format!("edited {number}"));
                self.ask(client, room, RequestBody::Edit { message, text });
            }
            Step::Delete { client, room } => {
                let Some(message) = self.message_of(client, room) else { return };
                self.ask(client, room, RequestBody::Delete { message });
            }
            Step::React { client, room, on } => {
                let Some(message) = self.message_of(client, room) else { return };
                let emoji = Emoji::parse("👍").unwrap_or_else(|_| unreachable!("it is one"));
                self.ask(client, room, RequestBody::React { message, emoji, on });
            }
            Step::MarkRead { client, room } => {
                let id = self.rooms[room];
                let at: Option<Position> = self.clients[client].machine.position(id);
                if let Some(Position { seq, .. }) = at {
                    self.ask(client, room, RequestBody::MarkRead { seq });
                }
            }
            Step::Typing { client, room } => {
                let room = self.rooms[room];
                self.client_takes(client, Input::Typing { room });
            }
            Step::Reopen { client, room } => self.reopen(client, room),
            Step::Join { user, room } => {
                let (owner, user, room) = (self.users[0], self.users[user], self.rooms[room]);
                self.rest(owner, Change::AddMember { room, user });
            }
            Step::Leave { user, room } => {
                let (user, room) = (self.users[user], self.rooms[room]);
                self.rest(user, Change::Leave { room });
            }
            Step::Kick { user, room } => {
                let (owner, user, room) = (self.users[0], self.users[user], self.rooms[room]);
                self.rest(owner, Change::RemoveMember { room, user });
            }
            Step::Burst { room, events } => self.burst(room, events),
            fault => self.fault(fault),
        }
    }

    fn fault(&mut self, fault: Step) {
        match fault {
            Step::Cut { client } => {
                let Some(conn) = self.clients[client].conn else { return };
                let (told, server) = (self.rng.random_bool(0.6), self.rng.random_bool(0.6));
                self.cut(conn, told, server);
            }
            Step::Partition { client, lasts } => {
                let until = self.now + lasts;
                let it = &mut self.clients[client];
                it.apart_until = it.apart_until.max(until);
                self.at(until, Event::Heals(Heal::Rejoin(client)));
            }
            Step::PartitionAll { lasts } => {
                let until = self.now + lasts;
                self.faults.all_apart_until = self.faults.all_apart_until.max(until);
                self.at(until, Event::Heals(Heal::RejoinAll));
            }
            Step::Slow { client, lasts } => self.clients[client].slow_until = self.now + lasts,
            Step::Pause { client, lasts } => {
                let until = self.now + lasts;
                self.clients[client].paused_until = until;
                self.at(until, Event::Heals(Heal::Wake(client)));
            }
            Step::Doze { client, lasts } => self.clients[client].dozes_until = self.now + lasts,
            Step::Crash { down } if self.node.is_some() => {
                self.crash();
                self.after(down, Event::Heals(Heal::Start));
            }
            Step::Drain { within } => self.drain(within),
            Step::RoomPanic { room } => self.room_panics(self.rooms[room].into()),
            Step::DatabaseDown { lasts } => {
                self.faults.database_down_until = self.now + lasts;
            }
            Step::DatabaseHangs { lasts } => {
                self.faults.database_hangs_until = self.now + lasts;
            }
            Step::AnswersLost { lasts } => self.faults.answers_lost_until = self.now + lasts,
            Step::BusLost { lasts } => {
                self.faults.bus_lost_until = self.now + lasts;
                self.after(lasts, Event::Missed);
            }
            _ => {}
        }
    }

    /// A fault ends.
    pub fn heals(&mut self, heal: Heal) {
        self.trace.say(self.now, || format!("heals {heal:?}"));
        match heal {
            Heal::Rejoin(client) => self.rejoin(client),
            Heal::RejoinAll => (0..self.clients.len()).for_each(|client| self.rejoin(client)),
            Heal::Start => self.start(),
            Heal::Stop => {
                self.crash();
                self.after(Duration::from_millis(300), Event::Heals(Heal::Start));
            }
            Heal::Wake(client) => self.client_goes_on(client),
        }
    }

    /// Every fault ends now.
    pub fn heal_all(&mut self) {
        self.trace.say(self.now, || "all faults heal".to_owned());
        if self.faults.bus_lost_until > self.now {
            self.missed();
        }
        self.faults = Faults::default();
        for client in 0..self.clients.len() {
            let it = &mut self.clients[client];
            it.apart_until = Duration::ZERO;
            it.slow_until = Duration::ZERO;
            it.paused_until = Duration::ZERO;
            it.dozes_until = Duration::ZERO;
            self.client_goes_on(client);
            self.rejoin(client);
        }
        if self.node.is_none() {
            self.start();
        }
    }

    pub fn message_of(&self, client: usize, room: usize) -> Option<parlor_domain::Seq> {
        self.db.message_of(self.rooms[room], self.clients[client].user)
    }

    fn burst(&mut self, room: usize, events: usize) {
        let room = self.rooms[room];
        let commands = (0..events)
            .map(|n| {
                let body = text(&format!("burst {n}"));
                self.command(
                    UserId::SYSTEM,
                    Change::Post { room, body, reply_to: None, attachments: FileIds::default() },
                )
            })
            .collect::<Vec<_>>();
        for (n, chunk) in (0_u32..).zip(commands.chunks(40)) {
            self.calls.push(Call::new(chunk.to_vec()));
            self.after(Duration::from_millis(25) * n, Event::Call(self.calls.len() - 1));
        }
    }

    fn rest(&mut self, actor: UserId, change: Change) {
        let command = self.command(actor, change);
        self.calls.push(Call::new(vec![command]));
        self.at(self.now, Event::Call(self.calls.len() - 1));
    }

    fn room_panics(&mut self, log: LogId) {
        if let Some(node) = &mut self.node
            && let Some(room) = node.rooms.remove(&log)
        {
            room.panic();
            self.wake_sessions();
        }
    }
}

/// A text of ours, which is always valid.
pub fn text(text: &str) -> Body {
    Body::parse(text).unwrap_or_else(|_| unreachable!("a short text without control characters"))
}
