//! What the members of bodies and answers look like: JSON Schema (2020-12) of each, with the
//! domain's limits.
//!
//! Members of bodies are described as new values must be, members of answers as stores may hold
//! them: adopted rows break today's rules. JSON Schema counts characters, so limits in bytes are
//! said in words too.

use users_domain::model::{
    AdoptedCode, Email, JSON_DEPTH_LIMIT, Metadata, OneTimeCode, Password, PersonName, PictureUrl,
    Role, SessionDescription, Status, Tags, Username,
};
use users_domain::services::Login;
use utoipa::openapi::schema::{
    AnyOfBuilder, ArrayBuilder, ObjectBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{KnownFormat, RefOr, Schema};

use crate::enums::Enumerated;

type Field = RefOr<Schema>;

// Characters that no name or label holds: controls, separators of lines, and what reorders text.
const HIDDEN: &str = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069";
// What `\s` is in one dialect of patterns and not in another, spelt out (Unicode's White_Space).
const SPACE: &str = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000";

// What is not drawn (Unicode's Default_Ignorable_Code_Point). Beyond U+FFFF the characters stand
// themselves: patterns have no escape for them that every dialect knows.
const UNSEEN: &str = concat!(
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164",
    r"\ufe00-\ufe0f\ufeff\uffa0",
    "\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0001}-\u{e01ef}",
);

/// What may stand anywhere in a text that is kept.
pub(super) const NO_NUL: &str = r"^[^\u0000]*$";

/// What has a code in it; the last character holds four bits.
pub(super) const CODE: &str = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$";

/// The same, or base64url of a JSON object, which begins with `e`.
const VERIFICATION_CODE: &str = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$|^e[A-Za-z0-9_-]{47,}={0,2}$";

/// What holds nothing hidden.
fn plain() -> String {
    format!("^[^{HIDDEN}]*$")
}

/// What holds nothing hidden and something to see.
fn visible() -> String {
    format!("^[^{HIDDEN}]*[^{SPACE}{UNSEEN}{HIDDEN}][^{HIDDEN}]*$")
}

/// Letters and digits, between them `_` and `-`, neither twice in a row.
fn words() -> String {
    let (word, joint) = ("[A-Za-z0-9]+", "(_(-_)*-?|-(_-)*_?)");
    format!("^{word}({joint}{word})*({joint})?$")
}

/// An absolute URL, as far as a pattern tells one.
fn url() -> String {
    let any = format!("[^{SPACE}{HIDDEN}]");
    let user = format!(r"[^/\\?#{SPACE}{HIDDEN}]");
    let host = format!(r"[^/\\?#:<>@\[\]^|{SPACE}{HIDDEN}]+|\[[0-9A-Fa-f:.]+\]");
    format!(r"^[Hh][Tt][Tt][Pp][Ss]?://({user}*@)?({host})(:[0-9]*)?([/\\?#]{any}*)?$")
}

/// An e-mail address, as far as a pattern tells one.
fn address() -> String {
    let atom = format!(r#"[^"(),.:;<>@\[\\\]{SPACE}{HIDDEN}]+"#);
    let no_letter = format!(r"\u0021-\u002c./:-@\[-`{{-~{SPACE}{HIDDEN}");
    format!(r"^{atom}(\.{atom})*@([^{no_letter}]+\.)+[^0-9{no_letter}-][^{no_letter}]*$")
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn string_or_null() -> ObjectBuilder {
    string().schema_type(SchemaType::from_iter([Type::String, Type::Null]))
}

fn known(format: KnownFormat) -> SchemaFormat {
    SchemaFormat::KnownFormat(format)
}

fn in_bytes(limit: usize) -> String {
    format!("At most {limit} bytes of UTF-8.")
}

// Members of bodies. What may be left out may be `null`.

pub(crate) fn person_name() -> Field {
    let limit = PersonName::MAX_BYTES;
    string()
        .min_length(Some(1))
        .max_length(Some(limit))
        .pattern(Some(visible()))
        .description(Some(in_bytes(limit)))
        .into()
}

pub(crate) fn changed_person_name() -> Field {
    let limit = PersonName::MAX_BYTES;
    string_or_null()
        .max_length(Some(limit))
        .pattern(Some(format!("^$|{}", visible())))
        .description(Some(format!(
            "{} Empty or `null` leaves the name as it is.",
            in_bytes(limit)
        )))
        .into()
}

pub(crate) fn username() -> Field {
    string()
        .min_length(Some(1))
        .max_length(Some(Username::MAX_CHARS))
        .pattern(Some(words()))
        .description(Some("Unique without case; kept as it is typed."))
        .into()
}

pub(crate) fn email() -> Field {
    let limit = Email::MAX_BYTES;
    string()
        .format(Some(known(KnownFormat::IdnEmail)))
        .max_length(Some(limit))
        .pattern(Some(address()))
        .description(Some(format!(
            "{} No display name, quotes or address literal; the domain has a dot. Unique without \
             case; kept as it is typed.",
            in_bytes(limit)
        )))
        .into()
}

pub(crate) fn new_password() -> Field {
    let limit = Password::MAX_BYTES;
    string()
        .format(Some(known(KnownFormat::Password)))
        .min_length(Some(1))
        .max_length(Some(limit))
        .pattern(Some(NO_NUL))
        .description(Some(format!(
            "{} It must meet the operator's rule (`MG_USERS_PASS_REGEX`), by default eight \
             characters or more.",
            in_bytes(limit)
        )))
        .into()
}

pub(crate) fn typed_password() -> Field {
    string()
        .format(Some(known(KnownFormat::Password)))
        .min_length(Some(1))
        .into()
}

pub(crate) fn tags() -> Field {
    let limit = Tags::MAX_CHARS;
    let tag = string()
        .min_length(Some(1))
        .max_length(Some(limit))
        .pattern(Some(plain()));
    ArrayBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
        .items(tag)
        .max_items(Some(Tags::MAX_COUNT))
        .into()
}

pub(crate) fn metadata() -> Field {
    let limit = Metadata::MAX_BYTES;
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .description(Some(format!(
            "Any JSON object of at most {limit} bytes, nested at most {JSON_DEPTH_LIMIT} levels \
             deep, without U+0000; numbers keep their digits."
        )))
        .into()
}

pub(crate) fn picture() -> Field {
    string_or_null()
        .max_length(Some(PictureUrl::MAX_BYTES))
        .pattern(Some(format!("^$|{}", url())))
        .description(Some("An absolute URL, http or https. Empty is none."))
        .into()
}

/// A number or a name, each of its own type: what makes clients knows no other mixture.
fn number_or_name<E: Enumerated>(values: &[E], others: &[&str]) -> AnyOfBuilder {
    let numbers = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .enum_values(Some(values.iter().map(|value| value.number())));
    let names = values.iter().map(|value| value.name());
    let names = string().enum_values(Some(names.chain(others.iter().copied())));
    AnyOfBuilder::new().item(numbers).item(names)
}

fn choice<E: Enumerated>(values: &[E]) -> AnyOfBuilder {
    number_or_name(values, &[""]).item(ObjectBuilder::new().schema_type(Type::Null))
}

pub(crate) fn new_role() -> Field {
    choice(Role::ALL).into()
}

pub(crate) fn new_status() -> Field {
    choice(&[Status::Enabled, Status::Disabled])
        .description(Some("No account is deleted from the beginning."))
        .into()
}

pub(crate) fn needed_role() -> Field {
    number_or_name(Role::ALL, &[]).into()
}

pub(crate) fn identity() -> Field {
    string_or_null()
        .min_length(Some(1))
        .max_length(Some(Login::MAX_IDENTITY_BYTES))
        .pattern(Some(NO_NUL))
        .description(Some("An e-mail address or a username."))
        .into()
}

pub(crate) fn identity_alias() -> Field {
    string_or_null()
        .min_length(Some(1))
        .max_length(Some(Login::MAX_IDENTITY_BYTES))
        .pattern(Some(NO_NUL))
        .description(Some("Another spelling of `identity`."))
        .into()
}

pub(crate) fn login_secret() -> Field {
    string_or_null()
        .format(Some(known(KnownFormat::Password)))
        .min_length(Some(1))
        .into()
}

pub(crate) fn login_secret_alias() -> Field {
    string_or_null()
        .format(Some(known(KnownFormat::Password)))
        .min_length(Some(1))
        .description(Some("Another spelling of `secret`."))
        .into()
}

pub(crate) fn session_description() -> Field {
    let limit = SessionDescription::MAX_BYTES;
    string_or_null()
        .max_length(Some(limit))
        .pattern(Some(plain()))
        .description(Some("What the session is called, e.g. `laptop`."))
        .into()
}

pub(crate) fn session_id() -> Field {
    string()
        .min_length(Some(1))
        .max_length(Some(crate::tokens::MAX_ID_BYTES))
        .pattern(Some(NO_NUL))
        .into()
}

pub(crate) fn mailed_code() -> Field {
    string_or_null()
        .pattern(Some(format!("^$|{CODE}")))
        .description(Some(format!(
            "The code of the mailed link, {} characters; left out or empty, it is taken from \
             `Authorization` or from `?token=`.",
            OneTimeCode::CHARS
        )))
        .into()
}

pub(crate) fn form_code() -> Field {
    string()
        .pattern(Some(CODE))
        .description(Some("The code of the mailed link."))
        .into()
}

pub(crate) fn verification_code() -> Field {
    string()
        .max_length(Some(AdoptedCode::MAX_TOKEN_BYTES))
        .pattern(Some(VERIFICATION_CODE))
        .description(Some("The code of the mailed link, in either form."))
        .into()
}

// Members of answers.

fn shown<E: Enumerated>() -> Field {
    number_or_name(E::ALL, &[])
        .description(Some(
            "Answers hold numbers, or names where the operator set `MG_USERS_API_ENUMS=names`.",
        ))
        .into()
}

pub(crate) fn shown_role() -> Field {
    shown::<Role>()
}

pub(crate) fn shown_status() -> Field {
    shown::<Status>()
}

pub(crate) fn shown_metadata() -> Field {
    ObjectBuilder::new()
        .schema_type(SchemaType::AnyValue)
        .description(Some(
            "The object as it was written; accounts older than this service may hold other JSON.",
        ))
        .into()
}

pub(crate) fn moment() -> Field {
    string()
        .format(Some(known(KnownFormat::DateTime)))
        .description(Some("RFC 3339 in UTC, with up to microseconds."))
        .into()
}
