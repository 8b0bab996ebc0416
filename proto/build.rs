//! Compiles the .proto files with protox, so that no protoc need be installed.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

const FILES: [&str; 3] =
    ["parlor/realtime/v1/realtime.proto", "user/user.proto", "room/room.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    for file in FILES {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(FILES, ["."])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().bytes(".parlor.realtime.v1").compile_fds(descriptors)?;
    Ok(())
}
