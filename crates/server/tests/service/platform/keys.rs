//! Published keys that are away, change, or are none.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use users_test_platform::{Fault, KeyPlan};

use super::{Mode, World, assert_unavailable};

/// The method under which calls for keys are counted.
const KEYS: &str = "jwks.json";

#[test]
fn tokens_are_verified_while_the_publisher_of_keys_is_away_once_they_are_known() {
    let world = World::start(Mode::Plain);
    world.register("ada");
    let (access, _) = world.log_in("ada");
    world.program.get_as("/users/profile", &access).expect(200);
    world.platform.auth.keys.go_away();
    world.program.get_as("/users/profile", &access).expect(200);
    let (another, _) = world.log_in("ada");
    world.program.get_as("/users/profile", &another).expect(200);
}

#[test]
fn without_any_key_tokens_wait_and_nobody_is_told_that_his_is_bad() {
    for fault in [
        Some(Fault::Http(500)),
        Some(Fault::Answer(br#"{"keys":null}"#.to_vec())),
        Some(Fault::Answer(vec![b'x'; 2 * 1024 * 1024])),
        Some(Fault::Hang),
        None,
    ] {
        let platform = Mode::Plain.start();
        match &fault {
            Some(fault) => platform.auth.keys.set_fault(fault.clone()),
            None => platform.auth.keys.go_away(),
        }
        let home = crate::program::Home::with_postgres();
        let settings = [("MG_AUTH_GRPC_TIMEOUT", "3s")];
        let (program, _) = super::serve(&home, &platform, &settings);
        let told = super::until_told(&program, "jwks", "fail");
        assert_eq!(told, 503);
        program.register("ada").expect(201);
        // The relation may be on its way yet.
        let mut access = String::new();
        program.until("she logs in", || {
            let body = serde_json::json!({ "identity": "ada", "secret": super::PASSWORD });
            let answer = program.post("/users/tokens/issue", &body);
            access = answer.body["access_token"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            answer.status == 201
        });
        assert_unavailable(&program.get_as("/users/profile", &access));
        program.get_as("/users/profile", "no token").expect(401);
        platform.auth.keys.clear_faults();
        platform.auth.keys.come_back();
        super::until_told(&program, "jwks", "pass");
        program.get_as("/users/profile", &access).expect(200);
    }
}

#[test]
fn a_new_key_is_learnt_with_its_first_token_and_an_old_one_forgotten() {
    let world = World::start(Mode::Plain);
    world.register("ada");
    let (old, _) = world.log_in("ada");
    world.program.get_as("/users/profile", &old).expect(200);
    world.platform.auth.rotate(KeyPlan::NewName);
    let (new, _) = world.log_in("ada");
    world.until("the new key is learnt", || {
        world.program.get_as("/users/profile", &new).status == 200
    });
    world.program.get_as("/users/profile", &old).expect(200);
    // Whoever makes tokens up that name other keys, and might be of one, makes the service fetch
    // keys, but seldom.
    let claims = new.split('.').nth(1).unwrap();
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let header = r#"{"alg":"EdDSA","typ":"JWT","kid":"nobody's"}"#;
    let made_up = world.platform.auth.sign_as(header, &claims);
    let fetched = || world.platform.auth.keys.calls_of(KEYS).len();
    let try_it = || {
        // Before keys are fetched that must have its own, it may yet be a genuine one.
        let answer = world.program.get_as("/users/profile", &made_up);
        assert!(matches!(answer.status, 401 | 503), "{answer:?}");
    };
    let before = fetched();
    world.until("keys are fetched because of it", || {
        try_it();
        fetched() > before
    });
    let (before, began) = (fetched(), Instant::now());
    for _ in 0..50 {
        try_it();
    }
    let most = 1 + began.elapsed().as_secs() / 5;
    let now = fetched() - before;
    assert!(now as u64 <= most, "{now} times");
}
