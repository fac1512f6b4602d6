//! What is wrong, said at once, on one line each, without secrets.

use super::*;

#[test]
fn what_this_version_cannot_do_is_named_with_the_setting_to_use() {
    let config = load(Profile::Serve, &[]).unwrap();
    let problems = lines(&config.check_supported().unwrap_err());
    let [line] = &problems[..] else {
        panic!("one line says it all: {problems:?}");
    };
    assert!(line.contains("MG_USERS_MAIL=file"), "{line}");
    for mail in ["file", "log"] {
        let config = load(Profile::Serve, &[("MG_USERS_MAIL", mail)]).unwrap();
        assert_eq!(config.check_supported(), Ok(()));
    }
}

#[test]
fn what_asks_for_tls_is_refused_since_passwords_would_travel_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let toml = file(
        folder.path(),
        "users.toml",
        "MG_USERS_HTTP_SERVER_KEY = \"key.pem\"\n",
    );
    let command_line = CommandLine {
        config_file: Some(toml),
        ..CommandLine::default()
    };
    let asked = [
        ("MG_USERS_MAIL", "file"),
        ("MG_USERS_HTTP_SERVER_CERT_FILE", "/etc/tls/cert.pem"),
        ("MG_USERS_HTTP_SERVER_CA_CERTS", "ca.pem"),
        ("MG_USERS_HTTP_CLIENT_CA_CERTS", "ca.pem"),
    ];
    let environment = environment(&asked);
    for profile in [Profile::Serve, Profile::Dev] {
        let config = Config::load(profile, &environment, &command_line).unwrap();
        let mut problems = lines(&config.check_supported().unwrap_err());
        problems.sort_unstable();
        let names = problems.iter().map(|line| {
            assert!(line.contains("TLS") && line.contains("proxy"), "{line}");
            line.split_once(": ").unwrap().0
        });
        assert_eq!(
            names.collect::<Vec<_>>(),
            [
                "MG_USERS_HTTP_CLIENT_CA_CERTS",
                "MG_USERS_HTTP_SERVER_CA_CERTS",
                "MG_USERS_HTTP_SERVER_CERT_FILE",
                "MG_USERS_HTTP_SERVER_KEY",
            ]
        );
    }
}

#[test]
fn all_problems_are_reported_at_once_on_one_line_each() {
    let wrong = [
        ("MG_USERS_HTTP_PORT", "seventy"),
        ("MG_USERS_HTTP_SERVER_READ_HEADER_TIMEOUT", "5"),
        ("MG_USERS_HTTP_SERVER_READ_TIMEOUT", "0"),
        ("MG_USERS_HTTP_SERVER_IDLE_TIMEOUT", "-1s"),
        ("MG_USERS_STORE", "mysql"),
        ("MG_USERS_AUTH", "none"),
        ("MG_USERS_ACCESS_TOKEN_TTL", "1 day"),
        ("MG_USERS_REFRESH_TOKEN_TTL", "0"),
        ("MG_USERS_ALLOW_SELF_REGISTER", "perhaps"),
        ("MG_ALLOW_UNVERIFIED_USER", "no"),
        ("MG_USERS_PASS_REGEX", "("),
        ("MG_USERS_HASH_THREADS", "0"),
        ("MG_USERS_MAIL", "pigeon"),
        ("MG_EMAIL_FROM_ADDRESS", "nobody"),
        ("MG_VERIFICATION_URL_PREFIX", "/verify-email"),
        ("MG_PASSWORD_RESET_URL_PREFIX", "ftp://example.com/"),
        ("MG_USERS_VERIFICATION_CODE_TTL", "1 day"),
        ("MG_USERS_RESET_CODE_TTL", "999ms"),
        ("MG_USERS_API_ENUMS", "NUMBERS"),
        ("MG_USERS_LOG_LEVEL", "warning"),
        ("RUST_LOG", "users=loud"),
    ];
    let problems = lines(&load(Profile::Serve, &wrong).unwrap_err());
    assert_eq!(problems.len(), wrong.len(), "{problems:#?}");
    for ((name, value), line) in wrong.iter().zip(&problems) {
        assert!(
            line.starts_with(&format!("{name}={value:?} (environment): expected ")),
            "{line}"
        );
        assert!(!line.contains('\n'), "{line}");
    }
    assert_eq!(
        problems[0],
        "MG_USERS_HTTP_PORT=\"seventy\" (environment): expected a port from 1 to 65535"
    );
    assert!(
        problems[1].ends_with("a unit is missing: ns, us, ms, s, m or h"),
        "{}",
        problems[1]
    );
    assert!(
        problems[10].ends_with("expected a regular expression; unclosed group"),
        "{}",
        problems[10]
    );
}

#[test]
fn problems_print_one_a_line() {
    let wrong = [("MG_USERS_HTTP_PORT", "x"), ("MG_USERS_STORE", "y\nz")];
    let text = load(Profile::Serve, &wrong).unwrap_err().to_string();
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[test]
fn a_port_is_from_1_to_65535_and_in_dev_0_too() {
    for port in ["0", "65536", "-1", "1.5", " 1"] {
        assert!(
            load(Profile::Serve, &[("MG_USERS_HTTP_PORT", port)]).is_err(),
            "{port}"
        );
    }
    assert_eq!(
        load(Profile::Serve, &[("MG_USERS_HTTP_PORT", "65535")])
            .unwrap()
            .http
            .port,
        65535
    );
    assert_eq!(
        load(Profile::Dev, &[("MG_USERS_HTTP_PORT", "0")])
            .unwrap()
            .http
            .port,
        0
    );
}

#[test]
fn dev_binds_to_the_loopback_interface_only() {
    for host in ["localhost", "127.0.0.1", "127.0.0.2", "::1"] {
        assert!(
            load(Profile::Dev, &[("MG_USERS_HTTP_HOST", host)]).is_ok(),
            "{host}"
        );
    }
    for host in ["0.0.0.0", "::", "users", "192.168.0.1"] {
        let problems = load(Profile::Dev, &[("MG_USERS_HTTP_HOST", host)]).unwrap_err();
        assert!(
            problems.to_string().contains("this machine only"),
            "{problems}"
        );
        assert!(
            load(Profile::Serve, &[("MG_USERS_HTTP_HOST", host)]).is_ok(),
            "{host}"
        );
    }
}

#[test]
#[cfg(unix)]
fn a_value_that_is_not_utf_8_is_a_problem() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    struct Broken;
    impl Environment for Broken {
        fn variables(&self) -> Vec<(OsString, OsString)> {
            vec![(
                "MG_USERS_ADMIN_PASSWORD".into(),
                OsString::from_vec(vec![0xff]),
            )]
        }
    }
    let problems = Config::load(Profile::Serve, &Broken, &CommandLine::default())
        .unwrap_err()
        .to_string();
    assert_eq!(
        problems,
        "MG_USERS_ADMIN_PASSWORD (environment): its value is not UTF-8"
    );
}

#[test]
fn secrets_are_never_shown() {
    let config = load(
        Profile::Serve,
        &[("MG_USERS_ADMIN_PASSWORD", "tell-nobody")],
    )
    .unwrap();
    assert_eq!(
        shown(&config, "MG_USERS_ADMIN_PASSWORD"),
        ("***", "environment")
    );
    assert!(!format!("{config:?}").contains("tell-nobody"));
    let config = load(Profile::Serve, &[]).unwrap();
    let printed = format!("{config:?}");
    for hidden in ["12345678", "admin@example.com"] {
        assert!(!printed.contains(hidden), "{printed}");
    }
    let entry = entries().find(|entry| entry.is_secret).unwrap();
    let problem = Problem::value(
        entry,
        "tell-nobody",
        "environment",
        "x",
        Some("tell-nobody"),
    );
    assert!(!problem.to_string().contains("tell-nobody"), "{problem}");
}

#[test]
fn names_that_mean_nothing_are_named_and_those_of_others_are_not() {
    let config = load(
        Profile::Serve,
        &[
            ("MG_USERS_HTTP_PROT", "80"),
            ("MG_USERS_XYZZY", "1"),
            ("MG_EMAIL_HOST", "mail"),
            ("MG_EMAIL_PASSWORD_FILE", "/run/secrets/mail"),
            ("MG_USERS_GRPC_URL", "users:7002"),
            ("MG_USERS_SECRET_KEY", "x"),
            ("MG_THINGS_HTTP_PORT", "9000"),
            ("HOME", "/root"),
        ],
    )
    .unwrap();
    let notices = of_names(&config);
    assert_eq!(
        notices,
        [
            "without effect in this version: MG_EMAIL_HOST, MG_EMAIL_PASSWORD_FILE",
            "MG_USERS_HTTP_PROT is no known setting; did you mean MG_USERS_HTTP_PORT?",
            "MG_USERS_XYZZY is no known setting",
        ]
    );
}

#[test]
fn control_characters_reach_neither_terminal_nor_log() {
    let config = load(Profile::Serve, &[("MG_USERS_\u{1b}[2J\r\n", "x")]).unwrap();
    let notices = of_names(&config);
    assert_eq!(notices, ["MG_USERS_\\u{1b}[2J\\r\\n is no known setting"]);
    let problem = Problem::new("a\n\u{1b}b");
    assert_eq!(problem.to_string(), "a \\u{1b}b");
}
