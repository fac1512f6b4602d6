//! A promise that its suite's macro does not list would never be tested.

use super::{
    clock, domains, entropy, event_publisher, mailer, outbox, password_hasher, platform_authority,
    platform_relations, published_keys, read_events, refresh_token_store, token_issuer,
    token_verifier, user_store, user_transfer,
};

/// The public async functions of a suite's files, sorted: its promises.
fn declared(sources: &[&str]) -> Vec<String> {
    let lines = sources.iter().flat_map(|source| source.lines());
    let mut names: Vec<_> = lines
        .filter_map(|line| line.strip_prefix("pub async fn "))
        .filter_map(|rest| rest.split_once('('))
        .map(|(name, _)| name.to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_suite_tests_every_promise_that_it_declares() {
    let suites: [(&[&str], &[&str]); 16] = [
        (clock::PROMISES, &[include_str!("clock.rs")]),
        (domains::PROMISES, &[include_str!("domains.rs")]),
        (entropy::PROMISES, &[include_str!("entropy.rs")]),
        (
            event_publisher::PROMISES,
            &[include_str!("event_publisher.rs")],
        ),
        (mailer::PROMISES, &[include_str!("mailer.rs")]),
        (
            outbox::PROMISES,
            &[
                include_str!("outbox/everywhere.rs"),
                include_str!("outbox/held.rs"),
                include_str!("outbox/leases.rs"),
                include_str!("outbox/once.rs"),
                include_str!("outbox/order.rs"),
                include_str!("outbox/settling.rs"),
            ],
        ),
        (
            password_hasher::PROMISES,
            &[include_str!("password_hasher.rs")],
        ),
        (
            platform_authority::PROMISES,
            &[include_str!("platform_authority.rs")],
        ),
        (
            platform_relations::PROMISES,
            &[include_str!("platform_relations.rs")],
        ),
        (
            published_keys::PROMISES,
            &[include_str!("published_keys.rs")],
        ),
        (read_events::PROMISES, &[include_str!("read_events.rs")]),
        (
            refresh_token_store::PROMISES,
            &[
                include_str!("refresh_token_store/everywhere.rs"),
                include_str!("refresh_token_store/keeping.rs"),
                include_str!("refresh_token_store/rotating.rs"),
            ],
        ),
        (token_issuer::PROMISES, &[include_str!("token_issuer.rs")]),
        (
            token_verifier::PROMISES,
            &[include_str!("token_verifier.rs")],
        ),
        (
            user_store::PROMISES,
            &[
                include_str!("user_store/adopted_codes.rs"),
                include_str!("user_store/code_races.rs"),
                include_str!("user_store/codes.rs"),
                include_str!("user_store/cursors.rs"),
                include_str!("user_store/effects.rs"),
                include_str!("user_store/enrolled.rs"),
                include_str!("user_store/everywhere.rs"),
                include_str!("user_store/filters.rs"),
                include_str!("user_store/inserting.rs"),
                include_str!("user_store/lists.rs"),
                include_str!("user_store/metadata.rs"),
                include_str!("user_store/names.rs"),
                include_str!("user_store/paging.rs"),
                include_str!("user_store/purging.rs"),
                include_str!("user_store/races.rs"),
                include_str!("user_store/reading.rs"),
                include_str!("user_store/redeeming.rs"),
                include_str!("user_store/redeeming_adopted.rs"),
                include_str!("user_store/sorting.rs"),
                include_str!("user_store/updating.rs"),
                include_str!("user_store/voiding.rs"),
            ],
        ),
        (
            user_transfer::PROMISES,
            &[
                include_str!("user_transfer/dry_run.rs"),
                include_str!("user_transfer/everywhere.rs"),
                include_str!("user_transfer/exporting.rs"),
                include_str!("user_transfer/judging.rs"),
                include_str!("user_transfer/keeping.rs"),
                include_str!("user_transfer/racing.rs"),
            ],
        ),
    ];
    for (listed, sources) in suites {
        let mut listed: Vec<_> = listed.iter().map(|name| (*name).to_owned()).collect();
        listed.sort();
        assert!(!listed.is_empty());
        assert_eq!(listed, declared(sources));
    }
}
