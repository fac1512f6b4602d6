//! Files, pipes and standard streams.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::program::{Home, run_command, run_unheard};

use super::{lines, records};

#[test]
fn an_exported_file_is_whole_for_its_owner_alone_and_replaced_only_if_asked() {
    let home = Home::with_sqlite();
    home.migrated().import_all(&records(0..3), &[]);
    let path = home.folder().join("users.ndjson");
    let file = path.to_str().unwrap();
    let exported = home.run(&["users", "export", file]);
    assert_eq!((exported.code, exported.stdout.as_str()), (0, ""));
    assert_eq!(exported.stderr, "exported 3 accounts\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), home.export());
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    home.import_all(&records(3..4), &[]);
    let refused = home.run(&["users", "export", file]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(lines(&fs::read_to_string(&path).unwrap()), 3);
    let replaced = home.run(&["users", "export", "--force", file]);
    assert_eq!(replaced.code, 0, "{}", replaced.stderr);
    assert_eq!(lines(&fs::read_to_string(&path).unwrap()), 4);

    let names = fs::read_dir(home.folder()).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["data", "users.ndjson"], "nothing is left behind");
}

#[test]
fn a_dash_stands_for_the_standard_streams_and_a_device_is_written_to() {
    let home = Home::with_sqlite();
    home.migrated().import_all(&records(0..3), &["-"]);
    let exported = home.run(&["users", "export", "-"]);
    assert_eq!(exported.code, 0);
    assert_eq!(exported.stdout, home.export());
    let away = home.run(&["users", "export", "/dev/null"]);
    assert_eq!((away.code, away.stdout.as_str()), (0, ""));
    let full = home.run(&["users", "export", "/dev/full"]);
    assert_eq!(full.code, 2, "{}", full.stderr);

    let path = home.folder().join("users.ndjson");
    fs::write(&path, exported.stdout).unwrap();
    let file = home.run(&["users", "import", path.to_str().unwrap()]);
    assert_eq!(file.stderr, "imported 0, already there 3, refused 0\n");
    let mut from_file = home.command(&["users", "import"]);
    from_file.stdin(fs::File::open(&path).unwrap());
    assert_eq!(run_command(from_file).stderr, file.stderr);
    // Nothing is read where nothing stands.
    let nothing = home.run(&["users", "import"]);
    assert_eq!(nothing.stderr, "imported 0, already there 0, refused 0\n");
    assert_eq!(nothing.code, 0);
}

#[test]
fn an_export_ends_when_nobody_reads_it() {
    let home = Home::with_sqlite();
    home.migrated().import_all(&records(0..100), &[]);
    let data = home.data();
    let data = data.to_str().unwrap();
    assert_eq!(run_unheard(&["users", "--data", data, "export"], &[]), 0);
}

#[test]
fn roles_and_states_are_written_as_the_api_writes_them() {
    let home = Home::with_sqlite();
    home.migrated().import_all(&records([1]), &[]);
    let mut named = home.command(&["users", "export"]);
    named.env("MG_USERS_API_ENUMS", "names");
    let named = run_command(named).stdout;
    assert!(
        named.contains(r#""status":"enabled","role":"user""#),
        "{named}"
    );
    let other = Home::with_sqlite();
    other.migrated().import_all(&named, &[]);
    assert_eq!(other.export(), home.export());
}

#[test]
fn memory_does_not_grow_with_what_is_read() {
    let home = Home::with_sqlite();
    let text = records(0..2000);
    home.migrated().import_all(&text, &[]);
    // The most memory of an import that has read these records so often.
    let most_after = |times: usize| {
        let mut import = home.begin_import(&[]);
        for _ in 0..times {
            import.write(&text);
        }
        let most = import.most_memory();
        let there = format!("already there {},", 2000 * times);
        assert!(import.finish().stderr.contains(&there));
        most
    };
    let (few, many) = (most_after(5), most_after(25));
    assert!(many < few + 8 * 1024, "{few} KiB, then {many} KiB");
}
