//! The client: frame decoder and machine.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parlor_client::fuzzing::client(data));
