//! Numbers that were measured, what they should be, and whether they are.

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
    /// It is there to be compared with another.
    Nothing,
}

impl Wanted {
    /// Whether a value is what is wanted; `None` where nothing is.
    pub fn is_reached_by(self, value: f64) -> Option<bool> {
        match self {
            Self::AtMost(limit) => Some(value <= limit),
            Self::AtLeast(limit) => Some(value >= limit),
            Self::Nothing => None,
        }
    }

    fn shown(self) -> String {
        match self {
            // A limit that was measured has more digits than anybody reads.
            Self::AtMost(limit) => format!("at most {}", (limit * 100.0).round() / 100.0),
            Self::AtLeast(limit) => format!("at least {limit}"),
            Self::Nothing => String::new(),
        }
    }
}

/// One number and what it should be.
pub struct Figure {
    what: String,
    unit: &'static str,
    value: f64,
    wanted: Wanted,
}

impl Figure {
    /// `unit` stands behind the number.
    pub fn new(what: &str, unit: &'static str, value: f64, wanted: Wanted) -> Self {
        Self {
            what: what.to_owned(),
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
        let reached = yes_or_no(wanted.is_reached_by(*value));
        let wanted = wanted.shown();
        let number = match *value {
            value if value >= 1000.0 => format!("{value:.0}"),
            value => format!("{value:.2}"),
        };
        format!("| {what} | {number} {unit} | {wanted} | {reached} |")
    }
}

/// The word in the tables' last column.
pub fn yes_or_no(reached: Option<bool>) -> &'static str {
    match reached {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "",
    }
}

/// Prints a table in Markdown, and says how many figures are not what was wanted.
pub fn print(figures: &[Figure]) -> usize {
    println!("\n| figure | measured | wanted | reached |\n|---|--:|---|---|");
    for figure in figures {
        println!("{}", figure.row());
    }
    let is_missed = |figure: &&Figure| figure.wanted.is_reached_by(figure.value) == Some(false);
    figures.iter().filter(is_missed).count()
}

/// The last line of a benchmark: a machine that is busy or slow misses figures too, so that is no
/// error and no exit code.
pub fn print_missed(missed: usize) {
    println!("\n{}", summary(missed));
}

fn summary(missed: usize) -> String {
    match missed {
        0 => "every wanted figure was reached".to_owned(),
        1 => "1 wanted figure was MISSED".to_owned(),
        missed => format!("{missed} wanted figures were MISSED"),
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
        assert!(row(20123.4, Wanted::Nothing).contains("| 20123 MiB |"));
    }

    #[test]
    fn missed_figures_are_counted() {
        let figures = [
            Figure::new("a", "ms", 2.0, Wanted::AtMost(1.0)),
            Figure::new("b", "ms", 1.0, Wanted::AtMost(1.0)),
            Figure::new("c", "/s", 1.0, Wanted::Nothing),
        ];
        assert_eq!(print(&figures), 1);
        assert_eq!(summary(1), "1 wanted figure was MISSED");
        assert_eq!(summary(0), "every wanted figure was reached");
    }
}
