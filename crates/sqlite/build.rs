//! Without this a new migration would not be embedded until some source file changes.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
