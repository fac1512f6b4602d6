//! A throw-away Postgres for a person, or for programs that are no tests: it prints its URL and
//! lasts until the input ends or this program does.

use std::io::Read;

use users_test_postgres::{Binaries, NotFound, Server, ServerOptions};

#[expect(clippy::print_stdout, reason = "this is what it is started for")]
fn main() -> Result<(), NotFound> {
    let server = Server::start(&Binaries::find()?, &ServerOptions::default());
    println!("{}", server.superuser().url());
    // An input that cannot be read has ended.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    Ok(())
}
