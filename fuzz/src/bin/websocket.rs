//! WebSocket connections of a whole node.
#![no_main]
#![allow(dead_code, unreachable_pub, reason = "shared with the protocol suite")]

#[path = "../../../realtime/tests/protocol/fuzz.rs"]
mod fuzz;

use std::sync::LazyLock;

static HOUSE: LazyLock<fuzz::House> = LazyLock::new(fuzz::House::start);

libfuzzer_sys::fuzz_target!(|data: &[u8]| HOUSE.websocket(data));
