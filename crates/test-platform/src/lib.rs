//! Stand-ins for the platform around the service: auth, domains and SpiceDB over the wire.
