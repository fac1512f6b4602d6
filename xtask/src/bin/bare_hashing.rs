//! Hashes passwords in a bare loop, the way a login does, for `cargo xtask bench`: a program of its
//! own, so that it is built with the same optimisations as the service that it is compared with.
#![expect(clippy::print_stdout, reason = "what it prints is its result")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;

/// Prints how many passwords are verified per second.
#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    cost: u32,
    #[arg(long)]
    threads: usize,
    #[arg(long)]
    seconds: u64,
}

fn main() -> Result<()> {
    let Arguments {
        cost,
        threads,
        seconds,
    } = Arguments::parse();
    let hash = bcrypt::hash("secret-12345", cost).context("cannot hash")?;
    let verified = AtomicU64::new(0);
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while Instant::now() < end {
                    if bcrypt::verify("secret-12345", &hash).is_ok_and(|matches| matches) {
                        verified.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "far fewer hashes than 2^52")]
    let rate = verified.into_inner() as f64 / begun.elapsed().as_secs_f64();
    println!("{rate}");
    Ok(())
}
