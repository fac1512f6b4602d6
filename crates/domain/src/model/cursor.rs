//! Where a page of a list ended, so that the next one goes on there whatever was added before it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Order, Sort, Timestamp, User, UserFilter, UserId, Username};
use crate::error::{Invalid, InvalidReason};

const FIELD: &str = "cursor";

/// The last account of a page: what it sorts by, and its id.
#[derive(Clone, PartialEq, Eq)]
pub struct Cursor {
    /// By what the list is ordered, as the account had it.
    pub key: CursorKey,
    /// The account's id.
    pub id: UserId,
    /// Of which list: filter and sort.
    list: [u8; LIST_BYTES],
}

/// What a list is ordered by, besides the id.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CursorKey {
    /// By id alone.
    Id,
    /// A moment in microseconds of Unix time.
    Time(Option<i64>),
    /// A text, compared byte for byte.
    Text(Option<String>),
}

/// Enough of a digest to tell one list from another; it protects nothing.
const LIST_BYTES: usize = 8;

#[derive(Serialize, Deserialize)]
struct Written {
    k: CursorKey,
    i: String,
    l: [u8; LIST_BYTES],
}

impl Cursor {
    /// The place behind an account in a list.
    pub fn after(user: &User, filter: &UserFilter, sort: Sort) -> Self {
        let text = |text: &str| CursorKey::Text(Some(text.to_owned()));
        let time = |moment: Option<Timestamp>| CursorKey::Time(moment.and_then(micros));
        let key = match sort.order {
            Order::Id => CursorKey::Id,
            Order::CreatedAt => time(user.created_at),
            Order::UpdatedAt => time(user.updated_at.or(user.created_at)),
            Order::FirstName => text(user.first_name.as_str()),
            Order::LastName => text(user.last_name.as_str()),
            Order::Username => CursorKey::Text(
                user.username
                    .as_ref()
                    .map(Username::as_str)
                    .map(str::to_owned),
            ),
            Order::Email => text(user.email.as_str()),
        };
        Self {
            key,
            id: user.id.clone(),
            list: list(filter, sort),
        }
    }

    /// Opaque text, fit for a query string.
    #[expect(clippy::expect_used, reason = "texts and numbers always serialize")]
    pub fn to_text(&self) -> String {
        let written = Written {
            k: self.key.clone(),
            i: self.id.as_str().to_owned(),
            l: self.list,
        };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).expect("texts and numbers serialize"))
    }

    /// Reads a cursor; it must come from a page of the same list.
    ///
    /// A cursor that somebody made up is harmless: it says where to go on, not what may be seen.
    pub fn parse(text: &str, filter: &UserFilter, sort: Sort) -> Result<Self, Invalid> {
        let malformed = |reason| Invalid::new(FIELD, InvalidReason::Malformed(reason));
        let written: Written = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(|| malformed("is no cursor of ours"))?;
        let fits = match (sort.order, &written.k) {
            (Order::Id, CursorKey::Id)
            | (Order::CreatedAt | Order::UpdatedAt, CursorKey::Time(_)) => true,
            (Order::FirstName | Order::LastName | Order::Username | Order::Email, key) => {
                matches!(key, CursorKey::Text(_))
            }
            _ => false,
        };
        if !fits || written.l != list(filter, sort) || written.i.contains('\0') {
            return Err(malformed(
                "belongs to another list: filters and order must stay the same",
            ));
        }
        if matches!(&written.k, CursorKey::Text(Some(text)) if text.contains('\0')) {
            return Err(malformed("is no cursor of ours"));
        }
        Ok(Self {
            key: written.k,
            id: UserId::from_stored(written.i),
            list: written.l,
        })
    }
}

/// Microseconds of Unix time; what no store keeps sorts as absent.
fn micros(moment: Timestamp) -> Option<i64> {
    i64::try_from(moment.unix_timestamp_nanos() / 1000).ok()
}

fn list(filter: &UserFilter, sort: Sort) -> [u8; LIST_BYTES] {
    let digest = Sha256::digest(filter.to_digest_text(sort));
    let mut list = [0; LIST_BYTES];
    list.copy_from_slice(&digest[..LIST_BYTES]);
    list
}

/// It holds what the list is sorted by, which may be an address: never printed by `{:?}`.
impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor(***)")
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey(***)")
    }
}
