//! Password hashes as other systems made them.

use std::sync::LazyLock;

use actix_web::rt::Runtime;
use users_domain::model::{PasswordAttempt, PasswordHash};
use users_domain::ports::PasswordHasher;
use users_password::{BcryptHasher, Format, HasherSettings, check};

thread_local! {
    static RUNTIME: Runtime = Runtime::new().expect("a runtime");
}

static HASHER: LazyLock<BcryptHasher> = LazyLock::new(|| {
    let settings = HasherSettings {
        cost: 4,
        ..HasherSettings::with_threads(1)
    };
    BcryptHasher::start(settings).expect("a thread")
});

/// Any text as a stored hash.
///
/// What is accepted is short and stays accepted with white space behind it, but with nothing else; it
/// can be compared, and is not of a password that it was not made of. A refusal stands on one line.
pub fn password_hash(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let checked = check(text);
    assert_eq!(check(&format!("{text} \n")), checked);
    let format = match checked {
        Ok(format) => format,
        Err(refusal) => {
            let refusal = refusal.to_string();
            assert!(!refusal.is_empty() && !refusal.contains(['\n', '\r', '\0']));
            return;
        }
    };
    let text = text.trim_end();
    assert!(text.len() <= 1024);
    for more in ["!", "$", "$2b$", ",p=1"] {
        assert!(check(&format!("{text}{more}")).is_err());
    }
    if !costs_little(format, text) {
        return;
    }
    let attempt = PasswordAttempt::new("none of the seeds'".to_owned());
    let hash = PasswordHash::from_stored(text.to_owned());
    let verdict = RUNTIME
        .with(|runtime| runtime.block_on(HASHER.verify(&attempt, &hash)))
        .expect("a verdict");
    assert!(!verdict.matches);
    assert!(verdict.outdated || format == Format::Bcrypt);
}

/// Whether a comparison takes some milliseconds at most.
fn costs_little(format: Format, text: &str) -> bool {
    match format {
        Format::Bcrypt => text.contains("$04$"),
        Format::FirebaseScrypt => !text.contains(",n=1"),
        // Other costs are written as numbers, and those below 10,000 are low.
        _ => !text
            .split(|character: char| !character.is_ascii_digit())
            .any(|digits| digits.len() > 4),
    }
}
