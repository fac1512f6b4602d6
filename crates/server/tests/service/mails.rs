//! Mails and what their links open, through the whole service.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::program::{Home, Program, binary, folder, on_each_store, registration, run};

on_each_store! {
    a_mail_that_was_asked_for_before_kill_9_is_sent_after_the_restart,
    nobody_learns_from_a_reset_request_who_has_an_account,
    links_lead_to_the_address_that_the_operator_names,
    the_command_line_looks_after_accounts,
}

#[test]
fn a_mail_lies_in_the_data_folder_for_its_owner_only_and_its_link_stays_out_of_the_log() {
    let (_guard, data) = folder();
    let program = Program::dev(&data);
    program.register("ada").expect(201);
    let (access, _) = program.log_in("ada", "changeMe123");
    program
        .post_as("/users/send-verification", &access, &json!({}))
        .expect(200);
    let link = program.announced_link("verification", "ada@example.com");
    let code = link.split_once("token=").unwrap().1;

    let mails: Vec<_> = std::fs::read_dir(data.join("mail"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let [mail] = mails.as_slice() else {
        panic!("{mails:?}");
    };
    assert_eq!(mail.extension().unwrap(), "eml");
    assert!(!mail.to_string_lossy().contains("ada"));
    let mode = std::fs::metadata(mail).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    let text = std::fs::read_to_string(mail).unwrap();
    assert!(text.contains("\r\nTo: ada@example.com\r\n"), "{text}");
    // Soft line breaks of quoted-printable may stand anywhere.
    let unfolded = text.replace("=\r\n", "").replace("=3D", "=");
    assert!(unfolded.contains(&link), "{text}");

    let log = program.terminate();
    let elsewhere = log
        .lines()
        .filter(|line| line.contains(code) && !line.starts_with("Mail (verification)"));
    assert_eq!(elsewhere.collect::<Vec<_>>(), Vec::<&str>::new());
}

fn links_lead_to_the_address_that_the_operator_names(home: &Home) {
    let prefix = "https://ui.example.com/reset?lang=en";
    let program = home.start_with(&[("MG_PASSWORD_RESET_URL_PREFIX", prefix)]);
    let body = json!({ "email": "admin@example.com" });
    program.post("/password/reset-request", &body).expect(201);
    let link = program.mailed_link("reset", "admin@example.com");
    assert!(
        link.starts_with("https://ui.example.com/reset?lang=en&token="),
        "{link}"
    );
}

fn a_mail_that_was_asked_for_before_kill_9_is_sent_after_the_restart(home: &Home) {
    let program = home.start();
    program.register("ada").expect(201);
    let body = json!({ "email": "ada@example.com" });
    program.post("/password/reset-request", &body).expect(201);
    program.kill();

    let program = home.start();
    // Sent by either of them: the first may have been as quick as that.
    program.until("a mail", || !program.mails().is_empty());
    program.terminate();
}

fn nobody_learns_from_a_reset_request_who_has_an_account(home: &Home) {
    let program = home.start();
    let ask = |address: &str| {
        let body = json!({ "email": address });
        program.post("/password/reset-request", &body).expect(201)
    };
    assert_eq!(ask("admin@example.com"), ask("nobody@example.com"));
    program.mailed_link("reset", "admin@example.com");
    assert!(!program.log().contains("nobody@example.com"));
}

#[test]
fn a_broken_template_stops_the_start_and_names_its_file() {
    let (guard, data) = folder();
    let template = guard.path().join("mine.tmpl");
    std::fs::write(&template, "Hello {{.User").unwrap();
    let output = binary()
        .arg("dev")
        .arg("--data")
        .arg(&data)
        .args(["--port", "0"])
        .env("MG_EMAIL_TEMPLATE", &template)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("mine.tmpl"), "{message}");
}

fn the_command_line_looks_after_accounts(home: &Home) {
    let program = home.start();
    program.register("ada").expect(201);
    let (access, refresh) = program.log_in("ada", "changeMe123");
    let users = |arguments: &[&str]| {
        let finished = home.run(&[&["users"], arguments].concat());
        (finished.code, finished.stdout, finished.stderr)
    };
    let password = |text: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix("password"));
        line.unwrap().trim().to_owned()
    };

    let (code, listed, complaint) = users(&["list", "--json"]);
    assert_eq!(code, 0, "{complaint}");
    let names: Vec<_> = listed
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["username"].clone())
        .collect();
    assert_eq!(names, ["admin", "ada"]);

    let (code, made, complaint) = users(&[
        "create-admin",
        "--email",
        "grace@example.com",
        "--username",
        "grace",
        "--make-up",
    ]);
    assert_eq!(code, 0, "{complaint}");
    let (grace, _) = program.log_in("grace", &password(&made));
    program.get_as("/users", &grace).expect(200);

    let (code, changed, complaint) = users(&["set-password", "ada", "--make-up"]);
    assert_eq!(code, 0, "{complaint}");
    program.log_in("ada", &password(&changed));
    program.get_as("/users/profile", &access).expect(401);
    program
        .post_as("/users/tokens/refresh", &refresh, &json!({}))
        .expect(401);
    program
        .post(
            "/users/tokens/issue",
            &json!({ "identity": "ada", "secret": "changeMe123" }),
        )
        .expect(401);

    let (code, _, complaint) = users(&["set-password", "nobody", "--make-up"]);
    assert_eq!(code, 1);
    assert!(complaint.contains("nobody"), "{complaint}");
    let (code, _, complaint) = users(&[
        "create-admin",
        "--email",
        "x",
        "--username",
        "y",
        "--make-up",
    ]);
    assert_eq!(code, 1);
    assert!(complaint.contains("email"), "{complaint}");
    // The account is as it was.
    assert_eq!(program.post("/users", &registration("grace")).status, 409);
}

#[test]
fn looking_for_accounts_where_there_is_no_store_makes_none() {
    let (_guard, data) = folder();
    let nothing_there = run(&["users", "--data", data.to_str().unwrap(), "list"], &[]);
    assert_eq!(nothing_there.code, 1);
    assert!(!data.exists(), "looking makes no store");
}
