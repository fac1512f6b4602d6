//! What a peer says, as the log may have it.

use tonic::Code;

/// How the platform's personal access tokens begin. They are opaque to everybody but their issuer;
/// no JSON Web Token begins like this.
pub const PERSONAL_ACCESS_TOKEN: &str = "pat_";

/// A code as gRPC's own list writes it.
pub const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// Most characters of a peer's text in a log line.
const MOST_CHARS: usize = 300;
/// Longer words may be tokens or keys; ids and names of errors are shorter.
const LONGEST_WORD: usize = 40;

/// A peer's text as the log may have it: bounded, printable, and without what may be a token or an
/// address of somebody.
pub fn loggable(text: &str) -> String {
    let mut shown = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !shown.is_empty() {
            shown.push(' ');
        }
        let may_be_secret = word.chars().nth(LONGEST_WORD).is_some()
            || word.contains("eyJ")
            || word.contains(PERSONAL_ACCESS_TOKEN)
            || word.contains('@');
        shown.push_str(if may_be_secret { "***" } else { word });
        if shown.chars().nth(MOST_CHARS).is_some() {
            return shown.chars().take(MOST_CHARS).chain(['…']).collect();
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_has_a_peers_text_without_tokens_and_not_all_of_it() {
        let jwt = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln";
        let pat = "pat_short";
        let long = "x".repeat(41);
        let text = loggable(&format!("no\tsuch token:\n{jwt} or {pat} or {long}\u{7}!"));
        assert_eq!(text, "no such token: *** or *** or *** !");
        assert_eq!(loggable("not found: ada@example.com"), "not found: ***");
        let uuid = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736";
        assert_eq!(loggable(uuid), uuid);
        assert_eq!(
            loggable(&"word ".repeat(1000)).chars().count(),
            MOST_CHARS + 1
        );
    }
}
