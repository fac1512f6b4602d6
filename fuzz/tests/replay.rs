//! Gives every target its seeds, and everything that ever broke it, again.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use users_fuzz::TARGETS;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The names in a folder, without what stands behind the last dot.
fn names(folder: &Path, extension: Option<&str>) -> BTreeSet<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| extension.is_none_or(|wanted| path.extension().is_some_and(|e| e == wanted)))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

fn target_names() -> BTreeSet<String> {
    TARGETS
        .iter()
        .map(|target| target.name.to_owned())
        .collect()
}

#[test]
fn every_target_holds_its_promises_on_every_seed() {
    let mut broken = Vec::new();
    for target in TARGETS {
        let mut seeds: Vec<PathBuf> = fs::read_dir(folder("corpus").join(target.name))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        seeds.sort();
        for seed in seeds {
            let bytes = fs::read(&seed).unwrap();
            if catch_unwind(|| (target.run)(&bytes)).is_err() {
                broken.push(seed);
            }
        }
    }
    assert!(broken.is_empty(), "promises were broken by {broken:#?}");
}

#[test]
fn every_target_has_a_dozen_seeds() {
    for target in TARGETS {
        let seeds = fs::read_dir(folder("corpus").join(target.name)).unwrap();
        assert!(seeds.count() >= 12, "{}", target.name);
    }
}

#[test]
fn every_target_has_its_program_and_nothing_is_left_over() {
    assert_eq!(names(&folder("corpus"), None), target_names());
    assert_eq!(names(&folder("fuzz_targets"), Some("rs")), target_names());
    let dictionaries = names(&folder("dictionaries"), Some("dict"));
    assert!(dictionaries.is_subset(&target_names()));
}

#[test]
fn no_input_is_too_short() {
    for target in TARGETS {
        (target.run)(b"");
        for byte in u8::MIN..=u8::MAX {
            (target.run)(&[byte]);
        }
    }
}
