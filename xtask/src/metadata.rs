//! What `cargo metadata` says, as far as checks and generated files read it.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process::{cargo, output};

/// The crates of the workspace and all that they pull in.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    packages: Vec<Package>,
    workspace_members: HashSet<String>,
    resolve: Resolve,
}

/// One crate.
#[derive(Deserialize)]
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

/// One line of a manifest: the arrow from a crate to another.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for a normal one.
    pub(crate) kind: Option<DependencyKind>,
    pub(crate) optional: bool,
    /// What the crate calls it, if not by its name.
    #[serde(default)]
    rename: Option<String>,
}

/// The kinds of dependencies that are not normal ones.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DependencyKind {
    Dev,
    Build,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<NodeDependency>,
    /// The features that are on.
    #[serde(default)]
    features: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct NodeDependency {
    pkg: String,
    dep_kinds: Vec<NodeDependencyKind>,
}

#[derive(Deserialize)]
struct NodeDependencyKind {
    kind: Option<DependencyKind>,
}

impl Metadata {
    /// Asks cargo, with every feature on, so that nothing hides behind one.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let arguments = ["metadata", "--format-version", "1", "--all-features"];
        let text = output(&mut cargo(root, &arguments))?;
        Self::parse(&text)
    }

    /// Reads the output of `cargo metadata`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).context("`cargo metadata` printed what is not understood")
    }

    /// The crates of the workspace, by name.
    pub(crate) fn members(&self) -> Vec<&Package> {
        let own = |package: &&Package| self.workspace_members.contains(&package.id);
        let mut members: Vec<_> = self.packages.iter().filter(own).collect();
        members.sort_by(|a, b| a.name.cmp(&b.name));
        members
    }

    /// Whether a crate only names another and does not use it: cargo lists what a feature would turn
    /// on further (`other?/feature`) although nothing has turned it on.
    fn is_dormant(package: &Package, node: &Node, other: &str) -> bool {
        let Some(on) = &node.features else {
            return false;
        };
        let mut arrows = package.dependencies.iter().filter(|it| it.name == other);
        arrows.all(|arrow| {
            let name = arrow.rename.as_deref().unwrap_or(other);
            let turns_on = |means: &String| {
                let means = means.strip_prefix("dep:").unwrap_or(means);
                means.split('/').next() == Some(name)
            };
            let is_on = |feature: &String| {
                let means = package.features.get(feature).map(Vec::as_slice);
                feature == name || means.unwrap_or_default().iter().any(turns_on)
            };
            arrow.optional && !on.iter().any(is_on)
        })
    }

    /// Every way, one for each crate, from the crate called `from` down its normal dependencies:
    /// the names passed, `from` first. Edges that `skip` names are not taken.
    pub(crate) fn ways_down(
        &self,
        from: &str,
        follow: impl Fn(Option<DependencyKind>) -> bool,
        skip: impl Fn(&str, &str) -> bool,
    ) -> Vec<Vec<&str>> {
        let packages: HashMap<&str, &Package> = self
            .packages
            .iter()
            .map(|package| (package.id.as_str(), package))
            .collect();
        let nodes: HashMap<&str, &Node> = self
            .resolve
            .nodes
            .iter()
            .map(|node| (node.id.as_str(), node))
            .collect();
        let Some(start) = self
            .members()
            .into_iter()
            .find(|package| package.name == from)
        else {
            return Vec::new();
        };
        let mut seen = HashSet::from([start.id.as_str()]);
        let mut waiting = VecDeque::from([(start.id.as_str(), vec![start.name.as_str()])]);
        let mut ways = Vec::new();
        while let Some((id, way)) = waiting.pop_front() {
            let (Some(package), Some(node)) = (packages.get(id), nodes.get(id)) else {
                continue;
            };
            for next in &node.deps {
                let Some(name) = packages.get(next.pkg.as_str()).map(|it| it.name.as_str()) else {
                    continue;
                };
                if Self::is_dormant(package, node, name) {
                    continue;
                }
                let above = way.last().copied().unwrap_or_default();
                let taken = next
                    .dep_kinds
                    .iter()
                    .any(|dependency| follow(dependency.kind));
                if taken && !skip(above, name) && seen.insert(&next.pkg) {
                    let mut way = way.clone();
                    way.push(name);
                    waiting.push_back((&next.pkg, way));
                }
            }
            ways.push(way);
        }
        ways
    }
}

#[cfg(test)]
pub(crate) mod tests {
    //! A small synthetic workspace, as `cargo metadata` would describe it.

    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;

    #[derive(Default)]
    pub(crate) struct Workspace {
        members: Vec<&'static str>,
        /// From, to, kind, optional.
        arrows: Vec<(&'static str, &'static str, Value, bool)>,
        features: BTreeMap<&'static str, serde_json::Map<String, Value>>,
    }

    impl Workspace {
        /// A crate of ours with normal and dev dependencies; `?` marks an optional one.
        pub(crate) fn member(
            mut self,
            name: &'static str,
            normal: &[&'static str],
            dev: &[&'static str],
        ) -> Self {
            self.members.push(name);
            self.arrows
                .extend(dev.iter().map(|to| (name, *to, json!("dev"), false)));
            self.foreign(name, normal)
        }

        /// A crate of others with normal dependencies.
        pub(crate) fn foreign(mut self, name: &'static str, normal: &[&'static str]) -> Self {
            self.arrows
                .extend(normal.iter().map(|to| match to.strip_prefix('?') {
                    Some(optional) => (name, optional, Value::Null, true),
                    None => (name, *to, Value::Null, false),
                }));
            self
        }

        /// A feature of a crate and what it turns on.
        pub(crate) fn feature(mut self, name: &'static str, feature: &str, on: &[&str]) -> Self {
            self.features
                .entry(name)
                .or_default()
                .insert(feature.to_owned(), json!(on));
            self
        }

        pub(crate) fn metadata(&self) -> Metadata {
            let ends = self.arrows.iter().flat_map(|(from, to, _, _)| [*from, *to]);
            let names: std::collections::BTreeSet<_> =
                self.members.iter().copied().chain(ends).collect();
            let packages: Vec<_> = names
                .iter()
                .map(|name| {
                    let arrows = self.arrows.iter().filter(|(from, ..)| from == name);
                    let dependencies: Vec<_> = arrows
                        .map(|(_, to, kind, optional)| {
                            json!({ "name": to, "kind": kind, "optional": optional })
                        })
                        .collect();
                    json!({
                        "id": name,
                        "name": name,
                        "manifest_path": format!("{name}/Cargo.toml"),
                        "dependencies": dependencies,
                        "features": self.features.get(name).cloned().unwrap_or_default(),
                    })
                })
                .collect();
            let nodes: Vec<_> = names
                .iter()
                .map(|name| {
                    let arrows = self.arrows.iter().filter(|(from, ..)| from == name);
                    let deps: Vec<_> = arrows
                        .map(|(_, to, kind, _)| json!({ "pkg": to, "dep_kinds": [{ "kind": kind }] }))
                        .collect();
                    json!({ "id": name, "deps": deps })
                })
                .collect();
            let text = json!({
                "packages": packages,
                "workspace_members": self.members,
                "resolve": { "nodes": nodes },
            });
            Metadata::parse(&text.to_string()).expect("synthetic metadata")
        }
    }

    #[test]
    fn a_way_down_is_found_once_for_each_crate() {
        let workspace = Workspace::default()
            .member("a", &["b", "c"], &["t"])
            .foreign("b", &["d"])
            .foreign("c", &["d"]);
        let metadata = workspace.metadata();
        let ways = metadata.ways_down("a", |kind| kind.is_none(), |_, _| false);
        let ends: Vec<_> = ways.iter().filter_map(|way| way.last().copied()).collect();
        assert_eq!(ends, ["a", "b", "c", "d"]);
        assert_eq!(ways[3], ["a", "b", "d"]);
    }

    #[test]
    fn what_a_feature_would_only_turn_on_further_is_no_way() {
        let text = |on: &[&str]| {
            json!({
                "packages": [
                    {
                        "id": "a", "name": "a", "manifest_path": "a/Cargo.toml",
                        "dependencies": [{ "name": "b", "kind": null, "optional": true }],
                        "features": { "std": ["b?/std"], "b": ["dep:b"] },
                    },
                    {
                        "id": "b", "name": "b", "manifest_path": "b/Cargo.toml",
                        "dependencies": [], "features": { "std": [] },
                    },
                ],
                "workspace_members": ["a"],
                "resolve": { "nodes": [
                    {
                        "id": "a", "features": on,
                        "deps": [{ "pkg": "b", "dep_kinds": [{ "kind": null }] }],
                    },
                    { "id": "b", "features": [], "deps": [] },
                ] },
            })
        };
        for (on, count) in [(&["std"][..], 1), (&["std", "b"], 2)] {
            let metadata = Metadata::parse(&text(on).to_string()).expect("synthetic metadata");
            let ways = metadata.ways_down("a", |_| true, |_, _| false);
            assert_eq!(ways.len(), count, "{on:?}");
        }
    }
}
