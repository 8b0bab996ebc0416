//! The server as its operator and its clients see it.

mod admin;
mod certificates;
mod config;
mod devices;
mod endings;
mod files;
mod forwards;
mod frames;
mod friends;
mod grpc;
mod http;
mod http2;
mod http3;
mod invites;
mod members;
mod own;
mod process;
mod search;
mod support;
mod uploads;
mod websocket;
