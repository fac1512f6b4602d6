//! The command line.

use super::program::{Program, binary, folder};

struct Output {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let output = binary()
        .args(arguments)
        .envs(settings.iter().copied())
        .output()
        .unwrap();
    Output {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn wrong_values_stop_the_start_with_one_line_for_each() {
    for command in ["serve", "config", "doctor", "migrate"] {
        let output = run(
            &[command],
            &[
                ("MG_USERS_HTTP_PORT", "seventy"),
                ("MG_USERS_PASS_REGEX", "("),
                ("MG_USERS_ALLOW_SELF_REGISTER", "perhaps"),
                ("MG_USERS_ACCESS_TOKEN_TTL", "1 day"),
            ],
        );
        assert_eq!(output.code, 2, "{command}: {}", output.stderr);
        for name in [
            "MG_USERS_HTTP_PORT",
            "MG_USERS_PASS_REGEX",
            "MG_USERS_ALLOW_SELF_REGISTER",
            "MG_USERS_ACCESS_TOKEN_TTL",
        ] {
            let lines = output
                .stderr
                .lines()
                .filter(|line| line.contains(name))
                .count();
            assert_eq!(lines, 1, "{command}, {name}:\n{}", output.stderr);
        }
    }
}

#[test]
fn config_shows_values_and_origins_and_hides_secrets() {
    let output = run(
        &["config"],
        &[
            ("MG_USERS_HTTP_PORT", "9999"),
            ("MG_USERS_ADMIN_PASSWORD", "tell-nobody"),
        ],
    );
    assert_eq!(output.code, 0, "{}", output.stderr);
    let port = output
        .stdout
        .lines()
        .find(|line| line.contains("MG_USERS_HTTP_PORT"))
        .unwrap();
    assert!(
        port.contains("9999") && port.contains("environment"),
        "{port}"
    );
    assert!(
        output.stdout.contains("MG_USERS_PASS_REGEX"),
        "{}",
        output.stdout
    );
    assert!(!output.stdout.contains("tell-nobody"));
    assert!(!output.stderr.contains("tell-nobody"));
}

#[test]
fn a_mistyped_name_is_answered_with_the_nearest_one() {
    let output = run(&["config"], &[("MG_USERS_HTTP_PROT", "9999")]);
    assert_eq!(output.code, 0);
    let said = output
        .stderr
        .lines()
        .find(|line| line.contains("MG_USERS_HTTP_PROT"));
    assert!(
        said.is_some_and(|line| line.contains("MG_USERS_HTTP_PORT")),
        "{}",
        output.stderr
    );
}

#[test]
fn a_secret_may_lie_in_a_file() {
    let (guard, data) = folder();
    let file = guard.path().join("password");
    std::fs::write(&file, "from a file\n").unwrap();
    let settings = [("MG_USERS_ADMIN_PASSWORD_FILE", file.to_str().unwrap())];
    let program = Program::dev_with(&data, &settings);
    program.log_in("admin@example.com", "from a file");
}

#[test]
fn serve_says_what_this_version_cannot_do_and_what_to_set() {
    let output = run(&["serve"], &[]);
    assert_ne!(output.code, 0);
    for hint in ["MG_USERS_STORE=sqlite", "MG_USERS_AUTH=embedded"] {
        assert!(output.stderr.contains(hint), "{}", output.stderr);
    }
}

#[test]
fn serve_runs_on_what_there_is_and_warns_of_the_documented_password() {
    let (guard, data) = folder();
    std::fs::create_dir(&data).unwrap();
    let mut command = binary();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    command.arg("serve").current_dir(guard.path()).envs([
        ("MG_USERS_STORE", "sqlite"),
        ("MG_USERS_AUTH", "embedded"),
        (
            "MG_USERS_SQLITE_PATH",
            data.join("users.sqlite").to_str().unwrap(),
        ),
        (
            "MG_USERS_AUTH_KEY_PATH",
            data.join("key.pem").to_str().unwrap(),
        ),
        ("MG_USERS_HTTP_PORT", &port.to_string()),
    ]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let url = format!("http://localhost:{port}/health");
    while run(&["health", "--url", &url], &[]).code != 0 {
        assert!(child.try_wait().unwrap().is_none(), "the service ended");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let id = child.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .arg(&id)
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let log = String::from_utf8(output.stdout).unwrap();
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("a log line is JSON");
    }
    let warning = log
        .lines()
        .find(|line| line.contains("MG_USERS_ADMIN_PASSWORD"));
    assert!(warning.is_some_and(|line| line.contains("WARN")), "{log}");
    assert!(!log.contains("12345678"), "{log}");
}

#[test]
fn migrate_brings_the_schema_up_to_date_and_lists_without_writing() {
    let (_guard, data) = folder();
    std::fs::create_dir(&data).unwrap();
    let path = data.join("users.sqlite");
    let settings = [
        ("MG_USERS_STORE", "sqlite"),
        ("MG_USERS_AUTH", "embedded"),
        ("MG_USERS_SQLITE_PATH", path.to_str().unwrap()),
    ];
    let before = run(&["migrate", "--list"], &settings);
    assert_eq!(before.code, 0, "{}", before.stderr);
    assert!(before.stdout.contains("pending"), "{}", before.stdout);
    assert!(!path.exists(), "listing writes nothing");
    let migrated = run(&["migrate"], &settings);
    assert_eq!(migrated.code, 0, "{}", migrated.stderr);
    let after = run(&["migrate", "--list"], &settings);
    assert!(!after.stdout.contains("pending"), "{}", after.stdout);
    assert_eq!(
        run(&["migrate"], &settings).code,
        0,
        "a second time changes nothing"
    );
}

#[test]
fn doctor_says_what_is_wrong_and_how_to_mend_it_and_writes_nothing() {
    let (_guard, data) = folder();
    let path = data.join("users.sqlite");
    let key = data.join("key.pem");
    let settings = [
        ("MG_USERS_STORE", "sqlite"),
        ("MG_USERS_AUTH", "embedded"),
        ("MG_USERS_SQLITE_PATH", path.to_str().unwrap()),
        ("MG_USERS_AUTH_KEY_PATH", key.to_str().unwrap()),
    ];
    let fresh = run(&["doctor"], &settings);
    assert_eq!(fresh.code, 1, "{}", fresh.stdout);
    assert!(fresh.stdout.contains("migrate"), "{}", fresh.stdout);
    assert!(!data.exists(), "doctor writes nothing");

    let program = Program::dev(&data);
    program.terminate();
    let key = data.join("auth-key.pem");
    let healthy = [
        settings[0],
        settings[1],
        settings[2],
        ("MG_USERS_AUTH_KEY_PATH", key.to_str().unwrap()),
        ("MG_USERS_ADMIN_PASSWORD", "not the documented one"),
    ];
    let healthy = run(&["doctor"], &healthy);
    assert_eq!(healthy.code, 0, "{}", healthy.stdout);
}

#[test]
fn health_asks_a_running_service() {
    let (_guard, data) = folder();
    let program = Program::dev(&data);
    assert_eq!(
        run(&["health", "--url", &program.url("/health")], &[]).code,
        0
    );
    let url = program.url("/health");
    program.terminate();
    let gone = run(&["health", "--url", &url], &[]);
    assert_eq!(gone.code, 1);
    assert!(gone.stderr.contains(&url), "{}", gone.stderr);
}
