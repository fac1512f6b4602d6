//! Starts among neighbours that are not there yet, and what `doctor` and `config` say of them.

use std::net::TcpListener;
use std::path::Path;

use tonic::Code;
use users_test_platform::{Certificates, Fault, Platform, PlatformOptions};

use super::{Mode, World, serve, until_told};
use crate::program::{ADMIN_PASSWORD, Home, run_command};

#[test]
fn a_start_needs_no_neighbour_and_readiness_says_who_is_missing() {
    let platform = Mode::Asked.start();
    platform.auth.go_away();
    platform.spicedb.go_away();
    platform.domains.go_away();
    let home = Home::with_postgres();
    let settings = [Mode::Asked.settings(), &[("MG_AUTH_GRPC_TIMEOUT", "2s")]].concat();
    let (program, _) = serve(&home, &platform, &settings);
    assert_eq!(until_told(&program, "auth", "fail"), 503);
    assert_eq!(until_told(&program, "spicedb", "warn"), 503);
    program.get("/livez").expect(200);
    program.register("ada").expect(201);
    platform.spicedb.come_back();
    until_told(&program, "spicedb", "pass");
    platform.auth.come_back();
    assert_eq!(until_told(&program, "auth", "pass"), 200);
    // The first administrator's relation was not written at the start; now it is.
    let mut status = 0;
    program.until("the administrator logs in", || {
        let body = serde_json::json!({
            "identity": "admin@example.com", "secret": ADMIN_PASSWORD,
        });
        status = program.post("/users/tokens/issue", &body).status;
        status == 201
    });
    let token = program.administrator();
    program.get_as("/users", &token).expect(200);
}

#[test]
fn doctor_says_which_neighbour_is_away_and_what_to_look_at() {
    let platform = Mode::Plain.start();
    let home = Home::with_postgres();
    let run = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command
            .envs(platform.environment())
            .env("MG_USERS_AUTH", "grpc")
            .env("MG_SPICEDB_PRE_SHARED_KEY_FILE", "")
            .env("MG_AUTH_GRPC_TIMEOUT", "5s");
        run_command(command)
    };
    run(&["migrate"]);
    let told = run(&["doctor"]).stdout;
    for line in ["auth service", "its keys", "SpiceDB", "domains"] {
        assert!(told.contains(line), "{told}");
    }
    assert!(!told.contains("WRONG"), "{told}");
    assert!(!told.contains("signing key"), "{told}");
    // Whoever takes connections need not be the domains service, nor answer.
    platform.domains.set_fault(Fault::Hang);
    let of_domains = |told: &str| {
        let mut lines = told.lines();
        let line = lines.find(|line| line.contains("domains")).unwrap();
        line.to_owned()
    };
    let line = of_domains(&run(&["doctor"]).stdout);
    assert!(line.starts_with("WRONG"), "{line}");
    platform
        .domains
        .set_fault(Fault::Status(Code::Internal, String::new()));
    let line = of_domains(&run(&["doctor"]).stdout);
    assert!(line.starts_with("ok") && line.contains("answers"), "{line}");
    platform.auth.go_away();
    platform.spicedb.go_away();
    platform.domains.go_away();
    let finished = run(&["doctor"]);
    let told = &finished.stdout;
    for (subject, setting) in [
        ("auth service", "MG_AUTH_GRPC_URL"),
        ("SpiceDB", "MG_SPICEDB_HOST"),
        ("domains", "MG_DOMAINS_GRPC_URL"),
    ] {
        let mut lines = told.lines();
        let line = lines.find(|line| line.contains(subject)).unwrap();
        assert!(
            line.starts_with("WRONG") && line.contains(setting),
            "{told}"
        );
    }
    assert!(!told.contains(platform.spicedb.key()), "{told}");
}

#[test]
fn the_start_warns_of_a_key_that_everybody_knows_and_says_how_neighbours_are_spoken_to() {
    let platform = Platform::start(PlatformOptions::default()).unwrap();
    assert_eq!(platform.spicedb.key(), "12345678");
    let home = Home::with_postgres();
    let (program, _) = serve(&home, &platform, &[("MG_DOMAINS_GRPC_URL", "")]);
    let log = program.terminate();
    for told in [
        "MG_SPICEDB_PRE_SHARED_KEY is the documented one",
        "stay members of their domains",
        ", without TLS\"",
        "/.well-known/jwks.json",
    ] {
        assert!(log.contains(told), "{told}: {log}");
    }
    let secret = Mode::Plain.start();
    let home = Home::with_postgres();
    let (program, _) = serve(&home, &secret, &[]);
    let log = program.terminate();
    assert!(!log.contains("MG_SPICEDB_PRE_SHARED_KEY"), "{log}");
    assert!(!log.contains("members of their domains"), "{log}");
}

#[test]
fn commands_need_no_auth_service_and_make_no_key() {
    let platform = Mode::Plain.start();
    platform.auth.go_away();
    platform.auth.keys.go_away();
    let home = Home::with_postgres();
    std::fs::create_dir_all(home.data()).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command
            .envs(platform.environment())
            .env("MG_USERS_AUTH", "grpc");
        run_command(command)
    };
    run(&["migrate"]);
    let made = run(&[
        "users",
        "create-admin",
        "--email",
        "grace@example.com",
        "--username",
        "grace",
        "--make-up",
    ]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let listed = run(&["users", "list"]);
    assert!(
        listed.stdout.contains("grace@example.com"),
        "{}",
        listed.stderr
    );
    assert!(!home.data().join("auth-key.pem").exists());
    let relationships = platform.spicedb.relationships();
    let is_administrator = |known: &String| known.contains("#administrator@user:");
    assert!(
        relationships.iter().any(is_administrator),
        "{relationships:?}"
    );
}

#[test]
fn a_grpc_server_that_cannot_be_stops_the_start_with_the_setting_to_change() {
    let home = Home::with_postgres();
    std::fs::create_dir_all(home.data()).unwrap();
    let certificates = Certificates::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken_port = taken.local_addr().unwrap().port().to_string();
    // A port that was free may be another's when the service comes.
    let serve = |settings: &[(&str, &Path)]| {
        let attempts = (0..20).map(|_| {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            let http_port = free.local_addr().unwrap().port().to_string();
            drop(free);
            let mut command = home.command(&["serve"]);
            command
                .env("MG_USERS_HTTP_PORT", &http_port)
                .env("MG_USERS_GRPC_HOST", "127.0.0.1")
                .env("MG_USERS_GRPC_PORT", &taken_port)
                .envs(settings.iter().copied());
            let finished = run_command(command);
            assert_eq!(finished.code, 1, "{}", finished.stderr);
            finished.stderr
        });
        let mut told = attempts.filter(|told| !told.contains("MG_USERS_HTTP_PORT"));
        told.next().expect("a port of twenty that is free")
    };
    let told = serve(&[]);
    let place = format!("127.0.0.1:{taken_port}");
    assert!(
        told.contains(&place) && told.contains("MG_USERS_GRPC_PORT"),
        "{told}"
    );
    let told = serve(&[
        (
            "MG_USERS_GRPC_SERVER_CERT",
            &certificates.server.certificate,
        ),
        ("MG_USERS_GRPC_SERVER_KEY", &certificates.client.key),
    ]);
    assert!(told.contains("MG_USERS_GRPC_SERVER_CERT"), "{told}");
    assert!(
        told.contains("does not belong to the certificate"),
        "{told}"
    );
    assert!(!told.contains("PRIVATE KEY"), "{told}");
}

#[test]
fn relations_are_written_of_accounts_that_were_there_before_the_policies() {
    let without = ("MG_USERS_POLICIES", "none");
    let enough = ("MG_AUTH_GRPC_TIMEOUT", "20s");
    let World {
        program,
        platform,
        home,
        ..
    } = World::start_with(Mode::Plain, &[enough, without]);
    let made = program.register("ada").expect(201);
    let ada = format!("#member@user:{}", made["id"].as_str().unwrap());
    let relations = |settings: &[(&str, &str)]| {
        let mut command = home.command(&["users", "relations"]);
        command
            .envs(platform.environment())
            .env("MG_USERS_AUTH", "grpc")
            .envs(settings.iter().copied());
        run_command(command)
    };
    let refused = relations(&[without]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("MG_USERS_POLICIES=spicedb"),
        "{}",
        refused.stderr
    );
    program.terminate();
    let (program, _) = serve(&home, &platform, &[enough]);
    until_told(&program, "spicedb", "pass");
    let is_member = || {
        let relations = platform.spicedb.relationships();
        relations.iter().any(|relation| relation.ends_with(&ada))
    };
    assert!(!is_member());
    // To do it twice does no harm.
    for _ in 0..2 {
        let queued = relations(&[]);
        assert_eq!(queued.code, 0, "{}", queued.stderr);
        assert!(
            queued.stderr.contains("relations of 2 accounts"),
            "{}",
            queued.stderr
        );
    }
    program.until("ada is a member", is_member);
}
