//! Cursors: where a page of a list ended, in the hands of a client.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::FutureExt as _;
use users_domain::model::{
    Cursor, CursorKey, Order, Position, Sort, SortDirection, UserFilter, UserQuery,
};
use users_domain::ports::UserStore as _;
use users_testkit::Fakes;
use users_testkit::people::{ada, grace};

use crate::text::choice_and_text;

/// A digit that chooses the order of a list, and a cursor of it: behind a `j` as the JSON that is in
/// it, else as it is.
///
/// What is accepted fits the order, can be written down and read again, holds no U+0000, and a store
/// goes on from there.
pub fn cursor(bytes: &[u8]) {
    let Some((choice, text)) = choice_and_text(bytes) else {
        return;
    };
    let order = choice
        .to_digit(10)
        .and_then(|digit| Order::ALL.get(usize::try_from(digit).ok()?));
    let Some((_, order)) = order else {
        return;
    };
    let text = match text.strip_prefix('j') {
        Some(json) => URL_SAFE_NO_PAD.encode(json),
        None => text.to_owned(),
    };
    let filter = UserFilter::default();
    let sort = Sort {
        order: *order,
        direction: SortDirection::Ascending,
    };
    let Ok(cursor) = Cursor::parse(&text, &filter, sort) else {
        return;
    };
    match (order, &cursor.key) {
        (Order::Id, CursorKey::Id)
        | (Order::CreatedAt | Order::UpdatedAt, CursorKey::Time(_))
        | (
            Order::FirstName | Order::LastName | Order::Username | Order::Email,
            CursorKey::Text(None),
        ) => {}
        (
            Order::FirstName | Order::LastName | Order::Username | Order::Email,
            CursorKey::Text(Some(text)),
        ) => assert!(!text.contains('\0')),
        _ => panic!("a key of another order"),
    }
    assert!(!cursor.id.as_str().contains('\0'));

    let written = cursor.to_text();
    let again = Cursor::parse(&written, &filter, sort).expect("a cursor of ours");
    assert!(again == cursor && again.to_text() == written);
    let elsewhere = Sort {
        direction: SortDirection::Descending,
        ..sort
    };
    assert!(Cursor::parse(&written, &filter, elsewhere).is_err());

    goes_on(&UserQuery {
        filter,
        sort,
        position: Position::After(cursor),
        limit: 10,
    });
}

fn goes_on(query: &UserQuery) {
    thread_local! {
        static FAKES: Fakes = {
            let fakes = Fakes::new();
            fakes.store.put(ada());
            fakes.store.put(grace());
            fakes
        };
    }
    let page = FAKES.with(|fakes| fakes.store.page(query).now_or_never());
    let page = page.expect("memory answers at once").expect("a page");
    assert!(page.items.len() <= 2 && page.total == 2);
}
