//! Has the crate built again when the web app was, so that what is embedded is
//! what was built last. Never runs npm: without an app the server says how to
//! build it.

use std::fs;

const DIST: &str = "../web/dist";

fn main() {
    // Cargo takes a missing folder for one that changes all the time, and would
    // compile everything from here on at every command. Where it cannot be made
    // that is all the harm.
    let _ = fs::create_dir_all(DIST);
    println!("cargo:rerun-if-changed={DIST}");
}
