//! Every parameter of a list, right and wrong.

use proptest::prelude::*;
use time::macros::datetime;
use users_domain::model::{Role, Status};

use super::*;

fn parsed(query: &str) -> UserQuery {
    ListQuery::parse(query)
        .unwrap_or_else(|refused| panic!("{query}: {refused}"))
        .query
}

#[test]
fn nothing_asks_for_the_first_enabled_accounts() {
    for query in [
        "",
        "&",
        "&&",
        "unknown=1&unknown=2&%zz=%zz",
        "status=&order=&dir=&tags=&email=&cursor=",
        "metadata=null&only_total=false",
        "metadata=%20%7B%20%7D%20",
    ] {
        assert_eq!(parsed(query), UserQuery::default(), "{query}");
    }
}

#[test]
fn every_parameter_is_read() {
    let query = "offset=20&limit=100&order=email&dir=asc&status=disabled&role=admin&username=a&\
                 first_name=b&last_name=c&email=d%40e&id=f&created_from=2026-01-01T00:00:00Z&\
                 created_to=2026-01-31T23:59:59.5%2B01:00&tags=x&metadata=%7B%22a%22:1%7D";
    assert_eq!(
        parsed(query),
        UserQuery {
            filter: UserFilter {
                status: Some(Status::Disabled),
                role: Some(Role::Admin),
                id: Some("f".to_owned()),
                username: Some("a".to_owned()),
                email: Some("d@e".to_owned()),
                first_name: Some("b".to_owned()),
                last_name: Some("c".to_owned()),
                tags: Some(TagFilter::All(vec!["x".to_owned()])),
                metadata: Some(Metadata::parse("metadata", r#"{"a":1}"#).unwrap()),
                created_from: Some(datetime!(2026-01-01 0:00 UTC)),
                created_to: Some(datetime!(2026-01-31 22:59:59.5 UTC)),
            },
            sort: Sort {
                order: Order::Email,
                direction: SortDirection::Ascending,
            },
            position: Position::Offset(20),
            limit: 100,
        }
    );
}

#[test]
fn numbers_and_names_ask_for_the_same_status() {
    for (query, status) in [
        ("status=enabled", Some(Status::Enabled)),
        ("status=0", Some(Status::Enabled)),
        ("status=2", Some(Status::Deleted)),
        ("status=all", None),
    ] {
        assert_eq!(parsed(query).filter.status, status, "{query}");
    }
    for (query, role) in [
        ("role=0", Some(Role::User)),
        ("role=admin", Some(Role::Admin)),
        ("role=all", None),
        ("role=", None),
    ] {
        assert_eq!(parsed(query).filter.role, role, "{query}");
    }
}

#[test]
fn plus_is_all_comma_is_any_and_anything_else_is_one_tag() {
    let tags = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>();
    for (query, filter) in [
        ("a%2Bb", TagFilter::All(tags(&["a", "b"]))),
        ("a,b", TagFilter::Any(tags(&["a", "b"]))),
        ("a%2Cb,c", TagFilter::Any(tags(&["a", "b", "c"]))),
        ("a,b%2Bc", TagFilter::All(tags(&["a,b", "c"]))),
        ("+a+%2B%20b+", TagFilter::All(tags(&["a", "b"]))),
        ("a+b", TagFilter::All(tags(&["a b"]))),
        ("+a+", TagFilter::All(tags(&[" a "]))),
        ("a-b", TagFilter::All(tags(&["a-b"]))),
        ("a,", TagFilter::Any(tags(&["a", ""]))),
    ] {
        assert_eq!(
            parsed(&format!("tags={query}")).filter.tags,
            Some(filter),
            "{query}"
        );
    }
}

#[test]
fn only_the_total_is_a_page_of_none_that_still_names_its_limit() {
    for flag in ["1", "t", "T", "TRUE", "true", "True"] {
        let asked = ListQuery::parse(&format!("only_total={flag}&limit=7")).unwrap();
        assert_eq!((asked.query.limit, asked.limit), (0, 7), "{flag}");
    }
    for flag in ["0", "f", "F", "FALSE", "false", "False"] {
        let asked = ListQuery::parse(&format!("only_total={flag}")).unwrap();
        assert_eq!((asked.query.limit, asked.limit), (10, 10), "{flag}");
    }
}

#[test]
fn bounds_finer_than_a_microsecond_lose_no_account() {
    let filter =
        parsed("created_from=2026-01-01T00:00:00.0000011Z&created_to=2026-01-01T00:00:00.0000019Z")
            .filter;
    assert_eq!(
        filter.created_from,
        Some(datetime!(2026-01-01 0:00:00.000_002 UTC))
    );
    assert_eq!(
        filter.created_to,
        Some(datetime!(2026-01-01 0:00:00.000_001 UTC))
    );
    // At the end of time nothing comes after.
    parsed("created_from=9999-12-31T23:59:59.999999999Z");
}

#[test]
fn a_parameter_is_refused_by_name() {
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=", "limit"),
        ("limit", "limit"),
        ("limit=-1", "limit"),
        ("limit=%2B1", "limit"),
        ("limit=1.0", "limit"),
        ("limit=0x1", "limit"),
        ("limit=٣", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=1&limit=1", "limit"),
        ("limit=1&lim%69t=1", "limit"),
        ("offset=-1", "offset"),
        ("offset=9223372036854775808", "offset"),
        ("offset=1&offset=2", "offset"),
        ("order=name", "order"),
        ("order=EMAIL", "order"),
        ("dir=up", "dir"),
        ("status=unknown", "status"),
        ("status=3", "status"),
        ("role=2", "role"),
        ("only_total=", "only_total"),
        ("only_total=yes", "only_total"),
        ("created_from=yesterday", "created_from"),
        ("created_from=2026-01-01", "created_from"),
        ("created_from=2026-01-01T00:00:00+01:00", "created_from"),
        ("created_from=9999-12-31T23:59:59-23:59", "created_from"),
        ("created_to=2026-13-01T00:00:00Z", "created_to"),
        ("email=%zz", "email"),
        ("email=%4", "email"),
        ("email=%", "email"),
        ("username=%ff", "username"),
        ("first_name=%00", "first_name"),
        ("last_name=a&last_name=b", "last_name"),
        ("tags=%c3%28", "tags"),
        ("tags=a&tags=b", "tags"),
        ("metadata=", "metadata"),
        ("metadata=%5B%5D", "metadata"),
        ("metadata=1", "metadata"),
        ("metadata=%7B%7D%7B%7D", "metadata"),
        ("metadata=%7B", "metadata"),
        ("metadata=%7B%7D&metadata=%7B%7D", "metadata"),
        ("cursor=!", "cursor"),
        ("cursor=e30", "cursor"),
        ("cursor=a&cursor=b", "cursor"),
    ] {
        let refused = ListQuery::parse(query).expect_err(query);
        assert_eq!(refused.field, field, "{query}");
    }
    let long = format!("id={}", "a".repeat(MAX_TEXT_BYTES + 1));
    assert_eq!(ListQuery::parse(&long).unwrap_err().field, "id");
    let many = format!("tags={}", ",".repeat(Tags::MAX_COUNT));
    assert_eq!(ListQuery::parse(&many).unwrap_err().field, "tags");
}

#[test]
fn a_cursor_goes_on_in_the_same_list_only() {
    let last = users_testkit::people::ada();
    let first = parsed("order=email&dir=asc&limit=1");
    let cursor = Cursor::after(&last, &first.filter, first.sort);
    let text = cursor.to_text();
    let next = parsed(&format!("order=email&dir=asc&limit=50&cursor={text}"));
    assert_eq!(next.position, Position::After(cursor));
    for query in [
        "order=email",
        "order=id&dir=asc",
        "order=email&dir=asc&status=all",
        "offset=0",
    ] {
        let query = format!("{query}&cursor={text}");
        assert_eq!(
            ListQuery::parse(&query).unwrap_err().field,
            "cursor",
            "{query}"
        );
    }
}

#[test]
fn the_next_page_is_asked_for_as_this_one_was() {
    for (query, list) in [
        ("", ""),
        ("offset=3", ""),
        ("a=%20b&offset=1&limit=2", "a=%20b&limit=2"),
        ("&&o%66fset=1&tags=a,b&", "tags=a,b"),
        ("email=é&x=<y>\"", "email=%C3%A9&x=%3Cy%3E%22"),
        ("%zz=1", "%zz=1"),
    ] {
        assert_eq!(ListQuery::parse(query).unwrap().list, list, "{query}");
    }
}

const KNOWN: &str = "offset|limit|order|dir|status|role|username|first_name|last_name|email|id|\
                     tags|metadata|cursor|created_from|created_to|only_total";

proptest! {
    #![proptest_config(crate::extract::fixed_cases())]

    #[test]
    fn any_text_is_read_or_refused(query in ".{0,80}") {
        let _ = ListQuery::parse(&query);
    }

    #[test]
    fn anything_near_a_query_is_read_or_refused_by_name(
        pairs in proptest::collection::vec((KNOWN, "[a-z0-9%+,:.TZ-]{0,12}"), 0..4)
    ) {
        let query: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if let Err(refused) = ListQuery::parse(&query.join("&")) {
            prop_assert!(pairs.iter().any(|(name, _)| name == refused.field));
        }
    }

    #[test]
    fn any_text_is_found_again_once_escaped(text in "[^\0]{1,40}") {
        let escaped: Vec<_> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let escaped = escaped.concat();
        let filter = ListQuery::parse(&format!("email={escaped}")).unwrap().query.filter;
        prop_assert_eq!(filter.email, Some(text));
    }

    #[test]
    fn limits_are_kept(limit in any::<u64>(), offset in any::<u64>()) {
        if let Ok(asked) = ListQuery::parse(&format!("limit={limit}&offset={offset}")) {
            prop_assert!((1..=UserQuery::MAX_LIMIT).contains(&asked.limit));
            prop_assert!(asked.query.position.offset() <= MAX_OFFSET);
        }
    }
}
