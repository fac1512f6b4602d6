//! The randomness of the operating system: the port `Entropy`.

use std::process;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use tracing::error;
use users_domain::ports::Entropy;

/// A cryptographically secure generator, seeded by the operating system.
///
/// It never fails. Every key, token and id rests on it, so a machine that has no randomness ends
/// the process rather than let it go on with bytes that somebody may guess.
#[derive(Debug, Clone, Default)]
pub struct SystemEntropy {
    generator: SystemRandom,
}

impl SystemEntropy {
    /// Opens the generator.
    pub fn new() -> Self {
        Self {
            generator: SystemRandom::new(),
        }
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        // The library below ends the process itself when the system gives it no seed; this is for
        // the day when it hands the failure up instead.
        if self.generator.fill(buffer).is_err() {
            error!("the operating system gives no randomness; the process ends");
            process::abort();
        }
    }
}
