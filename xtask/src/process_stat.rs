//! CPU time and memory of another process, as Linux tells them under `/proc`.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

/// The unit of times in `/proc/PID/stat`: `USER_HZ`, 100 on every architecture we run on.
const TICK: Duration = Duration::from_millis(10);
const SAMPLE_EVERY: Duration = Duration::from_millis(50);

/// CPU time that the process has used so far, its own and the kernel's for it.
///
/// # Errors
///
/// The process has ended.
pub fn cpu_time(process: u32) -> Result<Duration> {
    let path = format!("/proc/{process}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    ticks_in(&text)
        .map(|ticks| TICK * ticks)
        .with_context(|| format!("no CPU time in {path}"))
}

/// Memory that the process holds right now (`VmRSS`), in MiB.
///
/// # Errors
///
/// The process has ended.
pub fn memory_mib(process: u32) -> Result<f64> {
    status_mib(process, "VmRSS:")
}

/// The most memory that the process has held so far (`VmHWM`), in MiB.
///
/// # Errors
///
/// The process has ended.
pub fn highest_memory_mib(process: u32) -> Result<f64> {
    status_mib(process, "VmHWM:")
}

fn status_mib(process: u32, field: &str) -> Result<f64> {
    let path = format!("/proc/{process}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let kibibytes = kibibytes_in(&text, field).with_context(|| format!("no {field} in {path}"))?;
    Ok(f64::from(kibibytes) / 1024.0)
}

fn ticks_in(stat: &str) -> Option<u32> {
    // The name of the program, in brackets, may hold anything: count from behind it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let user: u32 = fields.get(11)?.parse().ok()?;
    let kernel: u32 = fields.get(12)?.parse().ok()?;
    Some(user + kernel)
}

fn kibibytes_in(status: &str, field: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Reads the memory of a process again and again and keeps the highest value.
pub struct MemoryWatch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<f64>>,
}

impl MemoryWatch {
    /// Watches a process from now on.
    pub fn start(process: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut peak = 0.0_f64;
            while !stopped.load(Ordering::Relaxed) {
                peak = peak.max(memory_mib(process)?);
                thread::sleep(SAMPLE_EVERY);
            }
            Ok(peak)
        });
        Self { stop, thread }
    }

    /// The highest value since the start, in MiB.
    ///
    /// # Errors
    ///
    /// The process has ended meanwhile.
    pub fn peak_mib(self) -> Result<f64> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread
            .join()
            .map_err(|_| anyhow!("the memory watch stopped"))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_any_program_name() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 900 0 0 0 120 30 0 0 20 0 5 0 100";
        assert_eq!(ticks_in(stat), Some(150));
        assert_eq!(ticks_in("42 (a)"), None);
    }

    #[test]
    fn resident_memory_is_read_in_kibibytes() {
        let status = "VmHWM:\t   900 kB\nVmRSS:\t   512 kB\n";
        assert_eq!(kibibytes_in(status, "VmRSS:"), Some(512));
        assert_eq!(kibibytes_in(status, "VmHWM:"), Some(900));
        assert_eq!(kibibytes_in("VmHWM:\t   900 kB\n", "VmRSS:"), None);
    }
}
