//! `kill -9` in the middle of work.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::program::{Home, Program, client, on_each_store, registration};

on_each_store! {
    what_was_acknowledged_survives_kill_9_with_each_effect_exactly_once,
}

const ROUNDS: u32 = 20;
/// Who works at the same time.
const PEOPLE: u32 = 4;
/// How often each account is changed before its owner makes another one.
const CHANGES: u32 = 3;

/// How often something was asked for, and how often the answer said that it is done.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    sent: u32,
    acknowledged: u32,
}

impl Count {
    /// Whether so many may have been done: what was not acknowledged may have been, or not.
    fn allows(self, done: usize) -> bool {
        let done = u32::try_from(done).expect("a test is not that long");
        (self.acknowledged..=self.sent).contains(&done)
    }
}

/// An account that somebody tried to make, and what became of it as far as he was told.
#[derive(Debug, Default)]
struct Account {
    /// Its id, once its registration was acknowledged.
    id: Option<String>,
    logins: Count,
    changes: Count,
    /// The refresh tokens of acknowledged logins.
    sessions: Vec<String>,
}

/// One person, who does one thing after the other until nobody answers any more.
struct Person<'a> {
    url: &'a str,
    client: reqwest::blocking::Client,
    /// Counts what was acknowledged to all of them.
    answers: &'a AtomicU32,
}

impl Person<'_> {
    /// Makes accounts and uses them; gives what it knows of each, by username.
    fn works(&self, next: &AtomicU32) -> BTreeMap<String, Account> {
        let mut accounts = BTreeMap::new();
        loop {
            let name = format!("user-{}", next.fetch_add(1, Ordering::Relaxed));
            let mut account = Account::default();
            let goes_on = self.lives(&name, &mut account).is_some();
            accounts.insert(name, account);
            if !goes_on {
                return accounts;
            }
        }
    }

    /// The life of one account; `None` when the service was killed meanwhile.
    fn lives(&self, name: &str, account: &mut Account) -> Option<()> {
        let register = self.client.post(format!("{}/users", self.url));
        let user = self.answered(register.json(&registration(name)), 201)?;
        let id = user["id"].as_str().unwrap().to_owned();
        account.id = Some(id.clone());

        account.logins.sent += 1;
        let log_in = self.client.post(format!("{}/users/tokens/issue", self.url));
        let body = json!({ "identity": name, "secret": "changeMe123" });
        let tokens = self.answered(log_in.json(&body), 201)?;
        account.logins.acknowledged += 1;
        let token = |name: &str| tokens[name].as_str().unwrap().to_owned();
        account.sessions.push(token("refresh_token"));

        for _ in 0..CHANGES {
            account.changes.sent += 1;
            let change = self.client.patch(format!("{}/users/{id}", self.url));
            let body = json!({ "last_name": account.changes.sent.to_string() });
            let change = change.bearer_auth(token("access_token")).json(&body);
            self.answered(change, 200)?;
            account.changes.acknowledged += 1;
        }
        Some(())
    }

    /// The answer, if one came to its end before the service did.
    fn answered(&self, request: reqwest::blocking::RequestBuilder, status: u16) -> Option<Value> {
        let response = request.send().ok()?;
        let came = response.status().as_u16();
        let text = response.text().ok()?;
        assert_eq!(came, status, "{text}");
        self.answers.fetch_add(1, Ordering::Relaxed);
        serde_json::from_str(&text).ok()
    }
}

/// Lets people work until so many answers have come, and kills the service in the midst of it.
fn round(
    program: Program,
    answers: u32,
    next: &AtomicU32,
    delivered: &mut Delivered,
) -> BTreeMap<String, Account> {
    let url = program.address.clone();
    let came = AtomicU32::new(0);
    thread::scope(|scope| {
        let people: Vec<_> = (0..PEOPLE)
            .map(|_| {
                let person = Person {
                    url: &url,
                    client: client(),
                    answers: &came,
                };
                scope.spawn(move || person.works(next))
            })
            .collect();
        program.until("enough answers", || came.load(Ordering::Relaxed) >= answers);
        delivered.read(&program.kill());
        let people = people.into_iter();
        people.flat_map(|person| person.join().unwrap()).collect()
    })
}

/// Which events were told, by operation and user: their ids.
#[derive(Default)]
struct Delivered(BTreeMap<(&'static str, String), BTreeSet<String>>);

impl Delivered {
    const OPERATIONS: [&'static str; 3] = ["user.create", "user.issue_token", "user.update"];

    /// Takes them from a log, of lines or of JSON.
    fn read(&mut self, log: &str) {
        for line in log.lines() {
            let Some(operation) = Self::member(line, "operation") else {
                continue;
            };
            let operations = Self::OPERATIONS.into_iter();
            let Some(operation) = operations.into_iter().find(|known| *known == operation) else {
                continue;
            };
            let user = Self::member(line, "user.id");
            let event = Self::member(line, "event.id");
            if let (Some(user), Some(event)) = (user, event) {
                self.0.entry((operation, user)).or_default().insert(event);
            }
        }
    }

    /// `name=value`, or `"name":"value"`.
    fn member(line: &str, name: &str) -> Option<String> {
        let lines = line.split_once(&format!("{name}="));
        let json = || line.split_once(&format!(r#""{name}":"#));
        let (_, rest) = lines.or_else(json)?;
        let value = rest.split([' ', ',', '}']).next()?;
        Some(value.trim_matches('"').to_owned())
    }

    /// How many different ones there were; one that was told again counts once.
    fn count(&self, operation: &'static str, user: &str) -> usize {
        let ids = self.0.get(&(operation, user.to_owned()));
        ids.map_or(0, BTreeSet::len)
    }

    /// Everybody whose making was told.
    fn made(&self) -> BTreeSet<&str> {
        let made = self.0.keys().filter(|(told, _)| *told == "user.create");
        made.map(|(_, user)| user.as_str()).collect()
    }
}

/// Every stored account by its username, read page by page.
fn stored(program: &Program) -> BTreeMap<String, Value> {
    let token = program.administrator();
    let mut stored = BTreeMap::new();
    loop {
        let path = format!(
            "/users?limit=100&offset={}&order=created_at&dir=asc",
            stored.len()
        );
        let page = program.get_as(&path, &token).expect(200);
        let users = page["users"].as_array().unwrap();
        for user in users {
            let name = user["credentials"]["username"].as_str().unwrap().to_owned();
            let again = stored.insert(name, user.clone());
            assert_eq!(again, None, "each is listed once");
        }
        if users.is_empty() {
            return stored;
        }
    }
}

fn what_was_acknowledged_survives_kill_9_with_each_effect_exactly_once(home: &Home) {
    // Nobody here proves an address, and yet they change their accounts.
    let start = || home.start_with(&[("MG_ALLOW_UNVERIFIED_USER", "true")]);
    let next = AtomicU32::new(0);
    let mut delivered = Delivered::default();
    let mut accounts = BTreeMap::new();
    for number in 0..ROUNDS {
        // The end comes at another moment of their work each time.
        accounts.extend(round(start(), 8 + number % 10, &next, &mut delivered));
    }

    let program = start();
    let mut stored = stored(&program);
    // The outbox is empty when the metrics say so; then the log has told every event.
    program.until("an empty outbox", || {
        let metrics = program.get("/metrics").text;
        metrics.contains("users_outbox_pending{kind=\"event\"} 0")
    });
    let administrator = stored.remove("admin").expect("the administrator");
    for (name, account) in &accounts {
        if let Some(id) = &account.id {
            let user = stored.get(name).expect("acknowledged, so stored");
            assert_eq!(user["id"], id.as_str());
        }
        for session in &account.sessions {
            let refreshed = program.post_as("/users/tokens/refresh", session, &json!({}));
            refreshed.expect(201);
        }
    }
    let acknowledged = |count: fn(&Account) -> u32| accounts.values().map(count).sum::<u32>();
    assert!(acknowledged(|account| account.id.is_some().into()) >= ROUNDS);
    assert!(acknowledged(|account| account.logins.acknowledged) >= ROUNDS);
    assert!(acknowledged(|account| account.changes.acknowledged) >= ROUNDS);

    delivered.read(&program.terminate());
    for (name, user) in &stored {
        let account = accounts.get(name).expect("somebody has asked for it");
        let id = user["id"].as_str().unwrap();
        assert_eq!(delivered.count("user.create", id), 1, "{name}");
        let logins = delivered.count("user.issue_token", id);
        assert!(
            account.logins.allows(logins),
            "{name}: {logins} {account:?}"
        );
        // Each change writes its number, so that what is stored tells how many there were.
        let last = user["last_name"].as_str().unwrap();
        let changes = last.parse().unwrap_or(0);
        assert!(
            account.changes.allows(changes),
            "{name}: {last} {account:?}"
        );
        assert_eq!(delivered.count("user.update", id), changes, "{name}");
    }
    let made = stored.values().chain([&administrator]);
    let made: BTreeSet<_> = made.map(|user| user["id"].as_str().unwrap()).collect();
    assert_eq!(
        delivered.made(),
        made,
        "no event of an account that is not there"
    );
}
