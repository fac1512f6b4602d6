//! The service as its users meet it: the built binary, started as they start it.

mod commands;
mod crash;
mod documented;
mod lifecycle;
mod program;
mod rights;
