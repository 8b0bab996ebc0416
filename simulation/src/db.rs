//! The database that the log's pure part works on here: tables in memory.
//! Whatever is in it is committed; that outlives every crash.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use parlor_domain::{
    Attachment, Code, Command, Departed, Digest, Draft, Epoch, Event, EventBody, FileId, Forwarded,
    Invite, InviteId, LogId, Mentions, Position, Preferences, Privacy, Profile, Refusal, RequestId,
    Role, Room, RoomId, Seq, Tie, Timestamp, UserId, Visibility, limits, permit,
};
use parlor_store::{
    Done, Page, RoomSummary,
    machines::{
        facts::{
            CountedFile, EmojiFacts, Facts, FileFacts, LogFacts, MessageFacts, Needs, PinFacts,
            ReactionFacts, ReactionKey, Repeat, RoomFacts, SourceFacts,
        },
        plan::{NewMessage, Plan, Projection, Writes},
    },
};

use crate::Plant;

/// The incarnation of every log.
pub const EPOCH: Epoch = Epoch::new(1);

#[derive(Clone, Debug, Default)]
struct Log {
    is_user: bool,
    events: Vec<Event>,
    /// When each event was committed, on the simulated clock.
    committed: Vec<Duration>,
    requests: BTreeMap<RequestId, (Seq, Digest)>,
}

/// Every table.
#[derive(Clone, Debug, Default)]
pub struct Db {
    logs: BTreeMap<LogId, Log>,
    rooms: BTreeMap<RoomId, RoomFacts>,
    members: BTreeMap<(RoomId, UserId), Role>,
    messages: BTreeMap<(RoomId, Seq), MessageFacts>,
    edits: BTreeMap<(RoomId, Seq), BTreeSet<Seq>>,
    reactions: BTreeMap<ReactionKey, (ReactionFacts, Seq)>,
    pins: BTreeMap<(RoomId, Seq), PinFacts>,
    reads: BTreeMap<(UserId, RoomId), Seq>,
    bans: BTreeSet<(RoomId, UserId)>,
    invites: BTreeMap<InviteId, Invite>,
    preferences: BTreeMap<(UserId, RoomId), Preferences>,
    /// With the event that tells of each.
    drafts: BTreeMap<(UserId, RoomId), (Draft, Seq)>,
    privacy: BTreeMap<UserId, Privacy>,
    partner_reads: BTreeMap<(UserId, RoomId), Seq>,
    profiles: BTreeMap<UserId, Profile>,
    ties: BTreeMap<(UserId, UserId), Tie>,
    blocks: BTreeSet<(UserId, UserId)>,
    /// Members who heard last that the room is gone.
    hidden: BTreeSet<(RoomId, UserId)>,
    files: BTreeMap<FileId, (FileFacts, Option<(RoomId, Seq)>)>,
    /// When a membership ended last.
    left: BTreeMap<(RoomId, UserId), (Seq, Duration)>,
}

impl Db {
    /// Makes an account's log.
    pub fn add_user(&mut self, user: UserId) {
        self.logs.insert(user.into(), Log { is_user: true, ..Log::default() });
    }

    /// Decides commands and writes what follows, as one transaction.
    pub fn commit(
        &mut self,
        commands: &[Command],
        now: Duration,
        plant: Option<Plant>,
    ) -> Vec<Result<Done, Refusal>> {
        let at = Timestamp::from_micros(i64::try_from(now.as_micros()).unwrap_or(i64::MAX));
        let mut facts = self.facts(&Needs::of(commands), at);
        if plant == Some(Plant::DedupeOff) {
            facts.repeats.clear();
        }
        let mut plan = Plan::new(facts, EPOCH, at);
        let results = commands.iter().map(|command| plan.decide(command)).collect();
        self.write(plan.into_writes(), now);
        results
    }

    fn facts(&self, needs: &Needs, now: Timestamp) -> Facts {
        let mut facts = Facts::default();
        facts
            .partners
            .extend(needs.reads.iter().filter_map(|key| Some((*key, self.partner(*key)?))));
        let partners: BTreeSet<LogId> = facts.partners.values().map(|one| (*one).into()).collect();
        for id in needs.logs.union(&partners) {
            if let Some(log) = self.logs.get(id) {
                facts.logs.insert(*id, LogFacts { head: head(log), is_user: log.is_user });
            }
        }
        for room in &needs.rooms {
            if let Some(found) = self.rooms.get(room) {
                let head = self.logs.get(&(*room).into()).map_or(Seq::ZERO, |log| head(log).seq);
                let blocked = found.visibility == Visibility::Direct && self.is_blocked(*room);
                facts.rooms.insert(*room, RoomFacts { head, blocked, ..found.clone() });
            }
        }
        for key in &needs.roles {
            facts.roles.extend(self.members.get(key).map(|role| (*key, *role)));
            facts.hidden.extend(self.hidden.get(key));
        }
        for (log, request) in &needs.requests {
            let Some(log_rows) = self.logs.get(log) else { continue };
            if let Some((seq, digest)) = log_rows.requests.get(request)
                && let Some(event) = at(log_rows, *seq)
            {
                let repeat = Repeat { seq: *seq, at: event.at, digest: *digest };
                facts.repeats.insert((*log, *request), repeat);
            }
        }
        for key in &needs.messages {
            facts.messages.extend(self.messages.get(key).map(|message| (*key, *message)));
        }
        for key @ (room, message, ..) in &needs.reactions {
            facts.reactions.extend(self.reactions.get(key).map(|(first, _)| (key.clone(), *first)));
            let borne = facts.emoji.entry((*room, *message)).or_default();
            borne.clear();
            for ((_, _, emoji, _), (_, since)) in self.reactions_on(*room, *message) {
                let on_it = EmojiFacts { since: *since, users: 0 };
                borne.entry(emoji.clone()).or_insert(on_it).users += 1;
            }
        }
        for key @ (room, _) in &needs.pins {
            facts.pins.extend(self.pins.get(key).map(|first| (*key, *first)));
            let pinned = self.pins.keys().filter(|(there, _)| there == room).count();
            facts.pinned.insert(*room, u32::try_from(pinned).unwrap_or(u32::MAX));
        }
        for key in &needs.reads {
            facts.reads.extend(self.reads.get(key).map(|seq| (*key, *seq)));
        }
        facts.bans.extend(needs.bans.intersection(&self.bans));
        for id in &needs.invites {
            facts.invites.extend(self.invites.get(id).map(|invite| (*id, invite.clone())));
        }
        for room in &needs.live_invites {
            let live = |invite: &&Invite| invite.room == *room && invite.is_live(now);
            let live = self.invites.values().filter(live).count();
            facts.live_invites.insert(*room, u32::try_from(live).unwrap_or(u32::MAX));
        }
        for key in &needs.preferences {
            facts.preferences.extend(self.preferences.get(key).map(|wanted| (*key, *wanted)));
        }
        for key in &needs.drafts {
            facts.drafts.extend(self.drafts.get(key).map(|(draft, _)| (*key, draft.clone())));
        }
        let readers = facts.partners.iter().flat_map(|((user, _), other)| [*user, *other]);
        for user in needs.privacy.iter().copied().chain(readers) {
            facts.privacy.extend(self.privacy.get(&user).map(|privacy| (user, *privacy)));
        }
        for ((_, room), other) in &facts.partners {
            let told = self.partner_reads.get(&(*other, *room));
            facts.partner_reads.extend(told.map(|seq| ((*other, *room), *seq)));
        }
        for user in &needs.profiles {
            facts.profiles.extend(self.profiles.get(user).map(|profile| (*user, profile.clone())));
        }
        for key in &needs.ties {
            facts.ties.extend(self.ties.get(key).map(|tie| (*key, *tie)));
        }
        facts.blocks.extend(needs.blocks.intersection(&self.blocks));
        for id in &needs.files {
            facts.files.extend(self.files.get(id).map(|(file, _)| (*id, file.clone())));
        }
        for room in &needs.room_files {
            let there = |(_, on): &&(FileFacts, Option<(RoomId, Seq)>)| {
                on.is_some_and(|(there, _)| there == *room)
            };
            let taken = self.files.values().filter(there).map(|(file, _)| file.counted).sum();
            facts.room_files.insert(*room, taken);
        }
        facts.room_file_bytes = limits::ROOM_FILE_BYTES;
        for user in &needs.user_files {
            let own = self.files.values().filter(|(file, _)| file.owner == *user);
            facts.user_files.insert(*user, own.map(|(file, _)| file.counted).sum());
        }
        facts.user_file_bytes = limits::USER_FILE_BYTES;
        for key in &needs.sources {
            facts.sources.insert(*key, self.source(*key));
        }
        facts
    }

    /// A message that may be forwarded, as its events tell of it.
    fn source(&self, (room, message): (RoomId, Seq)) -> Option<SourceFacts> {
        let log = self.logs.get(&room.into())?;
        let posted = at(log, message)?;
        let EventBody::MessagePosted { text, forwarded, attachments, erased: false, .. } =
            &posted.body
        else {
            return None;
        };
        let edited = self.edits.get(&(room, message)).and_then(BTreeSet::last);
        let text = match edited.and_then(|seq| at(log, *seq)).map(|event| &event.body) {
            Some(EventBody::MessageEdited { text, .. }) => text,
            _ => text,
        };
        let own = || Forwarded { author: posted.actor, said_at: posted.at, text: text.clone() };
        let counted = |file: &Attachment| CountedFile {
            file: file.clone(),
            counted: self.files.get(&file.file).map_or(0, |(facts, _)| facts.counted),
        };
        Some(SourceFacts {
            said: forwarded.clone().unwrap_or_else(own),
            is_forward: forwarded.is_some(),
            files: attachments.iter().map(counted).collect(),
        })
    }

    /// The other one of a direct room.
    fn partner(&self, (user, room): (UserId, RoomId)) -> Option<UserId> {
        self.rooms.get(&room).filter(|found| found.visibility == Visibility::Direct)?;
        let of_room = |(there, other): &&(RoomId, UserId)| *there == room && *other != user;
        self.members.keys().find(of_room).map(|(_, other)| *other)
    }

    /// One of the two of a direct room blocks the other.
    fn is_blocked(&self, room: RoomId) -> bool {
        let is_member = |user| self.members.contains_key(&(room, user));
        self.blocks.iter().any(|(user, other)| is_member(*user) && is_member(*other))
    }

    fn reactions_on(
        &self,
        room: RoomId,
        message: Seq,
    ) -> impl Iterator<Item = (&ReactionKey, &(ReactionFacts, Seq))> {
        self.reactions.iter().filter(move |((there, on, ..), _)| (*there, *on) == (room, message))
    }

    fn write(&mut self, writes: Writes, now: Duration) {
        for log in writes.logs {
            self.logs.insert(log, Log::default());
        }
        for new in writes.events {
            let room = new.log.as_room();
            let gone = match new.event.body.departed() {
                None => Vec::new(),
                Some(Departed::One(user)) => vec![user],
                Some(Departed::Everybody) => self.members_of(room).collect(),
            };
            for user in gone {
                self.left.insert((room, user), (new.event.seq, now));
            }
            let log = self.logs.entry(new.log).or_default();
            if let (Some(request), Some(digest)) = (new.event.request_id, new.digest) {
                log.requests.insert(request, (new.event.seq, digest));
            }
            log.events.push(new.event);
            log.committed.push(now);
        }
        for NewMessage { room, seq, author, reply_to, .. } in writes.messages {
            let message = MessageFacts { author, reply_to, deleted: false };
            self.messages.insert((room, seq), message);
        }
        for change in writes.changes {
            self.project(change);
        }
        self.reads.extend(writes.reads);
    }

    fn project(&mut self, change: Projection) {
        match change {
            Projection::RoomCreated { room, facts } | Projection::RoomChanged { room, facts } => {
                self.rooms.insert(room, facts);
            }
            Projection::RoomDeleted { room, until, .. } => {
                let facts = self.rooms.entry(room);
                facts.and_modify(|facts| (facts.kept_until, facts.untold) = (Some(until), true));
            }
            Projection::RoomRestored { room } => {
                let facts = self.rooms.entry(room);
                facts.and_modify(|facts| (facts.kept_until, facts.untold) = (None, true));
            }
            Projection::Hidden { room, user, on: true } => {
                self.hidden.insert((room, user));
                self.supersede(user, room);
            }
            Projection::Hidden { room, user, on: false } => {
                self.hidden.remove(&(room, user));
            }
            Projection::Joined { room, user, role } => {
                self.members.insert((room, user), role);
                self.count(room, role, 1);
            }
            Projection::Left { room, user, role } => {
                self.members.remove(&(room, user));
                self.hidden.remove(&(room, user));
                self.preferences.remove(&(user, room));
                self.supersede(user, room);
                self.count(room, role, -1);
            }
            Projection::RoleChanged { room, user, before, role } => {
                self.members.insert((room, user), role);
                self.count(room, before, -1);
                self.count(room, role, 1);
            }
            Projection::Banned { room, ban } => {
                self.bans.insert((room, ban.user));
            }
            Projection::Unbanned { room, user } => {
                self.bans.remove(&(room, user));
            }
            Projection::Invited { invite } => {
                self.invites.insert(invite.id, invite);
            }
            Projection::InviteRevoked { invite } => {
                self.invites.entry(invite).and_modify(|invite| invite.revoked = true);
            }
            Projection::InviteUsed { invite } => {
                self.invites.entry(invite).and_modify(|invite| invite.uses += 1);
            }
            Projection::Preferred { user, room, preferences } => {
                self.preferences.insert((user, room), preferences);
            }
            Projection::Drafted { user, room, draft, by } => {
                self.supersede(user, room);
                if !draft.is_empty() {
                    self.drafts.insert((user, room), (draft, by));
                }
            }
            Projection::PartnerRead { user, room, seq } => {
                self.partner_reads.insert((user, room), seq);
            }
            Projection::PrivacyChanged { user, privacy } => {
                self.privacy.insert(user, privacy);
            }
            Projection::Edited { room, message, by, .. } => {
                self.edits.entry((room, message)).or_default().insert(by);
            }
            Projection::Reacted { key, since, by } => {
                let at = self.logs.get(&key.0.into()).and_then(|log| at(log, by));
                let at = at.map(|event| event.at).unwrap_or_default();
                self.reactions.insert(key, (ReactionFacts { seq: by, at }, since));
            }
            Projection::Unreacted { key, .. } => {
                self.reactions.remove(&key);
            }
            Projection::Pinned { room, message, by, .. } => {
                let at = self.logs.get(&room.into()).and_then(|log| at(log, by));
                let at = at.map(|event| event.at).unwrap_or_default();
                self.pins.insert((room, message), PinFacts { seq: by, at });
            }
            Projection::Unpinned { room, message, .. } => {
                self.pins.remove(&(room, message));
            }
            Projection::Attached { room, message, files } => {
                for id in files {
                    if let Some((file, on)) = self.files.get_mut(&id) {
                        file.attached = true;
                        *on = Some((room, message));
                    }
                }
            }
            Projection::Shared { room, message, owner, files } => {
                for (file, copy) in files {
                    if let Some((mut facts, _)) = self.files.get(&file).cloned() {
                        facts.owner = owner;
                        facts.file = facts.file.map(|file| Attachment { file: copy, ..file });
                        self.files.insert(copy, (facts, Some((room, message))));
                    }
                }
            }
            Projection::Erased { room, message, reply_to, .. } => {
                self.files.retain(|_, (_, on)| *on != Some((room, message)));
                self.pins.remove(&(room, message));
                self.reactions.retain(|(there, on, ..), _| (*there, *on) != (room, message));
                if let Some(facts) = self.messages.get_mut(&(room, message)) {
                    facts.deleted = true;
                }
                self.replace(room.into(), message, EventBody::erased_message(reply_to));
                for seq in self.edits.remove(&(room, message)).unwrap_or_default() {
                    let edited = EventBody::MessageEdited {
                        message,
                        text: String::new(),
                        mentions: Mentions::default(),
                        erased: true,
                    };
                    self.replace(room.into(), seq, edited);
                }
            }
            Projection::ProfileChanged { user, profile } => {
                self.profiles.insert(user, profile);
            }
            Projection::Tied { user, other, tie: Some(tie) } => {
                self.ties.insert((user, other), tie);
            }
            Projection::Tied { user, other, tie: None } => {
                self.ties.remove(&(user, other));
            }
            // Nobody in a simulated world runs the server.
            Projection::Audited { .. } => {}
            Projection::Blocked { user, other, on: true } => {
                self.blocks.insert((user, other));
            }
            Projection::Blocked { user, other, on: false } => {
                self.blocks.remove(&(user, other));
            }
        }
    }

    /// Forgets a draft, in the event that told of it too.
    fn supersede(&mut self, user: UserId, room: RoomId) {
        if let Some((_, seq)) = self.drafts.remove(&(user, room)) {
            let draft = Draft::default();
            let told = EventBody::DraftChanged { room, draft, superseded: true };
            self.replace(user.into(), seq, told);
        }
    }

    fn count(&mut self, room: RoomId, role: Role, by: i32) {
        if let Some(facts) = self.rooms.get_mut(&room) {
            facts.members = facts.members.saturating_add_signed(by);
            if role == Role::Owner {
                facts.owners = facts.owners.saturating_add_signed(by);
            }
        }
    }

    fn replace(&mut self, log: LogId, seq: Seq, body: EventBody) {
        let log = self.logs.get_mut(&log);
        if let Some(event) = log.and_then(|log| log.events.get_mut(index(seq))) {
            event.body = body;
        }
    }

    /// Where a log stands.
    pub fn head(&self, log: LogId) -> Option<Position> {
        self.logs.get(&log).map(head)
    }

    /// Every event of a log.
    pub fn events(&self, log: LogId) -> &[Event] {
        self.logs.get(&log).map_or(&[], |log| &log.events)
    }

    /// When an event was committed.
    pub fn committed_at(&self, log: LogId, seq: Seq) -> Option<Duration> {
        self.logs.get(&log)?.committed.get(index(seq)).copied()
    }

    /// A page, as the store reads it: bounded in items and, about, in bytes.
    pub fn after(&self, log: LogId, after: Seq) -> Option<Page> {
        let log = self.logs.get(&log)?;
        let rest = log.events.get(index(after.next())..).unwrap_or_default();
        let events: Vec<_> = rest.iter().take(limits::PAGE_ITEMS as usize).cloned().collect();
        let more = events.len() < rest.len();
        Some(Page { head: head(log), events, more })
    }

    /// What a session has to know before it may follow.
    pub fn authorise(&self, log: LogId, user: UserId) -> Result<Position, Refusal> {
        let at = self.head(log).ok_or_else(Refusal::not_found)?;
        if log != LogId::from(user) {
            let room = self.rooms.get(&log.as_room()).filter(|room| room.kept_until.is_none());
            let room = room.ok_or_else(Refusal::not_found)?;
            let role = self.role(log.as_room(), user);
            permit(role, room.visibility, parlor_domain::Action::Read)?;
        }
        Ok(at)
    }

    /// What a user is in a room; nothing where it is deleted.
    pub fn role(&self, room: RoomId, user: UserId) -> Option<Role> {
        self.rooms.get(&room).filter(|facts| facts.kept_until.is_none())?;
        self.members.get(&(room, user)).copied()
    }

    fn members_of(&self, room: RoomId) -> impl Iterator<Item = UserId> {
        self.members.keys().filter(move |(there, _)| *there == room).map(|(_, user)| *user)
    }

    /// When the user stopped being a member the last time: by which event.
    pub fn left(&self, room: RoomId, user: UserId) -> Option<(Seq, Duration)> {
        self.left.get(&(room, user)).copied()
    }

    /// The user's rooms as Welcome tells them.
    pub fn summaries(&self, user: UserId) -> Vec<RoomSummary> {
        let mine = self.members.iter().filter(|((_, member), _)| *member == user);
        mine.filter_map(|((id, _), role)| {
            let facts = self.rooms.get(id).filter(|facts| facts.kept_until.is_none())?;
            let at = self.head((*id).into())?;
            let room = Room {
                id: *id,
                name: facts.name.clone(),
                topic: facts.topic.clone(),
                visibility: facts.visibility,
                archived: facts.archived,
                created_at: Timestamp::default(),
                epoch: at.epoch,
                head: at.seq,
                members: facts.members,
            };
            let read = self.reads.get(&(user, *id)).copied().unwrap_or_default();
            let last_at = Timestamp::default();
            Some(RoomSummary {
                room,
                role: *role,
                peer: None,
                read,
                peer_read: self.partner_reads.get(&(user, *id)).copied().unwrap_or_default(),
                unread: 0,
                mentions: 0,
                preview: None,
                last_at,
                preferences: self.preferences.get(&(user, *id)).copied().unwrap_or_default(),
            })
        })
        .collect()
    }

    /// A message of the user that can still be edited, the newest.
    pub fn message_of(&self, room: RoomId, user: UserId) -> Option<Seq> {
        let range = (room, Seq::ZERO)..=(room, Seq::MAX);
        let mine = |(_, facts): &(_, &MessageFacts)| facts.author == user && !facts.deleted;
        self.messages.range(range).rev().find(mine).map(|((_, seq), _)| *seq)
    }
}

fn index(seq: Seq) -> usize {
    usize::try_from(seq.get().saturating_sub(1)).unwrap_or(usize::MAX)
}

fn head(log: &Log) -> Position {
    Position { epoch: EPOCH, seq: Seq::new(log.events.len() as u64) }
}

fn at(log: &Log, seq: Seq) -> Option<&Event> {
    log.events.get(index(seq))
}

/// What a database that is away tells.
pub fn away() -> Refusal {
    Refusal::new(Code::Unavailable, "the database is away").retry_after(limits::UNAVAILABLE_RETRY)
}
