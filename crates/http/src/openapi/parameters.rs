//! Parameters of path, query and head, as they are documented.

use serde_json::json;
use users_domain::model::{
    OneTimeCode, Order, Role, SortDirection, Status, Tags, UserId, UserQuery,
};
use users_domain::services::Search;
use utoipa::IntoParams;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, Required, Schema};

use super::fields;
use crate::docs::{ASSETS, Asset};
use crate::enums::Enumerated;
use crate::extract::{AccountId, IfMatch, ListQuery, MAX_TEXT_BYTES, SearchQuery};

/// The code in a mailed link, which the address needs.
pub(crate) struct MailedCode;

/// The code in a link that verifies an address, in either form.
pub(crate) struct VerificationCode;

/// The code in a mailed link, where it does not stand elsewhere.
pub(crate) struct OptionalCode;

fn parameter(
    place: ParameterIn,
    name: &str,
    required: bool,
    description: &str,
    schema: impl Into<RefOr<Schema>>,
) -> Parameter {
    let required = if required {
        Required::True
    } else {
        Required::False
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn query(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    parameter(ParameterIn::Query, name, false, description, schema)
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// What may be left empty, which is as good as left out.
fn or_empty(schema: ObjectBuilder) -> AnyOfBuilder {
    let empty = string().max_length(Some(0));
    AnyOfBuilder::new().item(schema).item(empty)
}

fn moment() -> AnyOfBuilder {
    or_empty(string().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))))
}

fn choice(values: impl IntoIterator<Item = String>) -> ObjectBuilder {
    let none = String::new();
    string().enum_values(Some(values.into_iter().chain([none])))
}

fn text(name: &str, description: &str) -> Parameter {
    let text = string()
        .max_length(Some(MAX_TEXT_BYTES))
        .pattern(Some(fields::NO_NUL));
    query(name, description, text)
}

/// A parameter that is JSON text.
fn json_object(name: &str, description: &str) -> Parameter {
    let types = [Type::Object, Type::Null];
    let object = ObjectBuilder::new().schema_type(SchemaType::from_iter(types));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .content(
            "application/json",
            ContentBuilder::new().schema(Some(object)).build(),
        )
        .build()
}

fn one_or_all<E: Enumerated>(name: &str, description: &str) -> Parameter {
    let numbers = E::ALL.iter().map(|value| value.number().to_string());
    let names = E::ALL.iter().map(|value| value.name().to_owned());
    let values = names.chain(numbers).chain(["all".to_owned()]);
    query(name, description, choice(values))
}

/// As many labels as an account may have.
fn labels() -> String {
    let (any, more) = (r"[^,+\u0000]*", Tags::MAX_COUNT - 1);
    format!(r"^{any}(,{any}){{0,{more}}}$|^[^+\u0000]*(\+[^+\u0000]*){{1,{more}}}$")
}

fn limit(min: u64) -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(min))
        .maximum(Some(UserQuery::MAX_LIMIT))
        .default(Some(json!(UserQuery::DEFAULT_LIMIT)));
    query("limit", "Most accounts of a page.", schema)
}

fn offset(description: &str) -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0))
        .maximum(Some(i64::MAX));
    query("offset", description, schema)
}

fn code(required: bool) -> Vec<Parameter> {
    let chars = OneTimeCode::CHARS;
    let description = format!("The code of the mailed link, {chars} characters.");
    let code = string().pattern(Some(fields::CODE));
    vec![parameter(
        ParameterIn::Query,
        "token",
        required,
        &description,
        code,
    )]
}

impl IntoParams for AccountId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = string()
            .min_length(Some(1))
            .max_length(Some(UserId::MAX_BYTES));
        vec![parameter(
            ParameterIn::Path,
            "id",
            true,
            "The id of the account.",
            schema,
        )]
    }
}

impl IntoParams for Asset {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let files = string().enum_values(Some(ASSETS));
        let name = "The name of the file.";
        vec![parameter(ParameterIn::Path, "asset", true, name, files)]
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![parameter(
            ParameterIn::Header,
            "If-Match",
            false,
            "The `ETag` of the account as it was seen: the change is made only if nobody changed the \
             account meanwhile. A weak tag (`W/`) never fits; `*` fits whatever the account is.",
            AnyOfBuilder::new()
                .item(string().enum_values(Some(["*"])))
                .item(string().pattern(Some(r#"^(W/)?"[!#-~]*"$"#))),
        )]
    }
}

impl IntoParams for MailedCode {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        code(true)
    }
}

impl IntoParams for VerificationCode {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let chars = OneTimeCode::CHARS;
        let description = format!(
            "The code of the mailed link: {chars} characters, or the longer form that the deployed \
             service mailed."
        );
        let code = fields::verification_code();
        vec![parameter(
            ParameterIn::Query,
            "token",
            true,
            &description,
            code,
        )]
    }
}

impl IntoParams for OptionalCode {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        code(false)
    }
}

impl IntoParams for SearchQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let least = Search::MIN_BYTES;
        let long_part = |name: &str| {
            let description = format!("A part of the {name}, {least} bytes or more, without case.");
            text(name, &description)
        };
        vec![
            long_part("id"),
            long_part("username"),
            text("first_name", "A part of the first name, without case."),
            text("last_name", "A part of the last name, without case."),
            offset("Accounts to leave out before the first."),
            limit(0),
        ]
    }
}

impl IntoParams for ListQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let orders = Order::ALL.iter().map(|(name, _)| (*name).to_owned());
        let directions = [SortDirection::Ascending, SortDirection::Descending];
        vec![
            one_or_all::<Status>(
                "status",
                "Only accounts of this status; by default `enabled`.",
            ),
            one_or_all::<Role>("role", "Only accounts of this role; by default all."),
            text("id", "A part of the id, without case."),
            text("username", "A part of the username, without case."),
            text("email", "A part of the e-mail address, without case."),
            text("first_name", "A part of the first name, without case."),
            text("last_name", "A part of the last name, without case."),
            query(
                "tags",
                "`a+b` (written `a%2Bb`) asks for both labels, `a,b` for any of them.",
                string().pattern(Some(labels())),
            ),
            json_object(
                "metadata",
                "A JSON object that the free-form data must contain; an empty one and `null` let \
                 everything pass.",
            ),
            query("created_from", "Made then or later.", moment()),
            query("created_to", "Made then or earlier.", moment()),
            query(
                "order",
                "What the list is sorted by; by default `created_at`.",
                choice(orders),
            ),
            query(
                "dir",
                "In which direction; by default `desc`.",
                choice(directions.map(|direction| direction.as_str().to_owned())),
            ),
            query(
                "only_total",
                "Whether the number of accounts is all that is asked for.",
                ObjectBuilder::new().schema_type(Type::Boolean),
            ),
            offset("Accounts to leave out before the first; not together with `cursor`."),
            limit(1),
            query(
                "cursor",
                "The `next_cursor` of the page before, everything else unchanged.",
                string(),
            ),
        ]
    }
}
