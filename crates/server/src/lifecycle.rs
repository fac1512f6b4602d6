//! Life and end of the process: who is told to stop and when, which tasks run, and what happens
//! when one of them fails.
//!
//! The end has two stages. First everybody is *asked* to stop: no new work, what was begun is
//! finished. When that takes too long, or a second signal comes, everybody is *forced*.

mod restarts;
mod shutdown;
mod signals;
mod supervisor;

pub use shutdown::Shutdown;
pub use signals::{SignalListener, listen_for_signals};
pub use supervisor::{Ended, Supervisor, TaskFailed};
