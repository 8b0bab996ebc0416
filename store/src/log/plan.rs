//! Decides, in memory, what becomes of commands: pure. The facts are loaded
//! before and kept true while one command after the other is decided, so that
//! a join and a post after it may stand in one batch.

mod endings;
mod files;
mod forwards;
mod friends;
mod invites;
mod members;
mod own;
mod pins;
mod reactions;

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use parlor_domain::{
    Action, Ban, Body, Calls, Change, Code, Command, Digest, Draft, Epoch, Event, EventBody,
    FileId, FileIds, FileKind, Forwarded, Invite, InviteId, LogId, Mentions, Operator, Position,
    Preferences, Privacy, Profile, Refusal, RequestId, Role, RoomId, RoomName, Seq, ServerAct, Tie,
    Timestamp, Topic, UserId, Visibility, direct_room, permit, permit_server,
    planted::{Planted, planted},
};

use super::facts::{
    CountedFile, Facts, LogFacts, MessageFacts, ReactionKey, Repeat, RoomFacts, SourceFacts,
};
use crate::Done;

/// What has to be written for the commands decided so far.
#[derive(Debug, Default)]
pub struct Writes {
    /// Logs of new rooms.
    pub logs: Vec<LogId>,
    pub events: Vec<NewEvent>,
    pub messages: Vec<NewMessage>,
    /// In the order decided.
    pub changes: Vec<Projection>,
    pub reads: BTreeMap<(UserId, RoomId), Seq>,
    /// New heads of the logs that got events.
    pub heads: BTreeMap<LogId, Seq>,
}

/// An event to insert.
#[derive(Debug)]
pub struct NewEvent {
    pub log: LogId,
    pub event: Event,
    /// Stands with the request id, on the first event of a command only.
    pub digest: Option<Digest>,
}

/// A message to insert.
#[derive(Debug)]
pub struct NewMessage {
    pub room: RoomId,
    pub seq: Seq,
    pub author: UserId,
    pub text: String,
    pub mentions: Mentions,
    pub reply_to: Option<Seq>,
    /// Of the files on it.
    pub kinds: Vec<FileKind>,
    pub forwarded: Option<Forwarded>,
}

/// A rarer change of a table.
#[derive(Debug)]
pub enum Projection {
    RoomCreated {
        room: RoomId,
        facts: RoomFacts,
    },
    /// Name, topic or archive.
    RoomChanged {
        room: RoomId,
        facts: RoomFacts,
    },
    /// Nobody sees it from now on; it can be restored until then.
    RoomDeleted {
        room: RoomId,
        by: UserId,
        until: Timestamp,
    },
    RoomRestored {
        room: RoomId,
    },
    /// A member heard that the room is gone, and what they had begun to write in it is
    /// forgotten; or that it is back.
    Hidden {
        room: RoomId,
        user: UserId,
        on: bool,
    },
    Joined {
        room: RoomId,
        user: UserId,
        role: Role,
    },
    /// What the user wanted of the room, and had begun to write, is forgotten too.
    Left {
        room: RoomId,
        user: UserId,
        role: Role,
    },
    RoleChanged {
        room: RoomId,
        user: UserId,
        before: Role,
        role: Role,
    },
    Banned {
        room: RoomId,
        ban: Ban,
    },
    Unbanned {
        room: RoomId,
        user: UserId,
    },
    Invited {
        invite: Invite,
    },
    InviteRevoked {
        invite: InviteId,
    },
    /// Somebody came in by it.
    InviteUsed {
        invite: InviteId,
    },
    Preferred {
        user: UserId,
        room: RoomId,
        preferences: Preferences,
    },
    /// Text of earlier events about it goes; an empty one is forgotten.
    Drafted {
        user: UserId,
        room: RoomId,
        draft: Draft,
        by: Seq,
    },
    /// `user` was told that the other one of a direct room has read up to here.
    PartnerRead {
        user: UserId,
        room: RoomId,
        seq: Seq,
    },
    PrivacyChanged {
        user: UserId,
        privacy: Privacy,
    },
    Edited {
        room: RoomId,
        message: Seq,
        text: String,
        mentions: Mentions,
        by: Seq,
    },
    Reacted {
        key: ReactionKey,
        since: Seq,
        by: Seq,
    },
    Unreacted {
        key: ReactionKey,
        by: Seq,
    },
    Pinned {
        room: RoomId,
        message: Seq,
        user: UserId,
        by: Seq,
    },
    Unpinned {
        room: RoomId,
        message: Seq,
        by: Seq,
    },
    /// Files stand on a message, in this order.
    Attached {
        room: RoomId,
        message: Seq,
        files: Vec<FileId>,
    },
    /// Copies of files stand on a message that forwards them, in this order: of the first
    /// of each pair, called like the second.
    Shared {
        room: RoomId,
        message: Seq,
        owner: UserId,
        files: Vec<(FileId, FileId)>,
    },
    /// The message, every event that holds its text, and what was put on it.
    Erased {
        room: RoomId,
        message: Seq,
        reply_to: Option<Seq>,
        by: Seq,
    },
    ProfileChanged {
        user: UserId,
        profile: Profile,
    },
    /// What stands between `user` and `other`, as `user` knows it.
    Tied {
        user: UserId,
        other: UserId,
        tie: Option<Tie>,
    },
    Blocked {
        user: UserId,
        other: UserId,
        on: bool,
    },
    /// An admin of the server did something to a room.
    Audited {
        by: Operator,
        act: ServerAct,
        room: RoomId,
        name: RoomName,
    },
}

/// Facts, and what follows from them.
#[derive(Debug)]
pub struct Plan {
    facts: Facts,
    /// Of new logs.
    epoch: Epoch,
    now: Timestamp,
    writes: Writes,
}

/// A command without what it wants.
#[derive(Clone, Copy, Debug)]
struct Request {
    id: RequestId,
    digest: Digest,
    actor: UserId,
    /// Where its first event goes.
    log: LogId,
}

/// What a new message holds.
#[derive(Debug)]
struct Said<'a> {
    body: &'a Body,
    reply_to: Option<Seq>,
    files: Vec<CountedFile>,
    forwarded: Option<Forwarded>,
}

type Outcome = Result<Done, Refusal>;

/// Every room has a name. That of a direct one is shown to nobody: to each of
/// the two it is called like the other.
const DIRECT_NAME: &str = "direct";

impl Plan {
    pub fn new(facts: Facts, epoch: Epoch, now: Timestamp) -> Self {
        Self { facts, epoch, now, writes: Writes::default() }
    }

    pub fn into_writes(self) -> Writes {
        self.writes
    }

    /// Decides one command; a refused one leaves no trace (C5).
    pub fn decide(&mut self, command: &Command) -> Outcome {
        let request = Request {
            id: command.request_id,
            digest: command.digest(),
            actor: command.actor,
            log: command.log(),
        };
        // Before any permission: whoever was removed meanwhile still learns
        // what became of the request. The digest says it was the same actor.
        if planted(Planted::CounterOutside) {
            self.draw(request.log);
        }
        if let Some(repeat) = self.facts.repeats.get(&(request.log, request.id)) {
            if planted(Planted::DedupeOff) {
                // Under another id, since the table would not take this one twice.
                let again = Request { id: RequestId::random(), ..request };
                return self.change(again, &command.change);
            }
            if repeat.digest != request.digest {
                return Err(Refusal::new(
                    Code::IdempotencyMismatch,
                    "this request id was used before for something else",
                ));
            }
            let epoch = self.log(request.log)?.head.epoch;
            return Ok(Done { seq: repeat.seq, at: repeat.at, epoch, events: Vec::new() });
        }
        let done = self.change(request, &command.change)?;
        if let Some((log, first)) = done.events.first() {
            let repeat = Repeat { seq: first.seq, at: first.at, digest: request.digest };
            self.facts.repeats.insert((*log, request.id), repeat);
        }
        Ok(done)
    }

    /// A planted bug: the command draws its number from a counter that knows
    /// nothing of the transaction, whatever becomes of the command.
    fn draw(&mut self, log: LogId) {
        static COUNTERS: Mutex<BTreeMap<LogId, Seq>> = Mutex::new(BTreeMap::new());
        let Some(facts) = self.facts.logs.get_mut(&log) else { return };
        let mut counters = COUNTERS.lock().unwrap_or_else(PoisonError::into_inner);
        let drawn = counters.entry(log).or_insert(facts.head.seq);
        facts.head.seq = facts.head.seq.max(*drawn);
        *drawn = facts.head.seq.next();
    }

    fn change(&mut self, request: Request, change: &Change) -> Outcome {
        let actor = request.actor;
        match change {
            Change::CreateRoom { room, name, topic, visibility } => {
                self.create(request, *room, name, topic, *visibility)
            }
            Change::OpenDirect { room, other } => self.open_direct(request, *room, *other),
            Change::RenameRoom { room, name, topic } => {
                let mut facts = self.open_room(*room, actor, Action::Rename)?.clone();
                facts.name = name.clone().unwrap_or(facts.name);
                facts.topic = topic.clone().unwrap_or(facts.topic);
                let body =
                    EventBody::RoomRenamed { name: facts.name.clone(), topic: facts.topic.clone() };
                self.save_room(request, *room, facts, body)
            }
            Change::ArchiveRoom { room, archived } => {
                let mut facts = self.room(*room, actor, Action::Archive)?.clone();
                facts.archived = *archived;
                self.save_room(
                    request,
                    *room,
                    facts,
                    EventBody::RoomArchived { archived: *archived },
                )
            }
            Change::ArchiveByServer { room, archived, address } => {
                self.archive_by_server(request, *room, *archived, address)
            }
            Change::DeleteRoom { room, kept_for } => self.delete_room(request, *room, *kept_for),
            Change::RestoreRoom { room } => self.restore_room(request, *room),
            Change::TellMember { room, user } => self.tell_member(request, *room, *user),
            Change::Depart { room, heir } => self.depart(request, *room, *heir),
            Change::Withdraw { room, message } => self.withdraw(request, *room, *message),
            Change::TellDeleted { other } => self.tell_deleted(request, *other),
            Change::Join { room } => {
                self.open_room(*room, actor, Action::Join)?;
                self.turn_away_banned(*room, actor)?;
                self.join(request, *room, actor)
            }
            Change::AddMember { room, user } => {
                self.open_room(*room, actor, Action::AddMember)?;
                if self.is_banned(*room, *user) {
                    return Err(Refusal::new(Code::Conflict, "banned from this room"));
                }
                if self.is_blocked(actor, *user) {
                    return Err(Refusal::new(Code::Forbidden, "you cannot add this person"));
                }
                self.join(request, *room, *user)
            }
            Change::Leave { room } => {
                self.room(*room, actor, Action::Leave)?;
                self.leave(request, *room, actor)
            }
            Change::RemoveMember { room, user } => {
                self.room(*room, actor, Action::RemoveMember)?;
                self.spare_owners(*room, actor, *user)?;
                self.leave(request, *room, *user)
            }
            Change::Ban { room, user, on } => self.ban(request, *room, *user, *on),
            Change::SetRole { room, user, role } => self.set_role(request, *room, *user, *role),
            Change::CreateInvite { room, invite, code, terms } => {
                self.create_invite(request, *room, *invite, *code, *terms)
            }
            Change::RevokeInvite { room, invite } => self.revoke_invite(request, *room, *invite),
            Change::JoinByInvite { room, invite } => self.join_by_invite(request, *room, *invite),
            Change::Post { room, body, reply_to, attachments } => {
                self.post(request, *room, body, *reply_to, attachments)
            }
            Change::Forward { room, body, source, message } => {
                self.forward(request, *room, body, (*source, *message))
            }
            Change::Edit { room, message, body } => self.edit(request, *room, *message, body),
            Change::Delete { room, message } => self.delete(request, *room, *message),
            Change::React { room, message, emoji, on } => {
                self.react(request, (*room, *message, emoji.clone(), actor), *on)
            }
            Change::Pin { room, message, on } => self.pin(request, *room, *message, *on),
            Change::MarkUnread { room, from } => self.mark_unread(request, *room, *from),
            Change::MarkRead { room, seq } => self.mark_read(request, *room, *seq),
            Change::SetPreferences { room, change } => {
                self.set_preferences(request, *room, *change)
            }
            Change::SetDraft { room, draft } => self.set_draft(request, *room, draft),
            Change::SetPrivacy(change) => self.set_privacy(request, *change),
            Change::SetProfile(change) => self.set_profile(request, |before| before.with(change)),
            Change::SetAvatar(avatar) => {
                self.set_profile(request, |before| Profile { avatar: *avatar, ..before.clone() })
            }
            Change::Befriend { other } => self.befriend(request, *other),
            Change::Unfriend { other } => self.unfriend(request, *other),
            Change::Block { other, on } => self.block(request, *other, *on),
        }
    }

    fn create(
        &mut self,
        request: Request,
        room: RoomId,
        name: &RoomName,
        topic: &Topic,
        visibility: Visibility,
    ) -> Outcome {
        let (actor, log) = (request.actor, LogId::from(room));
        if self.facts.logs.contains_key(&log) {
            return Err(Refusal::new(Code::Conflict, "the room exists already"));
        }
        if visibility == Visibility::Direct {
            return Err(Refusal::new(Code::InvalidArgument, "a direct room is opened, not made"));
        }
        let owner = (actor != UserId::SYSTEM).then_some(actor);
        if let Some(owner) = owner {
            self.known(owner)?;
            self.in_use(owner)?;
        }
        let mut done = self.found(request, room, name, topic, visibility)?;
        if let Some(owner) = owner {
            self.admit(&mut done, actor, room, owner, Role::Owner)?;
        }
        Ok(done)
    }

    /// The room of two, which is made the first time.
    fn open_direct(&mut self, request: Request, room: RoomId, other: UserId) -> Outcome {
        let actor = request.actor;
        self.known(actor)?;
        self.known(other)?;
        if actor == other || room != direct_room(actor, other) {
            return Err(Refusal::new(Code::InvalidArgument, "a direct room has two people"));
        }
        if self.facts.logs.contains_key(&room.into()) {
            return self.unchanged(room.into());
        }
        self.in_use(actor)?;
        if self.is_blocked(actor, other) || self.in_use(other).is_err() {
            return Err(not_to_this_person());
        }
        let name = RoomName::parse(DIRECT_NAME).map_err(|_| Refusal::not_found())?;
        let mut done = self.found(request, room, &name, &Topic::default(), Visibility::Direct)?;
        for member in [actor, other] {
            self.admit(&mut done, actor, room, member, Role::Member)?;
        }
        Ok(done)
    }

    /// Makes a room without members.
    fn found(
        &mut self,
        request: Request,
        room: RoomId,
        name: &RoomName,
        topic: &Topic,
        visibility: Visibility,
    ) -> Outcome {
        let log = LogId::from(room);
        let head = Position { epoch: self.epoch, seq: Seq::ZERO };
        self.facts.logs.insert(log, LogFacts { head, is_user: false });
        self.writes.logs.push(log);
        let facts = RoomFacts {
            name: name.clone(),
            topic: topic.clone(),
            visibility,
            archived: false,
            members: 0,
            owners: 0,
            blocked: false,
            absent: false,
            kept_until: None,
            untold: false,
            head: Seq::ZERO,
        };
        self.facts.rooms.insert(room, facts.clone());
        self.writes.changes.push(Projection::RoomCreated { room, facts });
        let body = EventBody::RoomCreated { name: name.clone(), topic: topic.clone(), visibility };
        self.first(request, body)
    }

    /// Makes `user` a member of a room that is just made.
    fn admit(
        &mut self,
        done: &mut Done,
        actor: UserId,
        room: RoomId,
        user: UserId,
        role: Role,
    ) -> Result<(), Refusal> {
        let joined = EventBody::MemberJoined { user, role };
        done.events.push(self.further(room.into(), actor, joined)?);
        done.events.push(self.further(user.into(), actor, EventBody::RoomAdded { room })?);
        self.enlist(room, user, role);
        Ok(())
    }

    fn save_room(
        &mut self,
        request: Request,
        room: RoomId,
        facts: RoomFacts,
        body: EventBody,
    ) -> Outcome {
        let done = self.first(request, body)?;
        self.facts.rooms.insert(room, facts.clone());
        self.writes.changes.push(Projection::RoomChanged { room, facts });
        Ok(done)
    }

    /// What is so already makes no event, and no entry.
    fn archive_by_server(
        &mut self,
        request: Request,
        room: RoomId,
        archived: bool,
        address: &str,
    ) -> Outcome {
        let user = request.actor;
        let is_admin = user == UserId::SYSTEM || self.facts.admins.contains(&user);
        let act = if archived { ServerAct::ArchiveRoom } else { ServerAct::RestoreRoom };
        permit_server(is_admin, act)?;
        let mut facts = self.facts.rooms.get(&room).ok_or_else(Refusal::not_found)?.clone();
        if facts.visibility == Visibility::Direct {
            let words = "a conversation of two people is theirs alone";
            return Err(Refusal::new(Code::Conflict, words));
        }
        if facts.archived == archived {
            return self.unchanged(room.into());
        }
        facts.archived = archived;
        let by = Operator { user, address: address.to_owned() };
        self.writes.changes.push(Projection::Audited { by, act, room, name: facts.name.clone() });
        self.save_room(request, room, facts, EventBody::RoomArchived { archived })
    }

    fn post(
        &mut self,
        request: Request,
        room: RoomId,
        body: &Body,
        reply_to: Option<Seq>,
        attachments: &FileIds,
    ) -> Outcome {
        self.free_room(room, request.actor, Action::Post)?;
        if let Some(message) = reply_to {
            self.message(room, message)?;
        }
        let files = self.attachable(room, request.actor, attachments)?;
        if body.is_empty() && files.is_empty() {
            return Err(Refusal::new(Code::InvalidArgument, "a message needs a text or a file"));
        }
        let done =
            self.add_message(request, room, Said { body, reply_to, files, forwarded: None })?;
        self.attach(room, done.seq, attachments);
        Ok(done)
    }

    /// Appends a new message.
    fn add_message(&mut self, request: Request, room: RoomId, said: Said<'_>) -> Outcome {
        let Said { body, reply_to, files, forwarded } = said;
        let (author, text) = (request.actor, body.as_str().to_owned());
        let mentions = self.mentions(room, body);
        let kinds = files.iter().map(|counted| counted.file.kind).collect();
        let posted = EventBody::MessagePosted {
            text: text.clone(),
            mentions: mentions.clone(),
            reply_to,
            attachments: files.iter().map(|counted| counted.file.clone()).collect(),
            forwarded: forwarded.clone(),
            erased: false,
        };
        let done = self.first(request, posted)?;
        let seq = done.seq;
        let facts = MessageFacts { author, reply_to, deleted: false };
        self.facts.messages.insert((room, seq), facts);
        self.note_source(room, seq, |_| {
            let is_forward = forwarded.is_some();
            let own = || Forwarded { author, said_at: done.at, text: text.clone() };
            let said = forwarded.clone().unwrap_or_else(own);
            Some(SourceFacts { said, is_forward, files })
        });
        let new = NewMessage { room, seq, author, text, mentions, reply_to, kinds, forwarded };
        self.writes.messages.push(new);
        Ok(done)
    }

    fn edit(&mut self, request: Request, room: RoomId, message: Seq, body: &Body) -> Outcome {
        self.free_room(room, request.actor, Action::EditOwn)?;
        let facts = self.message(room, message)?;
        if facts.author != request.actor {
            return Err(Refusal::new(Code::Forbidden, "only its author may edit a message"));
        }
        not_deleted(&facts)?;
        let text = body.as_str().to_owned();
        let mentions = self.mentions(room, body);
        let edited = EventBody::MessageEdited {
            message,
            text: text.clone(),
            mentions: mentions.clone(),
            erased: false,
        };
        let done = self.first(request, edited)?;
        let by = done.seq;
        self.note_source(room, message, |source| {
            source.map(|mut source| {
                if !source.is_forward {
                    source.said.text.clone_from(&text);
                }
                source
            })
        });
        self.writes.changes.push(Projection::Edited { room, message, text, mentions, by });
        Ok(done)
    }

    /// Whom a text mentions: those it calls who are members now.
    fn mentions(&self, room: RoomId, body: &Body) -> Mentions {
        Calls::of(body.as_str()).mentions(|name| {
            let user = self.facts.names.get(name).copied();
            user.filter(|user| self.role(room, *user).is_some())
        })
    }

    fn delete(&mut self, request: Request, room: RoomId, message: Seq) -> Outcome {
        self.open_room(room, request.actor, Action::EditOwn)?;
        let facts = self.message(room, message)?;
        if facts.author != request.actor {
            self.room(room, request.actor, Action::DeleteAny)?;
        }
        not_deleted(&facts)?;
        self.erase(request, room, message, facts)
    }

    fn erase(
        &mut self,
        request: Request,
        room: RoomId,
        message: Seq,
        mut facts: MessageFacts,
    ) -> Outcome {
        facts.deleted = true;
        self.facts.messages.insert((room, message), facts);
        self.unpin(room, message);
        self.note_source(room, message, |_| None);
        let done = self.first(request, EventBody::MessageDeleted { message })?;
        let reply_to = facts.reply_to;
        self.writes.changes.push(Projection::Erased { room, message, reply_to, by: done.seq });
        Ok(done)
    }

    /// The room, where it exists and is not deleted, and `actor` may do `action` in it.
    fn room(&self, room: RoomId, actor: UserId, action: Action) -> Result<&RoomFacts, Refusal> {
        let facts = self.facts.rooms.get(&room).filter(|facts| facts.kept_until.is_none());
        let facts = facts.ok_or_else(Refusal::not_found)?;
        if actor != UserId::SYSTEM {
            permit(self.role(room, actor), facts.visibility, action)?;
        }
        Ok(facts)
    }

    /// The same, where it is not archived either.
    fn open_room(
        &self,
        room: RoomId,
        actor: UserId,
        action: Action,
    ) -> Result<&RoomFacts, Refusal> {
        let facts = self.room(room, actor, action)?;
        if facts.archived {
            return Err(Refusal::new(Code::RoomArchived, "the room is archived"));
        }
        Ok(facts)
    }

    /// The same, where the two of a direct room are both there, and neither blocks the
    /// other.
    fn free_room(&self, room: RoomId, actor: UserId, action: Action) -> Result<(), Refusal> {
        let facts = self.open_room(room, actor, action)?;
        if facts.blocked || facts.absent {
            return Err(not_to_this_person());
        }
        Ok(())
    }

    fn role(&self, room: RoomId, user: UserId) -> Option<Role> {
        self.facts.roles.get(&(room, user)).copied()
    }

    fn message(&self, room: RoomId, message: Seq) -> Result<MessageFacts, Refusal> {
        let facts = self.facts.messages.get(&(room, message)).copied();
        facts.ok_or_else(|| Refusal::new(Code::NotFound, "there is no such message in this room"))
    }

    /// Whoever has a log of a user's kind is a user.
    fn known(&self, user: UserId) -> Result<(), Refusal> {
        match self.facts.logs.get(&user.into()) {
            Some(log) if log.is_user => Ok(()),
            _ => Err(Refusal::new(Code::NotFound, "there is no such user")),
        }
    }

    fn log(&self, log: LogId) -> Result<LogFacts, Refusal> {
        self.facts.logs.get(&log).copied().ok_or_else(Refusal::not_found)
    }

    /// The answer to a request that changes nothing: where the log stands.
    fn unchanged(&self, log: LogId) -> Outcome {
        self.nothing_new(log, self.log(log)?.head.seq, self.now)
    }

    /// The answer to a request whose wish an earlier event has fulfilled.
    fn nothing_new(&self, log: LogId, seq: Seq, at: Timestamp) -> Outcome {
        Ok(Done { seq, at, epoch: self.log(log)?.head.epoch, events: Vec::new() })
    }

    /// Appends the event that answers the request.
    fn first(&mut self, request: Request, body: EventBody) -> Outcome {
        let log = request.log;
        let event = self.append(log, request.actor, Some(request), body)?;
        let epoch = self.log(log)?.head.epoch;
        Ok(Done { seq: event.seq, at: event.at, epoch, events: vec![(log, event)] })
    }

    /// Appends an event that goes with another one.
    fn further(
        &mut self,
        log: LogId,
        actor: UserId,
        body: EventBody,
    ) -> Result<(LogId, Event), Refusal> {
        Ok((log, self.append(log, actor, None, body)?))
    }

    fn append(
        &mut self,
        log: LogId,
        actor: UserId,
        request: Option<Request>,
        body: EventBody,
    ) -> Result<Event, Refusal> {
        let facts = self.facts.logs.get_mut(&log).ok_or_else(Refusal::not_found)?;
        let seq = facts.head.seq.next();
        facts.head.seq = seq;
        self.writes.heads.insert(log, seq);
        let request_id = request.map(|request| request.id);
        let event = Event { seq, at: self.now, actor, request_id, body };
        let digest = request.map(|request| request.digest);
        self.writes.events.push(NewEvent { log, event: event.clone(), digest });
        Ok(event)
    }
}

/// Says nothing about which of the two blocks the other, or whether one is gone.
fn not_to_this_person() -> Refusal {
    Refusal::new(Code::Forbidden, "you cannot write to this person")
}

fn not_deleted(message: &MessageFacts) -> Result<(), Refusal> {
    if message.deleted {
        return Err(Refusal::new(Code::Conflict, "the message was deleted"));
    }
    Ok(())
}
