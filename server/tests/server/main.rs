//! The server as its operator and its clients see it.

mod certificates;
mod config;
mod http;
mod http3;
mod process;
mod support;
mod websocket;
