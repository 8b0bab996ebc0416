//! The server's frame decoder.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parlor_realtime::fuzzing::frame(data));
