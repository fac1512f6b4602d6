//! The two stages of the end, as everybody sees them.

use tokio_util::sync::CancellationToken;

/// Tells when to stop. Clones share the stages.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
}

impl Shutdown {
    /// Nobody has asked to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// First stage: take no new work, finish what was begun.
    pub fn request(&self) {
        self.soft.cancel();
    }

    /// Second stage: stop now. It implies the first.
    pub fn force(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }

    /// Returns as soon as the first stage has begun.
    pub async fn requested(&self) {
        self.soft.cancelled().await;
    }

    /// Returns as soon as the second stage has begun.
    pub async fn forced(&self) {
        self.hard.cancelled().await;
    }

    /// Whether the first stage has begun.
    pub fn is_requested(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Whether the second stage has begun.
    pub fn is_forced(&self) -> bool {
        self.hard.is_cancelled()
    }
}
