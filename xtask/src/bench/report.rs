//! What requests took, as a table in Markdown.

use std::time::Duration;

use super::load::Measured;
use xtask::latencies::milliseconds;

/// One kind of request at full load.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) measured: Measured,
    /// CPU time of the service meanwhile.
    pub(super) cpu: Duration,
}

pub(super) fn print_cases(cores: usize, connections: usize, duration: Duration, cases: &[Case]) {
    println!(
        "\n{connections} connections, {} s a case, {cores} cores. The load generator runs on the \
         same cores as the service: rates are lower and latencies higher than the service alone \
         would show; CPU time is the service's own.\n",
        duration.as_secs()
    );
    println!("| request | per second | p50 ms | p99 ms | CPU per request µs | failed |");
    println!("|---|--:|--:|--:|--:|--:|");
    for Case {
        name,
        measured,
        cpu,
    } in cases
    {
        let answers = u32::try_from(measured.answers()).unwrap_or(u32::MAX).max(1);
        println!(
            "| {name} | {:.0} | {:.2} | {:.2} | {} | {} |",
            measured.per_second(),
            milliseconds(measured.percentile(50)),
            milliseconds(measured.percentile(99)),
            (*cpu / answers).as_micros(),
            measured.failed,
        );
    }
}
