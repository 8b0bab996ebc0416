//! Makes the crate be built again when the web app was, so that what is
//! embedded is what was last built. Never runs npm: where the app is missing,
//! the server says how to build it.

fn main() {
    println!("cargo:rerun-if-changed=../web/dist");
}
