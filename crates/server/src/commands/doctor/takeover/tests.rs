//! What `doctor` says of databases that were taken over, tried on answers made by hand.

use std::collections::BTreeMap;

use super::*;
use crate::config::{CommandLine, Profile};

fn config(variables: &[(&str, &str)]) -> Config {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let variables: BTreeMap<String, String> = variables.iter().map(owned).collect();
    Config::load(Profile::Serve, &variables, &CommandLine::default()).unwrap()
}

fn survey(owner: DatabaseOwner) -> Survey {
    Survey {
        owner,
        refusal: None,
        steps: Vec::new(),
        indexes: Vec::new(),
        warnings: Vec::new(),
        adopted: None,
        counts: AccountCounts::default(),
    }
}

fn text(finding: Finding) -> String {
    match finding {
        Finding::Well(text) => format!("ok {text}"),
        Finding::Doubtful(text) => format!("warn {text}"),
        Finding::Wrong(text) => format!("WRONG {text}"),
    }
}

#[test]
fn settings_whose_defaults_differ_are_named_where_accounts_come_from_the_deployed_service() {
    let deployed = survey(DatabaseOwner::Deployed(Some("clients_12".to_owned())));
    let mut adopted = survey(DatabaseOwner::Ours);
    adopted.adopted = Some((Timestamp::UNIX_EPOCH, "clients_12".to_owned()));
    for survey in [deployed, adopted] {
        let unset = text(finding(&config(&[]), &survey));
        assert!(unset.starts_with("warn "), "{unset}");
        assert!(unset.contains("clients_12"), "{unset}");
        assert!(unset.contains("MG_USERS_API_ENUMS"), "{unset}");
        assert!(unset.contains("MG_USERS_ALLOW_SELF_REGISTER"), "{unset}");
        let set = config(&[
            ("MG_USERS_API_ENUMS", "numbers"),
            ("MG_USERS_ALLOW_SELF_REGISTER", "true"),
        ]);
        let set = text(finding(&set, &survey));
        assert!(!set.contains("MG_USERS_"), "{set}");
    }
}

#[test]
fn a_database_that_was_made_here_is_not_compared() {
    let mut own = survey(DatabaseOwner::Ours);
    own.adopted = Some((Timestamp::UNIX_EPOCH, "empty".to_owned()));
    own.counts.accounts = Some(3);
    own.counts.since_adoption = Some(3);
    let said = text(finding(&config(&[]), &own));
    assert_eq!(said, "ok made here 1970-01-01T00:00:00Z");
}

#[test]
fn numbers_are_told_where_there_is_something_to_tell() {
    let mut adopted = survey(DatabaseOwner::Ours);
    adopted.adopted = Some((Timestamp::UNIX_EPOCH, "clients_12".to_owned()));
    adopted.counts = AccountCounts {
        accounts: Some(100),
        outdated_hashes: Some(0),
        email_twins: Some(2),
        username_twins: None,
        unreadable: Some(7),
        since_adoption: Some(5),
    };
    let said = text(finding(&config(&[]), &adopted));
    for part in ["spelling only: 2", "served here: 7", "relations: 5"] {
        assert!(said.contains(part), "{part} in: {said}");
    }
    assert!(!said.contains("hash"), "{said}");
    assert!(!said.contains("not counted"), "{said}");
    adopted.counts = AccountCounts::default();
    let said = text(finding(&config(&[]), &adopted));
    assert!(said.contains("not counted"), "{said}");
}

#[test]
fn indexes_that_accounts_lack_are_a_doubt_and_those_of_an_empty_table_are_none() {
    let mut own = survey(DatabaseOwner::Ours);
    own.adopted = Some((Timestamp::UNIX_EPOCH, "empty".to_owned()));
    own.indexes = vec!["users_by_tags_idx".to_owned()];
    for accounts in [Some(100), None] {
        own.counts.accounts = accounts;
        let said = text(finding(&config(&[]), &own));
        assert!(said.starts_with("warn "), "{said}");
        assert!(said.contains("missing"), "{said}");
        assert!(said.contains("users_by_tags_idx"), "{said}");
    }
    own.counts.accounts = Some(0);
    let said = text(finding(&config(&[]), &own));
    assert!(said.starts_with("ok "), "{said}");
    assert!(said.contains("users_by_tags_idx"), "{said}");
}

#[test]
fn what_cannot_be_taken_over_is_wrong_and_says_why() {
    let mut foreign = survey(DatabaseOwner::Foreign);
    foreign.refusal = Some("the table users is somebody else's".to_owned());
    let said = text(finding(&config(&[]), &foreign));
    assert_eq!(said, "WRONG the table users is somebody else's");
}
