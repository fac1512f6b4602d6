//! Input that nobody should send, for every operation: adding one case is adding one line.
//!
//! `way` lists the operations; what is sent to each of them follows from its row there and from
//! those of `fields` and `parameters`. A new operation, member or parameter fails a test until it has
//! its row, and is tried in every way from then on. Every case says what is documented to come of it: a refusal names the
//! field that is to blame, repeats nothing, changes nothing and is logged without what was sent.
//! Values on the right side of a limit stand beside those on the wrong side.

mod case;
mod content;
mod cursors;
mod document;
mod fields;
mod headers;
mod links;
mod members;
mod parameters;
mod paths;
mod random;
mod scene;
mod tokens;
mod values;
mod way;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use case::{Case, MARK};
use scene::Scene;
use way::Way;

/// How many ways are tried beside each other, each of them on a service of its own.
const THREADS: usize = 4;

#[test]
fn every_bad_input_is_refused_as_documented_and_changes_nothing() {
    let next = AtomicUsize::new(0);
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let threads = [(); THREADS].map(|()| scope.spawn(|| tried(&next)));
        threads.map(|thread| thread.join().unwrap()).into()
    });
    let mut counts = BTreeMap::new();
    let mut wrong = Vec::new();
    for tally in tallies {
        for (what, count) in tally.counts {
            *counts.entry(what).or_insert(0) += count;
        }
        wrong.extend(tally.wrong);
    }
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let logged = crate::log::anywhere(MARK);
    assert!(
        logged.is_empty(),
        "what was sent is in the log: {logged:#?}"
    );
    tell(&counts);
}

/// What came of a part of the cases.
#[derive(Default)]
struct Tally {
    /// How many there were, by operation.
    counts: BTreeMap<&'static str, u32>,
    /// What was not as documented.
    wrong: Vec<String>,
}

/// Tries one way after the other that nobody else has begun.
fn tried(next: &AtomicUsize) -> Tally {
    let scene = Scene::new();
    let mut tally = Tally::default();
    let ways = way::all(&scene);
    while let Some(way) = ways.get(next.fetch_add(1, Ordering::Relaxed)) {
        for case in cases(way, &scene) {
            *tally.counts.entry(case.operation).or_default() += 1;
            tally.wrong.extend(scene.check(&case).err());
        }
        match random::send(way, &scene) {
            Ok(sent) => *tally.counts.entry("made up by chance").or_default() += sent,
            Err(fault) => tally.wrong.push(fault),
        }
    }
    tally
}

/// All cases of a way.
fn cases(way: &Way, scene: &Scene) -> Vec<Case> {
    let mut cases = tokens::cases(way, scene);
    cases.extend(tokens::personal(way, scene));
    cases.extend(content::cases(way));
    cases.extend(members::cases(way));
    cases.extend(values::cases(way));
    cases.extend(paths::cases(way, scene));
    cases.extend(headers::cases(way));
    cases.extend(parameters::cases(way));
    cases.extend(cursors::cases(way, scene));
    cases.extend(links::cases(way, scene));
    cases
}

/// Tells how many cases each operation has, past the harness, which shows only what fails.
fn tell(counts: &BTreeMap<&str, u32>) {
    let total: u32 = counts.values().sum();
    let mut text = format!("bad input: {total} cases");
    let mut width = text.len();
    for (operation, count) in counts {
        let part = format!(", {operation} {count}");
        if width + part.len() > 100 {
            text.push_str(",\n          ");
            width = 10;
            text.push_str(&part[2..]);
        } else {
            text.push_str(&part);
        }
        width += part.len();
    }
    text.push('\n');
    // Whoever closed standard error does not want to know.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
