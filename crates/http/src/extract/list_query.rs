//! The query of a list: which accounts, in what order, and how many.

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use time::Duration;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::{
    Cursor, Metadata, Order, Position, Sort, SortDirection, TagFilter, Tags, Timestamp, UserFilter,
    UserQuery,
};

use super::Input;
use super::parameters::{OneOrAll, Parameters};
use crate::error::Refusal;
use crate::state::Api;

/// Longest text that is looked for; adopted names and addresses may be longer than new ones.
pub(crate) const MAX_TEXT_BYTES: usize = 1024;
/// Longest cursor that is read: ours hold an id and at most one text, escaped.
const MAX_CURSOR_BYTES: usize = 16 * 1024;
/// Furthest that a list is skipped: stores count in signed numbers.
pub(super) const MAX_OFFSET: u64 = i64::MAX.unsigned_abs();

/// What a list is asked with.
#[derive(Debug, PartialEq)]
pub(crate) struct ListQuery {
    /// For the service.
    pub(crate) query: UserQuery,
    /// How many accounts a page has at most, as the answer says it; the service is asked for none
    /// where only the total is wanted.
    pub(crate) limit: u64,
    /// The query as it was written, without what says where the page begins: the next page is asked
    /// for with the same.
    pub(crate) list: String,
}

impl Input for ListQuery {
    async fn read(_: &Api, request: &HttpRequest, _: Payload) -> Result<Self, Refusal> {
        Ok(Self::parse(request.query_string())?)
    }
}

impl ListQuery {
    fn parse(query: &str) -> Result<Self, Invalid> {
        let parameters = Parameters::parse(query);
        let preset = UserQuery::default();
        let text = |name| parameters.text(name, MAX_TEXT_BYTES);
        let status = parameters
            .one_or_all("status")?
            .map_or(preset.filter.status, OneOrAll::one);
        let offset = parameters.number("offset", 0, MAX_OFFSET)?;
        let cursor = parameters.text("cursor", MAX_CURSOR_BYTES)?;
        let limit = parameters
            .number("limit", 1, UserQuery::MAX_LIMIT)?
            .unwrap_or(UserQuery::DEFAULT_LIMIT);
        let filter = UserFilter {
            status,
            role: parameters.one_or_all("role")?.and_then(OneOrAll::one),
            id: text("id")?,
            username: text("username")?,
            email: text("email")?,
            first_name: text("first_name")?,
            last_name: text("last_name")?,
            tags: parameters
                .value("tags")?
                .filter(|tags| !tags.is_empty())
                .map(|tags| tag_filter(&tags))
                .transpose()?,
            metadata: metadata_filter(&parameters)?,
            created_from: parameters.moment("created_from")?.map(microsecond_after),
            created_to: parameters.moment("created_to")?.map(microsecond_before),
        };
        let sort = Sort {
            order: parameters
                .choice(
                    "order",
                    &Order::ALL,
                    "must be created_at, updated_at, first_name, last_name, username, email or id",
                )?
                .unwrap_or(preset.sort.order),
            direction: parameters
                .choice("dir", &DIRECTIONS, "must be asc or desc")?
                .unwrap_or(preset.sort.direction),
        };
        let position = match (offset, cursor) {
            (Some(_), Some(_)) => {
                let reason = InvalidReason::Malformed("cannot be given together with offset");
                return Err(Invalid::new("cursor", reason));
            }
            (None, Some(text)) => Position::After(Cursor::parse(&text, &filter, sort)?),
            (Some(offset), None) => Position::Offset(offset),
            (None, None) => preset.position,
        };
        let only_total = parameters.flag("only_total")?.unwrap_or(false);
        Ok(Self {
            query: UserQuery {
                filter,
                sort,
                position,
                limit: if only_total { 0 } else { limit },
            },
            limit,
            list: parameters.without(&["offset", "cursor"]),
        })
    }
}

const DIRECTIONS: [(&str, SortDirection); 2] = [
    (SortDirection::Ascending.as_str(), SortDirection::Ascending),
    (
        SortDirection::Descending.as_str(),
        SortDirection::Descending,
    ),
];

/// A JSON object that metadata must contain; an empty one and `null` let everything pass.
fn metadata_filter(parameters: &Parameters<'_>) -> Result<Option<Metadata>, Invalid> {
    const NAME: &str = "metadata";
    match parameters.value(NAME)? {
        None => Ok(None),
        Some(text) if text.trim() == "null" => Ok(None),
        Some(text) => {
            Metadata::parse(NAME, &text).map(|metadata| Some(metadata).filter(|m| !m.is_empty()))
        }
    }
}

/// `a+b` asks for all tags, `a,b` for any of them, anything else for that one tag.
///
/// White space round the parts of a list is not part of them. In a URL the `+` is written `%2B`; a
/// bare one is a space.
fn tag_filter(text: &str) -> Result<TagFilter, Invalid> {
    let split = |separator| -> Vec<String> {
        text.split(separator)
            .map(|tag| tag.trim().to_owned())
            .collect()
    };
    let filter = if text.contains('+') {
        TagFilter::All(split('+'))
    } else if text.contains(',') {
        TagFilter::Any(split(','))
    } else {
        TagFilter::All(vec![text.to_owned()])
    };
    match &filter {
        TagFilter::All(tags) | TagFilter::Any(tags) if tags.len() > Tags::MAX_COUNT => {
            let limit = Tags::MAX_COUNT;
            Err(Invalid::new("tags", InvalidReason::TooMany { limit }))
        }
        _ => Ok(filter),
    }
}

/// The first whole microsecond that is not before a moment: stores keep no finer ones.
fn microsecond_after(moment: Timestamp) -> Timestamp {
    let whole = microsecond_before(moment);
    if whole == moment {
        return whole;
    }
    // At the end of time there is none.
    whole.checked_add(Duration::MICROSECOND).unwrap_or(whole)
}

/// The last whole microsecond that is not after a moment.
fn microsecond_before(moment: Timestamp) -> Timestamp {
    moment.truncate_to_microsecond()
}

#[cfg(test)]
mod tests;
