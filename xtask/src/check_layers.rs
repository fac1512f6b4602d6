//! `cargo xtask check-layers`: dependencies go only where the plan lets them.

mod banned;
mod manifests;
pub(crate) mod plan;
mod rules;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::metadata::Metadata;

/// Reads the workspace and lists every arrow that the plan does not have.
pub(crate) fn run(root: &Path) -> Result<()> {
    let metadata = Metadata::load(root)?;
    let mut violations = rules::violations(&metadata, plan::ROOMS);
    violations.extend(banned::violations(&metadata));
    for member in metadata.members() {
        let manifest = std::fs::read_to_string(&member.manifest_path)
            .with_context(|| format!("cannot read {}", member.manifest_path.display()))?;
        violations.extend(manifests::violations(&member.name, &manifest)?);
    }
    if violations.is_empty() {
        println!("{} crates keep to the plan", metadata.members().len());
        return Ok(());
    }
    for violation in &violations {
        println!("  {violation}");
    }
    bail!(
        "{} violations of the plan (docs/ARCHITECTURE.md)",
        violations.len()
    );
}
