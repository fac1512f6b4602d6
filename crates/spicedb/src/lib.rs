//! What the platform's other services know users as, kept in SpiceDB behind the port
//! `PlatformRelations`.
//!
//! Everybody is `platform:magistrala#member`, administrators are `#administrator` too; the auth
//! service derives from it who may log in and who administers.
//!
//! - A role is written in one request of which SpiceDB does all or nothing, and which may be
//!   repeated: what shall be is touched, what shall not be is deleted. The service before this one
//!   creates and deletes one by one, so that what was half done could not be mended by doing it
//!   again.
//! - Calls go in clear text, with the key as a bearer: it is how the platform's SpiceDB is reached,
//!   so it has to be on a network that is trusted.
//! - Calls carry no trace headers, as those of the platform's other services.
//!
//! ```no_run
//! # fn open(key: secrecy::SecretString) -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use tokio::runtime::Handle;
//! use users_spicedb::{SpiceDb, SpiceDbSettings};
//!
//! let settings = SpiceDbSettings {
//!     host: "localhost".to_owned(),
//!     port: 50051,
//!     key,
//!     timeout: Duration::from_secs(1),
//! };
//! let relations = SpiceDb::open(&settings, Handle::current())?;
//! # Ok(()) }
//! ```

mod check_error;
mod messages;
mod refusal;
mod settings;
mod spice_db;

pub use check_error::CheckError;
pub use settings::{OpenError, SpiceDbSettings};
pub use spice_db::SpiceDb;
pub use users_grpc_client::ConnectionStats;
