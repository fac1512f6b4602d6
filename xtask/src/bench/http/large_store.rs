//! A store with as many accounts as wanted, and what is asked of it over HTTP.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use xtask::accounts::{Accounts, rare_metadata, rare_tag};
use xtask::latencies::per_second;
use xtask::transfer::{Place, Program};

use crate::http1::Request;
use crate::running_service::{RunningService, wanted_status};

/// Takes the accounts into the store that `dev` will have in `folder`.
pub(super) fn fill(binary: &Path, folder: &Path, users: u64) -> Result<()> {
    if users == 0 {
        return Ok(());
    }
    ensure!(
        users >= Accounts::FEWEST,
        "there have to be {} accounts at least, to hold what is searched for",
        Accounts::FEWEST
    );
    let place = Place::Data(folder.join("data"));
    let import = Program::new(binary).import(&place, Accounts::new(users), 0..users)?;
    println!(
        "\n{users} accounts imported in {:.1} s, {:.0} a second",
        import.took.as_secs_f64(),
        per_second(import.accounts, import.took)
    );
    Ok(())
}

/// Requests of an administrator with `token`, each with its name. Fails if the service does not find
/// what there is.
pub(super) fn requests(
    service: &RunningService,
    users: u64,
    token: &str,
) -> Result<Vec<(&'static str, Request)>> {
    if users == 0 {
        return Ok(Vec::new());
    }
    let [word, ..] = Accounts::RARE_WORDS;
    let cursors = Accounts::new(users).cursors_in_the_middle();
    let cursor = cursors.first().context("no account is in the middle")?;
    let asked = |query: String| Request::new("GET", &format!("/users{query}"), Some(token), None);
    let metadata = escaped(rare_metadata(word).as_str());
    let searches = vec![
        ("part of the username", asked(format!("?username={word}"))),
        ("part of the e-mail", asked(format!("?email={word}"))),
        ("tag", asked(format!("?tags={}", rare_tag(word)))),
        ("metadata", asked(format!("?metadata={metadata}"))),
        ("search", asked(format!("/search?username={word}"))),
    ];
    let mut connection = service.connect()?;
    for (name, request) in &searches {
        let answer = connection.send(request)?;
        wanted_status(&answer, 200)?;
        let total = answer.json()?["total"].as_u64();
        ensure!(
            total == Some(Accounts::PER_RARE_WORD),
            "{name}: the service found {total:?} accounts of {}",
            Accounts::PER_RARE_WORD
        );
    }
    let mut requests = vec![
        (
            "page in the depth",
            asked(format!("?cursor={}", cursor.to_text())),
        ),
        ("total", asked("?only_total=true".to_owned())),
    ];
    requests.extend(searches);
    Ok(requests)
}

/// A text as a value in a query string.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_of_a_value_means_anything_in_a_query() {
        assert_eq!(escaped(r#"{"a":"b&c"}"#), "%7B%22a%22%3A%22b%26c%22%7D");
    }
}
