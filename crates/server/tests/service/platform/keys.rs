//! Published keys that are away, change, or are none.

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
    // Whoever makes tokens up does not make the service fetch keys.
    let fetched = world.platform.auth.keys.calls_of(KEYS).len();
    for _ in 0..50 {
        let made_up = "eyJhbGciOiJFZERTQSIsImtpZCI6IngifQ.e30.c2ln";
        world.program.get_as("/users/profile", made_up).expect(401);
    }
    let now = world.platform.auth.keys.calls_of(KEYS).len();
    assert!(now <= fetched + 1, "{fetched}, then {now}");
}
