//! `kill -9` in the middle of work.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::program::{Program, client, folder, registration};

/// User id to the ids of its `user.create` events, as the log tells them.
fn delivered(log: &str, into: &mut BTreeMap<String, BTreeSet<String>>) {
    let member = |line: &str, name: &str| {
        let rest = line.split_once(&format!("{name}=")).map(|(_, rest)| rest)?;
        Some(rest.split([' ', '}']).next()?.trim_matches('"').to_owned())
    };
    for line in log.lines().filter(|line| line.contains("user.create")) {
        if let (Some(user), Some(event)) = (member(line, "user.id"), member(line, "event.id")) {
            into.entry(user).or_default().insert(event);
        }
    }
}

#[test]
fn every_acknowledged_account_survives_kill_9_with_exactly_its_effects() {
    let (_guard, data) = folder();
    let next = Arc::new(AtomicU32::new(0));
    let mut acknowledged = BTreeSet::new();
    let mut events = BTreeMap::new();
    for _round in 0..3 {
        let program = Program::dev(&data);
        let url = program.url("/users");
        let people: Vec<_> = (0..4)
            .map(|_| {
                let (url, next) = (url.clone(), Arc::clone(&next));
                std::thread::spawn(move || {
                    let client = client();
                    let mut answered = Vec::new();
                    loop {
                        let name = format!("user-{}", next.fetch_add(1, Ordering::Relaxed));
                        let sent = client.post(&url).json(&registration(&name)).send();
                        // The service was killed: no answer, no claim.
                        let Ok(answer) = sent else { return answered };
                        if answer.status() == 201 {
                            let Ok(user) = answer.json::<serde_json::Value>() else {
                                return answered;
                            };
                            answered.push((name, user["id"].as_str().unwrap().to_owned()));
                        }
                    }
                })
            })
            .collect();
        let enough = next.load(Ordering::Relaxed) + 24;
        program.until("enough registrations", || {
            next.load(Ordering::Relaxed) >= enough
        });
        delivered(&program.kill(), &mut events);
        acknowledged.extend(people.into_iter().flat_map(|person| person.join().unwrap()));
    }

    let program = Program::dev(&data);
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
            let id = user["id"].as_str().unwrap().to_owned();
            let again = stored.insert(name, id);
            assert_eq!(again, None, "each is listed once");
        }
        if users.is_empty() {
            break;
        }
    }
    for (name, id) in &acknowledged {
        assert_eq!(stored.get(name), Some(id), "{name} was acknowledged");
    }
    assert!(acknowledged.len() >= 30, "{}", acknowledged.len());

    // The outbox is empty when the metrics say so; then the log has told every event.
    program.until("an empty outbox", || {
        let metrics = program.get("/metrics").text;
        metrics.contains("users_outbox_pending{kind=\"event\"} 0")
    });
    delivered(&program.terminate(), &mut events);
    let with_events: BTreeSet<_> = events.keys().collect();
    assert_eq!(
        with_events,
        stored.values().collect(),
        "an event for each account, and no other"
    );
    for (user, ids) in &events {
        assert_eq!(
            ids.len(),
            1,
            "{user} has one event, however often it was delivered"
        );
    }
}
