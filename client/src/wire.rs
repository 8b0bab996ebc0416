//! The one place where wire types and domain types meet.

use std::time::Duration;

use bytes::Bytes;
use parlor_domain::{
    Attachment, Code, DisplayName, Draft, DraftText, Emoji, Epoch, Event, EventBody, FileId,
    FileKind, FileName, Forwarded, InviteId, LogId, Mentions, Notify, Position, Preferences,
    Presence, Privacy, Profile, Refusal, RequestId, Role, RoomId, RoomName, Seq, StatusEmoji,
    StatusText, Thumbhash, Timestamp, Topic, UserId, Visibility,
};
use parlor_proto::realtime::{
    self as pb, client_frame, event, fetch, reply, request, server_frame,
};

use crate::protocol::{
    Close, Comeback, Done, Inbound, Limits, Outbound, Page, RequestBody, Run, Welcome,
};

/// A frame of the server that breaks the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server sent a frame with a bad {0}")]
pub struct WireError(&'static str);

/// What a Hello says about the program.
#[derive(Clone, Debug)]
pub struct Introduction {
    pub access_token: String,
    pub device_name: String,
}

fn bytes(id: &[u8; 16]) -> Bytes {
    Bytes::copy_from_slice(id)
}

fn position(log: LogId, at: Position) -> pb::Position {
    pb::Position { log_id: bytes(log.as_bytes()), epoch: at.epoch.get(), seq: at.seq.get() }
}

/// The frame for what the client says.
pub fn client_frame(out: Outbound, hello: &Introduction) -> pb::ClientFrame {
    use client_frame::Kind;
    let kind = match out {
        Outbound::Hello { resume } => Kind::Hello(pb::Hello {
            access_token: hello.access_token.clone(),
            device_name: hello.device_name.clone(),
            client: concat!("parlor-client/", env!("CARGO_PKG_VERSION")).to_owned(),
            resume: resume.into_iter().map(|(log, at)| position(log, at)).collect(),
        }),
        Outbound::Renew { access_token } => Kind::Renew(pb::Renew { access_token }),
        Outbound::Request { id, room, body } => Kind::Request(pb::Request {
            request_id: bytes(id.as_bytes()),
            body: Some(request_body(bytes(room.as_bytes()), body)),
        }),
        Outbound::Typing { room } => {
            Kind::Typing(pb::ClientTyping { room_id: bytes(room.as_bytes()) })
        }
        Outbound::SetPresence { away } => {
            let state = if away { pb::PresenceState::Away } else { pb::PresenceState::Online };
            Kind::SetPresence(pb::SetPresence { state: state.into() })
        }
        Outbound::WatchPresence { users } => Kind::WatchPresence(pb::WatchPresence {
            user_ids: users.iter().map(|user| bytes(user.as_bytes())).collect(),
        }),
        Outbound::Heartbeat { digest } => {
            Kind::Heartbeat(pb::ClientHeartbeat { digest: digest.get() })
        }
        Outbound::Probe { nonce } => Kind::Probe(pb::Probe { nonce }),
    };
    pb::ClientFrame { kind: Some(kind) }
}

fn request_body(room_id: Bytes, body: RequestBody) -> request::Body {
    match body {
        RequestBody::Post { text, reply_to, attachments } => request::Body::Post(pb::Post {
            room_id,
            text: text.into(),
            reply_to: reply_to.unwrap_or_default().get(),
            attachment_ids: attachments
                .as_slice()
                .iter()
                .map(|file| Bytes::copy_from_slice(file.as_bytes()))
                .collect(),
            forward_of: None,
        }),
        RequestBody::Forward { source, message, text } => request::Body::Post(pb::Post {
            room_id,
            text: text.into(),
            forward_of: Some(pb::MessageRef {
                room_id: bytes(source.as_bytes()),
                seq: message.get(),
            }),
            ..pb::Post::default()
        }),
        RequestBody::Edit { message, text } => {
            request::Body::Edit(pb::Edit { room_id, seq: message.get(), text: text.into() })
        }
        RequestBody::Delete { message } => {
            request::Body::Delete(pb::Delete { room_id, seq: message.get() })
        }
        RequestBody::React { message, emoji, on } => request::Body::React(pb::React {
            room_id,
            seq: message.get(),
            emoji: emoji.into(),
            remove: !on,
        }),
        RequestBody::MarkRead { seq } => {
            request::Body::MarkRead(pb::MarkRead { room_id, seq: seq.get() })
        }
        RequestBody::Pin { message, on } => {
            request::Body::Pin(pb::Pin { room_id, seq: message.get(), remove: !on })
        }
        RequestBody::MarkUnread { from } => {
            request::Body::MarkUnread(pb::MarkUnread { room_id, seq: from.get() })
        }
        RequestBody::SetDraft { draft } => request::Body::SetDraft(pb::SetDraft {
            room_id,
            text: draft.text.into(),
            reply_to: draft.reply_to.unwrap_or_default().get(),
        }),
        RequestBody::Open { from } => request::Body::Open(pb::Open {
            room_id,
            epoch: from.epoch.get(),
            after_seq: from.seq.get(),
        }),
        RequestBody::CloseLog => request::Body::Close(pb::CloseLog { room_id }),
        RequestBody::Fetch { page, limit } => request::Body::Fetch(pb::Fetch {
            log_id: room_id,
            limit,
            from: Some(match page {
                Page::After(seq) => fetch::From::AfterSeq(seq.get()),
                Page::Before(seq) => fetch::From::BeforeSeq(seq.get()),
                Page::Newest => fetch::From::BeforeSeq(u64::MAX),
            }),
        }),
    }
}

/// What the server says; `None` for kinds this client has no use for or does
/// not know (PROTOCOL 1.6).
pub fn inbound(frame: pb::ServerFrame) -> Result<Option<Inbound>, WireError> {
    use server_frame::Kind;
    let Some(kind) = frame.kind else {
        return Ok(None);
    };
    Ok(Some(match kind {
        Kind::Welcome(frame) => Inbound::Welcome(welcome(frame)?),
        Kind::Reply(frame) => {
            let id = RequestId::from_slice(&frame.request_id).ok_or(WireError("request id"))?;
            let result = match frame.result.ok_or(WireError("reply"))? {
                reply::Result::Ok(ok) => Ok(done(ok)),
                reply::Result::Error(error) => Err(refusal(error)),
            };
            Inbound::Reply { id, result }
        }
        Kind::Events(frame) => Inbound::Events(run(frame)?),
        Kind::Reset(frame) => {
            Inbound::Reset { log: log(&frame.log_id)?, head: at(frame.epoch, frame.head) }
        }
        Kind::Typing(frame) => {
            Inbound::Typing { room: log(&frame.room_id)?.as_room(), user: user(&frame.user_id)? }
        }
        Kind::Presence(frame) => {
            let people = frame.entries.iter().filter_map(|entry| presence(entry).transpose());
            Inbound::Presence { people: people.collect::<Result<_, _>>()? }
        }
        Kind::Heartbeat(frame) => {
            let heads = frame
                .heads
                .iter()
                .map(|head| log(&head.log_id).map(|log| (log, at(head.epoch, head.seq))));
            Inbound::Heartbeat { heads: heads.collect::<Result<_, _>>()? }
        }
        Kind::Probe(frame) => Inbound::Probe { nonce: frame.nonce },
        Kind::GoAway(frame) => Inbound::GoAway { resume_after: millis(frame.resume_after_ms) },
        Kind::Close(frame) => Inbound::Close(close(frame)),
        // Heads of rooms that are not followed: nothing here shows them.
        Kind::RoomHeads(_) => return Ok(None),
        Kind::Announcement(_) => Inbound::Announced,
    }))
}

/// `None` for a state that this client does not know.
fn presence(entry: &pb::PresenceEntry) -> Result<Option<(UserId, Presence)>, WireError> {
    let last_seen = (entry.last_seen_us != 0).then(|| Timestamp::from_micros(entry.last_seen_us));
    let presence = match entry.state() {
        pb::PresenceState::Online => Presence::Online,
        pb::PresenceState::Away => Presence::Away,
        pb::PresenceState::Offline => Presence::Offline { last_seen },
        pb::PresenceState::Unspecified => return Ok(None),
    };
    Ok(Some((user(&entry.user_id)?, presence)))
}

fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

fn at(epoch: u64, seq: u64) -> Position {
    Position { epoch: Epoch::new(epoch), seq: Seq::new(seq) }
}

fn log(id: &[u8]) -> Result<LogId, WireError> {
    RoomId::from_slice(id).map(LogId::from).ok_or(WireError("log id"))
}

fn user(id: &[u8]) -> Result<UserId, WireError> {
    UserId::from_slice(id).ok_or(WireError("user id"))
}

fn welcome(frame: pb::Welcome) -> Result<Welcome, WireError> {
    let limits = frame.limits.unwrap_or_default();
    let user_log = frame.user_log.unwrap_or_default();
    Ok(Welcome {
        user: user(&frame.user_id)?,
        user_log: at(user_log.epoch, user_log.seq),
        heads: frame
            .heads
            .iter()
            .map(|head| log(&head.room_id).map(|log| (log, at(head.epoch, head.head))))
            .collect::<Result<_, _>>()?,
        heartbeat: millis(frame.heartbeat_ms),
        limits: Limits {
            unanswered_requests: limits.unanswered_requests as usize,
            request_burst: limits.request_burst,
            requests_per_second: limits.requests_per_second,
        },
    })
}

fn done(ok: pb::Ok) -> Done {
    Done {
        seq: Seq::new(ok.seq),
        at: Timestamp::from_micros(ok.at_us),
        epoch: Epoch::new(ok.epoch),
        events: ok
            .events
            .map_or_else(Vec::new, |page| page.events.into_iter().filter_map(event).collect()),
        more: ok.more,
    }
}

fn run(frame: pb::Events) -> Result<Run, WireError> {
    let first = Seq::new(frame.first_seq);
    let follow = (0_u64..)
        .zip(&frame.events)
        .all(|(index, event)| event.seq.checked_sub(index) == Some(frame.first_seq));
    let last = frame.events.last().map_or(frame.first_seq, |event| event.seq);
    if first == Seq::ZERO || last > Seq::MAX.get() || !follow {
        return Err(WireError("seq"));
    }
    let events = frame.events.into_iter().map(event).collect();
    Ok(Run { log: log(&frame.log_id)?, epoch: Epoch::new(frame.epoch), first, events })
}

/// `None` for a kind, or a content, that only a newer client understands.
fn event(wire: pb::Event) -> Option<Event> {
    Some(Event {
        seq: Seq::new(wire.seq),
        at: Timestamp::from_micros(wire.at_us),
        actor: UserId::from_slice(&wire.actor_id)?,
        request_id: RequestId::from_slice(&wire.request_id),
        body: event_body(wire.body?)?,
    })
}

fn event_body(body: event::Body) -> Option<EventBody> {
    Some(match body {
        event::Body::MessagePosted(it) => EventBody::MessagePosted {
            text: it.text,
            mentions: mentions(&it.mention_ids, it.mentions_room)?,
            reply_to: (it.reply_to != 0).then(|| Seq::new(it.reply_to)),
            attachments: it.attachments.into_iter().map(attachment).collect::<Option<_>>()?,
            forwarded: match it.forwarded {
                Some(it) => Some(Forwarded {
                    author: UserId::from_slice(&it.author_id)?,
                    said_at: Timestamp::from_micros(it.said_at_us),
                    text: it.text,
                }),
                None => None,
            },
            erased: it.erased,
        },
        event::Body::MessageEdited(it) => EventBody::MessageEdited {
            message: Seq::new(it.message_seq),
            text: it.text,
            mentions: mentions(&it.mention_ids, it.mentions_room)?,
            erased: it.erased,
        },
        event::Body::MessageDeleted(it) => {
            EventBody::MessageDeleted { message: Seq::new(it.message_seq) }
        }
        event::Body::ReactionAdded(it) => EventBody::ReactionAdded {
            message: Seq::new(it.message_seq),
            emoji: Emoji::parse(&it.emoji).ok()?,
        },
        event::Body::ReactionRemoved(it) => EventBody::ReactionRemoved {
            message: Seq::new(it.message_seq),
            emoji: Emoji::parse(&it.emoji).ok()?,
        },
        event::Body::MessagePinned(it) => {
            EventBody::MessagePinned { message: Seq::new(it.message_seq) }
        }
        event::Body::MessageUnpinned(it) => {
            EventBody::MessageUnpinned { message: Seq::new(it.message_seq) }
        }
        event::Body::RoomCreated(it) => EventBody::RoomCreated {
            name: RoomName::parse(&it.name).ok()?,
            topic: Topic::parse(&it.topic).ok()?,
            visibility: match it.visibility() {
                pb::Visibility::Public => Visibility::Public,
                pb::Visibility::Private => Visibility::Private,
                pb::Visibility::Direct => Visibility::Direct,
                pb::Visibility::Unspecified => return None,
            },
        },
        event::Body::RoomRenamed(it) => EventBody::RoomRenamed {
            name: RoomName::parse(&it.name).ok()?,
            topic: Topic::parse(&it.topic).ok()?,
        },
        event::Body::RoomArchived(it) => EventBody::RoomArchived { archived: it.archived },
        event::Body::RoomDeleted(_) => EventBody::RoomDeleted,
        event::Body::RoomRestored(_) => EventBody::RoomRestored,
        event::Body::MemberJoined(it) => EventBody::MemberJoined {
            user: UserId::from_slice(&it.user_id)?,
            role: role(it.role())?,
        },
        event::Body::MemberLeft(it) => {
            EventBody::MemberLeft { user: UserId::from_slice(&it.user_id)? }
        }
        event::Body::RoleChanged(it) => EventBody::RoleChanged {
            user: UserId::from_slice(&it.user_id)?,
            role: role(it.role())?,
        },
        event::Body::MemberBanned(it) => EventBody::MemberBanned {
            user: UserId::from_slice(&it.user_id)?,
            was_member: it.was_member,
        },
        event::Body::MemberUnbanned(it) => {
            EventBody::MemberUnbanned { user: UserId::from_slice(&it.user_id)? }
        }
        event::Body::InviteCreated(it) => {
            EventBody::InviteCreated { invite: InviteId::from_slice(&it.invite_id)? }
        }
        event::Body::InviteRevoked(it) => {
            EventBody::InviteRevoked { invite: InviteId::from_slice(&it.invite_id)? }
        }
        event::Body::RoomAdded(it) => {
            EventBody::RoomAdded { room: RoomId::from_slice(&it.room_id)? }
        }
        event::Body::RoomRemoved(it) => {
            EventBody::RoomRemoved { room: RoomId::from_slice(&it.room_id)? }
        }
        event::Body::OwnRoleChanged(it) => EventBody::OwnRoleChanged {
            room: RoomId::from_slice(&it.room_id)?,
            role: role(it.role())?,
        },
        event::Body::PreferencesChanged(it) => EventBody::PreferencesChanged {
            room: RoomId::from_slice(&it.room_id)?,
            preferences: Preferences {
                notify: match it.notify() {
                    pb::Notify::All => Notify::All,
                    pb::Notify::Mentions => Notify::Mentions,
                    pb::Notify::None => Notify::None,
                    pb::Notify::Unspecified => return None,
                },
                favourite: it.favourite,
            },
        },
        event::Body::ReadMoved(it) => {
            EventBody::ReadMoved { room: RoomId::from_slice(&it.room_id)?, seq: Seq::new(it.seq) }
        }
        event::Body::DraftChanged(it) => EventBody::DraftChanged {
            room: RoomId::from_slice(&it.room_id)?,
            draft: Draft {
                text: DraftText::parse(&it.text).ok()?,
                reply_to: (it.reply_to != 0).then(|| Seq::new(it.reply_to)),
            },
            superseded: it.superseded,
        },
        event::Body::PrivacyChanged(it) => EventBody::PrivacyChanged {
            privacy: Privacy { invisible: it.invisible, read_marks: it.read_marks },
        },
        event::Body::PartnerRead(it) => {
            EventBody::PartnerRead { room: RoomId::from_slice(&it.room_id)?, seq: Seq::new(it.seq) }
        }
        event::Body::FriendRequested(it) => EventBody::FriendRequested {
            user: UserId::from_slice(&it.user_id)?,
            outgoing: it.outgoing,
        },
        event::Body::FriendAdded(it) => {
            EventBody::FriendAdded { user: UserId::from_slice(&it.user_id)? }
        }
        event::Body::FriendRemoved(it) => {
            EventBody::FriendRemoved { user: UserId::from_slice(&it.user_id)? }
        }
        event::Body::UserBlocked(it) => {
            EventBody::UserBlocked { user: UserId::from_slice(&it.user_id)? }
        }
        event::Body::UserUnblocked(it) => {
            EventBody::UserUnblocked { user: UserId::from_slice(&it.user_id)? }
        }
        event::Body::AccountDeleted(it) => {
            EventBody::AccountDeleted { user: UserId::from_slice(&it.user_id)? }
        }
        event::Body::ProfileChanged(it) => EventBody::ProfileChanged {
            profile: Profile {
                display_name: DisplayName::parse(&it.display_name).ok()?,
                status_text: StatusText::parse(&it.status_text).ok()?,
                status_emoji: StatusEmoji::parse(&it.status_emoji).ok()?,
                avatar: FileId::from_slice(&it.avatar),
            },
        },
    })
}

fn attachment(file: pb::Attachment) -> Option<Attachment> {
    Some(Attachment {
        file: FileId::from_slice(&file.file_id)?,
        name: FileName::parse(&file.name).ok()?,
        kind: match file.kind() {
            pb::FileKind::Image => FileKind::Image,
            pb::FileKind::Video => FileKind::Video,
            pb::FileKind::Audio => FileKind::Audio,
            // Whatever a newer server knows can be taken home at least.
            pb::FileKind::Other | pb::FileKind::Unspecified => FileKind::Other,
        },
        media_type: file.media_type,
        bytes: file.bytes,
        width: file.width,
        height: file.height,
        thumbhash: Thumbhash::new(file.thumbhash.into())?,
        thumbnail: file.thumbnail,
        duration_ms: file.duration_ms,
    })
}

const fn role(role: pb::Role) -> Option<Role> {
    match role {
        pb::Role::Owner => Some(Role::Owner),
        pb::Role::Admin => Some(Role::Admin),
        pb::Role::Member => Some(Role::Member),
        pb::Role::Unspecified => None,
    }
}

fn mentions(users: &[Bytes], room: bool) -> Option<Mentions> {
    let users = users.iter().map(|id| UserId::from_slice(id)).collect::<Option<_>>()?;
    Some(Mentions { users, room })
}

/// Codes this client does not know keep their class: below 16 final, else not.
fn refusal(error: pb::Error) -> Refusal {
    let code = match error.code() {
        pb::ErrorCode::InvalidArgument => Code::InvalidArgument,
        pb::ErrorCode::NotFound => Code::NotFound,
        pb::ErrorCode::Forbidden => Code::Forbidden,
        pb::ErrorCode::IdempotencyMismatch => Code::IdempotencyMismatch,
        pb::ErrorCode::Conflict => Code::Conflict,
        pb::ErrorCode::RoomArchived => Code::RoomArchived,
        pb::ErrorCode::TooManyOpen => Code::TooManyOpen,
        pb::ErrorCode::QuotaExceeded => Code::QuotaExceeded,
        pb::ErrorCode::RateLimited => Code::RateLimited,
        pb::ErrorCode::Unavailable => Code::Unavailable,
        pb::ErrorCode::RetryInOrder => Code::RetryInOrder,
        pb::ErrorCode::ResourceExhausted => Code::ResourceExhausted,
        pb::ErrorCode::Internal => Code::Internal,
        pb::ErrorCode::Unspecified if error.code >= 16 => Code::Unavailable,
        pb::ErrorCode::Unspecified => Code::InvalidArgument,
    };
    let refusal = Refusal::new(code, error.message);
    match error.retry_after_ms {
        0 => refusal,
        ms => refusal.retry_after(millis(ms)),
    }
}

fn close(frame: pb::Close) -> Close {
    let comeback = match frame.reason {
        ..=15 => Comeback::Resume,
        16..=31 => Comeback::NewToken,
        _ => Comeback::Never,
    };
    Close {
        comeback,
        reason: pb::CloseReason::try_from(frame.reason).map_or_else(
            |number| number.to_string(),
            |reason| reason.as_str_name().trim_start_matches("CLOSE_REASON_").to_owned(),
        ),
        resume_after: millis(frame.resume_after_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_1_6_unknown_kinds_are_ignored() {
        assert_eq!(inbound(pb::ServerFrame { kind: None }), Ok(None));
    }

    #[test]
    fn rule_4_3_a_run_with_a_hole_is_refused() {
        let id = RoomId::random();
        let event = |seq| pb::Event {
            seq,
            actor_id: bytes(id.as_bytes()),
            body: Some(event::Body::RoomArchived(pb::RoomArchived { archived: true })),
            ..pb::Event::default()
        };
        let frame =
            |events| pb::Events { log_id: bytes(id.as_bytes()), epoch: 1, first_seq: 4, events };
        assert!(run(frame(vec![event(4), event(5)])).is_ok());
        assert_eq!(run(frame(vec![event(4), event(6)])), Err(WireError("seq")));
        assert_eq!(run(frame(vec![event(5)])), Err(WireError("seq")));
    }

    #[test]
    fn rule_4_3_a_run_beyond_the_last_seq_there_can_be_is_refused() {
        let log_id = bytes(RoomId::random().as_bytes());
        for (first_seq, next) in [(u64::MAX, 0), (u64::MAX - 1, u64::MAX), (1 << 63, (1 << 63) + 1)]
        {
            let events = [first_seq, next].map(|seq| pb::Event { seq, ..Default::default() });
            let frame =
                pb::Events { log_id: log_id.clone(), epoch: 1, first_seq, events: events.into() };
            assert_eq!(run(frame), Err(WireError("seq")), "{first_seq}");
        }
    }

    #[test]
    fn rule_1_7_ids_of_another_length_are_refused() {
        let reset = pb::Reset { log_id: Bytes::from_static(b"short"), epoch: 1, head: 1 };
        let frame = pb::ServerFrame { kind: Some(server_frame::Kind::Reset(reset)) };
        assert_eq!(inbound(frame), Err(WireError("log id")));
    }

    #[test]
    fn rule_6_2_the_class_of_a_reason_decides_even_where_it_is_new() {
        let class = |reason| close(pb::Close { reason, resume_after_ms: 0 }).comeback;
        assert_eq!([class(1), class(15)], [Comeback::Resume; 2]);
        assert_eq!([class(17), class(31)], [Comeback::NewToken; 2]);
        assert_eq!([class(32), class(99)], [Comeback::Never; 2]);
    }

    #[test]
    fn rule_3_5_the_class_of_a_code_decides_even_where_it_is_new() {
        let retryable = |code| {
            let error = pb::Error { code, message: String::new(), retry_after_ms: 0 };
            refusal(error).code.is_retryable()
        };
        assert!(!retryable(15));
        assert!(retryable(99));
    }
}
