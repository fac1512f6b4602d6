//! Metrics of the process itself, under the names that every Prometheus client uses.

use std::sync::{Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge, GaugeVec, Opts, Registry};

use super::build_info;

/// The kernel counts CPU and start times in hundredths of a second for every program, whatever its
/// own tick is (USER_HZ on all architectures that Rust's standard library supports).
const TICKS_PER_SECOND: f64 = 100.0;

/// Registers the metrics of the process and `users_build_info`.
///
/// Where there is no `/proc`, those of the process are absent.
pub fn register(registry: &Registry) -> Result<(), prometheus::Error> {
    let build = GaugeVec::new(
        Opts::new(
            "users_build_info",
            "What the program was built from; always 1.",
        ),
        &["version", "commit"],
    )?;
    build
        .with_label_values(&[build_info::VERSION, build_info::COMMIT])
        .set(1.0);
    registry.register(Box::new(build))?;
    if Usage::now().is_some() {
        registry.register(Box::new(ProcessMetrics::new()?))?;
    }
    Ok(())
}

/// Asks the kernel whenever metrics are collected.
struct ProcessMetrics {
    cpu_seconds: Counter,
    resident_memory: Gauge,
    open_fds: Gauge,
    start_time: Gauge,
    /// A scrape sets and reads the values; two at once would mix theirs.
    one_at_a_time: Mutex<()>,
}

impl ProcessMetrics {
    fn new() -> Result<Self, prometheus::Error> {
        Ok(Self {
            cpu_seconds: Counter::new(
                "process_cpu_seconds_total",
                "CPU time used in user and kernel mode, in seconds.",
            )?,
            resident_memory: Gauge::new(
                "process_resident_memory_bytes",
                "Memory that is in RAM, in bytes.",
            )?,
            open_fds: Gauge::new("process_open_fds", "Open file descriptors.")?,
            start_time: Gauge::new(
                "process_start_time_seconds",
                "When the process started, in seconds since the epoch.",
            )?,
            one_at_a_time: Mutex::new(()),
        })
    }

    fn all(&self) -> [&dyn Collector; 4] {
        [
            &self.cpu_seconds,
            &self.resident_memory,
            &self.open_fds,
            &self.start_time,
        ]
    }
}

impl Collector for ProcessMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let _alone = self
            .one_at_a_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(usage) = Usage::now() else {
            return Vec::new();
        };
        self.cpu_seconds.reset();
        self.cpu_seconds.inc_by(usage.cpu_seconds);
        self.resident_memory.set(usage.resident_bytes);
        self.open_fds.set(usage.open_fds);
        self.start_time.set(usage.start_seconds);
        self.all()
            .into_iter()
            .flat_map(Collector::collect)
            .collect()
    }
}

/// What `/proc` says about this process.
struct Usage {
    cpu_seconds: f64,
    resident_bytes: f64,
    open_fds: f64,
    start_seconds: f64,
}

impl Usage {
    fn now() -> Option<Self> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let machine = std::fs::read_to_string("/proc/stat").ok()?;
        let open_fds = u32::try_from(std::fs::read_dir("/proc/self/fd").ok()?.count()).ok()?;
        let times = ProcessTimes::parse(&stat)?;
        let boot_seconds: f64 = member(&machine, "btime ")?.trim().parse().ok()?;
        let resident_kib: f64 = member(&status, "VmRSS:")?
            .trim()
            .strip_suffix(" kB")?
            .parse()
            .ok()?;
        Some(Self {
            cpu_seconds: times.cpu_ticks / TICKS_PER_SECOND,
            resident_bytes: resident_kib * 1024.0,
            // Listing the descriptors opened one.
            open_fds: f64::from(open_fds.saturating_sub(1)),
            start_seconds: boot_seconds + times.start_ticks / TICKS_PER_SECOND,
        })
    }
}

/// The fields of `/proc/self/stat` (proc_pid_stat(5)) that are asked for.
struct ProcessTimes {
    cpu_ticks: f64,
    start_ticks: f64,
}

impl ProcessTimes {
    fn parse(stat: &str) -> Option<Self> {
        // The second field is the program's name in parentheses, which may hold spaces and
        // parentheses itself; the third follows the last one.
        let (_, from_third) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = from_third.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        Some(Self {
            cpu_ticks: field(14)? + field(15)?,
            start_ticks: field(22)?,
        })
    }
}

/// The rest of the line that begins so.
fn member<'a>(text: &'a str, beginning: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(beginning))
}

#[cfg(test)]
mod tests {
    use prometheus::TextEncoder;

    use super::*;

    #[test]
    fn the_kernels_line_is_read_whatever_the_program_is_called() {
        let stat = "42 (a) (b c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 4 0 777 1 1 1";
        let times = ProcessTimes::parse(stat).unwrap();
        assert!((times.cpu_ticks - 200.0).abs() < f64::EPSILON);
        assert!((times.start_ticks - 777.0).abs() < f64::EPSILON);
        assert!(ProcessTimes::parse("42 (short) S 1").is_none());
    }

    #[test]
    fn what_was_built_is_shown_with_its_version() {
        let registry = Registry::new();
        register(&registry).unwrap();
        let text = TextEncoder::new()
            .encode_to_string(&registry.gather())
            .unwrap();
        let (commit, version) = (build_info::COMMIT, build_info::VERSION);
        let line = format!("users_build_info{{commit=\"{commit}\",version=\"{version}\"}} 1\n");
        assert!(text.contains(&line), "{text}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_process_shows_cpu_memory_files_and_start() {
        let registry = Registry::new();
        register(&registry).unwrap();
        let first = TextEncoder::new()
            .encode_to_string(&registry.gather())
            .unwrap();
        let again = TextEncoder::new()
            .encode_to_string(&registry.gather())
            .unwrap();
        for text in [&first, &again] {
            assert!(
                text.contains("# TYPE process_cpu_seconds_total counter\n"),
                "{text}"
            );
            for name in [
                "process_resident_memory_bytes",
                "process_open_fds",
                "process_start_time_seconds",
            ] {
                let value = member(text, &format!("{name} ")).expect(name);
                assert!(value.parse::<f64>().unwrap() > 0.0, "{name} {value}");
            }
        }
        let cpu = |text: &str| -> f64 {
            member(text, "process_cpu_seconds_total ")
                .unwrap()
                .parse()
                .unwrap()
        };
        assert!(cpu(&again) >= cpu(&first), "a counter never falls");
    }

    #[test]
    fn registering_twice_is_an_error() {
        let registry = Registry::new();
        register(&registry).unwrap();
        assert!(register(&registry).is_err());
    }
}
