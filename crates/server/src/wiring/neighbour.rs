//! Another service of the platform, as readiness and `doctor` see it.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::timeout;

use crate::readiness::Absence;

/// However long a service's calls may take, one that is asked how it is has this long.
const CHECK_LIMIT: Duration = Duration::from_secs(5);
/// Most characters of a reason: a peer may have written it.
const REASON_LENGTH: usize = 300;
/// Longer words of a reason may be tokens or keys.
const LONGEST_WORD: usize = 64;

/// Another service of the platform, as readiness and `doctor` see it. Clones share it.
#[derive(Clone)]
pub struct Neighbour {
    /// What it is called.
    pub component: &'static str,
    /// What the task is called that looks after it.
    pub task: &'static str,
    /// Where it is, for people.
    pub place: String,
    /// What it means when it is away.
    pub absence: Absence,
    /// How long its calls may take, as the settings say.
    pub timeout: Duration,
    /// Asks it the least that can be asked; an error says what is wrong, for its operator.
    pub check: Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

impl Neighbour {
    /// What readiness must know of it.
    pub fn known(&self) -> (&'static str, Absence) {
        (self.component, self.absence)
    }

    /// Asks it how it is, for as long as its calls may take, at most for five seconds. An error says
    /// why it cannot be used, as a log may have it.
    pub async fn look(&self) -> Result<(), String> {
        let limit = self.timeout.min(CHECK_LIMIT);
        match timeout(limit, (self.check)()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(loggable(&why)),
            Err(_) => Err(format!("no answer within {limit:?}")),
        }
    }
}

/// A text that a peer may have a part in: on one line, bounded, without what may be a token.
fn loggable(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words = words.filter(|word| !word.is_empty());
    let words = words.map(|word| match word.chars().nth(LONGEST_WORD) {
        Some(_) => "***",
        None => word,
    });
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().take(REASON_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_of_bounded_length_without_long_words() {
        let token = "x".repeat(LONGEST_WORD + 1);
        let text = loggable(&format!("not\nthe key:\u{7} {token} or so"));
        assert_eq!(text, "not the key: *** or so");
        let long = loggable(&"word ".repeat(1_000));
        assert_eq!(long.chars().count(), REASON_LENGTH);
    }
}
