//! How much memory all large answers together may take until their clients have read them.

use std::time::{Duration, Instant};

use serde_json::json;
use users_domain::model::{Metadata, User};
use users_testkit::people;

use super::client::{Connection, PATIENCE, Request};
use super::service::{Service, Setup};

/// Accounts of a page that is larger than what the system takes off the service's hands.
const PEOPLE: usize = 100;
/// Room for one such page, and not for two.
const BUDGET: usize = 10_000_000;

const PAGE: &str = "/users?limit=100";
const SEARCH: &str = "/users/search?first_name=Ada&limit=100";

/// A service with a page of large accounts, and the token of an administrator.
fn with_budget(bytes: usize) -> (Service, String) {
    with_setup(Setup {
        answer_budget: Some(bytes),
        ..Setup::new()
    })
}

fn with_setup(setup: Setup) -> (Service, String) {
    let service = setup.start();
    for index in 0..PEOPLE {
        service.fakes.store.put(large(&format!("ada-{index}")));
    }
    let token = service.token_of(people::an_admin("root"));
    (service, token)
}

fn large(name: &str) -> User {
    let metadata = json!({ "text": "x".repeat(Metadata::MAX_BYTES - 100) });
    User {
        metadata: Metadata::from_stored(metadata.to_string()),
        first_name: people::ada().first_name,
        ..people::user(name)
    }
}

/// Asks for something large, and reads none of it before the answer has begun.
fn ask(service: &Service, target: &str, token: &str) -> Connection {
    let mut connection = Connection::open(service.address);
    assert!(connection.ask(&Request::get(target).bearer(token)));
    assert!(connection.is_answered_within(PATIENCE));
    connection
}

#[test]
fn a_large_answer_without_room_is_refused_and_small_ones_are_not() {
    let (service, token) = with_budget(0);
    for target in [PAGE, SEARCH, "/users/id-of-ada-1"] {
        let answer = service.get_as(target, &token);
        answer.is_refused(503, "busy", None);
        assert_eq!(answer.header("retry-after"), Some("1"), "{target}");
    }
    for target in ["/users/search?first_name=Ada&limit=0", "/users/profile"] {
        service.get_as(target, &token).expect(200);
    }
}

#[test]
fn what_is_there_once_for_everybody_needs_no_room() {
    let (service, _) = with_budget(0);
    for target in ["/openapi.json", "/docs/swagger-ui-bundle.js", "/docs"] {
        assert_eq!(service.get(target).status, 200, "{target}");
    }
}

#[test]
fn head_needs_no_room_and_says_what_get_would() {
    let (service, token) = with_budget(BUDGET);
    let first = ask(&service, PAGE, &token);
    let mut connection = Connection::open(service.address);
    let head = connection.send(&Request::new("HEAD", PAGE).bearer(&token));
    drop(first);
    service.get("/health").expect(200);
    let page = connection.send(&Request::get(PAGE).bearer(&token));
    assert_eq!((head.status, page.status), (200, 200));
    let length = page.text.len().to_string();
    assert_eq!(head.header("content-length"), Some(length.as_str()));
}

#[test]
fn a_change_is_answered_with_nothing_left() {
    let (service, token) = with_budget(0);
    let change = json!({ "first_name": "Grace" });
    let answer = service.patch_as("/users/id-of-ada-1", &change, &token);
    assert_eq!(answer.expect(200)["first_name"], "Grace");
}

#[test]
fn of_many_that_do_not_read_only_as_many_are_served_as_have_room() {
    let (service, token) = with_budget(BUDGET);
    for target in [PAGE, SEARCH] {
        let mut greedy: Vec<Connection> = (0..8).map(|_| ask(&service, target, &token)).collect();
        let statuses: Vec<u16> = greedy.iter_mut().map(Connection::coming_status).collect();
        assert_eq!(statuses[0], 200, "{target}");
        assert!(statuses[1..].iter().all(|status| *status == 503));
        service.get("/health").expect(200);

        // Who does read gets all of it, and makes room for the next.
        let [first, second, ..] = greedy.as_mut_slice() else {
            panic!("there are eight");
        };
        let page = first.read(false);
        assert_eq!(page.expect(200)["users"].as_array().unwrap().len(), PEOPLE);
        second.read(false).is_refused(503, "busy", None);
        let again = second.send(&Request::get(target).bearer(&token));
        assert!(again.text == page.text, "{target}: the pages differ");
    }
}

#[test]
fn a_client_that_goes_away_makes_room() {
    let (service, token) = with_budget(BUDGET);
    let greedy = ask(&service, PAGE, &token);
    service.get_as(PAGE, &token).is_refused(503, "busy", None);
    drop(greedy);
    // The one worker has seen the end of that connection once it answers this one.
    service.get("/health").expect(200);
    service.get_as(PAGE, &token).expect(200);
}

#[test]
fn a_client_that_takes_nothing_for_too_long_makes_room() {
    let mut setup = Setup {
        answer_budget: Some(BUDGET),
        ..Setup::new()
    };
    setup.server.write_timeout = Duration::from_millis(500);
    let (service, token) = with_setup(setup);
    let greedy = ask(&service, PAGE, &token);
    let begun = Instant::now();
    while service.get_as(PAGE, &token).status != 200 {
        assert!(begun.elapsed() < PATIENCE, "there is never any room");
    }
    drop(greedy);
}

#[test]
fn a_connection_has_one_large_answer_after_the_other() {
    let (service, token) = with_budget(BUDGET);
    let page = service.get_as(PAGE, &token).text;
    let mut connection = Connection::open(service.address);
    let targets = [
        PAGE,
        "/health",
        PAGE,
        "/openapi.json",
        PAGE,
        "/users/profile",
    ];
    for target in targets {
        assert!(connection.ask(&Request::get(target).bearer(&token)));
    }
    for target in targets {
        let answer = connection.read(false);
        assert_eq!(answer.status, 200, "{target}");
        assert!(target != PAGE || answer.text == page, "the pages differ");
    }
    connection.send(&Request::get("/health")).expect(200);
}
