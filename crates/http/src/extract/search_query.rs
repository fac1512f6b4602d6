//! The query of a search for people.

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use users_domain::error::Invalid;
use users_domain::model::UserQuery;
use users_domain::services::Search;

use super::list_query::{MAX_OFFSET, MAX_TEXT_BYTES};
use super::{Input, Parameters};
use crate::error::Refusal;
use crate::state::Api;

/// Whom somebody looks for.
pub(crate) struct SearchQuery(pub(crate) Search);

impl Input for SearchQuery {
    async fn read(_: &Api, request: &HttpRequest, _: Payload) -> Result<Self, Refusal> {
        Ok(Self(parse(request.query_string())?))
    }
}

fn parse(query: &str) -> Result<Search, Invalid> {
    let parameters = Parameters::parse(query);
    let text = |name| parameters.text(name, MAX_TEXT_BYTES);
    Ok(Search {
        id: text("id")?,
        username: text("username")?,
        first_name: text("first_name")?,
        last_name: text("last_name")?,
        offset: parameters.number("offset", 0, MAX_OFFSET)?.unwrap_or(0),
        limit: parameters
            .number("limit", 0, UserQuery::MAX_LIMIT)?
            .unwrap_or(UserQuery::DEFAULT_LIMIT),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_read_and_others_are_not() {
        let search = parse(
            "id=a&username=b&first_name=c&last_name=d&offset=3&limit=0&order=x&dir=y&email=z",
        );
        let search = search.unwrap();
        let texts = [
            search.id,
            search.username,
            search.first_name,
            search.last_name,
        ];
        assert_eq!(texts.map(Option::unwrap), ["a", "b", "c", "d"]);
        assert_eq!((search.offset, search.limit), (3, 0));
        let search = parse("username=").unwrap();
        assert_eq!(
            (search.username, search.offset, search.limit),
            (None, 0, 10)
        );
    }

    #[test]
    fn a_parameter_is_refused_by_name() {
        for (query, field) in [
            ("limit=101", "limit"),
            ("limit=-1", "limit"),
            ("limit=", "limit"),
            ("offset=9223372036854775808", "offset"),
            ("username=%ff", "username"),
            ("first_name=%00", "first_name"),
            ("id=a&id=b", "id"),
        ] {
            assert_eq!(parse(query).err().unwrap().field, field, "{query}");
        }
    }
}
