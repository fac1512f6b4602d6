//! The runtime of the stand-ins: one for the process, so that a test may have any runtime or none.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// Where everything here runs. It lasts as long as the process.
pub(crate) fn handle() -> &'static Handle {
    RUNTIME
        .get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(2)
                .thread_name("platform")
                .enable_all()
                .build()
                .expect("the machine has threads left")
        })
        .handle()
}
