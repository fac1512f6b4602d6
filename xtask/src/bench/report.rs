//! What was measured, as tables in Markdown.

use std::time::Duration;

use super::load::Measured;
use super::milliseconds;

/// One kind of request at full load.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) measured: Measured,
    /// CPU time of the service meanwhile.
    pub(super) cpu: Duration,
}

/// One number and what it should be.
pub(super) struct Figure {
    what: &'static str,
    unit: &'static str,
    value: f64,
    wanted: Wanted,
}

/// What a figure should be.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    AtMost(f64),
    AtLeast(f64),
    /// It is there to be compared with another.
    Nothing,
}

impl Figure {
    pub(super) const fn new(
        what: &'static str,
        unit: &'static str,
        value: f64,
        wanted: Wanted,
    ) -> Self {
        Self {
            what,
            unit,
            value,
            wanted,
        }
    }

    fn row(&self) -> String {
        let Self {
            what,
            unit,
            value,
            wanted,
        } = self;
        let wanted = match *wanted {
            // A limit that was measured has more digits than anybody reads.
            Wanted::AtMost(limit) => {
                let shown = (limit * 100.0).round() / 100.0;
                format!("at most {shown} | {}", yes_or_no(*value <= limit))
            }
            Wanted::AtLeast(limit) => format!("at least {limit} | {}", yes_or_no(*value >= limit)),
            Wanted::Nothing => " | ".to_owned(),
        };
        format!("| {what} | {value:.2} {unit} | {wanted} |")
    }
}

fn yes_or_no(reached: bool) -> &'static str {
    if reached { "yes" } else { "**no**" }
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

pub(super) fn print_figures(figures: &[Figure]) {
    println!("\n| figure | measured | wanted | reached |\n|---|--:|---|---|");
    for figure in figures {
        println!("{}", figure.row());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_says_whether_it_is_what_was_wanted() {
        let row = |value, wanted| Figure::new("memory", "MiB", value, wanted).row();
        assert_eq!(
            row(24.0, Wanted::AtMost(25.0)),
            "| memory | 24.00 MiB | at most 25 | yes |"
        );
        assert_eq!(
            row(26.0, Wanted::AtMost(25.0)),
            "| memory | 26.00 MiB | at most 25 | **no** |"
        );
        assert!(row(2.0, Wanted::AtMost(10.0 / 3.0)).ends_with("| at most 3.33 | yes |"));
        assert!(row(0.9, Wanted::AtLeast(0.9)).ends_with("| yes |"));
        assert!(row(0.9, Wanted::Nothing).ends_with("|  |  |"));
    }
}
