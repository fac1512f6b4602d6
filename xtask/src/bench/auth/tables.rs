//! What was measured, as tables in Markdown.

use std::time::Duration;

use super::ROUNDS;
use super::breakdown::{Breakdown, Line};
use super::rounds::{CONNECTIONS, Summary};

pub(super) fn print_head(cores: usize, postgres: u32, duration: Duration) {
    println!(
        "\nReads of `GET /users/profile`, log level `info` where nothing else is said; Postgres \
         {postgres}; {CONNECTIONS} connections, {ROUNDS} rounds of {} s a case in turn, medians, {cores} \
         cores. The load generator, Postgres and the platform's stand-ins run on the same cores: rates \
         are lower and latencies higher than the service alone would show. CPU time is the service's \
         own, user and system.",
        duration.as_secs()
    );
}

/// A line for each case, with ratios to `embedded` where that is among them.
pub(super) fn print_modes(cases: &[Summary]) {
    println!("\n{}", modes(cases).join("\n"));
}

fn modes(cases: &[Summary]) -> Vec<String> {
    let embedded = cases.iter().find(|case| case.name == "embedded");
    let ratios = embedded.map_or(
        "",
        |_| " reads/s ÷ embedded | CPU ÷ embedded | p99 ÷ embedded |",
    );
    let mut lines = vec![
        format!("| | per second | CPU µs | least and most of a round | p50 ms | p99 ms |{ratios}"),
        format!(
            "|---|--:|--:|--:|--:|--:|{}",
            if embedded.is_some() {
                "--:|--:|--:|"
            } else {
                ""
            }
        ),
    ];
    lines.extend(cases.iter().map(|case| {
        let ratios = embedded.map_or_else(String::new, |embedded| {
            format!(
                " {:.2} | {:.2} | {:.2} |",
                case.per_second / embedded.per_second,
                case.cpu / embedded.cpu,
                case.p99 / embedded.p99
            )
        });
        let (least, most) = case.cpu_range;
        format!(
            "| {} | {:.0} | {:.1} | {least:.1}, {most:.1} | {:.2} | {:.2} |{ratios}",
            case.name, case.per_second, case.cpu, case.p50, case.p99
        )
    }));
    lines
}

pub(super) fn print_breakdown(breakdown: &Breakdown) {
    println!(
        "\nWhere the CPU time of a read with `jwks` goes.\n\n| part | CPU µs | how it is known |\n\
         |---|--:|---|"
    );
    let line = |(what, cpu, origin): Line| println!("| {what} | {cpu:.1} | {} |", origin.text());
    breakdown.shares().into_iter().for_each(line);
    println!(
        "| **the read** | **{:.1}** | measured over HTTP |",
        breakdown.read
    );
    println!("\nBeside it:\n\n| | CPU µs | how it is known |\n|---|--:|---|");
    breakdown.beside().into_iter().for_each(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &'static str, cpu: f64) -> Summary {
        Summary {
            name,
            per_second: 1000.0,
            cpu,
            cpu_range: (cpu - 1.0, cpu + 1.0),
            p50: 1.0,
            p99: 4.0,
        }
    }

    #[test]
    fn ratios_are_those_to_embedded() {
        let lines = modes(&[case("embedded", 50.0), case("grpc", 125.0)]);
        assert_eq!(
            lines[3],
            "| grpc | 1000 | 125.0 | 124.0, 126.0 | 1.00 | 4.00 | 1.00 | 2.50 | 1.00 |"
        );
    }

    #[test]
    fn without_embedded_there_are_no_ratios() {
        let lines = modes(&[case("grpc", 125.0)]);
        let cells: Vec<_> = lines.iter().map(|line| line.matches('|').count()).collect();
        assert_eq!(cells, [7, 7, 7]);
    }
}
