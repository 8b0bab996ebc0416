//! The one place here that knows frames: what somebody says who only wants to
//! be sent things.

use parlor_domain::{Position, RoomId};
use parlor_proto::realtime as pb;
use prost::Message as _;

/// The first frame of a session that follows one room, length and all.
pub(crate) fn hello(access_token: String, room: RoomId, from: Position) -> Vec<u8> {
    let position = pb::Position {
        log_id: room.as_bytes().to_vec().into(),
        epoch: from.epoch.get(),
        seq: from.seq.get(),
    };
    let hello = pb::Hello {
        access_token,
        device_name: "sleeper".to_owned(),
        client: concat!("parlor-loadtest/", env!("CARGO_PKG_VERSION")).to_owned(),
        resume: vec![position],
    };
    let kind = Some(pb::client_frame::Kind::Hello(hello));
    pb::ClientFrame { kind }.encode_length_delimited_to_vec()
}
