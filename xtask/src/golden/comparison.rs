//! Compares descriptions, and knows which differences are meant.

use std::collections::BTreeSet;
use std::process::ExitCode;

use serde_json::{Map, Value};

/// A difference between the records and us that is meant.
pub(super) struct Difference {
    /// Where: the subjects of comparisons, each of which must show it. One that ends in `*` stands
    /// for all that begin so and have the fact on either side.
    pub(super) subjects: &'static [&'static str],
    /// Which of the facts told about each subject.
    pub(super) fact: &'static str,
    /// What ours is instead, as JSON.
    pub(super) ours: &'static str,
    /// Why.
    pub(super) reason: &'static str,
}

/// What was compared so far.
pub(super) struct Comparison {
    intended: Vec<&'static Difference>,
    as_recorded: usize,
    /// Those of `intended` that came up: the index, and the subject.
    looked_at: BTreeSet<(usize, String)>,
    /// Those of them that were as meant.
    met: BTreeSet<(usize, String)>,
    failures: Vec<String>,
}

impl Comparison {
    /// By these lists of intended differences.
    pub(super) fn new(lists: &[&'static [Difference]]) -> Self {
        Self {
            intended: lists.iter().copied().flatten().collect(),
            as_recorded: 0,
            looked_at: BTreeSet::new(),
            met: BTreeSet::new(),
            failures: Vec::new(),
        }
    }

    /// Compares two descriptions, fact by fact.
    pub(super) fn compare(
        &mut self,
        subject: &str,
        recorded: &Map<String, Value>,
        ours: &Map<String, Value>,
    ) {
        let facts: BTreeSet<&String> = recorded.keys().chain(ours.keys()).collect();
        for fact in facts {
            let get = |description: &Map<String, Value>| {
                description.get(fact).cloned().unwrap_or(Value::Null)
            };
            self.compare_fact(subject, fact, &get(recorded), &get(ours));
        }
    }

    fn compare_fact(&mut self, subject: &str, fact: &str, recorded: &Value, ours: &Value) {
        let listed = self.intended.iter().position(|difference| {
            let mut places = difference.subjects.iter();
            difference.fact == fact && places.any(|place| covers(place, subject))
        });
        let difference = listed.map(|index| self.intended[index]);
        if let Some(index) = listed {
            self.looked_at.insert((index, subject.to_owned()));
        }
        let failure = match (difference, recorded == ours) {
            (None, true) => {
                self.as_recorded += 1;
                return;
            }
            (Some(difference), false) => {
                let is_as_meant = serde_json::from_str::<Value>(difference.ours)
                    .is_ok_and(|meant| meant == *ours);
                if let (Some(index), true) = (listed, is_as_meant) {
                    self.met.insert((index, subject.to_owned()));
                    return;
                }
                format!(
                    "meant to be {}, since {}",
                    difference.ours, difference.reason
                )
            }
            (Some(_), true) => {
                "listed as an intended difference, but as recorded: strike it off".to_owned()
            }
            (None, false) => "not as recorded".to_owned(),
        };
        self.failures.push(format!(
            "{subject}: {fact}: {failure}\n    recorded {recorded}\n    ours     {ours}"
        ));
    }

    /// Prints what came out, the count last; the exit code says whether all of it fits.
    pub(super) fn finish(mut self) -> ExitCode {
        self.complain_of_unmet();
        let mut last = None;
        for (index, subject) in &self.met {
            let Difference {
                fact, ours, reason, ..
            } = self.intended[*index];
            if last.replace(index) != Some(index) {
                println!("\nintended: {reason}\n  {fact}: {ours}");
            }
            println!("    in {subject}");
        }
        for failure in &self.failures {
            println!("\nFAILED {failure}");
        }
        let (same, meant, failed) = (self.as_recorded, self.met.len(), self.failures.len());
        println!(
            "\n{} checks, {same} as recorded, {meant} intended differences",
            same + meant + failed
        );
        println!("{} passed, {failed} failed", same + meant);
        if failed > 0 {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }

    /// An intended difference in something that was never compared is a leftover.
    fn complain_of_unmet(&mut self) {
        for (index, difference) in self.intended.iter().enumerate() {
            for subject in difference.subjects {
                let place = format!("{subject}: {}: ", difference.fact);
                let mut looked_at = self.looked_at.iter();
                if !looked_at.any(|(there, at)| *there == index && covers(subject, at)) {
                    self.failures.push(format!(
                        "{place}listed as an intended difference, but never compared: strike it off"
                    ));
                }
            }
        }
    }
}

/// Whether a place on the list is, or stands for, a subject.
fn covers(place: &str, subject: &str) -> bool {
    match place.strip_suffix('*') {
        Some(beginning) => subject.starts_with(beginning),
        None => subject == place,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MEANT: &[Difference] = &[Difference {
        subjects: &["login"],
        fact: "status",
        ours: "201",
        reason: "the mission says so",
    }];

    fn outcome(
        intended: &'static [Difference],
        recorded: Value,
        ours: Value,
    ) -> (usize, usize, Vec<String>) {
        let map = |value: Value| value.as_object().cloned().expect("an object");
        let mut comparison = Comparison::new(&[intended]);
        comparison.compare("login", &map(recorded), &map(ours));
        comparison.complain_of_unmet();
        (
            comparison.as_recorded,
            comparison.met.len(),
            comparison.failures,
        )
    }

    #[test]
    fn what_is_equal_counts_as_recorded() {
        let same = json!({ "status": 200, "body": null });
        assert_eq!(outcome(&[], same.clone(), same), (2, 0, vec![]));
    }

    #[test]
    fn a_difference_that_is_not_listed_fails() {
        let (_, _, failures) = outcome(&[], json!({ "status": 200 }), json!({ "status": 201 }));
        assert_eq!(failures.len(), 1);
        assert!(
            failures[0].starts_with("login: status: not as recorded"),
            "{failures:?}"
        );
        assert_eq!(outcome(&[], json!({}), json!({ "extra": 1 })).2.len(), 1);
    }

    #[test]
    fn a_listed_difference_must_be_exactly_as_listed() {
        let recorded = json!({ "status": 200 });
        let ours = |status: u16| json!({ "status": status });
        assert_eq!(outcome(MEANT, recorded.clone(), ours(201)), (0, 1, vec![]));
        for (status, complaint) in [
            (202, "meant to be 201"),
            (200, "as recorded: strike it off"),
        ] {
            let (_, met, failures) = outcome(MEANT, recorded.clone(), ours(status));
            assert_eq!((met, failures.len()), (0, 1), "{failures:?}");
            assert!(failures[0].contains(complaint), "{failures:?}");
        }
    }

    #[test]
    fn a_place_with_a_star_stands_for_all_that_begin_so_and_have_the_fact() {
        const EVERY_LOGIN: &[Difference] = &[Difference {
            subjects: &["log*"],
            ..MEANT[0]
        }];
        let status = |status: u16| json!({ "status": status });
        assert_eq!(
            outcome(EVERY_LOGIN, status(200), status(201)),
            (0, 1, vec![])
        );
        assert_eq!(outcome(EVERY_LOGIN, status(200), status(200)).2.len(), 1);
        let (_, _, failures) = outcome(EVERY_LOGIN, json!({}), json!({}));
        assert!(failures[0].contains("never compared"), "{failures:?}");
        assert!(!covers("log*", "lo"));
        assert!(!covers("log", "login"));
    }

    #[test]
    fn a_listed_difference_that_nothing_meets_fails() {
        let (_, _, failures) = outcome(MEANT, json!({ "body": 1 }), json!({ "body": 1 }));
        assert_eq!(failures.len(), 1);
        assert!(failures[0].contains("never compared"), "{failures:?}");
    }
}
