//! The wire: generated protobuf messages of the realtime protocol and the gRPC
//! services. The rules that the types cannot say stand in `proto/PROTOCOL.md`.

#![allow(missing_docs, reason = "generated from the .proto files, which carry the documentation")]

/// Frames of the realtime protocol, the same on every lane.
pub mod realtime {
    tonic::include_proto!("parlor.realtime.v1");
}

/// `user.UserService`: accounts, devices, tokens.
pub mod user {
    tonic::include_proto!("user");
}

/// `room.RoomService`: rooms and messages for programs inside the house.
pub mod room {
    tonic::include_proto!("room");
}

/// Encoded `FileDescriptorSet` of all three packages, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
