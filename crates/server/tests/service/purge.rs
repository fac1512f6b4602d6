//! What was deleted long enough ago goes for good: by itself, and from the command line.

use serde_json::{Value, json};

use super::program::{Finished, Home, Program, client, on_each_store, run};

on_each_store! {
    what_was_deleted_long_enough_ago_goes_by_itself,
    the_command_line_says_who_would_go_and_has_them_go,
    the_command_line_purges_beside_the_running_service,
}

/// The deleted go as soon as somebody looks.
const AT_ONCE: (&str, &str) = ("MG_USERS_DELETE_AFTER", "0");
/// Somebody looks all the time.
const OFTEN: (&str, &str) = ("MG_USERS_DELETE_INTERVAL", "100ms");

impl Program {
    /// Makes an account; its id.
    fn registered(&self, username: &str) -> String {
        let made = self.register(username).expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    /// An administrator deletes an account.
    fn delete(&self, id: &str) {
        let request = client().delete(self.url(&format!("/users/{id}")));
        let answer = request.bearer_auth(self.administrator()).send().unwrap();
        assert_eq!(answer.status().as_u16(), 204);
    }

    /// Whether an account is there, deleted or not.
    fn has(&self, token: &str, id: &str) -> bool {
        match self.get_as(&format!("/users/{id}"), token).status {
            200 => true,
            404 => false,
            status => panic!("{status}"),
        }
    }

    /// How often the platform was told that somebody is gone.
    fn purges_told(&self) -> usize {
        self.log().matches("user.purge").count()
    }
}

impl Home {
    /// `users purge` where the deleted go at once.
    fn purge(&self, flags: &[&str]) -> Finished {
        let mut command = self.command(&[&["users", "purge"], flags].concat());
        command.envs([AT_ONCE]);
        super::program::run_command(command)
    }

    /// Who is there, as the command line lists them.
    fn listed(&self) -> String {
        let listed = self.run(&["users", "list"]);
        assert_eq!(listed.code, 0, "{}", listed.stderr);
        listed.stdout
    }
}

fn what_was_deleted_long_enough_ago_goes_by_itself(home: &Home) {
    let program = home.start_with(&[("MG_USERS_DELETE_AFTER", "1s"), OFTEN]);
    let token = program.administrator();
    let (ada, grace) = (program.registered("ada"), program.registered("grace"));
    program.delete(&ada);
    program.until("ada is gone", || !program.has(&token, &ada));
    assert!(program.has(&token, &grace));
    program.until("the platform is told", || program.purges_told() == 1);
    // Her name is free again, and the numbers are right.
    let again = program.registered("ada");
    assert_ne!(again, ada);
    let list = program.get_as("/users?status=all", &token).expect(200);
    assert_eq!(list["total"], 3, "{list}");
    let log = program.terminate();
    assert_eq!(log.matches("user.purge").count(), 1, "{log}");
    assert!(
        !log.contains("ERROR") && !log.contains(r#""level":"error""#),
        "{log}"
    );
}

fn the_command_line_says_who_would_go_and_has_them_go(home: &Home) {
    let program = home.start();
    let (ada, grace) = (program.registered("ada"), program.registered("grace"));
    program.delete(&ada);
    program.terminate();

    // They are kept for thirty days.
    for flags in [&["--dry-run"][..], &[]] {
        let early = home.run(&[&["users", "purge"], flags].concat());
        assert_eq!(
            (early.code, early.stdout.as_str()),
            (0, ""),
            "{}",
            early.stderr
        );
    }
    let before = home.listed();
    assert!(before.contains(&ada), "{before}");
    let table = home.purge(&["--dry-run"]);
    assert_eq!(table.code, 0, "{}", table.stderr);
    assert!(table.stdout.starts_with(&ada), "{}", table.stdout);
    assert_eq!(table.stdout.lines().count(), 1, "{}", table.stdout);
    let records = home.purge(&["--dry-run", "--json"]);
    let record: Value = serde_json::from_str(&records.stdout).unwrap();
    assert_eq!(record["id"], json!(ada));
    let since = record["deleted_at"].as_str().unwrap();
    assert!(since.starts_with("20") && since.ends_with('Z'), "{since}");
    assert_eq!(home.listed(), before);

    let done = home.purge(&[]);
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (0, ""),
        "{}",
        done.stderr
    );
    assert!(
        done.stderr.contains("removed 1 accounts"),
        "{}",
        done.stderr
    );
    let after = home.listed();
    assert!(!after.contains(&ada) && after.contains(&grace), "{after}");
    let again = home.purge(&[]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(
        again.stderr.contains("removed 0 accounts"),
        "{}",
        again.stderr
    );

    // The event is the service's to publish.
    let program = home.start();
    program.until("the platform is told", || program.purges_told() == 1);
}

fn the_command_line_purges_beside_the_running_service(home: &Home) {
    let program = home.start_with(&[AT_ONCE]);
    let token = program.administrator();
    let ids: Vec<String> = (0..20)
        .map(|number| program.registered(&format!("user{number}")))
        .collect();
    for id in &ids {
        program.delete(id);
    }
    let done = home.purge(&[]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(
        done.stderr.contains("removed 20 accounts"),
        "{}",
        done.stderr
    );
    for id in &ids {
        assert!(!program.has(&token, id));
    }
    program.until("the platform is told", || program.purges_told() >= 20);
    let log = program.terminate();
    assert_eq!(log.matches("user.purge").count(), 20);
}

#[test]
fn an_account_that_an_operators_table_holds_stays_and_holds_up_nobody() {
    let home = Home::with_postgres();
    let program = home.start();
    let (ada, grace) = (program.registered("ada"), program.registered("grace"));
    home.database().execute(&format!(
        "CREATE TABLE orders (buyer varchar(36) REFERENCES users (id) INITIALLY DEFERRED);
         INSERT INTO orders VALUES ('{ada}')"
    ));
    program.delete(&ada);
    program.delete(&grace);
    program.terminate();

    let done = home.purge(&[]);
    assert_eq!(done.code, 1, "{}", done.stderr);
    assert!(
        done.stderr.contains("removed 1 accounts"),
        "{}",
        done.stderr
    );
    let about_her = done.stderr.lines().filter(|line| line.contains(&ada));
    assert!(about_her.count() > 0, "{}", done.stderr);
    let left = home.listed();
    assert!(left.contains(&ada) && !left.contains(&grace), "{left}");

    // The service tries again with every look, and not in between.
    let program = home.start_with(&[AT_ONCE]);
    let token = program.administrator();
    program.until("it was tried", || {
        program.log().contains("does not let its row go")
    });
    assert!(program.has(&token, &ada));
    let log = program.terminate();
    assert_eq!(log.matches("does not let its row go").count(), 1, "{log}");

    home.database().execute("DROP TABLE orders");
    let program = home.start_with(&[AT_ONCE]);
    let token = program.administrator();
    program.until("ada is gone", || !program.has(&token, &ada));
}

#[test]
fn an_interval_of_nothing_stops_the_start() {
    for interval in ["0", "0s", "-1h", "daily"] {
        let refused = run(&["config"], &[("MG_USERS_DELETE_INTERVAL", interval)]);
        assert_eq!(refused.code, 2, "{interval}: {}", refused.stderr);
        let lines = refused.stderr.lines();
        let named = lines.filter(|line| line.contains("MG_USERS_DELETE_INTERVAL"));
        assert_eq!(named.count(), 1, "{interval}: {}", refused.stderr);
    }
    let allowed = run(&["config"], &[AT_ONCE, ("MG_USERS_DELETE_INTERVAL", "1ns")]);
    assert_eq!(allowed.code, 0, "{}", allowed.stderr);
}
