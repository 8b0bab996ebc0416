//! Where wire types and domain types meet: client frames become typed inputs,
//! answers and events become server frames.

use bytes::Bytes;
use parlor_domain::{
    Attachment, Body, Change, Code, Draft, DraftText, Emoji, Epoch, Event, EventBody, FileId,
    FileIds, FileKind, HeadsDigest, LogId, Notify, Position, Presence, Refusal, RequestId, Role,
    RoomId, Seq, SessionId, TextError, Timestamp, UserId, Visibility, limits,
};
use parlor_proto::realtime as pb;
use parlor_store::{Done, Page, RoomSummary};
use prost::Message;

use crate::{
    frame,
    session::{
        close::CloseReason,
        machine::{Ask, Checked, FetchFrom},
    },
};

/// One user in the mentions of an event: an id, its tag and its length.
pub(crate) const MENTION_BYTES: usize = 18;

/// People named in one frame of presence.
pub(crate) const PRESENCE_ENTRIES: usize = 32;

/// A client frame, typed. Tokens are checked by whoever has the keys.
#[derive(Debug)]
pub enum ClientFrame {
    Hello { token: String, resume: Vec<(LogId, Position)> },
    Renew { token: String },
    Request { id: RequestId, ask: Result<Ask, Refusal> },
    Focus(Option<RoomId>),
    Typing(RoomId),
    SetPresence { away: bool },
    WatchPresence(Vec<UserId>),
    Heartbeat { digest: u64 },
    Probe { nonce: u64 },
    Unknown,
}

/// Bytes that break the protocol (rules 1.2 and 1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Parses one frame without its prefix.
pub fn parse(frame: Bytes) -> Result<ClientFrame, Malformed> {
    use pb::client_frame::Kind;
    let frame = pb::ClientFrame::decode(frame).map_err(|_| Malformed)?;
    Ok(match frame.kind {
        None => ClientFrame::Unknown,
        Some(Kind::Hello(hello)) => ClientFrame::Hello {
            resume: hello.resume.iter().map(position).collect::<Result<_, _>>()?,
            token: hello.access_token,
        },
        Some(Kind::Renew(renew)) => ClientFrame::Renew { token: renew.access_token },
        Some(Kind::Request(request)) => ClientFrame::Request {
            id: RequestId::from_slice(&request.request_id).ok_or(Malformed)?,
            ask: ask(request.body),
        },
        Some(Kind::Focus(focus)) if focus.room_id.is_empty() => ClientFrame::Focus(None),
        Some(Kind::Focus(focus)) => {
            ClientFrame::Focus(Some(RoomId::from_slice(&focus.room_id).ok_or(Malformed)?))
        }
        Some(Kind::Typing(typing)) => {
            ClientFrame::Typing(RoomId::from_slice(&typing.room_id).ok_or(Malformed)?)
        }
        Some(Kind::SetPresence(set)) => match set.state() {
            pb::PresenceState::Online => ClientFrame::SetPresence { away: false },
            pb::PresenceState::Away => ClientFrame::SetPresence { away: true },
            _ => ClientFrame::Unknown,
        },
        Some(Kind::WatchPresence(watch)) => {
            if watch.user_ids.len() > limits::WATCHED {
                return Err(Malformed);
            }
            let ids = watch.user_ids.iter().map(|id| UserId::from_slice(id).ok_or(Malformed));
            ClientFrame::WatchPresence(ids.collect::<Result<_, _>>()?)
        }
        Some(Kind::Heartbeat(heartbeat)) => ClientFrame::Heartbeat { digest: heartbeat.digest },
        Some(Kind::Probe(probe)) => ClientFrame::Probe { nonce: probe.nonce },
    })
}

fn position(position: &pb::Position) -> Result<(LogId, Position), Malformed> {
    let log = LogId::from_slice(&position.log_id).ok_or(Malformed)?;
    Ok((log, Position { epoch: Epoch::new(position.epoch), seq: seq(position.seq) }))
}

fn seq(seq: u64) -> Seq {
    Seq::new(seq)
}

fn invalid(what: &str) -> Refusal {
    Refusal::new(Code::InvalidArgument, what)
}

fn ask(body: Option<pb::request::Body>) -> Result<Ask, Refusal> {
    use pb::request::Body as Asked;
    let room =
        |id: &Bytes| RoomId::from_slice(id).ok_or_else(|| invalid("an id of a room has 16 bytes"));
    let bad_text = |error: TextError| invalid(&format!("the text {error}"));
    let text = |text: &str| Body::parse(text).map_err(bad_text);
    let emoji = |text: &str| {
        Emoji::parse(text).map_err(|error: TextError| invalid(&format!("the emoji {error}")))
    };
    let message = |seq: u64| match seq {
        0 => Err(invalid("seq 0 is no message")),
        seq => Ok(Seq::new(seq)),
    };
    let body = body.ok_or_else(|| invalid("this server does not know such a request"))?;
    let change = match body {
        Asked::Post(post) => {
            let (room_id, reply_to) = (room(&post.room_id)?, seq(post.reply_to));
            let attachments = file_ids(&post.attachment_ids)?;
            match post.forward_of {
                None => Change::Post {
                    room: room_id,
                    body: Body::beside(&post.text, &attachments).map_err(bad_text)?,
                    reply_to: (reply_to != Seq::ZERO).then_some(reply_to),
                    attachments,
                },
                Some(_) if reply_to != Seq::ZERO || !attachments.is_empty() => {
                    return Err(invalid("a forward brings no files and answers nothing"));
                }
                Some(source) => Change::Forward {
                    room: room_id,
                    body: Body::comment(&post.text).map_err(bad_text)?,
                    source: room(&source.room_id)?,
                    message: message(source.seq)?,
                },
            }
        }
        Asked::Edit(edit) => Change::Edit {
            room: room(&edit.room_id)?,
            message: message(edit.seq)?,
            body: text(&edit.text)?,
        },
        Asked::Delete(delete) => {
            Change::Delete { room: room(&delete.room_id)?, message: message(delete.seq)? }
        }
        Asked::React(react) => Change::React {
            room: room(&react.room_id)?,
            message: message(react.seq)?,
            emoji: emoji(&react.emoji)?,
            on: !react.remove,
        },
        Asked::Pin(pin) => {
            let (room, message) = (room(&pin.room_id)?, message(pin.seq)?);
            Change::Pin { room, message, on: !pin.remove }
        }
        Asked::MarkUnread(mark) => {
            Change::MarkUnread { room: room(&mark.room_id)?, from: message(mark.seq)? }
        }
        Asked::MarkRead(mark) => {
            Change::MarkRead { room: room(&mark.room_id)?, seq: seq(mark.seq) }
        }
        Asked::SetDraft(draft) => Change::SetDraft {
            room: room(&draft.room_id)?,
            draft: Draft {
                text: DraftText::parse(&draft.text)
                    .map_err(|error| invalid(&format!("the text {error}")))?,
                reply_to: (draft.reply_to != 0).then(|| seq(draft.reply_to)),
            },
        },
        Asked::Open(open) => {
            let from = Position { epoch: Epoch::new(open.epoch), seq: seq(open.after_seq) };
            return Ok(Ask::Open { room: room(&open.room_id)?, from });
        }
        Asked::Close(close) => return Ok(Ask::CloseLog { room: room(&close.room_id)? }),
        Asked::Fetch(fetch) => return fetch_ask(&fetch),
    };
    Ok(Ask::Change(change))
}

fn file_ids(ids: &[Bytes]) -> Result<FileIds, Refusal> {
    let ids = ids.iter().map(|id| FileId::from_slice(id)).collect::<Option<_>>();
    FileIds::new(ids.ok_or_else(|| invalid("an id of a file has 16 bytes"))?)
}

fn fetch_ask(fetch: &pb::Fetch) -> Result<Ask, Refusal> {
    let log =
        LogId::from_slice(&fetch.log_id).ok_or_else(|| invalid("an id of a log has 16 bytes"))?;
    let from = match fetch.from {
        Some(pb::fetch::From::AfterSeq(after)) => FetchFrom::After(seq(after)),
        Some(pb::fetch::From::BeforeSeq(before)) if before > 0 => FetchFrom::Before(seq(before)),
        _ => return Err(invalid("fetch after a seq, or before one above 0")),
    };
    let limit = match fetch.limit {
        0 => limits::PAGE_ITEMS,
        limit if limit <= limits::PAGE_ITEMS => limit,
        _ => return Err(invalid("too many events for one fetch")),
    };
    Ok(Ask::Fetch { log, from, limit })
}

/// A server frame with its prefix.
fn server(kind: pb::server_frame::Kind) -> Bytes {
    frame::encode(&pb::ServerFrame { kind: Some(kind) })
}

fn bytes(id: &[u8; 16]) -> Bytes {
    Bytes::copy_from_slice(id)
}

fn pb_position(log: LogId, at: Position) -> pb::Position {
    pb::Position { log_id: bytes(log.as_bytes()), epoch: at.epoch.get(), seq: at.seq.get() }
}

fn millis(duration: std::time::Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

/// What a Welcome says besides the rooms.
#[derive(Debug)]
pub struct Greeting<'a> {
    pub session: SessionId,
    pub checked: Checked,
    pub expires_at: Timestamp,
    pub user_log: Position,
    pub node: &'a str,
    pub rates: &'a crate::Rates,
}

pub fn welcome(greeting: &Greeting<'_>, rooms: &[RoomSummary]) -> Bytes {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let Greeting { session, checked, expires_at, user_log, node, rates } = greeting;
    server(pb::server_frame::Kind::Welcome(pb::Welcome {
        user_id: bytes(checked.user.as_bytes()),
        device_id: bytes(checked.device.as_bytes()),
        session_id: bytes(session.as_bytes()),
        limits: Some(pb::Limits {
            frame_bytes: small(limits::FRAME_BYTES),
            text_bytes: small(limits::TEXT_BYTES),
            unanswered_requests: small(limits::UNANSWERED_REQUESTS),
            open_logs: small(limits::OPEN_LOGS),
            fetch_events: limits::PAGE_ITEMS,
            request_burst: rates.session_burst,
            requests_per_second: rates.session_per_second,
            hello_ms: millis(limits::HELLO_TIMEOUT),
            datagram_bytes: small(limits::DATAGRAM_BYTES),
        }),
        heartbeat_ms: millis(limits::HEARTBEAT_INTERVAL),
        heads: rooms.iter().map(room_head).collect(),
        expires_at_us: expires_at.micros(),
        user_log: Some(pb_position(checked.user.into(), *user_log)),
        node: (*node).to_owned(),
    }))
}

fn room_head(summary: &RoomSummary) -> pb::RoomHead {
    pb::RoomHead {
        room_id: bytes(summary.room.id.as_bytes()),
        epoch: summary.room.epoch.get(),
        head: summary.room.head.get(),
        read_seq: summary.read.get(),
        unread: summary.unread,
        mentions: summary.mentions,
        preview: summary.preview.clone().unwrap_or_default(),
        last_at_us: summary.last_at.micros(),
    }
}

pub fn room_heads(rooms: &[RoomSummary]) -> Bytes {
    server(pb::server_frame::Kind::RoomHeads(pb::RoomHeads {
        heads: rooms.iter().map(room_head).collect(),
    }))
}

fn reply(id: RequestId, result: pb::reply::Result) -> Bytes {
    server(pb::server_frame::Kind::Reply(pb::Reply {
        request_id: bytes(id.as_bytes()),
        result: Some(result),
    }))
}

pub fn reply_done(id: RequestId, done: &Done) -> Bytes {
    reply(
        id,
        pb::reply::Result::Ok(pb::Ok {
            seq: done.seq.get(),
            at_us: done.at.micros(),
            epoch: done.epoch.get(),
            ..pb::Ok::default()
        }),
    )
}

pub fn reply_open(id: RequestId, head: Position) -> Bytes {
    let ok = pb::Ok { seq: head.seq.get(), epoch: head.epoch.get(), ..pb::Ok::default() };
    reply(id, pb::reply::Result::Ok(ok))
}

pub fn reply_page(id: RequestId, log: LogId, page: &Page) -> Bytes {
    let ok = pb::Ok {
        seq: page.head.seq.get(),
        epoch: page.head.epoch.get(),
        events: Some(run(log, page.head.epoch, &page.events)),
        more: page.more,
        ..pb::Ok::default()
    };
    reply(id, pb::reply::Result::Ok(ok))
}

pub fn reply_refused(id: RequestId, refusal: &Refusal) -> Bytes {
    let error = pb::Error {
        code: error_code(refusal.code).into(),
        message: refusal.message.clone(),
        retry_after_ms: refusal.retry_after.map_or(0, |after| millis(after).max(1)),
    };
    reply(id, pb::reply::Result::Error(error))
}

fn error_code(code: Code) -> pb::ErrorCode {
    match code {
        Code::NotFound => pb::ErrorCode::NotFound,
        Code::Forbidden => pb::ErrorCode::Forbidden,
        Code::IdempotencyMismatch => pb::ErrorCode::IdempotencyMismatch,
        Code::Conflict | Code::LastOwner | Code::LastAdmin | Code::NameTaken => {
            pb::ErrorCode::Conflict
        }
        Code::RoomArchived => pb::ErrorCode::RoomArchived,
        Code::TooManyOpen => pb::ErrorCode::TooManyOpen,
        Code::QuotaExceeded => pb::ErrorCode::QuotaExceeded,
        Code::RateLimited => pb::ErrorCode::RateLimited,
        Code::Unavailable => pb::ErrorCode::Unavailable,
        Code::RetryInOrder => pb::ErrorCode::RetryInOrder,
        Code::ResourceExhausted => pb::ErrorCode::ResourceExhausted,
        Code::Internal => pb::ErrorCode::Internal,
        _ => pb::ErrorCode::InvalidArgument,
    }
}

pub fn reset(log: LogId, head: Position) -> Bytes {
    server(pb::server_frame::Kind::Reset(pb::Reset {
        log_id: bytes(log.as_bytes()),
        epoch: head.epoch.get(),
        head: head.seq.get(),
    }))
}

pub fn typing(room: RoomId, user: UserId) -> Bytes {
    server(pb::server_frame::Kind::Typing(pb::Typing {
        room_id: bytes(room.as_bytes()),
        user_id: bytes(user.as_bytes()),
    }))
}

/// How people are; at most [`PRESENCE_ENTRIES`], so that it fits a datagram.
pub fn presence(people: &[(UserId, Presence)]) -> Bytes {
    let entry = |(user, presence): &(UserId, Presence)| {
        let (state, seen) = match presence {
            Presence::Online => (pb::PresenceState::Online, None),
            Presence::Away => (pb::PresenceState::Away, None),
            Presence::Offline { last_seen } => (pb::PresenceState::Offline, *last_seen),
        };
        pb::PresenceEntry {
            user_id: bytes(user.as_bytes()),
            state: state.into(),
            last_seen_us: seen.map_or(0, Timestamp::micros),
        }
    };
    server(pb::server_frame::Kind::Presence(pb::Presence {
        entries: people.iter().map(entry).collect(),
    }))
}

pub fn probe(nonce: u64) -> Bytes {
    server(pb::server_frame::Kind::Probe(pb::Probe { nonce }))
}

pub fn heartbeat(digest: HeadsDigest, heads: &[(LogId, Position)]) -> Bytes {
    server(pb::server_frame::Kind::Heartbeat(pb::Heartbeat {
        digest: digest.get(),
        heads: heads.iter().map(|(log, at)| pb_position(*log, *at)).collect(),
    }))
}

pub fn announcements_changed() -> Bytes {
    server(pb::server_frame::Kind::Announcement(pb::AnnouncementsChanged {}))
}

pub fn go_away(resume_after: std::time::Duration) -> Bytes {
    server(pb::server_frame::Kind::GoAway(pb::GoAway {
        reason: pb::CloseReason::Drain.into(),
        resume_after_ms: millis(resume_after),
    }))
}

pub fn close(reason: CloseReason) -> Bytes {
    server(pb::server_frame::Kind::Close(pb::Close {
        reason: close_reason(reason).into(),
        resume_after_ms: millis(reason.resume_after()),
    }))
}

/// The reason's number, which is the lane's close code too (rule 6.1).
pub fn close_code(reason: CloseReason) -> u32 {
    u32::try_from(i32::from(close_reason(reason))).unwrap_or_default()
}

fn close_reason(reason: CloseReason) -> pb::CloseReason {
    match reason {
        CloseReason::Drain => pb::CloseReason::Drain,
        CloseReason::SlowReader => pb::CloseReason::SlowReader,
        CloseReason::Overloaded => pb::CloseReason::Overloaded,
        CloseReason::Idle => pb::CloseReason::Idle,
        CloseReason::Internal => pb::CloseReason::Internal,
        CloseReason::TokenExpired => pb::CloseReason::TokenExpired,
        CloseReason::Unauthenticated => pb::CloseReason::Unauthenticated,
        CloseReason::Revoked => pb::CloseReason::Revoked,
        CloseReason::Protocol => pb::CloseReason::Protocol,
        CloseReason::HelloTimeout => pb::CloseReason::HelloTimeout,
        CloseReason::RateLimited => pb::CloseReason::RateLimited,
        CloseReason::Goodbye => pb::CloseReason::Goodbye,
    }
}

/// Frames of a dense run of events, each frame within its limit: encoded once,
/// shared by every session and lane.
pub fn events<'a>(
    log: LogId,
    epoch: Epoch,
    events: impl IntoIterator<Item = &'a Event>,
) -> Vec<Bytes> {
    let mut frames = Vec::with_capacity(1);
    let mut open = run(log, epoch, []);
    let mut size = 0;
    for event in events {
        let event = pb_event(event);
        let added = event.encoded_len() + 4;
        if size + added > limits::EVENT_PAGE_BYTES && !open.events.is_empty() {
            let full = std::mem::replace(&mut open, run(log, epoch, []));
            frames.push(server(pb::server_frame::Kind::Events(full)));
            size = 0;
        }
        if open.events.is_empty() {
            open.first_seq = event.seq;
        }
        size += added;
        open.events.push(event);
    }
    if !open.events.is_empty() {
        frames.push(server(pb::server_frame::Kind::Events(open)));
    }
    frames
}

fn run<'a>(log: LogId, epoch: Epoch, events: impl IntoIterator<Item = &'a Event>) -> pb::Events {
    let events: Vec<_> = events.into_iter().map(pb_event).collect();
    pb::Events {
        log_id: bytes(log.as_bytes()),
        epoch: epoch.get(),
        first_seq: events.first().map_or(0, |event| event.seq),
        events,
    }
}

const fn pb_role(role: Role) -> pb::Role {
    match role {
        Role::Owner => pb::Role::Owner,
        Role::Admin => pb::Role::Admin,
        Role::Member => pb::Role::Member,
    }
}

fn attachment(file: &Attachment) -> pb::Attachment {
    let kind = match file.kind {
        FileKind::Image => pb::FileKind::Image,
        FileKind::Video => pb::FileKind::Video,
        FileKind::Audio => pb::FileKind::Audio,
        FileKind::Other => pb::FileKind::Other,
    };
    pb::Attachment {
        file_id: bytes(file.file.as_bytes()),
        name: file.name.to_string(),
        media_type: file.media_type.clone(),
        bytes: file.bytes,
        kind: kind.into(),
        width: file.width,
        height: file.height,
        thumbhash: Bytes::copy_from_slice(file.thumbhash.as_bytes()),
        thumbnail: file.thumbnail,
        duration_ms: file.duration_ms,
    }
}

fn pb_event(event: &Event) -> pb::Event {
    use pb::event::Body;
    let user = |user: &UserId| bytes(user.as_bytes());
    let room = |room: &RoomId| bytes(room.as_bytes());
    let body = match &event.body {
        EventBody::MessagePosted { text, mentions, reply_to, attachments, forwarded, erased } => {
            Body::MessagePosted(pb::MessagePosted {
                text: text.clone(),
                reply_to: reply_to.map_or(0, Seq::get),
                erased: *erased,
                mention_ids: mentions.users.iter().map(user).collect(),
                mentions_room: mentions.room,
                attachments: attachments.iter().map(attachment).collect(),
                forwarded: forwarded.as_ref().map(|forwarded| pb::Forwarded {
                    author_id: user(&forwarded.author),
                    said_at_us: forwarded.said_at.micros(),
                    text: forwarded.text.clone(),
                }),
            })
        }
        EventBody::MessageEdited { message, text, mentions, erased } => {
            Body::MessageEdited(pb::MessageEdited {
                message_seq: message.get(),
                text: text.clone(),
                erased: *erased,
                mention_ids: mentions.users.iter().map(user).collect(),
                mentions_room: mentions.room,
            })
        }
        EventBody::MessageDeleted { message } => {
            Body::MessageDeleted(pb::MessageDeleted { message_seq: message.get() })
        }
        EventBody::ReactionAdded { message, emoji } => Body::ReactionAdded(pb::ReactionAdded {
            message_seq: message.get(),
            emoji: emoji.to_string(),
        }),
        EventBody::ReactionRemoved { message, emoji } => {
            Body::ReactionRemoved(pb::ReactionRemoved {
                message_seq: message.get(),
                emoji: emoji.to_string(),
            })
        }
        EventBody::MessagePinned { message } => {
            Body::MessagePinned(pb::MessagePinned { message_seq: message.get() })
        }
        EventBody::MessageUnpinned { message } => {
            Body::MessageUnpinned(pb::MessageUnpinned { message_seq: message.get() })
        }
        EventBody::RoomCreated { name, topic, visibility } => Body::RoomCreated(pb::RoomCreated {
            name: name.to_string(),
            topic: topic.to_string(),
            visibility: match visibility {
                Visibility::Public => pb::Visibility::Public.into(),
                Visibility::Private => pb::Visibility::Private.into(),
                Visibility::Direct => pb::Visibility::Direct.into(),
            },
        }),
        EventBody::RoomRenamed { name, topic } => {
            Body::RoomRenamed(pb::RoomRenamed { name: name.to_string(), topic: topic.to_string() })
        }
        EventBody::RoomArchived { archived } => {
            Body::RoomArchived(pb::RoomArchived { archived: *archived })
        }
        EventBody::RoomDeleted => Body::RoomDeleted(pb::RoomDeleted {}),
        EventBody::RoomRestored => Body::RoomRestored(pb::RoomRestored {}),
        EventBody::MemberJoined { user: who, role } => {
            Body::MemberJoined(pb::MemberJoined { user_id: user(who), role: pb_role(*role).into() })
        }
        EventBody::MemberLeft { user: who } => {
            Body::MemberLeft(pb::MemberLeft { user_id: user(who) })
        }
        EventBody::RoleChanged { user: who, role } => {
            Body::RoleChanged(pb::RoleChanged { user_id: user(who), role: pb_role(*role).into() })
        }
        EventBody::MemberBanned { user: who, was_member } => {
            Body::MemberBanned(pb::MemberBanned { user_id: user(who), was_member: *was_member })
        }
        EventBody::MemberUnbanned { user: who } => {
            Body::MemberUnbanned(pb::MemberUnbanned { user_id: user(who) })
        }
        EventBody::InviteCreated { invite } => {
            Body::InviteCreated(pb::InviteCreated { invite_id: bytes(invite.as_bytes()) })
        }
        EventBody::InviteRevoked { invite } => {
            Body::InviteRevoked(pb::InviteRevoked { invite_id: bytes(invite.as_bytes()) })
        }
        EventBody::RoomAdded { room: added } => {
            Body::RoomAdded(pb::RoomAdded { room_id: room(added) })
        }
        EventBody::RoomRemoved { room: removed } => {
            Body::RoomRemoved(pb::RoomRemoved { room_id: room(removed) })
        }
        EventBody::OwnRoleChanged { room: of, role } => Body::OwnRoleChanged(pb::OwnRoleChanged {
            room_id: room(of),
            role: pb_role(*role).into(),
        }),
        EventBody::PreferencesChanged { room: of, preferences } => {
            Body::PreferencesChanged(pb::PreferencesChanged {
                room_id: room(of),
                notify: match preferences.notify {
                    Notify::All => pb::Notify::All.into(),
                    Notify::Mentions => pb::Notify::Mentions.into(),
                    Notify::None => pb::Notify::None.into(),
                },
                favourite: preferences.favourite,
            })
        }
        EventBody::DraftChanged { room: of, draft, superseded } => {
            Body::DraftChanged(pb::DraftChanged {
                room_id: room(of),
                text: draft.text.to_string(),
                reply_to: draft.reply_to.map_or(0, Seq::get),
                superseded: *superseded,
            })
        }
        EventBody::PrivacyChanged { privacy } => Body::PrivacyChanged(pb::PrivacyChanged {
            invisible: privacy.invisible,
            read_marks: privacy.read_marks,
        }),
        EventBody::PartnerRead { room: read, seq } => {
            Body::PartnerRead(pb::PartnerRead { room_id: room(read), seq: seq.get() })
        }
        EventBody::FriendRequested { user: other, outgoing } => {
            Body::FriendRequested(pb::FriendRequested { user_id: user(other), outgoing: *outgoing })
        }
        EventBody::FriendAdded { user: other } => {
            Body::FriendAdded(pb::FriendAdded { user_id: user(other) })
        }
        EventBody::FriendRemoved { user: other } => {
            Body::FriendRemoved(pb::FriendRemoved { user_id: user(other) })
        }
        EventBody::UserBlocked { user: other } => {
            Body::UserBlocked(pb::UserBlocked { user_id: user(other) })
        }
        EventBody::UserUnblocked { user: other } => {
            Body::UserUnblocked(pb::UserUnblocked { user_id: user(other) })
        }
        EventBody::AccountDeleted { user: other } => {
            Body::AccountDeleted(pb::AccountDeleted { user_id: user(other) })
        }
        EventBody::ReadMoved { room: read, seq } => {
            Body::ReadMoved(pb::ReadMoved { room_id: room(read), seq: seq.get() })
        }
        EventBody::ProfileChanged { profile } => Body::ProfileChanged(pb::ProfileChanged {
            display_name: profile.display_name.to_string(),
            status_text: profile.status_text.to_string(),
            status_emoji: profile.status_emoji.to_string(),
            avatar: profile.avatar.map_or_else(Bytes::new, |id| bytes(id.as_bytes())),
        }),
    };
    pb::Event {
        seq: event.seq.get(),
        at_us: event.at.micros(),
        actor_id: user(&event.actor),
        request_id: event.request_id.map_or_else(Bytes::new, |id| bytes(id.as_bytes())),
        body: Some(body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_1_5_presence_fits_a_datagram() {
        let last_seen = Some(Timestamp::from_micros(i64::MAX));
        let people = [(UserId::random(), Presence::Offline { last_seen }); PRESENCE_ENTRIES];
        assert!(presence(&people).len() <= limits::DATAGRAM_BYTES);
    }
}
