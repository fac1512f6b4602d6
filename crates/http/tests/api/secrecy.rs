//! No secret and no address in any line, any field of any span, and no secret in what leaves the
//! process, whatever is asked for and however it fails. Every value that matters holds the mark; the
//! whole service is looked at in the tests of the program.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use users_domain::model::{CodePurpose, EffectKind, Email, Metadata, Role, User};
use users_domain::ports::{HasherError, IssueToken, Outbox, TokenIssuer, UserStore};
use users_testkit::fakes::PlainHasher;
use users_testkit::faults::{Fault, FaultPlan, Faulty};
use users_testkit::mocks::MockPasswordHasher;
use users_testkit::people::{an_admin, an_unverified_user, id_of, user};

use super::client::Request;
use super::log::anywhere;
use super::service::{Service, Setup, wait_for};

/// In every secret and in every address; in nothing else.
const MARK: &str = "mrkd";
/// In every secret alone.
const SECRET: &str = "mrkd-scrt";

const PASSWORD: &str = "mrkd-scrt-password";
const WRONG: &str = "mrkd-scrt-wrong-password";
const EMAIL: &str = "Vera-mrkd@example.com";
const OTHER_EMAIL: &str = "otto-mrkd@example.com";
const NEW_EMAIL: &str = "vera-mrkd-moved@example.com";
const FORGED: &str = "mrkd-scrt.forged.token";
const MADE_UP_CODE: &str = "mrkd-scrt-code-AAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn vera() -> User {
    let private = format!(r#"{{"note":"{MARK}"}}"#);
    User {
        email: Email::from_stored(EMAIL.to_owned()),
        secret: Some(PlainHasher::hash_of(PASSWORD)),
        private_metadata: Metadata::parse("private_metadata", &private).unwrap(),
        ..user("vera")
    }
}

/// A service with Vera, Otto, Una, who has not proven her address, and an administrator.
fn peopled(setup: Setup) -> (Service, Tokens) {
    let service = setup.start();
    let vera = service.token_of(vera());
    let otto = service.token_of(User {
        email: Email::from_stored(OTHER_EMAIL.to_owned()),
        secret: Some(PlainHasher::hash_of(PASSWORD)),
        ..user("otto")
    });
    service.token_of(User {
        email: Email::from_stored("una-mrkd@example.com".to_owned()),
        ..an_unverified_user("una")
    });
    let session = wait_for(service.fakes.tokens.issue(IssueToken {
        user: id_of("vera"),
        role: Role::User,
        verified: true,
        description: None,
        not_before: None,
    }));
    let tokens = Tokens {
        vera,
        otto,
        refresh: session.unwrap().refresh.expose().to_owned(),
        administrator: service.token_of(an_admin("root")),
    };
    (service, tokens)
}

struct Tokens {
    vera: String,
    otto: String,
    refresh: String,
    administrator: String,
}

/// Each operation as it should be asked for, and as it should not.
fn requests(service: &Service, tokens: &Tokens) -> Vec<Request> {
    let own = |rest: &str| format!("/users/{}{rest}", id_of("vera"));
    let login = |identity: &str, secret: &str| {
        let body = json!({ "identity": identity, "secret": secret });
        Request::post("/users/tokens/issue", &body)
    };
    let by_vera = |request: Request| request.bearer(&tokens.vera);
    let by_administrator = |request: Request| request.bearer(&tokens.administrator);
    let patch = |rest: &str, body: Value| by_vera(Request::patch(&own(rest), &body));
    let passwords = |old: &str, new: &str| {
        let body = json!({ "old_secret": old, "new_secret": new });
        Request::patch("/users/secret", &body).bearer(&tokens.otto)
    };
    let new_password = |code: &str, password: &str| {
        let body = json!({
            "token": code, "password": password, "confirm_password": password,
        });
        Request::put("/password/reset", &body)
    };
    let listed = |query: &str| by_administrator(Request::get(&format!("/users?{query}")));
    let verification = service.mailed_code("una", CodePurpose::VerifyEmail);
    let reset = service.mailed_code("vera", CodePurpose::ResetSecret);
    let verify = |code: &str| Request::get(&format!("/verify-email?token={code}"));
    vec![
        login(EMAIL, PASSWORD),
        login("vera", PASSWORD),
        login(EMAIL, WRONG),
        login("nobody-mrkd@example.com", WRONG),
        login(WRONG, EMAIL),
        Request::post_text("/users/tokens/issue", format!("{{\"secret\":\"{WRONG}\"")),
        Request::post(
            "/users/tokens/issue",
            &json!({ "identity": EMAIL, "secret": [WRONG] }),
        ),
        Request::post(
            "/users",
            &registration("nora", "nora-mrkd@example.com", PASSWORD),
        ),
        Request::post(
            "/users",
            &registration("twin", &EMAIL.to_lowercase(), PASSWORD),
        ),
        Request::post(
            "/users",
            &registration("weak", "weak-mrkd@example.com", "mrkd"),
        ),
        Request::post(
            "/users",
            &registration("odd", "mrkd@odd@example.com", PASSWORD),
        ),
        Request::post("/users/tokens/refresh", &json!({})).bearer(&tokens.refresh),
        Request::post("/users/tokens/refresh", &json!({})).bearer(FORGED),
        by_vera(Request::get("/users/tokens/refresh-tokens")),
        by_vera(Request::post(
            "/users/tokens/revoke",
            &json!({ "token_id": "none" }),
        )),
        by_vera(Request::post(
            "/users/tokens/revoke",
            &json!({ "token_id": [WRONG] }),
        )),
        by_vera(Request::get("/users/profile")),
        Request::get("/users/profile").bearer(FORGED),
        Request::get("/users/profile").header("Authorization", format!("Basic {WRONG}")),
        by_vera(Request::get(&own(""))),
        by_vera(Request::get("/users/vera-mrkd@example.com")),
        by_vera(Request::get("/users/search?username=mrkd&first_name=mrkd")),
        listed("email=mrkd%40example.com&username=mrkd&metadata=%7B%22a%22:%22mrkd%22%7D"),
        listed("limit=mrkd-scrt&order=mrkd-scrt"),
        listed("cursor=mrkd-scrt"),
        patch("", json!({ "private_metadata": { "note": MARK } })),
        patch("", json!({ "private_metadata": MARK, "tags": MARK })),
        patch("/tags", json!({ "tags": ["new"] })),
        patch("/username", json!({ "username": "vera-2" })),
        patch("/username", json!({ "username": EMAIL })),
        patch(
            "/picture",
            json!({ "profile_picture": "https://example.com/vera.png" }),
        ),
        patch(
            "/picture",
            json!({ "profile_picture": format!("mailto:{WRONG}") }),
        ),
        patch("/email", json!({ "email": OTHER_EMAIL })),
        patch("/email", json!({ "email": "mrkd" })),
        patch("/role", json!({ "role": 1 })),
        by_vera(Request::post("/users/send-verification", &json!({}))),
        verify(MADE_UP_CODE),
        verify(&verification).header("Accept", "text/html"),
        Request::form("/verify-email", &[("token", &verification)]),
        Request::post("/password/reset-request", &json!({ "email": EMAIL })),
        Request::post(
            "/password/reset-request",
            &json!({ "email": "nobody-mrkd@example.com" }),
        ),
        Request::post("/password/reset-request", &json!({ "email": MARK })),
        Request::get(&format!("/password/reset?token={reset}")),
        new_password(MADE_UP_CODE, PASSWORD),
        new_password(&reset, "mrkd"),
        passwords(WRONG, PASSWORD),
        passwords(PASSWORD, "mrkd"),
        passwords(PASSWORD, "mrkd-scrt-second-password"),
        new_password(&reset, "mrkd-scrt-third-password"),
        Request::patch(
            &format!("/users/{}/email", id_of("otto")),
            &json!({ "email": NEW_EMAIL }),
        )
        .bearer(&tokens.otto),
        by_administrator(Request::patch(&own("/role"), &json!({ "role": "admin" }))),
        by_administrator(Request::patch(&own("/role"), &json!({ "role": WRONG }))),
        by_administrator(Request::post(&own("/disable"), &json!({}))),
        by_administrator(Request::post(&own("/enable"), &json!({}))),
        by_administrator(Request::new("DELETE", &own(""))),
        Request::new("mrkd-scrt", "/users?mrkd-scrt"),
        Request::new("mrkd-scrt", "/mrkd-scrt"),
        Request::new("PUT", "/users?mrkd-scrt"),
        Request::get("/mrkd-scrt?email=vera-mrkd@example.com"),
    ]
}

fn registration(username: &str, email: &str, password: &str) -> Value {
    json!({
        "first_name": "Nora", "last_name": "Marked", "email": email,
        "credentials": { "username": username, "secret": password },
        "private_metadata": { "note": MARK },
    })
}

/// Asks for everything, with marks also where nobody looks; gives the statuses.
fn ask_for_everything(service: &Service, tokens: &Tokens) -> Vec<u16> {
    let requests = requests(service, tokens).into_iter();
    requests
        .map(|request| {
            let request = request
                .header("User-Agent", SECRET)
                .header("Cookie", format!("session={SECRET}; of={EMAIL}"))
                .header("X-Request-Id", EMAIL)
                .header("Referer", format!("http://localhost/?token={SECRET}"))
                .header("Traceparent", SECRET)
                .header("X-mrkd-scrt", SECRET);
            service.send(&request).status
        })
        .collect()
}

#[track_caller]
fn assert_nothing_was_told(service: &Service, tokens: &Tokens) {
    let tokens = [
        &tokens.vera,
        &tokens.otto,
        &tokens.refresh,
        &tokens.administrator,
    ];
    for text in tokens.into_iter().map(String::as_str).chain([MARK]) {
        let told = anywhere(text);
        assert!(told.is_empty(), "{text}: {told:#?}");
    }
    for kind in EffectKind::ALL {
        for effect in service.fakes.store.effects(kind) {
            let record = effect.unwrap().to_record();
            assert!(!record.payload.contains(SECRET), "{}", record.payload);
            assert!(!record.key.contains(SECRET), "{}", record.key);
        }
    }
    for note in service.fakes.read_events.notes() {
        assert!(!note.json().contains(SECRET), "{}", note.json());
        assert!(!note.json().contains("private_metadata"), "{}", note.json());
    }
}

#[test]
fn whatever_is_asked_for_no_secret_and_no_address_is_logged() {
    let (service, tokens) = peopled(Setup::new());
    let statuses = ask_for_everything(&service, &tokens);
    assert!(
        !statuses.iter().any(|status| *status >= 500),
        "{statuses:?}"
    );
    let done = statuses.iter().filter(|status| **status < 300).count();
    assert!(done > 20, "{statuses:?}");
    // Effects are carried out, and are not.
    let users = service.fakes.users();
    for kind in EffectKind::ALL {
        service
            .fakes
            .mailer
            .reject(|mail| mail.to.as_str() == NEW_EMAIL);
        service
            .fakes
            .publisher
            .reject(|event| event.operation() == "user.create");
        assert!(wait_for(users.relay.deliver_due(kind, 1_000)).is_ok());
    }
    assert!(!service.fakes.store.parked(EffectKind::Event).is_empty());
    assert_nothing_was_told(&service, &tokens);

    // Tokens and codes that have expired are as secret as before.
    service.fakes.clock.advance(Duration::from_hours(48));
    let expired = Request::get("/users/profile").bearer(&tokens.vera);
    assert_eq!(service.send(&expired).status, 401);
    assert_nothing_was_told(&service, &tokens);
    let metrics = service.get("/metrics").text.to_lowercase();
    assert!(!metrics.contains(MARK), "{metrics}");
}

#[test]
fn nor_is_any_when_stores_and_issuers_are_away() {
    let fault = || FaultPlan::always(Fault::Away);
    let faults: [fn(&mut Setup, FaultPlan); 4] = [
        |setup, plan| {
            let good: Arc<dyn UserStore> = Arc::new(setup.fakes.store.clone());
            setup.ports.users = Arc::new(Faulty::new(good, plan));
        },
        |setup, plan| {
            let good: Arc<dyn Outbox> = Arc::new(setup.fakes.store.clone());
            setup.ports.outbox = Arc::new(Faulty::new(good, plan));
        },
        |setup, plan| {
            let good: Arc<dyn TokenIssuer> = Arc::new(setup.fakes.tokens.clone());
            setup.ports.issuer = Arc::new(Faulty::new(good, plan));
        },
        |setup, _| {
            let mut hasher = MockPasswordHasher::new();
            let busy = || HasherError::Busy {
                retry_after: Duration::from_secs(1),
            };
            hasher.expect_hash().returning(move |_| Err(busy()));
            hasher.expect_verify().returning(move |_, _| Err(busy()));
            hasher
                .expect_verify_absent()
                .returning(move |_| Err(busy()));
            setup.ports.hasher = Arc::new(hasher);
        },
    ];
    for make in faults {
        let mut setup = Setup::new();
        make(&mut setup, fault());
        let (service, tokens) = peopled(setup);
        let statuses = ask_for_everything(&service, &tokens);
        assert!(statuses.contains(&503), "{statuses:?}");
        assert!(!statuses.contains(&500), "{statuses:?}");
        assert_nothing_was_told(&service, &tokens);
    }
}
