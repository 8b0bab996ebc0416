//! REST requests against the whole control plane.
#![no_main]
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "the stack of the REST tests")]

#[path = "../../../control/tests/rest/fuzz.rs"]
mod fuzz;
#[path = "../../../control/tests/rest/stack.rs"]
mod stack;

use std::sync::LazyLock;

static HOUSE: LazyLock<fuzz::House> = LazyLock::new(fuzz::House::start);

libfuzzer_sys::fuzz_target!(|data: &[u8]| HOUSE.rest(data));
