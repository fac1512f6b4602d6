//! Pages of lists and their totals: counted first, then read by the plan that is cheapest for what
//! was counted.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use users_domain::model::{PagePlan, Position, Role, UserFilter, UserQuery};

use crate::candidates::{Candidates, few_of_status_and_role, fewest};
use crate::cursor::behind;
use crate::filter::{Among, Reading, filtered, is_of_status_and_role_only, listed};
use crate::row::UserRow;
use crate::schema::users;

/// Up to so many candidates, those that pass are kept from counting for the page.
const KEPT: u64 = 1_024;

/// A page of a list.
pub(crate) struct Rows {
    /// What stands on it.
    pub(crate) found: Vec<UserRow>,
    /// How many accounts the list has.
    pub(crate) total: u64,
    /// Whether more follow.
    pub(crate) more: bool,
}

/// How many accounts pass a filter.
pub(crate) fn total(connection: &mut SqliteConnection, filter: &UserFilter) -> QueryResult<u64> {
    Ok(count(connection, filter)?.passing)
}

/// Reads a page; to be called in a transaction, or page and total may be of two moments.
pub(crate) fn page(connection: &mut SqliteConnection, query: &UserQuery) -> QueryResult<Rows> {
    let Count {
        passing,
        all,
        among,
    } = count(connection, &query.filter)?;
    let mut page = Rows {
        found: Vec::new(),
        total: passing,
        more: false,
    };
    if passing == 0 || query.position.offset() >= passing {
        return Ok(page);
    }
    if query.limit == 0 && matches!(query.position, Position::Offset(_)) {
        page.more = true;
        return Ok(page);
    }
    let reading = match PagePlan::choose(query, passing, all) {
        PagePlan::Walk => Reading::Along,
        PagePlan::Gather => Reading::Among(among),
    };
    let parts = match &query.position {
        Position::Offset(offset) => {
            let list = listed(&query.filter, query.sort, &reading);
            match i64::try_from(*offset) {
                Ok(0) => vec![list],
                Ok(offset) => vec![list.offset(offset)],
                // No list is that long.
                Err(_) => Vec::new(),
            }
        }
        Position::After(cursor) => behind(connection, query, cursor, &reading)?,
    };
    // One more than wanted tells whether more follow.
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut missing = i64::try_from(query.limit.saturating_add(1)).unwrap_or(i64::MAX);
    for part in parts {
        let found = part.limit(missing).select(UserRow::as_select());
        let found: Vec<UserRow> = found.load(connection)?;
        missing -= i64::try_from(found.len()).unwrap_or(i64::MAX);
        page.found.extend(found);
        if missing <= 0 {
            break;
        }
    }
    page.more = page.found.len() > wanted;
    page.found.truncate(wanted);
    Ok(page)
}

/// How many accounts pass a filter, how many there are, and where those that pass are found.
struct Count {
    passing: u64,
    all: u64,
    among: Among,
}

fn count(connection: &mut SqliteConnection, filter: &UserFilter) -> QueryResult<Count> {
    let (enrolled, all) = enrolled(connection, filter)?;
    let counted = |passing, among| Count {
        passing,
        all,
        among,
    };
    if enrolled == 0 {
        return Ok(counted(0, Among::All));
    }
    if is_of_status_and_role_only(filter) {
        let few = few_of_status_and_role(filter, enrolled, all);
        return Ok(counted(enrolled, few.map_or(Among::All, Among::Passing)));
    }
    Ok(match fewest(connection, filter, enrolled, all)? {
        None => {
            let passing = filtered(filter).count().get_result(connection)?;
            counted(unsigned(passing), Among::All)
        }
        Some((candidates, 0)) => counted(0, Among::Some(candidates)),
        Some((candidates, most)) if most <= KEPT => {
            let keys: Vec<i64> = candidates
                .narrow(filtered(filter))
                .select(users::seq)
                .load(connection)?;
            let passing = keys.len() as u64;
            counted(passing, Among::Passing(Candidates::These(keys)))
        }
        Some((candidates, _)) => {
            let passing = candidates.narrow(filtered(filter)).count();
            let passing = unsigned(passing.get_result(connection)?);
            counted(passing, Among::Some(candidates))
        }
    })
}

#[derive(QueryableByName)]
struct Enrolled {
    #[diesel(sql_type = BigInt)]
    enrolled: i64,
    #[diesel(sql_type = BigInt)]
    all_users: i64,
}

/// How many accounts are of a filter's status and role, and how many there are, without looking at
/// one of them.
fn enrolled(connection: &mut SqliteConnection, filter: &UserFilter) -> QueryResult<(u64, u64)> {
    let status = filter.status.map_or_else(
        || "TRUE".to_owned(),
        |status| format!("status = {}", status.as_i16()),
    );
    let role = match filter.role {
        None => "TRUE",
        Some(Role::Admin) => "administrator = 1",
        Some(Role::User) => "administrator = 0",
    };
    let Enrolled {
        enrolled,
        all_users,
    } = diesel::sql_query(format!(
        "SELECT coalesce(sum(users) FILTER (WHERE {status} AND {role}), 0) AS enrolled, \
            coalesce(sum(users), 0) AS all_users FROM user_counts"
    ))
    .get_result(connection)?;
    Ok((unsigned(enrolled), unsigned(all_users)))
}

/// A count is never negative.
fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
