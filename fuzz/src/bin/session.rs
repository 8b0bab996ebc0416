//! The server's session machine.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parlor_realtime::fuzzing::session(data));
