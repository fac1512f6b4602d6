//! The platform's gRPC messages, clients and servers, generated from the `.proto` files in `proto/`:
//! one module a package, named as the package is.
//!
//! Nothing here knows what the messages mean, but for which ids they may name; the crates that speak
//! them do.

#![expect(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    reason = "generated; the .proto files say what things are"
)]

/// `auth.v1`: who a bearer is, and what the platform lets him do.
pub mod auth {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("auth.v1");
    }
}

/// `token.v1`: pairs of access and refresh token.
pub mod token {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("token.v1");
    }
}

/// `common.v1`: what several services ask each other.
pub mod common {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("common.v1");
    }
}

/// `domains.v1`: the platform's domains.
pub mod domains {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("domains.v1");
    }
}

mod object_id;

/// `authzed.api`: the part of SpiceDB that is used.
pub mod authzed {
    pub use crate::object_id::can_be_held;

    /// Its API.
    pub mod api {
        /// Version 1.
        pub mod v1 {
            tonic::include_proto!("authzed.api.v1");
        }
    }
}

/// `users.v1`: what this service serves.
pub mod users {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("users.v1");

        /// The description of this package, for reflection.
        pub const DESCRIPTOR: &[u8] = tonic::include_file_descriptor_set!("users_descriptor");
    }
}
