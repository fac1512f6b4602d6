//! Throw-away Postgres servers for tests, and what may stand between them and a client.
//!
//! - [`Server`] is a Postgres of its own, in a temporary folder, that a test may restart, freeze,
//!   misconfigure and drop; [`Server::shared`] is one for all tests of a process.
//! - [`Database`] is a fresh database on it, [`Template`] one that is filled once and copied fast.
//! - [`Proxy`] and [`PgBouncer`] stand between a server and a client, and do what
//!   networks and poolers do.
//! - [`Certificates`] are for servers with [`Tls`]: right ones and wrong ones.
//!
//! Everything here blocks, and may be called inside and outside of a runtime. Nothing outlives the
//! test process, however that ends. Linux only: freezing needs `/proc`.
//!
//! ```no_run
//! use users_test_postgres::Server;
//!
//! let database = Server::shared().create_database();
//! database.execute("CREATE TABLE t (x int); INSERT INTO t VALUES (1)");
//! assert_eq!(database.query("SELECT x FROM t"), [[Some("1".to_owned())]]);
//! println!("{}", database.connection().url());
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what cannot be unwrapped here is a test that cannot be run"
)]

mod account;
mod binaries;
mod certificates;
mod cluster;
mod connection;
mod database;
mod leftovers;
mod pgbouncer;
mod ports;
mod processes;
mod proxy;
mod server;
mod tls;

pub use binaries::{Binaries, NotFound};
pub use certificates::{Certificates, Identity};
pub use connection::{Connection, Rows, Session, SqlError};
pub use database::{Database, Template};
pub use pgbouncer::PgBouncer;
pub use proxy::Proxy;
pub use server::{ROLE, Server, ServerOptions};
pub use tls::{Demand, Tls};
