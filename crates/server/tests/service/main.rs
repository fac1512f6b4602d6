//! The service as its users meet it: the built binary, started as they start it.

#[path = "service/commands.rs"]
mod commands;
#[path = "service/crash.rs"]
mod crash;
#[path = "service/documented.rs"]
mod documented;
#[path = "service/lifecycle.rs"]
mod lifecycle;
#[path = "service/program.rs"]
mod program;
#[path = "service/rights.rs"]
mod rights;
