//! Compiles the .proto files without protoc.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use prost::Message as _;

/// What others speak.
const PLATFORM: [&str; 4] = [
    "auth/v1/auth.proto",
    "token/v1/token.proto",
    "domains/v1/domains.proto",
    "authzed/api/v1/permission_service.proto",
];
/// What we serve.
const OWN: [&str; 1] = ["users/v1/users.proto"];

#[expect(clippy::disallowed_methods, reason = "cargo's setting, not ours")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let folder = PathBuf::from(env::var("OUT_DIR")?);
    tonic_prost_build::configure().compile_fds(protox::compile(PLATFORM, ["proto"])?)?;
    // By itself: reflection tells of nothing that this service does not serve.
    let own = protox::compile(OWN, ["proto"])?;
    fs::write(folder.join("users_descriptor.bin"), own.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(own)?;
    Ok(())
}
