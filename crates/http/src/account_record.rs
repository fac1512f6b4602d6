//! Accounts written down one by one: the API's full user object with what only a store knows, one
//! line each (NDJSON), for exports and imports.
//!
//! | member | what it is |
//! | --- | --- |
//! | those of the API's user object | as `GET /users/{id}` shows them to administrators |
//! | `password_hash` | the hash, as one text |
//! | `tokens_valid_from`, `sessions_valid_from` | access and refresh tokens issued before this second of Unix time are refused |
//!
//! What is empty or absent is left out, but where reading would take it for something else: a creation
//! time that nobody knows is `null`, and an empty e-mail address stands there. What is left out on
//! reading is made where every account has it (`id`, `created_at`, `role`, `status`), and is absent
//! where not. `null` is the same as left out, but for `created_at`.

use serde::Serialize;
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::{CreationTime, PasswordHash, Timestamp, User, UserRecord};

use crate::answer::time;
use crate::enums::EnumFormat;
use crate::extract::Members;
use crate::users::UserAnswer;

/// What a record as a whole is called where it is to blame.
pub const RECORD: &str = "record";

/// The members that are read, and those of the API that say nothing an import could keep.
const KNOWN: [&str; 22] = [
    "id",
    "first_name",
    "last_name",
    "tags",
    "metadata",
    "private_metadata",
    "status",
    "role",
    "profile_picture",
    "credentials",
    "email",
    "created_at",
    "updated_at",
    "verified_at",
    "updated_by",
    "auth_provider",
    "password_hash",
    "tokens_valid_from",
    "sessions_valid_from",
    // The platform's clients have a place for these; nobody here fills it.
    "permissions",
    "domain_id",
    "domain_name",
];

/// What programs of the platform write for "never".
const NEVER: Timestamp = datetime!(0001-01-01 0:00 UTC);

/// An account with all there is to it.
#[derive(Serialize)]
struct AccountRecord<'a> {
    #[serde(flatten)]
    account: UserAnswer<'a>,
    #[serde(rename = "email", skip_serializing_if = "Option::is_none")]
    empty_email: Option<&'a str>,
    #[serde(rename = "created_at", skip_serializing_if = "Option::is_none")]
    unknown_creation: Option<()>,
    #[serde(skip_serializing_if = "str::is_empty")]
    password_hash: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_valid_from: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions_valid_from: Option<i64>,
}

/// Writes an account down behind what `text` holds already: one line of JSON and its end.
///
/// **The line holds the password hash.** Fails only where memory does.
pub fn write(user: &User, enums: EnumFormat, text: &mut Vec<u8>) -> serde_json::Result<()> {
    let record = AccountRecord {
        empty_email: user.email.as_str().is_empty().then_some(""),
        unknown_creation: user.created_at.and_then(time).is_none().then_some(()),
        password_hash: user.secret.as_ref().map_or("", PasswordHash::as_str),
        tokens_valid_from: user.tokens_valid_from,
        sessions_valid_from: user.sessions_valid_from,
        account: UserAnswer::whole(user, enums),
    };
    serde_json::to_writer(&mut *text, &record)?;
    text.push(b'\n');
    Ok(())
}

/// A record that was read.
#[derive(Debug)]
pub struct ReadRecord {
    /// What it says of the account.
    pub record: UserRecord,
    /// The names of members that say nothing to us, a typing error perhaps; those within
    /// `credentials` with their path.
    pub unknown: Vec<String>,
}

/// Reads a record: one JSON object, alone.
///
/// Refused, naming the member: one of the wrong type, one that is given twice, text that is not UTF-8,
/// U+0000. What values obey is judged by the domain. A password in clear text is refused, since it
/// would be lost.
pub fn read(line: &[u8]) -> Result<ReadRecord, Invalid> {
    let text = String::from_utf8_lossy(line);
    let broken = std::str::from_utf8(line)
        .err()
        .map(|error| error.valid_up_to());
    let members =
        Members::parse(&text, broken).ok_or_else(|| malformed(RECORD, "is not one JSON object"))?;
    let credentials = members.object("credentials")?;
    let mut unknown = members.names_but(&KNOWN, "");
    let (mut username, mut password) = (None, None);
    if let Some(credentials) = &credentials {
        username = credentials.text("credentials.username")?;
        password = credentials.secret("credentials.secret")?;
        unknown.extend(credentials.names_but(&["username", "secret"], "credentials."));
    }
    if password.is_some_and(|password| !password.is_empty()) {
        return Err(malformed(
            "credentials.secret",
            "is a password in clear text, which cannot be imported: give password_hash",
        ));
    }
    if unknown.iter().any(|name| is_of_a_password(name)) {
        return Err(malformed(
            RECORD,
            "holds a password in clear text, which cannot be imported: give password_hash",
        ));
    }
    let json = |field| Ok(members.unjudged_json(field)?.map(str::to_owned));
    let record = UserRecord {
        id: members.text("id")?,
        first_name: members.text("first_name")?,
        last_name: members.text("last_name")?,
        username,
        email: members.text("email")?,
        password_hash: members.text("password_hash")?,
        tags: members.texts("tags")?,
        metadata: json("metadata")?,
        private_metadata: json("private_metadata")?,
        profile_picture: members.text("profile_picture")?,
        role: members.one_of("role")?,
        status: members.one_of("status")?,
        auth_provider: members.text("auth_provider")?,
        created_at: if members.is_null("created_at")? {
            CreationTime::Unknown
        } else {
            moment(&members, "created_at")?.map_or(CreationTime::Now, CreationTime::At)
        },
        updated_at: moment(&members, "updated_at")?,
        updated_by: members.text("updated_by")?,
        verified_at: moment(&members, "verified_at")?,
        tokens_valid_from: members.whole_number("tokens_valid_from")?,
        sessions_valid_from: members.whole_number("sessions_valid_from")?,
    };
    if broken.is_some() {
        return Err(malformed(RECORD, "is not UTF-8"));
    }
    Ok(ReadRecord { record, unknown })
}

/// Whether somebody may have meant a member of this name for a password: the account would come in
/// without one, and the password be lost.
fn is_of_a_password(name: &str) -> bool {
    let name = name.strip_prefix("credentials.").unwrap_or(name);
    ["password", "passwd", "secret"]
        .iter()
        .any(|of_a_password| name.eq_ignore_ascii_case(of_a_password))
}

/// A moment at whatever offset, as stores keep it; one that stands for "never" is absent.
fn moment(members: &Members<'_>, field: &'static str) -> Result<Option<Timestamp>, Invalid> {
    let Some(text) = members.text(field)?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let moment = Timestamp::parse(&text, &Rfc3339)
        .ok()
        .and_then(|moment| moment.checked_to_offset(UtcOffset::UTC))
        .map(Timestamp::truncate_to_microsecond);
    match moment {
        Some(moment) if moment == NEVER => Ok(None),
        Some(moment) if (2..=9999).contains(&moment.year()) => Ok(Some(moment)),
        _ => Err(malformed(
            field,
            "must be a time like 2026-01-31T12:00:00Z, of the years 2 to 9999",
        )),
    }
}

fn malformed(field: &'static str, how: &'static str) -> Invalid {
    Invalid::new(field, InvalidReason::Malformed(how))
}

#[cfg(test)]
mod tests;
