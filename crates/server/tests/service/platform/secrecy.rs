//! What the log of a service in a platform never holds, at its most talkative.

use std::time::Duration;

use serde_json::json;
use users_domain::model::UserId;
use users_domain::ports::Clock as _;
use users_system::SystemClock;
use users_test_platform::Fault;

use super::{Mode, PASSWORD, World};

#[test]
fn tokens_keys_and_passwords_are_in_no_line_of_the_log() {
    for mode in [Mode::Asked, Mode::MutualTls] {
        let world = World::start_with(
            mode,
            &[
                ("RUST_LOG", "trace"),
                ("MG_AUTH_GRPC_TIMEOUT", "20s"),
                ("MG_USERS_DELETE_INTERVAL", "1s"),
            ],
        );
        let id = UserId::parse(&world.register("ada")).unwrap();
        let (access, refresh) = world.log_in("ada");
        let program = &world.program;
        program.get_as("/users/profile", &access).expect(200);
        let renewed = program.post_as("/users/tokens/refresh", &refresh, &json!({}));
        let renewed = renewed.expect(201);
        let end = SystemClock.now() + Duration::from_hours(1);
        let pat = world.platform.auth.add_pat(&id, end);
        program.get_as("/users/profile", &pat).expect(200);
        world.platform.auth.set_fault(Fault::garbage());
        program.get_as("/users/profile", &access);
        program.get_as("/users/profile", &pat);
        program.post_as("/users/tokens/refresh", &refresh, &json!({}));
        world.try_to_log_in("ada");
        let key = world.platform.spicedb.key().to_owned();
        let log = world.program.terminate();
        // Those who see all that is sent do speak.
        for of_wire in [r#""level":"TRACE""#, r#""target":"h2::"#] {
            assert!(log.contains(of_wire), "no {of_wire}");
        }
        let mut secrets = vec![access, refresh, pat, key, PASSWORD.to_owned()];
        for name in ["access_token", "refresh_token"] {
            secrets.push(renewed[name].as_str().unwrap().to_owned());
        }
        for secret in &secrets {
            // Of a token, its signature is what nobody else can make.
            let piece = secret.rsplit('.').next().unwrap();
            assert!(!log.contains(piece), "{piece} is in the log");
        }
    }
}
