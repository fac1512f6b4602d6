//! The platform's relations in SpiceDB.
