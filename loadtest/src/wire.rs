//! The one place here that knows frames: what somebody says who needs less than
//! a client, or must see more than one shows.

use bytes::Bytes;
use parlor_domain::{Epoch, Position, RequestId, RoomId, Seq};
use parlor_proto::realtime::{self as pb, client_frame, event, reply, request, server_frame};
use prost::Message as _;

/// Codes from here on mean: send it again (rule 3.5).
const RETRYABLE: i32 = 16;

/// What the server said.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    /// The session began.
    Welcome,
    /// A request was answered.
    Reply {
        /// Which.
        id: RequestId,
        /// How.
        answer: Answer,
    },
    /// Events of a log.
    Events {
        /// The log.
        room: RoomId,
        /// Ascending.
        events: Vec<Heard>,
    },
    /// The position of a log did not fit.
    Reset {
        /// The log.
        room: RoomId,
    },
    /// Go elsewhere.
    GoAway,
    /// The session ends.
    Close,
    /// Something else.
    Other,
}

/// An answer to a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Ok(Seq),
    /// To be sent again.
    Later,
    /// Final.
    Refused,
}

/// One event.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) seq: Seq,
    /// It tells that somebody left.
    pub(crate) is_departure: bool,
}

/// The first frame of a session that follows one room, length and all.
pub(crate) fn hello(access_token: String, room: RoomId, from: Position) -> Vec<u8> {
    hello_to(access_token, &[(room, from)])
}

/// The first frame of a session that follows these rooms, length and all.
pub(crate) fn hello_to(access_token: String, rooms: &[(RoomId, Position)]) -> Vec<u8> {
    let position = |(room, from): &(RoomId, Position)| pb::Position {
        log_id: bytes(room.as_bytes()),
        epoch: from.epoch.get(),
        seq: from.seq.get(),
    };
    let hello = pb::Hello {
        access_token,
        device_name: "sleeper".to_owned(),
        client: concat!("parlor-loadtest/", env!("CARGO_PKG_VERSION")).to_owned(),
        resume: rooms.iter().map(position).collect(),
    };
    frame(client_frame::Kind::Hello(hello))
}

/// The frame of a post, length and all.
pub(crate) fn post(room: RoomId, id: RequestId, text: &str) -> Vec<u8> {
    let post =
        pb::Post { room_id: bytes(room.as_bytes()), text: text.to_owned(), ..pb::Post::default() };
    frame(client_frame::Kind::Request(pb::Request {
        request_id: bytes(id.as_bytes()),
        body: Some(request::Body::Post(post)),
    }))
}

fn bytes(id: &[u8; 16]) -> Bytes {
    Bytes::copy_from_slice(id)
}

fn frame(kind: client_frame::Kind) -> Vec<u8> {
    pb::ClientFrame { kind: Some(kind) }.encode_length_delimited_to_vec()
}

/// Takes the next frame out of a message; `None` where there is none, or none
/// that a server may send.
pub(crate) fn said(message: &mut Bytes) -> Option<Said> {
    if message.is_empty() {
        return None;
    }
    let frame = pb::ServerFrame::decode_length_delimited(&mut *message).ok()?;
    Some(match frame.kind {
        Some(server_frame::Kind::Welcome(_)) => Said::Welcome,
        Some(server_frame::Kind::Reply(reply)) => {
            let answer = match reply.result? {
                reply::Result::Ok(ok) => Answer::Ok(Seq::new(ok.seq)),
                reply::Result::Error(error) if error.code >= RETRYABLE => Answer::Later,
                reply::Result::Error(_) => Answer::Refused,
            };
            Said::Reply { id: RequestId::from_slice(&reply.request_id)?, answer }
        }
        Some(server_frame::Kind::Events(events)) => {
            let heard = |event: &pb::Event| Heard {
                seq: Seq::new(event.seq),
                is_departure: match &event.body {
                    Some(event::Body::MemberLeft(_) | event::Body::RoomDeleted(_)) => true,
                    Some(event::Body::MemberBanned(banned)) => banned.was_member,
                    _ => false,
                },
            };
            let events_of = events.events.iter().map(heard).collect();
            Said::Events { room: RoomId::from_slice(&events.log_id)?, events: events_of }
        }
        Some(server_frame::Kind::Reset(reset)) => {
            Said::Reset { room: RoomId::from_slice(&reset.log_id)? }
        }
        Some(server_frame::Kind::GoAway(_)) => Said::GoAway,
        Some(server_frame::Kind::Close(_)) => Said::Close,
        _ => Said::Other,
    })
}

/// The beginning of a log.
pub(crate) fn beginning(epoch: u64) -> Position {
    Position { epoch: Epoch::new(epoch), seq: Seq::ZERO }
}
