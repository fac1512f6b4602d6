//! Where values come from, and which source wins.

use super::*;

#[test]
fn the_environment_overrides_defaults() {
    let config = load(
        Profile::Serve,
        &[
            ("MG_USERS_HTTP_HOST", "0.0.0.0"),
            ("MG_USERS_HTTP_PORT", "8080"),
            ("MG_USERS_LOG_LEVEL", "DEBUG"),
            ("MG_USERS_ALLOW_SELF_REGISTER", "F"),
            ("MG_USERS_ACCESS_TOKEN_TTL", "1h30m"),
            ("MG_USERS_HASH_THREADS", "3"),
            ("MG_USERS_MAIL", "log"),
            ("MG_USERS_RESET_CODE_TTL", "1h"),
            ("MG_USERS_API_ENUMS", "names"),
            ("MG_USERS_INSTANCE_ID", "one"),
            ("MG_USERS_ADMIN_PASSWORD", "correct horse"),
            ("RUST_LOG", "info,users_http=debug"),
        ],
    )
    .unwrap();
    assert_eq!(config.http.host, "0.0.0.0");
    assert_eq!(config.http.port, 8080);
    assert_eq!(config.telemetry.level, LogLevel::Debug);
    assert_eq!(
        config.telemetry.filter.as_deref(),
        Some("info,users_http=debug")
    );
    assert_eq!(config.telemetry.instance_id.as_deref(), Some("one"));
    assert!(!config.accounts.allow_self_register);
    assert_eq!(config.auth.access_token_ttl, Duration::from_mins(90));
    assert_eq!(config.passwords.hash_threads.get(), 3);
    assert_eq!(config.mail.kind, MailKind::Log);
    assert_eq!(config.mail.reset_code_ttl, Duration::from_hours(1));
    assert_eq!(config.api.enums, EnumFormat::Names);
    assert!(!config.is_default_admin_password());
    assert_eq!(
        shown(&config, "MG_USERS_HTTP_PORT"),
        ("8080", "environment")
    );
}

#[test]
fn one_template_serves_for_the_mails_that_have_none_of_their_own() {
    let own = ("MG_PASSWORD_RESET_EMAIL_TEMPLATE", "reset.tmpl");
    let common = ("MG_EMAIL_TEMPLATE", "common.tmpl");
    let templates = |variables: &[_]| {
        let mail = load(Profile::Serve, variables).unwrap().mail;
        [mail.verification_template, mail.reset_template]
    };
    let path = |name| Some(PathBuf::from(name));
    assert_eq!(templates(&[own]), [None, path("reset.tmpl")]);
    assert_eq!(
        templates(&[common]),
        [path("common.tmpl"), path("common.tmpl")]
    );
    assert_eq!(
        templates(&[own, common]),
        [path("common.tmpl"), path("reset.tmpl")]
    );
}

#[test]
fn an_empty_variable_is_unset() {
    let variables = [
        ("MG_USERS_HTTP_PORT", ""),
        ("MG_USERS_HTTP_PORT_FILE", ""),
        ("MG_USERS_INSTANCE_ID", ""),
        ("MG_USERS_HTTP_SERVER_CERT", ""),
        ("MG_USERS_NO_SUCH_NAME", ""),
    ];
    let config = load(Profile::Serve, &variables).unwrap();
    assert_eq!(shown(&config, "MG_USERS_HTTP_PORT"), ("9002", "default"));
    assert_eq!(config.telemetry.instance_id, None);
    assert_eq!(of_names(&config), [""; 0]);
}

#[test]
fn a_value_may_lie_in_a_file_and_one_line_end_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    for (text, expected) in [
        ("s3cret", "s3cret"),
        ("s3cret\n", "s3cret"),
        ("s3cret\r\n", "s3cret"),
        ("a b \n\n", "a b \n"),
    ] {
        let path = file(folder.path(), "password", text);
        let path = path.to_str().unwrap();
        let config = load(Profile::Serve, &[("MG_USERS_ADMIN_PASSWORD_FILE", path)]).unwrap();
        assert_eq!(config.admin.password.as_ref().unwrap().expose(), expected);
        let origin = format!("file {path}");
        assert_eq!(
            shown(&config, "MG_USERS_ADMIN_PASSWORD"),
            ("***", origin.as_str())
        );
        assert_eq!(of_names(&config), [""; 0]);
    }
}

#[test]
fn a_name_and_its_file_together_are_a_problem() {
    let both = [
        ("MG_USERS_HTTP_PORT", "80"),
        ("MG_USERS_HTTP_PORT_FILE", "/nowhere"),
    ];
    let problems = lines(&load(Profile::Serve, &both).unwrap_err());
    let expected = "MG_USERS_HTTP_PORT and MG_USERS_HTTP_PORT_FILE are both set (environment): set \
                    one of them";
    assert_eq!(problems, [expected]);
}

#[test]
fn a_file_that_holds_no_value_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent");
    let empty = file(folder.path(), "empty", "\n");
    let binary = folder.path().join("binary");
    std::fs::write(&binary, [0xff, 0xfe]).unwrap();
    let long = file(folder.path(), "long", &"x".repeat(1024 * 1024 + 1));
    for (path, reason) in [
        (absent.as_path(), "cannot read the file"),
        (folder.path(), "cannot read the file"),
        (&empty, "the file is empty"),
        (&binary, "the file is not UTF-8"),
        (&long, "longer than 1 MiB"),
    ] {
        let variables = [("MG_USERS_ADMIN_PASSWORD_FILE", path.to_str().unwrap())];
        let problems = lines(&load(Profile::Serve, &variables).unwrap_err());
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with("MG_USERS_ADMIN_PASSWORD_FILE="),
            "{problems:?}"
        );
        assert!(problems[0].contains(reason), "{problems:?}");
    }
}

#[test]
fn a_toml_file_lies_between_defaults_and_environment() {
    let folder = tempfile::tempdir().unwrap();
    let password = file(folder.path(), "password", "from a file\n");
    let text = format!(
        "MG_USERS_HTTP_PORT = 8080\nMG_USERS_HTTP_HOST = \"::1\"\n\
         MG_USERS_ALLOW_SELF_REGISTER = false\nMG_USERS_PASS_REGEX = '^\\d+$'\n\
         MG_USERS_INSTANCE_ID = \"\"\nMG_USERS_ADMIN_PASSWORD_FILE = {password:?}\n\
         MG_EMAIL_HOST = \"mail\"\nport = 1\n"
    );
    let path = file(folder.path(), "users.toml", &text);
    let command_line = CommandLine {
        config_file: Some(path.clone()),
        ..CommandLine::default()
    };
    let variables = environment(&[("MG_USERS_HTTP_HOST", "localhost")]);
    let config = Config::load(Profile::Serve, &variables, &command_line).unwrap();
    let origin = format!("config file {}", path.display());
    assert_eq!(
        shown(&config, "MG_USERS_HTTP_PORT"),
        ("8080", origin.as_str())
    );
    assert_eq!(
        shown(&config, "MG_USERS_HTTP_HOST"),
        ("localhost", "environment")
    );
    assert!(!config.accounts.allow_self_register);
    assert_eq!(config.passwords.pattern, "^\\d+$");
    assert_eq!(config.telemetry.instance_id, None);
    assert_eq!(
        config.admin.password.as_ref().unwrap().expose(),
        "from a file"
    );
    let without_effect = Notice::WithoutEffect {
        names: vec!["MG_EMAIL_HOST".to_owned()],
    };
    assert!(config.notices().contains(&without_effect));
    assert!(
        config.notices().iter().any(|notice| matches!(
            notice,
            Notice::Unknown { name, .. } if name == "port"
        )),
        "{:?}",
        config.notices()
    );
}

#[test]
fn a_toml_file_that_cannot_be_read_is_a_problem_that_quotes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let broken = file(
        folder.path(),
        "broken.toml",
        "MG_USERS_ADMIN_PASSWORD = tell-nobody\nMG_USERS_HTTP_PORT = 1\n",
    );
    let nested = file(
        folder.path(),
        "nested.toml",
        "[MG_USERS_HTTP_PORT]\nx = 1\n",
    );
    let absent = folder.path().join("absent.toml");
    for (path, reason) in [
        (broken, "line 1"),
        (nested, "not a table"),
        (absent, "cannot read the file"),
    ] {
        let command_line = CommandLine {
            config_file: Some(path),
            ..CommandLine::default()
        };
        let problems = Config::load(Profile::Serve, &environment(&[]), &command_line)
            .unwrap_err()
            .to_string();
        assert_eq!(problems.lines().count(), 1, "{problems}");
        assert!(problems.contains(reason), "{problems}");
        assert!(!problems.contains("tell-nobody"), "{problems}");
    }
}

#[test]
fn flags_are_the_last_word() {
    let command_line = CommandLine {
        config_file: None,
        data: Some(PathBuf::from("/srv/users")),
        port: Some(0),
    };
    let variables = environment(&[
        ("MG_USERS_HTTP_PORT", "8080"),
        ("MG_USERS_SQLITE_PATH", "/elsewhere/users.sqlite"),
    ]);
    let config = Config::load(Profile::Dev, &variables, &command_line).unwrap();
    assert_eq!(config.http.port, 0);
    assert_eq!(
        config.store.sqlite_path,
        Path::new("/srv/users/users.sqlite")
    );
    assert_eq!(config.auth.key_path, Path::new("/srv/users/auth-key.pem"));
    assert_eq!(config.mail.folder, Path::new("/srv/users/mail"));
    assert_eq!(
        shown(&config, "MG_USERS_SQLITE_PATH"),
        ("/srv/users/users.sqlite", "command line")
    );
}
