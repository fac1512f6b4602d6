//! Records that are refused, each by its line, and commands that cannot run.

use crate::program::{Home, folder, on_each_store, run};

use super::{lines, records};

on_each_store! {
    refused_records_are_told_line_by_line,
}

fn refused_records_are_told_line_by_line(home: &Home) {
    home.migrated();
    home.import_all(&records([1]), &[]);
    let huge = format!("{{\"email\":\"{}\"}}", "x".repeat(1024 * 1024));
    let text = [
        "\u{feff}{\"email\":\"bom@example.com\"}\r",
        "",
        "   \t",
        "{\"email\":\"USER000001@example.com\",\"id\":\"other\"}",
        "{\"email\":\"a@example.com\",\"id\":\"id-000001\"}",
        "{\"email\":\"b@example.com\",\"credentials\":{\"username\":\"User000001\"}}",
        "not JSON",
        "[]",
        "\u{0}\u{1}\u{2}",
        "{\"email\":\"nobody\"}",
        "{\"email\":\"c@example.com\",\"password_hash\":\"$2b$31$abcdefghijklmnopqrstuujydOTSfIH/d5o\
         UHpsygqV5X9xJLQc6e\"}",
        "{\"email\":\"c@example.com\",\"password_hash\":\"hunter2\"}",
        "{\"email\":\"c@example.com\",\"credentials\":{\"secret\":\"hunter2\"}}",
        huge.as_str(),
        "{\"email\":\"d@example.com\",\"pasword_hash\":\"x\"}",
        "{\"email\":\"e@example.com\",\"pasword_hash\":\"x\",\"metadata\":[]}",
        "{\"email\":\"last@example.com\"}",
    ]
    .join("\n");
    let refused = home.import(&text, &[]);
    assert_eq!(refused.code, 1);
    let expected = [
        "warning: line 15: the member \"pasword_hash\" means nothing and is left out, here and in \
         other lines",
        "line 4: email: is taken by another account",
        "line 5: id: is taken by another account",
        "line 6: credentials.username: is taken by another account",
        "line 7: record: is not one JSON object",
        "line 8: record: is not one JSON object",
        "line 9: record: is not one JSON object",
        "line 10: email: is not an address of the form name@example.com",
        "line 11: password_hash: bcrypt: the cost is 31, more than the 16 that are verified",
        "line 12: password_hash: not a password hash of a known format",
        "line 13: credentials.secret: is a password in clear text, which cannot be imported: give \
         password_hash",
        "line 14: record: is longer than 1048576 bytes",
        "line 16: metadata: is not a JSON object",
        "imported 3, already there 0, refused 12",
    ];
    assert_eq!(refused.stderr.lines().collect::<Vec<_>>(), expected);
    assert!(!refused.stderr.contains("hunter2"));
    assert_eq!(lines(&home.export()), 4);
}

#[test]
fn bytes_that_are_no_text_are_refused_and_reading_goes_on() {
    let (guard, data) = folder();
    let path = guard.path().join("binary");
    let mut bytes = b"\x7fELF\x02\x01\x00\xff\xfe\n".repeat(500);
    bytes.extend_from_slice(b"{\"email\":\"\xff@example.com\"}\n");
    bytes.extend_from_slice(records([1]).as_bytes());
    std::fs::write(&path, bytes).unwrap();
    let data = data.to_str().unwrap();
    let refused = run(
        &["users", "--data", data, "import", path.to_str().unwrap()],
        &[],
    );
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("\nline 501: email: is not UTF-8\n"));
    let count = "imported 1, already there 0, refused 501\n";
    assert!(refused.stderr.ends_with(count), "{}", refused.stderr);
}

#[test]
fn what_cannot_run_ends_with_2() {
    let (guard, data) = folder();
    let data = data.to_str().unwrap();
    let nowhere = guard.path().join("nowhere");
    let nowhere = nowhere.to_str().unwrap();
    let users = |arguments: &[&str]| run(&[&["users", "--data", data], arguments].concat(), &[]);
    for arguments in [
        &["export"][..],
        &["import", "--dry-run", nowhere],
        &["import", nowhere],
        &["import", guard.path().to_str().unwrap()],
        &["export", guard.path().to_str().unwrap()],
        &["export", "/nowhere/at/all"],
    ] {
        let output = users(arguments);
        assert_eq!(output.code, 2, "{arguments:?}: {}", output.stderr);
        assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
        assert_eq!(output.stdout, "");
    }
    let key = guard.path().join("auth-key.pem");
    let away = [
        ("MG_USERS_AUTH", "embedded"),
        ("MG_USERS_MAIL", "file"),
        ("MG_USERS_DB_HOST", "127.0.0.1"),
        ("MG_USERS_DB_PORT", "1"),
        ("MG_USERS_AUTH_KEY_PATH", key.to_str().unwrap()),
    ];
    for command in ["export", "import"] {
        let output = run(&["users", command], &away);
        assert_eq!(output.code, 2, "{}", output.stderr);
        assert!(output.stderr.contains("127.0.0.1"), "{}", output.stderr);
    }
}
