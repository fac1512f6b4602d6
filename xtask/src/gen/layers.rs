//! `docs/layers.txt`: our crates, floor by floor, and the arrows between them.

use std::fmt::Write as _;

use crate::check_layers::plan::{Floor, ROOMS};
use crate::metadata::{DependencyKind, Metadata, Package};

/// The crate graph; arrows of tests are marked.
pub(super) fn text(metadata: &Metadata) -> String {
    let members = metadata.members();
    let is_own = |name: &str| members.iter().any(|member| member.name == name);
    let mut text = String::from("Arrows between our own crates; those in brackets are of tests.\n");
    for floor in Floor::ALL {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "\n{}", floor.name());
        for member in &members {
            if ROOMS
                .iter()
                .any(|room| room.name == member.name && room.floor == floor)
            {
                let _ = writeln!(text, "  {:<20} -> {}", member.name, arrows(member, &is_own));
            }
        }
    }
    text
}

fn arrows(member: &Package, is_own: &dyn Fn(&str) -> bool) -> String {
    let mut normal = Vec::new();
    let mut dev = Vec::new();
    for arrow in member
        .dependencies
        .iter()
        .filter(|arrow| is_own(&arrow.name))
    {
        match arrow.kind {
            Some(DependencyKind::Dev) => dev.push(format!("[{}]", arrow.name)),
            None | Some(DependencyKind::Build) => normal.push(arrow.name.clone()),
        }
    }
    normal.sort();
    dev.sort();
    normal.append(&mut dev);
    if normal.is_empty() {
        "nothing of ours".to_owned()
    } else {
        normal.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::Workspace;

    #[test]
    fn each_crate_stands_on_its_floor_with_its_arrows() {
        let metadata = Workspace::default()
            .member(
                "users-sqlite",
                &["users-domain", "diesel"],
                &["users-testkit"],
            )
            .member("users-domain", &["serde"], &[])
            .member("users-testkit", &["users-domain"], &[])
            .metadata();
        let text = text(&metadata);
        let domain = text
            .find("users-domain         -> nothing of ours")
            .expect("the domain");
        let store = text
            .find("users-sqlite         -> users-domain, [users-testkit]")
            .expect("a store");
        assert!(domain < store, "{text}");
        assert!(!text.contains("diesel"), "{text}");
    }
}
