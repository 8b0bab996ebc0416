//! What must hold: at every quiet point all of it, and some of it always.

use std::{collections::HashMap, time::Duration};

use parlor_domain::{Change, EventBody, LogId, RequestId, RoomId, Seq, UserId};
use parlor_loadtest::ledger::{self, Account, Logged, TextDigest, Truth};

use crate::world::World;

/// How soon after the heal everybody must have everything. The longest way is a
/// client that gave up for ten seconds, dialled into nothing for five, and was
/// told of what it misses by the next heartbeat, twenty seconds later.
pub const HEALS_WITHIN: Duration = Duration::from_secs(30);
/// How often it is looked at meanwhile.
const LOOKS: Duration = Duration::from_millis(250);
/// No room data later than this after a membership ended (C19).
const REVOKED_WITHIN: Duration = Duration::from_secs(1);

impl World {
    /// Lets time pass until everybody has everything; how long that took.
    pub fn settle(&mut self) -> Duration {
        let healed = self.now;
        loop {
            self.run_until(self.now + LOOKS);
            let Err(why) = self.is_settled() else { break };
            if self.failure.is_some() {
                break;
            }
            if self.now >= healed + HEALS_WITHIN {
                self.fail("L8", || format!("{HEALS_WITHIN:?} after the heal: {why}"));
                break;
            }
        }
        self.now - healed
    }

    /// True where nothing is left to do: every request answered, every reader at
    /// the head, both sides of the same mind.
    fn is_settled(&self) -> Result<(), String> {
        if self.calls.iter().any(|call| call.waits) {
            return Err("a call over REST waits".to_owned());
        }
        let node = self.node.as_ref().ok_or("the server is down")?;
        for (index, client) in self.clients.iter().enumerate() {
            if !client.machine.is_live() {
                return Err(format!("client {index} is not live"));
            }
            if self.waits_for_a_place(index) || client.machine.requests() > 0 {
                return Err(format!("client {index} waits for an answer"));
            }
            if let Some(id) = client.unanswered.first() {
                return Err(format!("client {index} was never answered {id}"));
            }
            for room in &self.rooms {
                self.is_at_head(index, *room)?;
            }
            let conn = client.conn.and_then(|conn| self.conns.get(&conn));
            let session = conn.and_then(|conn| node.sessions.get(&conn.session?));
            let session = session.ok_or_else(|| format!("client {index} has no session"))?;
            let (server, client) = (self.session_digest(session), client.machine.applied());
            if server != client {
                return Err(format!("client {index} and its session differ in their digests"));
            }
        }
        Ok(())
    }

    fn is_at_head(&self, index: usize, room: RoomId) -> Result<(), String> {
        let client = &self.clients[index];
        let member = self.db.role(room, client.user).is_some();
        let at = client.machine.position(room);
        if !member {
            return match at {
                Some(at) => Err(format!("client {index}, no member, is at {} of {room}", at.seq)),
                None if client.feeds.contains_key(&room) => {
                    Err(format!("the application of client {index}, no member, reads {room}"))
                }
                None => Ok(()),
            };
        }
        let head = self.db.head(room.into());
        if at != head {
            return Err(format!("client {index} is at {at:?} of {room}, whose head is {head:?}"));
        }
        let reached = client.account.reached(room);
        if head.is_some_and(|head| head.seq != reached) {
            return Err(format!("the application of client {index} is at {reached} of {room}"));
        }
        Ok(())
    }

    /// Holds all accounts against the logs (L1 to L7), and the order of each
    /// sender's posts against theirs (C4).
    pub fn check_accounts(&mut self) {
        let mut truths = HashMap::new();
        for room in &self.rooms {
            let mut truth = Truth { epoch: crate::db::EPOCH, ..Truth::default() };
            for event in self.db.events(LogId::from(*room)) {
                let text = match &event.body {
                    EventBody::MessagePosted { text, erased: false, .. } => {
                        Some(TextDigest::of(text))
                    }
                    _ => None,
                };
                truth.events.push(Logged { seq: event.seq, request: event.request_id, text });
            }
            for client in &self.clients {
                if self.db.role(*room, client.user).is_some() {
                    truth.members.insert(client.account.client.clone());
                }
            }
            truths.insert(*room, truth);
        }
        let clients = self.clients.iter().map(|client| client.account.clone());
        let accounts: Vec<_> = clients.chain([self.account_of_calls(&truths)]).collect();
        let verdict = ledger::check(&accounts, &truths);
        if !verdict.is_ok() {
            let first = verdict.findings.first();
            let check = first.map_or("ledger", |finding| finding.check);
            self.fail(check, || format!("{verdict:?}"));
        }
        for index in 0..self.clients.len() {
            self.check_order(index);
        }
    }

    /// Who posted over REST: nobody waits for those answers, and some never come
    /// about, so what stands in the log is taken as answered.
    fn account_of_calls(&self, truths: &HashMap<RoomId, Truth>) -> Account {
        let mut account = Account::new("calls");
        let made: HashMap<RequestId, Seq> = truths
            .values()
            .flat_map(|truth| &truth.events)
            .filter_map(|event| Some((event.request?, event.seq)))
            .collect();
        for command in self.calls.iter().flat_map(|call| &call.commands) {
            if let Change::Post { room, body, .. } = &command.change
                && let Some(seq) = made.get(&command.request_id)
            {
                account.sent(command.request_id, *room, body.as_str());
                account.answered(command.request_id, *seq);
            }
        }
        account
    }

    /// A refusal is not remembered (rule 3.3): where the answer to a post of an
    /// outsider was lost, it may come about after a later one, once its sender has
    /// become a member. So only rooms count whose members they always were.
    fn check_order(&mut self, index: usize) {
        let mut found = None;
        for (room, posts) in &self.clients[index].posts {
            if self.membership_moved(*room, self.clients[index].user) {
                continue;
            }
            let mut last = Seq::ZERO;
            for (id, seq) in posts {
                let Some(seq) = seq else { continue };
                if *seq <= last {
                    found = Some(format!("client {index}: {id} at {seq} of {room} after {last}"));
                }
                last = *seq;
            }
        }
        if let Some(what) = found {
            self.fail("C4", || what);
        }
    }

    /// True where the user joined or left the room after the beginning.
    fn membership_moved(&self, room: RoomId, who: UserId) -> bool {
        let log = LogId::from(room);
        self.db.events(log).iter().any(|event| {
            let joined = matches!(event.body, EventBody::MemberJoined { user, .. } if user == who);
            let concerns = joined || event.body.departed().is_some_and(|gone| gone.includes(who));
            concerns && self.db.committed_at(log, event.seq).unwrap_or_default() > Duration::ZERO
        })
    }

    /// An event is handed to a client: its user must have the right to it, or have
    /// had it a second ago.
    pub fn check_right(&mut self, client: usize, room: RoomId, seq: Seq) {
        let user = self.clients[client].user;
        if self.db.role(room, user).is_some() {
            return;
        }
        let Some((left, left_at)) = self.db.left(room, user) else {
            return self.fail("L7", || format!("client {client} sees {seq} of {room}"));
        };
        let committed = self.db.committed_at(room.into(), seq).unwrap_or_default();
        if seq > left && committed > left_at + REVOKED_WITHIN {
            self.fail("C19", || format!("client {client} left {room} at {left} and is told {seq}"));
        }
    }
}
