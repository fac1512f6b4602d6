//! The table of rights from the callers' side: what each kind of them is answered.

use std::fmt::Write as _;

use super::{AccessPolicy, Bearer, Operation, Rule, Who};

/// Who may ask. The operations are about an account that is his where he is its owner, and somebody
/// else's otherwise, except those that are always about the caller's own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Caller {
    Nobody,
    Unverified,
    User,
    Owner,
    Administrator,
    /// Of a disabled or deleted account, with a mailed code, or with a token from before a reset.
    NotHonoured,
    Refresh,
    PersonalAccess,
    AdministratorsPersonalAccess,
}

/// The columns, with the names that people read.
const COLUMNS: [(&str, Caller); 12] = [
    ("nobody", Caller::Nobody),
    ("unverified owner", Caller::Unverified),
    ("user", Caller::User),
    ("owner", Caller::Owner),
    ("administrator", Caller::Administrator),
    ("disabled", Caller::NotHonoured),
    ("deleted", Caller::NotHonoured),
    ("refresh token", Caller::Refresh),
    ("one-time code", Caller::NotHonoured),
    ("personal access token", Caller::PersonalAccess),
    (
        "administrator's personal access token",
        Caller::AdministratorsPersonalAccess,
    ),
    ("token from before a reset", Caller::NotHonoured),
];

/// The matrix in Markdown: `may`, or the code of the refusal.
pub(super) fn matrix_md() -> String {
    let mut text = String::from("| operation |");
    for (name, _) in COLUMNS {
        // Writing to a String cannot fail.
        let _ = write!(text, " {name} |");
    }
    text.push_str("\n|");
    text.push_str(&" --- |".repeat(COLUMNS.len() + 1));
    text.push('\n');
    let open = AccessPolicy::default();
    let closed = AccessPolicy {
        self_registration: false,
        ..open
    };
    for operation in Operation::ALL {
        let rule = operation.rule(open);
        if rule.who == Who::Operator {
            continue;
        }
        row(&mut text, operation.as_str(), rule);
        if operation.rule(closed) != rule {
            let name = format!("{}, self-registration off", operation.as_str());
            row(&mut text, &name, operation.rule(closed));
        }
    }
    text
}

fn row(text: &mut String, name: &str, rule: Rule) {
    let _ = write!(text, "| {name} |");
    for (_, caller) in COLUMNS {
        let _ = write!(text, " {} |", answer(rule, caller));
    }
    text.push('\n');
}

fn answer(rule: Rule, caller: Caller) -> &'static str {
    const MAY: &str = "may";
    const INVALID_TOKEN: &str = "`invalid_token`";
    const FORBIDDEN: &str = "`forbidden`";

    let administers = rule.who == Who::Administrator;
    match (rule.bearer, caller) {
        (Bearer::Ignored, _)
        | (Bearer::Optional, Caller::Nobody)
        | (Bearer::Refresh, Caller::Refresh) => MAY,
        (_, Caller::Nobody) => "`missing_token`",
        (_, Caller::NotHonoured | Caller::Refresh) | (Bearer::Refresh, _) => INVALID_TOKEN,
        (_, Caller::Unverified) if !rule.unverified => "`email_not_verified`",
        (_, Caller::Unverified | Caller::Owner) if administers => FORBIDDEN,
        (_, Caller::User) if administers || rule.who == Who::OwnerOrAdministrator => FORBIDDEN,
        (_, Caller::PersonalAccess) if !rule.reads_only || administers => FORBIDDEN,
        (_, Caller::AdministratorsPersonalAccess) if !rule.reads_only => FORBIDDEN,
        _ => MAY,
    }
}
