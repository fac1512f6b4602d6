//! An auth service that does not do as it should: every request ends in time, as *unavailable*, and
//! all goes on by itself when the service is well again.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tonic::Code;
use users_test_platform::{Fault, Platform, PlatformOptions};

use super::{Mode, World, assert_unavailable, serve};
use crate::program::{ADMIN_PASSWORD, Home};

/// What a token is needed for, and what gives one.
struct Holder {
    access: String,
    refresh: String,
    admin: String,
}

impl Holder {
    fn of(world: &World) -> Self {
        world.register("ada");
        let (access, refresh) = world.log_in("ada");
        Self {
            access,
            refresh,
            admin: world.program.administrator(),
        }
    }

    /// Everything that the auth service is asked for is refused as *unavailable*.
    fn assert_all_unavailable(&self, world: &World, mode: Mode) {
        let program = &world.program;
        assert_unavailable(&world.try_to_log_in("ada"));
        let refreshed = program.post_as("/users/tokens/refresh", &self.refresh, &json!({}));
        assert_unavailable(&refreshed);
        let listed = program.get_as("/users/tokens/refresh-tokens", &self.access);
        assert_unavailable(&listed);
        assert_unavailable(&program.get_as("/users", &self.admin));
        let profile = program.get_as("/users/profile", &self.access);
        if mode == Mode::Asked {
            assert_unavailable(&profile);
        } else {
            profile.expect(200);
        }
        // Who has no right password hears the same as ever.
        let wrong = json!({ "identity": "ada", "secret": "a wrong password" });
        program.post("/users/tokens/issue", &wrong).expect(401);
    }

    fn assert_all_well(&self, world: &World) {
        let program = &world.program;
        // Again and again: a busy machine may need longer than a short limit of the test.
        world.until("all is well again", || {
            let refreshed = program.post_as("/users/tokens/refresh", &self.refresh, &json!({}));
            world.try_to_log_in("ada").status == 201
                && program.get_as("/users", &self.admin).status == 200
                && program.get_as("/users/profile", &self.access).status == 200
                && refreshed.status == 201
        });
    }
}

#[test]
fn an_auth_service_that_is_away_is_unavailable_and_used_again_when_it_is_back() {
    for mode in [Mode::Plain, Mode::Asked] {
        let world = World::start(mode);
        let holder = Holder::of(&world);
        world.platform.auth.go_away();
        holder.assert_all_unavailable(&world, mode);
        let (told, ready) = match mode {
            Mode::Asked => ("fail", 503),
            _ => ("warn", 200),
        };
        assert_eq!(world.until_told("auth", told), ready);
        // Registration needs no token.
        world.register("grace");
        world.platform.auth.come_back();
        holder.assert_all_well(&world);
        assert_eq!(world.until_told("auth", "pass"), 200);
        let log = world.program.terminate();
        let of_auth = |text: &str| {
            let told = format!(r#""msg":"{text}""#);
            let lines = log.lines().filter(|line| line.contains(&told));
            lines
                .filter(|line| line.contains(r#""service":"auth""#))
                .count()
        };
        assert_eq!(of_auth("a service of the platform is away"), 1, "{log}");
        assert_eq!(of_auth("a service of the platform is back"), 1, "{log}");
    }
}

#[test]
fn a_slow_auth_service_costs_its_time_limit_and_no_more() {
    let world = World::start(Mode::Asked);
    let holder = Holder::of(&world);
    let limit = ("MG_AUTH_GRPC_TIMEOUT", "2s");
    let world = world.restarted_with(Mode::Asked, &[limit]);
    world.platform.auth.forget_calls();
    world.platform.auth.set_fault(Fault::Hang);
    // The answer is the adapter's, so the limit of the call was what ended it.
    holder.assert_all_unavailable(&world, Mode::Asked);
    for call in world.platform.auth.calls_of("Issue") {
        let told = call.metadata("grpc-timeout").unwrap();
        let (number, unit) = told.split_at(told.len() - 1);
        let limit = match unit {
            "u" => Duration::from_micros(number.parse().unwrap()),
            "m" => Duration::from_millis(number.parse().unwrap()),
            "n" => Duration::from_nanos(number.parse().unwrap()),
            _ => panic!("{told}"),
        };
        assert!(limit <= Duration::from_secs(2), "{told}");
    }
    world.until_told("auth", "fail");
    world.platform.auth.clear_faults();
    holder.assert_all_well(&world);
}

#[test]
fn an_auth_service_that_answers_garbage_or_a_fault_is_unavailable() {
    let world = World::start(Mode::Asked);
    let holder = Holder::of(&world);
    let words = "a peer's words";
    for fault in [
        Fault::garbage(),
        Fault::longer_than(3 * 1024 * 1024),
        Fault::Http(502),
        Fault::Status(Code::Internal, words.to_owned()),
        Fault::Status(Code::Unknown, words.to_owned()),
        Fault::Status(Code::ResourceExhausted, words.to_owned()),
        // So it speaks while its own SpiceDB is away.
        Fault::Status(Code::PermissionDenied, words.to_owned()),
    ] {
        world.platform.auth.set_fault(fault);
        holder.assert_all_unavailable(&world, Mode::Asked);
    }
    world.platform.auth.clear_faults();
    holder.assert_all_well(&world);
}

#[test]
fn while_the_auth_service_misses_spicedb_nobody_is_told_that_he_may_not() {
    let world = World::start(Mode::Plain);
    let holder = Holder::of(&world);
    world.program.get_as("/users", &holder.admin).expect(200);
    world.platform.spicedb.go_away();
    assert_unavailable(&world.program.get_as("/users", &holder.admin));
    assert_unavailable(&world.try_to_log_in("ada"));
    world.platform.spicedb.come_back();
    holder.assert_all_well(&world);
}

#[test]
fn restarts_of_the_auth_service_are_noticed_by_none_but_the_calls_meanwhile() {
    let world = World::start(Mode::Asked);
    let holder = Holder::of(&world);
    for _ in 0..3 {
        world.platform.auth.go_away();
        world.platform.auth.come_back();
        world.until("tokens are verified again", || {
            let answer = world.program.get_as("/users/profile", &holder.access);
            if answer.status != 200 {
                assert_unavailable(&answer);
            }
            answer.status == 200
        });
    }
    holder.assert_all_well(&world);
}

#[test]
fn a_certificate_that_proves_nothing_is_unavailable_and_no_word_is_said_to_it() {
    for wrong in ["other", "expired", "elsewhere", "plain"] {
        let certificates = users_test_platform::Certificates::new();
        let mut shown = certificates.clone();
        shown.server = match wrong {
            "other" => certificates.server_of_other_ca.clone(),
            "expired" => certificates.expired_server.clone(),
            _ => certificates.server_elsewhere.clone(),
        };
        let options = PlatformOptions {
            certificates: (wrong != "plain").then_some(shown),
            ..PlatformOptions::default()
        };
        let platform = Platform::start(options).unwrap();
        let home = Home::with_postgres();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let ca = text(&certificates.ca.certificate);
        let (program, _) = serve(
            &home,
            &platform,
            &[
                ("MG_AUTH_GRPC_SERVER_CA_CERTS", &ca),
                ("MG_AUTH_GRPC_TIMEOUT", "20s"),
            ],
        );
        program.register("ada").expect(201);
        let body = json!({ "identity": "admin@example.com", "secret": ADMIN_PASSWORD });
        assert_unavailable(&program.post("/users/tokens/issue", &body));
        super::until_told(&program, "auth", "warn");
        assert!(platform.auth.calls().is_empty(), "{wrong}");
        program.terminate();
    }
}
