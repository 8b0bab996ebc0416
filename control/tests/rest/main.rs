//! The REST face and the RoomService face against the real store and the real
//! user service. Names cite the rows of FAULTS.md and clauses of DESIGN.md.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod account;
mod admin;
mod attacks;
mod bad_input;
mod browser;
mod corpus;
mod endings;
mod files;
mod forwards;
mod friends;
mod fuzz;
mod grpc;
mod grpc_attacks;
mod invites;
mod members;
mod messages;
mod objects;
mod openapi;
mod own;
mod people;
mod permissions;
mod pins;
mod reactions;
mod rooms;
mod search;
mod server;
mod stack;
mod tokens;
mod web;
