//! Holds the arrows of `cargo metadata` against the plan.

use crate::metadata::{Dependency, DependencyKind, Metadata, Package};

use super::plan::{Floor, IMPURE, PURE, Room, TECHNOLOGIES, TEST_TOOLS};

/// Every arrow that `rooms` does not have, as a sentence.
pub(super) fn violations(metadata: &Metadata, rooms: &[Room]) -> Vec<String> {
    let members = metadata.members();
    let mut violations = Vec::new();
    for member in &members {
        match rooms.iter().find(|room| room.name == member.name) {
            Some(room) => violations.extend(arrows(member, room, rooms)),
            None => violations.push(format!(
                "{} has no room in the plan: give it one in xtask/src/check_layers/plan.rs",
                member.name
            )),
        }
    }
    for room in rooms {
        if !members.iter().any(|member| member.name == room.name) {
            violations.push(format!(
                "{} has a room in xtask/src/check_layers/plan.rs but is no crate of the workspace",
                room.name
            ));
        }
    }
    for room in rooms.iter().filter(|room| room.floor == Floor::Domain) {
        violations.extend(impurities(metadata, room.name));
        let packages = members.iter().filter(|member| member.name == room.name);
        violations.extend(packages.flat_map(|package| mocks_outside_their_feature(package)));
    }
    violations
}

fn arrows(member: &Package, room: &Room, rooms: &[Room]) -> Vec<String> {
    member
        .dependencies
        .iter()
        .filter_map(|arrow| verdict(arrow, room, rooms))
        .collect()
}

fn verdict(arrow: &Dependency, room: &Room, rooms: &[Room]) -> Option<String> {
    let is_dev = arrow.kind == Some(DependencyKind::Dev);
    let to = arrow.name.as_str();
    let kind = match arrow.kind {
        None => "",
        Some(DependencyKind::Dev) => " (dev)",
        Some(DependencyKind::Build) => " (build)",
    };
    let refused = |law: &str| Some(format!("{} -> {to}{kind}: {law}", room.name));

    if rooms.iter().any(|room| room.name == to) {
        let allowed = room.own.contains(&to) || (is_dev && room.dev_own.contains(&to));
        return if allowed {
            None
        } else {
            refused(room.floor.law())
        };
    }
    for technology in TECHNOLOGIES {
        let is_it = technology
            .crates
            .iter()
            .any(|prefix| to.starts_with(prefix));
        let at_home = technology
            .rooms
            .iter()
            .any(|prefix| room.name.starts_with(prefix));
        if is_it && !at_home {
            return refused(technology.law);
        }
    }
    let mut allowed = PURE.iter().chain(room.third_party).any(|name| *name == to);
    if is_dev {
        allowed |= TEST_TOOLS
            .iter()
            .chain(room.dev_third_party)
            .any(|name| *name == to);
    }
    if allowed {
        return None;
    }
    refused(match room.floor {
        Floor::Domain => "the domain has pure crates only, those that the plan lists",
        _ => "not on the allow-list of this crate in xtask/src/check_layers/plan.rs",
    })
}

/// Crates that bring I/O, a runtime, a framework or a driver, anywhere below the domain.
fn impurities(metadata: &Metadata, domain: &str) -> Vec<String> {
    let normal = |kind: Option<DependencyKind>| kind.is_none();
    // Mocks exist only behind their feature, which no shipped crate turns on.
    let to_mocks = |_: &str, to: &str| to == "mockall";
    metadata
        .ways_down(domain, normal, to_mocks)
        .into_iter()
        .filter(|way| {
            let reached = way.last().copied().unwrap_or_default();
            IMPURE.iter().any(|name| is_or_belongs_to(reached, name))
        })
        .map(|way| {
            format!(
                "{}: the domain has no I/O, no runtime, no framework, no driver",
                way.join(" -> ")
            )
        })
        .collect()
}

/// `tokio-util` belongs to `tokio`, `mio` does not belong to `mi`.
fn is_or_belongs_to(name: &str, family: &str) -> bool {
    name.strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

fn mocks_outside_their_feature(package: &Package) -> Vec<String> {
    let mut violations = Vec::new();
    let arrow = |arrow: &&Dependency| arrow.name == "mockall" && arrow.kind.is_none();
    if package
        .dependencies
        .iter()
        .find(arrow)
        .is_some_and(|arrow| !arrow.optional)
    {
        violations.push(format!(
            "{} -> mockall: must be optional, behind the feature `mock`",
            package.name
        ));
    }
    for (feature, turns_on) in &package.features {
        let brings_mocks = turns_on
            .iter()
            .any(|what| what == "mock" || what.contains("mockall"));
        if brings_mocks && feature != "mock" {
            violations.push(format!(
                "{}: the feature `{feature}` turns mocks on; only `mock` may",
                package.name
            ));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::plan::ROOMS;
    use super::*;
    use crate::check_layers::banned;
    use crate::metadata::tests::Workspace;

    const DOMAIN: Room = Room {
        name: "users-domain",
        floor: Floor::Domain,
        own: &[],
        third_party: &["mockall"],
        dev_own: &["users-testkit"],
        dev_third_party: &[],
    };
    const SQLITE: Room = Room {
        name: "users-sqlite",
        floor: Floor::Driven,
        own: &["users-domain"],
        third_party: &["diesel", "tokio"],
        dev_own: &["users-testkit"],
        dev_third_party: &[],
    };
    const TESTKIT: Room = Room {
        name: "users-testkit",
        floor: Floor::Beside,
        dev_own: &[],
        ..SQLITE
    };

    fn the_only_violation(workspace: &Workspace, rooms: &[Room]) -> String {
        let mut violations = violations(&workspace.metadata(), rooms);
        assert_eq!(violations.len(), 1, "{violations:#?}");
        violations.remove(0)
    }

    fn sound() -> Workspace {
        Workspace::default()
            .member("users-domain", &["serde"], &["users-testkit", "tokio"])
            .member(
                "users-sqlite",
                &["users-domain", "diesel"],
                &["users-testkit"],
            )
            .member("users-testkit", &["users-domain", "tokio"], &[])
    }

    #[test]
    fn arrows_of_the_plan_pass() {
        assert_eq!(
            violations(&sound().metadata(), &[DOMAIN, SQLITE, TESTKIT]),
            [""; 0]
        );
    }

    #[test]
    fn an_adapter_that_names_another_is_refused() {
        let password = Room {
            name: "users-password",
            third_party: &["bcrypt"],
            ..SQLITE
        };
        let workspace = sound().member("users-password", &["users-domain", "users-sqlite"], &[]);
        let violation = the_only_violation(&workspace, &[DOMAIN, SQLITE, TESTKIT, password]);
        assert!(
            violation.starts_with("users-password -> users-sqlite: an adapter"),
            "{violation}"
        );
    }

    #[test]
    fn what_tests_may_name_the_code_may_not() {
        let workspace = Workspace::default()
            .member("users-domain", &["serde"], &[])
            .member("users-sqlite", &["users-domain", "users-testkit"], &[])
            .member("users-testkit", &["users-domain"], &[]);
        let violation = the_only_violation(&workspace, &[DOMAIN, SQLITE, TESTKIT]);
        assert!(
            violation.starts_with("users-sqlite -> users-testkit: "),
            "{violation}"
        );
    }

    #[test]
    fn a_technology_stays_in_its_rooms_even_in_tests() {
        let workspace = Workspace::default().member("users-domain", &["serde"], &["diesel"]);
        let violation = the_only_violation(&workspace, &[DOMAIN]);
        assert_eq!(
            violation,
            "users-domain -> diesel (dev): diesel is named by store crates only"
        );
    }

    #[test]
    fn a_crate_off_the_list_is_refused() {
        let workspace = Workspace::default().member("users-domain", &["chrono"], &[]);
        let violation = the_only_violation(&workspace, &[DOMAIN]);
        assert!(
            violation.starts_with("users-domain -> chrono: the domain has pure"),
            "{violation}"
        );
    }

    #[test]
    fn a_runtime_below_a_pure_crate_is_found_with_the_way_to_it() {
        let workspace = Workspace::default()
            .member("users-domain", &["url"], &["tokio"])
            .foreign("url", &["idna"])
            .foreign("idna", &["tokio-util"]);
        let violation = the_only_violation(&workspace, &[DOMAIN]);
        assert!(
            violation.starts_with("users-domain -> url -> idna -> tokio-util: "),
            "{violation}"
        );
    }

    #[test]
    fn mocks_are_optional_and_behind_their_feature_only() {
        let workspace = Workspace::default().member("users-domain", &["mockall"], &[]);
        let violation = the_only_violation(&workspace, &[DOMAIN]);
        assert!(violation.contains("must be optional"), "{violation}");

        let workspace = Workspace::default()
            .member("users-domain", &["?mockall"], &[])
            .feature("users-domain", "mock", &["dep:mockall"])
            .feature("users-domain", "default", &["mock"]);
        let violation = the_only_violation(&workspace, &[DOMAIN]);
        assert!(
            violation.contains("the feature `default` turns mocks on"),
            "{violation}"
        );
    }

    #[test]
    fn a_crate_without_room_and_a_room_without_crate_are_named() {
        let workspace = Workspace::default().member("users-smtp", &[], &[]);
        assert!(the_only_violation(&workspace, &[]).starts_with("users-smtp has no room"));
        let violation = the_only_violation(&Workspace::default(), &[SQLITE]);
        assert!(
            violation.starts_with("users-sqlite has a room"),
            "{violation}"
        );
    }

    #[test]
    fn a_banned_crate_is_found_however_deep() {
        let workspace = Workspace::default()
            .member("users-sqlite", &["lettre"], &[])
            .foreign("lettre", &["rustls"])
            .foreign("rustls", &["ring"]);
        let found = banned::violations(&workspace.metadata());
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].starts_with("users-sqlite -> lettre -> rustls -> ring: "),
            "{found:?}"
        );
    }

    #[test]
    fn the_table_itself_sends_no_arrow_to_a_forbidden_room() {
        for room in ROOMS {
            let floor = |name: &str| ROOMS.iter().find(|room| room.name == name).map(|r| r.floor);
            for to in room.own {
                let to_floor = floor(to);
                assert!(to_floor.is_some(), "{} -> {to}: no such crate", room.name);
                let may = match room.floor {
                    Floor::Roof => true,
                    Floor::Domain | Floor::Wire => false,
                    Floor::Driving | Floor::Driven => {
                        matches!(to_floor, Some(Floor::Domain | Floor::Wire))
                    }
                    // A stand-in for another service is made of adapters.
                    Floor::Beside => !matches!(to_floor, Some(Floor::Roof | Floor::Driving)),
                };
                assert!(may, "{} -> {to}", room.name);
            }
        }
    }
}
