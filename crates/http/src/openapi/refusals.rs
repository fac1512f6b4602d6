//! What each operation can be refused with, as answers of the document.

use serde_json::json;
use users_domain::authorization::{AccessPolicy, Bearer, Operation, Rule, Who};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation as Described, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Response};

use crate::error::Code;

/// What a service says about the request, besides what follows from rights and from what the
/// request holds.
#[expect(clippy::match_same_arms, reason = "a table: one row an operation")]
const fn of_service(operation: Operation) -> &'static [Code] {
    use Code as C;
    match operation {
        Operation::Create => &[
            C::MissingField,
            C::WeakPassword,
            C::Forbidden,
            C::EmailTaken,
            C::UsernameTaken,
            C::Busy,
        ],
        Operation::IssueToken => &[C::MissingField, C::InvalidCredentials, C::Busy],
        Operation::RevokeRefreshToken => &[C::MissingField],
        Operation::RefreshToken
        | Operation::SetSecret
        | Operation::Export
        | Operation::Import
        | Operation::Purge
        | Operation::Relations => &[],
        // Whatever reads may be too large to be sent now.
        Operation::ListRefreshTokens | Operation::ViewProfile => &[C::Busy],
        Operation::View => &[C::NotFound, C::Busy],
        Operation::List => &[C::InvalidField, C::Busy],
        Operation::Search => &[C::MissingField, C::InvalidField, C::Busy],
        Operation::Update => &[C::MissingField, C::AccountNotEnabled, C::OwnedByProvider],
        Operation::UpdateUsername => &[C::MissingField, C::UsernameTaken, C::AccountNotEnabled],
        Operation::UpdateProfilePicture => &[C::AccountNotEnabled, C::OwnedByProvider],
        Operation::UpdateTags => &[C::AccountNotEnabled],
        Operation::UpdateEmail => &[
            C::MissingField,
            C::EmailTaken,
            C::AccountNotEnabled,
            C::OwnedByProvider,
        ],
        Operation::UpdateRole => &[C::MissingField, C::LastAdministrator, C::AccountNotEnabled],
        Operation::UpdateSecret => &[
            C::MissingField,
            C::WeakPassword,
            C::AccountNotEnabled,
            C::Busy,
        ],
        Operation::Enable => &[C::StatusAlreadyAssigned],
        Operation::Disable | Operation::Delete => &[C::StatusAlreadyAssigned, C::LastAdministrator],
        Operation::SendVerification => &[C::AlreadyVerified],
        Operation::VerifyEmail => &[C::MissingField, C::InvalidField, C::InvalidCode],
        Operation::SendPasswordReset => &[C::MissingField],
        Operation::ResetSecret => &[
            C::MissingField,
            C::InvalidField,
            C::InvalidCode,
            C::WeakPassword,
            C::Busy,
        ],
    }
}

/// What follows from the table of rights, whatever the operator decided.
fn of_rights(operation: Operation) -> Vec<Code> {
    let rule = |self_registration| {
        operation.rule(AccessPolicy {
            self_registration,
            unverified_users: false,
        })
    };
    [rule(true), rule(false)]
        .into_iter()
        .flat_map(of_rule)
        .collect()
}

fn of_rule(rule: Rule) -> Vec<Code> {
    let mut codes = Vec::new();
    if rule.bearer != Bearer::Ignored {
        codes.push(Code::InvalidToken);
    }
    if matches!(rule.bearer, Bearer::Access | Bearer::Refresh) {
        codes.push(Code::MissingToken);
    }
    if !rule.unverified {
        codes.push(Code::EmailNotVerified);
    }
    let personal_access_is_not_enough = rule.bearer == Bearer::Access && !rule.reads_only;
    if personal_access_is_not_enough
        || matches!(rule.who, Who::OwnerOrAdministrator | Who::Administrator)
    {
        codes.push(Code::Forbidden);
    }
    codes
}

/// What follows from what a request holds.
fn of_request(described: &Described) -> Vec<Code> {
    let mut codes = Vec::new();
    if described.request_body.is_some() {
        codes.extend([
            Code::InvalidField,
            Code::MalformedBody,
            Code::UnsupportedMediaType,
            Code::BodyTooLarge,
            Code::RequestTimeout,
            Code::Busy,
        ]);
    }
    for parameter in described.parameters.iter().flatten() {
        let RefOr::T(parameter) = parameter else {
            continue;
        };
        match parameter.parameter_in {
            ParameterIn::Path => codes.push(Code::NotFound),
            ParameterIn::Header => codes.extend([Code::InvalidField, Code::PreconditionFailed]),
            _ => {}
        }
    }
    codes
}

/// Adds to an operation all that it can be refused with.
pub(super) fn describe(operation: Operation, described: &mut Described) {
    let mut possible: Vec<Code> = of_service(operation).to_vec();
    possible.extend(of_rights(operation));
    possible.extend(of_request(described));
    // Every operation asks a store.
    possible.push(Code::Unavailable);
    let codes = || Code::ALL.into_iter().filter(|code| possible.contains(code));
    let pages = answers_with_pages(described);
    for code in codes() {
        let status = code.status();
        let same_status: Vec<Code> = codes().filter(|other| other.status() == status).collect();
        described.responses.responses.insert(
            status.as_str().to_owned(),
            RefOr::T(refusal(&same_status, pages)),
        );
    }
}

/// Whether people see the answers: then they see refusals as pages, but for those that are made
/// before the request is read.
fn answers_with_pages(described: &Described) -> bool {
    described.responses.responses.values().any(|response| {
        matches!(response, RefOr::T(response) if response.content.contains_key("text/html"))
    })
}

fn refusal(codes: &[Code], pages: bool) -> Response {
    let told: Vec<String> = codes
        .iter()
        .map(|code| format!("- `{}`: {}", code.as_str(), code.when()))
        .collect();
    let plain = codes.iter().map(|code| {
        let example = json!({
            "message": code.when(),
            "code": code.as_str(),
            "request_id": "5f0c9a54-6a4f-4bb0-8a1c-0f4f8b1b8f0e",
        });
        let example = ExampleBuilder::new().value(Some(example)).build();
        (code.as_str(), example)
    });
    let mut response = ResponseBuilder::new()
        .description(told.join("\n"))
        .content(
            "application/json",
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Error")))
                .examples_from_iter(plain)
                .build(),
        )
        .content(
            "application/problem+json",
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build(),
        );
    if pages {
        let text = ObjectBuilder::new().schema_type(Type::String);
        response = response.content(
            "text/html",
            ContentBuilder::new().schema(Some(text)).build(),
        );
    }
    if codes.iter().any(|code| code.challenge().is_some()) {
        response = response.header(
            "WWW-Authenticate",
            HeaderBuilder::new()
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                .description(Some("How to authenticate (RFC 6750)."))
                .build(),
        );
    }
    if codes
        .iter()
        .any(|code| matches!(code, Code::Busy | Code::Unavailable))
    {
        let seconds = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1));
        response = response.header(
            "Retry-After",
            HeaderBuilder::new()
                .schema(Some(seconds))
                .description(Some("When to try again, in seconds."))
                .build(),
        );
    }
    response.build()
}
