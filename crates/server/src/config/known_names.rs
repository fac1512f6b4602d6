//! Names that are no typing mistakes although nothing here obeys them, and the nearest known name
//! for those that are.

use super::{Notice, entries};

/// The prefix under which every name should be one that we know.
pub(super) const PREFIX: &str = "MG_USERS_";

/// How alike (0 to 1) two names must be for one to be offered in place of the other.
const MIN_LIKENESS: f64 = 0.75;

/// Documented settings that ask for TLS, which this version does not speak. Passing over them would
/// send passwords in the clear where somebody believes them protected.
pub(super) const REFUSED: &[&str] = &[
    "MG_USERS_HTTP_SERVER_CERT",
    "MG_USERS_HTTP_SERVER_KEY",
    "MG_USERS_HTTP_SERVER_CA_CERTS",
    "MG_USERS_HTTP_CLIENT_CA_CERTS",
];

/// Documented settings of this service that have no effect in this version.
pub(super) const WITHOUT_EFFECT: &[&str] = &[
    // HTTP
    "MG_USERS_HTTP_SERVER_MAX_HEADER_BYTES",
    "MG_USERS_TRUSTED_PROXIES",
    // gRPC
    "MG_USERS_GRPC_SERVER_READ_TIMEOUT",
    "MG_USERS_GRPC_SERVER_WRITE_TIMEOUT",
    "MG_USERS_GRPC_SERVER_READ_HEADER_TIMEOUT",
    "MG_USERS_GRPC_SERVER_IDLE_TIMEOUT",
    "MG_USERS_GRPC_SERVER_MAX_HEADER_BYTES",
    // mail
    "MG_EMAIL_HOST",
    "MG_EMAIL_PORT",
    "MG_EMAIL_USERNAME",
    "MG_EMAIL_PASSWORD",
    // events, traces, social login
    "MG_USERS_ES_URL",
    "MG_ES_URL",
    "MG_JAEGER_URL",
    "MG_JAEGER_TRACE_RATIO",
    "MG_SEND_TELEMETRY",
    "MG_OAUTH_UI_REDIRECT_URL",
    "MG_OAUTH_UI_ERROR_URL",
    "MG_GOOGLE_CLIENT_ID",
    "MG_GOOGLE_CLIENT_SECRET",
    "MG_GOOGLE_REDIRECT_URL",
    "MG_GOOGLE_STATE",
];

/// Names with our prefix that are read by the platform's other services or by its compose files.
const OF_OTHERS: &[&str] = &[
    "MG_USERS_GRPC_URL",
    "MG_USERS_GRPC_TIMEOUT",
    "MG_USERS_GRPC_CLIENT_CERT",
    "MG_USERS_GRPC_CLIENT_KEY",
    "MG_USERS_SECRET_KEY",
    "MG_USERS_URL",
];

/// What is to be said about the names that are set. `is_strict` is for a file of our own, where a
/// name without our prefix is no less a mistake.
pub(super) fn notices<'a>(
    names: impl Iterator<Item = &'a str>,
    is_strict: bool,
) -> impl Iterator<Item = Notice> {
    let mut refused = Vec::new();
    let mut without_effect = Vec::new();
    let mut unknown = Vec::new();
    for name in names {
        let stem = name.strip_suffix("_FILE").unwrap_or(name);
        let is_one_of = |known: &[&str]| known.contains(&name) || known.contains(&stem);
        if is_one_of(REFUSED) {
            refused.push(Notice::Refused {
                name: name.to_owned(),
            });
        } else if is_one_of(WITHOUT_EFFECT) {
            without_effect.push(name.to_owned());
        } else if (is_strict || name.starts_with(PREFIX))
            && !is_one_of(OF_OTHERS)
            && entries().all(|entry| entry.name != name && entry.name != stem)
        {
            unknown.push(Notice::Unknown {
                name: name.to_owned(),
                nearest: nearest(name),
            });
        }
    }
    let without_effect = (!without_effect.is_empty()).then_some(Notice::WithoutEffect {
        names: without_effect,
    });
    refused.into_iter().chain(without_effect).chain(unknown)
}

/// The known name that is most like this one, if any is like it.
fn nearest(name: &str) -> Option<String> {
    let (stem, suffix) = match name.strip_suffix("_FILE") {
        Some(stem) => (stem, "_FILE"),
        None => (name, ""),
    };
    // The common beginning would make all names alike.
    let distinctive = |name: &str| {
        let name = name.to_ascii_uppercase();
        let name = name.strip_prefix("MG_").unwrap_or(&name);
        name.strip_prefix("USERS_").unwrap_or(name).to_owned()
    };
    let wanted = distinctive(stem);
    let known = entries()
        .map(|entry| entry.name)
        .chain(WITHOUT_EFFECT.iter().copied())
        .chain(REFUSED.iter().copied());
    known
        // This measure favours a common beginning: `DB_PASSWORD` is meant as `DB_PASS`.
        .map(|known| (known, strsim::jaro_winkler(&wanted, &distinctive(known))))
        .filter(|(_, likeness)| *likeness >= MIN_LIKENESS)
        .max_by(|(_, one), (_, two)| one.total_cmp(two))
        .map(|(known, _)| format!("{known}{suffix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_is_answered_with_the_nearest_one() {
        for (name, expected) in [
            ("MG_USERS_HTTP_PROT", Some("MG_USERS_HTTP_PORT")),
            ("MG_USERS_LOGLEVEL", Some("MG_USERS_LOG_LEVEL")),
            (
                "MG_USERS_ADMIN_PASWORD_FILE",
                Some("MG_USERS_ADMIN_PASSWORD_FILE"),
            ),
            (
                "MG_USERS_ALLOW_UNVERIFIED_USER",
                Some("MG_ALLOW_UNVERIFIED_USER"),
            ),
            ("MG_USERS_DB_PASSWORD", Some("MG_USERS_DB_PASS")),
            (
                "MG_USERS_HTTP_SERVER_CRT_FILE",
                Some("MG_USERS_HTTP_SERVER_CERT_FILE"),
            ),
            ("http_port", Some("MG_USERS_HTTP_PORT")),
            ("MG_USERS_XYZZY", None),
        ] {
            assert_eq!(nearest(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn no_name_is_listed_twice() {
        let mut names: Vec<_> = entries().map(|entry| entry.name).collect();
        names.extend(REFUSED);
        names.extend(WITHOUT_EFFECT);
        names.extend(OF_OTHERS);
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
