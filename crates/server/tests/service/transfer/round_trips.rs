//! What goes out comes in again as it was, any number of times.

use serde_json::json;

use crate::program::{Home, on_each_store};

use super::{lines, record, records};

on_each_store! {
    an_export_imported_into_an_empty_store_exports_equal,
    what_a_record_leaves_out_is_made_once,
    a_second_import_finds_everybody_there,
    a_dry_run_says_the_same_and_writes_nothing,
    the_platform_is_told_only_if_asked,
}

/// Accounts of every kind that today's rules allow.
fn varied() -> String {
    let mut text = records(0..20);
    for (number, (name, value)) in [
        ("status", json!("deleted")),
        ("status", json!(1)),
        ("role", json!("admin")),
        (
            "password_hash",
            json!("{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3"),
        ),
        ("verified_at", json!("2024-03-01T00:00:00+02:00")),
        ("updated_at", json!("2024-03-01T00:00:00.5Z")),
        ("updated_by", json!("id-000001")),
        ("auth_provider", json!("google")),
        ("tokens_valid_from", json!(1_700_000_000)),
        ("sessions_valid_from", json!(0)),
        (
            "private_metadata",
            json!({ "a": [null, true, "\u{e9}\\\"\n\t", 1.5] }),
        ),
        ("profile_picture", json!("https://example.com/a.png?b=1")),
        ("created_at", json!(null)),
        ("first_name", json!("")),
        ("credentials", json!({})),
        (
            "tags",
            json!(["ü, \"quoted\"", "back\\slash", "{brace}", "a", "a"]),
        ),
        ("last_name", json!("O'Neil \\N \\. — 日本語")),
    ]
    .into_iter()
    .enumerate()
    {
        let mut account = record(100 + number);
        account[name] = value;
        text += &(account.to_string() + "\n");
    }
    text
}

/// Accounts that only a store of earlier days would have.
fn odd() -> String {
    let deep = "[".repeat(200) + &"]".repeat(200);
    let mut text = String::new();
    for (number, (name, value)) in [
        ("email", "\"no address\"".to_owned()),
        ("email", "\"\"".to_owned()),
        ("credentials", "{\"username\":\"two words\"}".to_owned()),
        ("tags", serde_json::to_string(&vec!["t"; 500]).unwrap()),
        ("metadata", deep),
        (
            "metadata",
            "{\"n\": 123456789012345678901234567890, \"f\": 0.10}".to_owned(),
        ),
        ("private_metadata", "[1, \"a\"]".to_owned()),
        ("password_hash", "\"no hash at all\"".to_owned()),
        ("tokens_valid_from", "-1".to_owned()),
    ]
    .into_iter()
    .enumerate()
    {
        let mut account = record(200 + number);
        account.as_object_mut().unwrap().remove(name);
        let rest = account.to_string();
        text += &[&format!("{{\"{name}\":{value},"), &rest[1..], "\n"].concat();
    }
    text
}

fn an_export_imported_into_an_empty_store_exports_equal(home: &Home) {
    home.migrated();
    let said = home.import_all(&varied(), &[]);
    assert_eq!(said, "imported 37, already there 0, refused 0\n");
    let exported = home.export();
    assert_eq!(lines(&exported), 37);
    let other = home.another();
    other.migrated().import_all(&exported, &[]);
    assert_eq!(other.export(), exported);

    // What today's rules refuse comes in where they are waived, and the export says so.
    let refused = home.import(&odd(), &[]);
    assert_eq!(refused.code, 1);
    assert!(
        refused
            .stderr
            .ends_with("imported 1, already there 0, refused 8\n"),
        "{}",
        refused.stderr
    );
    home.import_all(&odd(), &["--lenient"]);
    let exported = home.run(&["users", "export"]);
    assert_eq!(lines(&exported.stdout), 46);
    let warned = exported
        .stderr
        .lines()
        .find(|line| line.contains("break today's rules"));
    assert!(
        warned.is_some_and(|line| line.contains("--lenient")),
        "{}",
        exported.stderr
    );
    let third = home.another();
    third
        .migrated()
        .import_all(&exported.stdout, &["--lenient"]);
    assert_eq!(third.export(), exported.stdout);
}

fn what_a_record_leaves_out_is_made_once(home: &Home) {
    home.migrated();
    let bare = "{\"email\":\"ada@example.com\"}\n{\"email\":\"grace@example.com\"}\n";
    assert_eq!(
        home.import_all(bare, &[]),
        "imported 2, already there 0, refused 0\n"
    );
    let exported = home.export();
    for line in exported.lines() {
        let account: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(account["id"].as_str().unwrap().len(), 36);
        assert!(account["created_at"].is_string());
        assert_eq!(
            (&account["status"], &account["role"]),
            (&json!(0), &json!(0))
        );
    }
    assert_eq!(
        home.import_all(bare, &[]),
        "imported 0, already there 2, refused 0\n"
    );
    assert_eq!(home.export(), exported);
}

fn a_second_import_finds_everybody_there(home: &Home) {
    home.migrated();
    home.import_all(&records(0..30), &[]);
    let exported = home.export();
    let said = home.import_all(&records(0..40), &[]);
    assert_eq!(said, "imported 10, already there 30, refused 0\n");
    let now = home.export();
    assert!(
        now.starts_with(&exported),
        "nobody who was there was changed"
    );
    assert_eq!(lines(&now), 40);
}

fn a_dry_run_says_the_same_and_writes_nothing(home: &Home) {
    home.migrated();
    home.import_all(&records(0..3), &[]);
    let exported = home.export();
    let text = records(0..5) + "{}\n" + &records([3]);
    let dry_run = home.import(&text, &["--dry-run", "--events"]);
    assert_eq!(dry_run.code, 1);
    let count = "imported 2, already there 4, refused 1\n";
    let told = "line 6: email: is missing\n";
    assert_eq!(dry_run.stderr, format!("{told}dry run: {count}"));
    assert_eq!(home.export(), exported);
    let imported = home.import(&text, &[]);
    assert_eq!(imported.stderr, format!("{told}{count}"));
}

fn the_platform_is_told_only_if_asked(home: &Home) {
    home.migrated();
    let told = || {
        let stored = home.stored();
        stored.iter().any(|(_, text)| text.contains("user.create"))
    };
    home.import_all(&records(0..3), &[]);
    assert!(!told());
    home.import_all(&records(0..3), &["--events"]);
    assert!(!told(), "who was there already was not made");
    home.import_all(&records(3..6), &["--events"]);
    assert!(told());
}
