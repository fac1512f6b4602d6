//! What came of a call.

use std::sync::Arc;
use std::time::Duration;

use tonic::Code;

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The method: `RetrieveUsers`.
    pub method: &'static str,
    /// How it ended.
    pub code: Code,
    /// How long it took.
    pub took: Duration,
}

/// Told of what came of calls. It must not block.
pub type OnOutcome = Arc<dyn Fn(&Outcome) + Send + Sync>;
