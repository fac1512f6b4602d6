//! A page is the same whichever way it is read: along an index of the order, or gathered through one
//! of the filter.

use users_domain::model::{
    Cursor, Metadata, Order, Position, Sort, SortDirection, TagFilter, User, UserFilter, UserQuery,
};
use users_domain::ports::UserStore as _;
use users_postgres::PostgresStore;

use crate::fixture::Fixture;

/// Two thousand accounts, many of which are alike in what a list is ordered by, or have none.
const FILL: &str = "
    INSERT INTO users (id, email, username, first_name, last_name, created_at, updated_at, tags,
                       metadata)
    SELECT md5(n::text), n || '@' || n % 7 || '.example.com',
           CASE WHEN n % 11 > 0 THEN 'Name_' || n * 7 % 2000 END, 'First' || n % 13, 'L%' || n % 17,
           CASE WHEN n % 19 > 0 THEN 'epoch'::timestamptz + n % 23 * interval '1 day' END,
           CASE WHEN n % 3 > 0 THEN 'epoch'::timestamptz + n % 29 * interval '1 hour' END,
           ARRAY['tag' || n % 2, 'of' || n % 100], jsonb_build_object('n', n % 100)
    FROM generate_series(1, 2000) AS n";

fn filters() -> Vec<(UserFilter, usize)> {
    let any = UserFilter::default;
    vec![
        // Walked along.
        (any(), 2000),
        (
            UserFilter {
                tags: Some(TagFilter::All(vec!["tag1".to_owned()])),
                ..any()
            },
            1000,
        ),
        (
            UserFilter {
                email: Some("EXAMPLE".to_owned()),
                ..any()
            },
            2000,
        ),
        // Gathered.
        (
            UserFilter {
                tags: Some(TagFilter::Any(vec!["of7".to_owned(), "of8".to_owned()])),
                ..any()
            },
            40,
        ),
        (
            UserFilter {
                metadata: Some(Metadata::from_stored(r#"{"n": 42}"#.to_owned())),
                ..any()
            },
            20,
        ),
        (
            UserFilter {
                username: Some("name_19".to_owned()),
                ..any()
            },
            104,
        ),
        (
            UserFilter {
                last_name: Some("l%16".to_owned()),
                ..any()
            },
            117,
        ),
    ]
}

async fn page(store: &PostgresStore, query: &UserQuery) -> (Vec<User>, bool) {
    let page = store.page(query).await.unwrap();
    (page.items, page.more)
}

/// The whole list in one page, and again behind one cursor after the other.
async fn both_ways(store: &PostgresStore, filter: &UserFilter, sort: Sort) -> [Vec<User>; 2] {
    let mut query = UserQuery {
        filter: filter.clone(),
        sort,
        position: Position::START,
        limit: 10_000,
    };
    let (whole, more) = page(store, &query).await;
    assert!(!more);
    query.limit = 150;
    let mut parts = Vec::new();
    loop {
        let (items, more) = page(store, &query).await;
        parts.extend(items);
        if !more {
            return [whole, parts];
        }
        let cursor = Cursor::after(parts.last().unwrap(), filter, sort);
        query.position = Position::After(cursor);
    }
}

#[tokio::test]
async fn a_list_is_the_same_whichever_way_its_pages_are_read() {
    let fixture = Fixture::new();
    fixture.database.execute(FILL);
    fixture.database.execute("ANALYZE users");
    let store = fixture.open();
    for (filter, passing) in filters() {
        let mut ids = Vec::new();
        for (name, order) in Order::ALL {
            for direction in [SortDirection::Ascending, SortDirection::Descending] {
                let sort = Sort { order, direction };
                let [whole, parts] = both_ways(&store, &filter, sort).await;
                assert_eq!(whole.len(), passing, "{name} {filter:?}");
                assert!(whole == parts, "{name} {direction:?} {filter:?}");
                ids.push(whole.into_iter().map(|user| user.id).collect::<Vec<_>>());
            }
        }
        for ways in ids.chunks(2) {
            let [ascending, descending] = ways else {
                unreachable!("two directions of each order")
            };
            assert!(ascending.iter().eq(descending.iter().rev()));
        }
    }
}

#[tokio::test]
async fn a_page_in_the_middle_is_the_same_whichever_way_it_is_read() {
    let fixture = Fixture::new();
    fixture.database.execute(FILL);
    let store = fixture.open();
    for (filter, _) in filters() {
        for (name, order) in Order::ALL {
            let sort = Sort {
                order,
                ..Sort::default()
            };
            let query = |offset, limit| UserQuery {
                filter: filter.clone(),
                sort,
                position: Position::Offset(offset),
                limit,
            };
            let (whole, _) = page(&store, &query(0, 10_000)).await;
            let (middle, more) = page(&store, &query(15, 5)).await;
            assert!(whole[15..20] == middle, "{name} {filter:?}");
            assert_eq!(more, whole.len() > 20);
        }
    }
}

#[tokio::test]
async fn letters_that_some_servers_fold_by_what_follows_are_found_within_words() {
    // With ICU a capital sigma folds otherwise at a word's end.
    let fixture = Fixture::new();
    fixture.database.execute(
        "INSERT INTO users (id, email, first_name, last_name)
         VALUES ('1', '1', 'ΟΔΟΣΑΣ', ''), ('2', '2', 'οδοσασ', '')",
    );
    let store = fixture.open();
    for (part, found) in [
        ("ΟΔΟΣ", 1),
        ("ΔΟΣΑ", 1),
        ("ΑΣ", 1),
        ("οδοσ", 1),
        ("ΟΔΟσ", 0),
    ] {
        let filter = UserFilter {
            first_name: Some(part.to_owned()),
            ..UserFilter::default()
        };
        assert_eq!(store.count(&filter).await.unwrap(), found, "{part}");
    }
}

#[tokio::test]
async fn a_tag_longer_than_an_index_takes_is_stored_and_found() {
    let fixture = Fixture::new();
    // Nothing that could be packed together.
    fixture.database.execute(
        "INSERT INTO users (id, email, first_name, last_name, tags)
         SELECT '1', '1', '', '', ARRAY[string_agg(md5(n::text), ''), 'short']
         FROM generate_series(1, 400) AS n",
    );
    let store = fixture.open();
    let stored = store.page(&UserQuery::default()).await.unwrap().items;
    let long = stored[0].tags.as_slice()[0].clone();
    assert_eq!(long.len(), 12_800);
    for (tags, found) in [
        (vec![long.clone()], 1),
        (vec![long.clone(), "short".to_owned()], 1),
        (vec![long, "other".to_owned()], 0),
    ] {
        let filter = UserFilter {
            tags: Some(TagFilter::All(tags)),
            ..UserFilter::default()
        };
        assert_eq!(store.count(&filter).await.unwrap(), found);
    }
}
