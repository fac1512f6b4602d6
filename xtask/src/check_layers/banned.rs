//! Crates that nothing may bring in: the inverted tree of each must be empty.

use crate::metadata::Metadata;

use super::plan::BANNED;

/// A way from one of our crates to a banned one, for each that there is.
pub(super) fn violations(metadata: &Metadata) -> Vec<String> {
    let mut violations = Vec::new();
    for member in metadata.members() {
        for way in metadata.ways_down(&member.name, |_| true, |_, _| false) {
            let reached = way.last().copied().unwrap_or_default();
            if let Some((_, law)) = BANNED.iter().find(|(name, _)| *name == reached) {
                violations.push(format!("{}: {law}", way.join(" -> ")));
            }
        }
    }
    violations
}
