//! The life of an account in a platform, from its registration to its end.

use std::time::Duration;

use serde_json::json;
use users_domain::model::UserId;
use users_domain::ports::Clock as _;
use users_proto::domains::v1::DeleteUserReq;
use users_proto::token::v1::IssueReq;
use users_system::SystemClock;

use super::retrieval::Caller;
use super::{Mode, World, role};
use crate::program::{Answer, client};

#[test]
fn an_account_lives_in_a_platform_without_tls() {
    lives(Mode::Plain);
}

#[test]
fn an_account_lives_where_the_auth_service_verifies_every_token() {
    lives(Mode::Asked);
}

#[test]
fn an_account_lives_where_refresh_tokens_work_once() {
    lives(Mode::Rotating);
}

#[test]
fn an_account_lives_in_a_platform_with_tls() {
    lives(Mode::Tls);
}

#[test]
fn an_account_lives_in_a_platform_with_mutual_tls() {
    lives(Mode::MutualTls);
}

fn lives(mode: Mode) {
    let world = World::start_with(
        mode,
        &[
            ("MG_AUTH_GRPC_TIMEOUT", "20s"),
            ("MG_DOMAINS_GRPC_TIMEOUT", "20s"),
            ("MG_USERS_DELETE_AFTER", "0"),
            ("MG_USERS_DELETE_INTERVAL", "1s"),
        ],
    );
    world.until_told("auth", "pass");
    world.until_told("spicedb", "pass");
    assert!(!world.home.data().join("auth-key.pem").exists());
    world.program.get("/.well-known/jwks.json").expect(404);

    let ada = registers(&world);
    has_sessions(&world, mode);
    changes_roles(&world, &ada);
    an_administrator_ends(&world);
    is_disabled(&world, &ada);
    ends(&world, &ada);
    let log = world.program.terminate();
    assert!(!log.contains("panicked"), "{log}");
}

fn registers(world: &World) -> String {
    let ada = world.register("ada");
    world.until("SpiceDB knows her", || world.is_known_as("member", &ada));
    assert!(!world.is_known_as("administrator", &ada));
    let known = Caller::plain(world.grpc_port).retrieve(&[&ada]).unwrap();
    assert_eq!(known.users[0].email, "ada@example.com");
    ada
}

fn has_sessions(world: &World, mode: Mode) {
    let (access, refresh) = world.log_in("ada");
    let issued = &world.platform.auth.calls_of("Issue")[0];
    let asked: IssueReq = issued.decode();
    assert_eq!((asked.user_role, asked.r#type), (1, 0));
    // The trace goes on at the neighbour.
    assert!(issued.metadata("traceparent").is_some());
    let program = &world.program;
    let profile = program.get_as("/users/profile", &access).expect(200);
    assert_eq!(profile["email"], "ada@example.com");
    let asked = world.calls_of_auth("Authenticate");
    assert_eq!(asked > 0, mode == Mode::Asked);

    let renewed = program.post_as("/users/tokens/refresh", &refresh, &json!({}));
    let renewed = renewed.expect(201);
    let access = renewed["access_token"].as_str().unwrap();
    let listed = program.get_as("/users/tokens/refresh-tokens", access);
    let listed = listed.expect(200);
    let sessions = listed["refresh_tokens"].as_array().unwrap();
    assert_eq!(sessions.len(), 1, "{listed}");
    let id = json!({ "token_id": sessions[0]["id"] });
    program
        .post_as("/users/tokens/revoke", access, &id)
        .expect(204);
    let refresh = renewed["refresh_token"].as_str().unwrap();
    let refused = program.post_as("/users/tokens/refresh", refresh, &json!({}));
    refused.expect(401);
    // A personal access token reads, and nothing more.
    let user = UserId::parse(profile["id"].as_str().unwrap()).unwrap();
    let end = SystemClock.now() + Duration::from_hours(1);
    let pat = world.platform.auth.add_pat(&user, end);
    program.get_as("/users/profile", &pat).expect(200);
    let renamed = json!({ "tags": ["x"] });
    let target = format!("/users/{user}");
    let request = client().patch(program.url(&target)).bearer_auth(&pat);
    let answer = Answer::of(request.json(&renamed).send());
    answer.expect(403);
}

fn changes_roles(world: &World, ada: &str) {
    let program = &world.program;
    let admin = program.administrator();
    let asked = world.calls_of_auth("Authorize");
    let change = |to| {
        let request = client().patch(program.url(&format!("/users/{ada}/role")));
        let request = request.bearer_auth(&admin).json(&role(to));
        Answer::of(request.send()).expect(200)
    };
    change(1);
    world.until("SpiceDB knows her as administrator", || {
        world.is_known_as("administrator", ada)
    });
    assert!(world.is_known_as("member", ada));
    assert!(
        world.calls_of_auth("Authorize") > asked,
        "the platform has a say"
    );
    let (hers, _) = world.log_in("ada");
    program.get_as("/users", &hers).expect(200);
    change(0);
    world.until("SpiceDB knows her as a member", || {
        !world.is_known_as("administrator", ada)
    });
    assert!(world.is_known_as("member", ada));
    let (hers, _) = world.log_in("ada");
    program.get_as("/users", &hers).expect(403);
}

/// With all that she was.
fn an_administrator_ends(world: &World) {
    let grace = world.register("grace");
    let program = &world.program;
    let admin = program.administrator();
    let target = format!("/users/{grace}");
    let promoted = client().patch(program.url(&format!("{target}/role")));
    let promoted = promoted.bearer_auth(&admin).json(&role(1));
    Answer::of(promoted.send()).expect(200);
    world.until("SpiceDB knows her as administrator", || {
        world.is_known_as("administrator", &grace)
    });
    let deleted = client().delete(program.url(&target)).bearer_auth(&admin);
    Answer::of(deleted.send()).expect(204);
    world.until("she is gone for good", || {
        program.get_as(&target, &admin).status == 404
    });
    let relationships = world.platform.spicedb.relationships();
    assert!(
        !relationships.iter().any(|known| known.contains(&grace)),
        "{relationships:?}"
    );
    world.platform.domains.forget_calls();
}

fn is_disabled(world: &World, ada: &str) {
    let program = &world.program;
    let (access, refresh) = world.log_in("ada");
    program.get_as("/users/profile", &access).expect(200);
    let admin = program.administrator();
    let target = format!("/users/{ada}/disable");
    program.post_as(&target, &admin, &json!({})).expect(200);
    program.get_as("/users/profile", &access).expect(401);
    let refused = program.post_as("/users/tokens/refresh", &refresh, &json!({}));
    refused.expect(401);
    world.try_to_log_in("ada").expect(401);
    // The other services are told of enabled accounts alone.
    let found = Caller::plain(world.grpc_port).retrieve(&[ada]).unwrap();
    assert!(found.users.is_empty());
}

fn ends(world: &World, ada: &str) {
    let program = &world.program;
    let admin = program.administrator();
    let target = format!("/users/{ada}");
    let deleted = client().delete(program.url(&target)).bearer_auth(&admin);
    Answer::of(deleted.send()).expect(204);
    world.until("she is gone for good", || {
        program.get_as(&target, &admin).status == 404
    });
    let left: DeleteUserReq = world.platform.domains.calls_of("DeleteUserFromDomains")[0].decode();
    assert_eq!(left.id, ada);
    let relationships = world.platform.spicedb.relationships();
    assert!(
        !relationships.iter().any(|known| known.contains(ada)),
        "{relationships:?}"
    );
}
