//! Postgres as operators meet it: restarting, frozen, away, full, read-only, cut off.

mod commits;
mod outages;
mod reply;
mod starts;
