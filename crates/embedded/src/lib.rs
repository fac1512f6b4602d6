//! A whole Users in one call: accounts in SQLite, tokens and password hashing in-process, no HTTP.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use users_embedded::{SignUp, Users};
//!
//! let users = Users::open("./data").await?;
//! users
//!     .register(SignUp {
//!         first_name: "Ada",
//!         last_name: "Lovelace",
//!         username: "ada",
//!         email: "ada@example.com",
//!         password: "changeMe123",
//!     })
//!     .await?;
//! let tokens = users.log_in("ada", "changeMe123").await?;
//! # let _ = tokens;
//! users.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! [`Users`] dereferences to [`users_domain::Users`], so every service is at hand.

mod apart;
mod builder;
mod tasks;
mod users;

pub use builder::{Builder, OpenError};
pub use tasks::Tasks;
pub use users::{SignUp, Users};
pub use users_domain as domain;
