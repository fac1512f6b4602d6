//! Where the rows that may pass a filter are found: of all indexes that know something of it, the
//! one that names the fewest rows.
//!
//! SQLite would guess which one that is. Here they are asked, and none of them to the end: how many
//! rows each names is counted up to a limit, which rises until one of them has no more.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use users_domain::model::{Role, Status, TagFilter, UserFilter};

use crate::filter::UsersQuery;
use crate::metadata_terms::wanted_terms;
use crate::row::micros;
use crate::trigrams::trigrams;

/// Rows that an index names are read here and there, all rows one after the other: so many of all
/// rows are no fewer.
const FEW_OF_ALL: u64 = 4;
/// Up to so many rows it does not matter how they are found.
const FEW: u64 = 1_024;
/// How many rows are counted at first, and how many times more then.
const FIRST_LIMIT: u64 = 64;
const RISE: u64 = 8;
/// A trigram of so few rows is looked at alone: to intersect it costs more than it saves.
const ALONE: u64 = 16;

/// Most tags and most values of metadata that are asked for; the others are looked at in each row.
const ASKED: usize = 24;

const IN_TEXT: &str = "SELECT rowid FROM users_text WHERE users_text MATCH ";
const IN_TAGS: &str = "SELECT seq FROM user_tags WHERE tag IN (SELECT value FROM json_each(";
const IN_METADATA: &str =
    "SELECT seq FROM user_metadata WHERE term IN (SELECT value FROM json_each(";

/// What names the rows (`seq`) that may pass a filter: never one too few.
///
/// It holds what somebody searches for, so it has no `Debug`.
#[derive(Clone)]
pub(crate) enum Candidates {
    /// An expression of FTS5 on `users_text`.
    Text(String),
    /// A JSON array of tags, of which a row has one.
    Tags(String),
    /// A JSON array of terms, of which a row has one.
    Metadata(String),
    /// A condition on an index of `users`, without values of callers in it.
    Rows(String),
    /// These, as they were read.
    These(Vec<i64>),
}

impl Candidates {
    /// Keeps of a query's rows those that are named.
    pub(crate) fn narrow(&self, query: UsersQuery) -> UsersQuery {
        let among = |select: &str| sql::<Bool>(&format!("users.seq IN ({select}"));
        let text = |value: &String| value.clone();
        match self {
            Self::Text(wanted) => {
                query.filter(among(IN_TEXT).bind::<Text, _>(text(wanted)).sql(")"))
            }
            Self::Tags(wanted) => {
                query.filter(among(IN_TAGS).bind::<Text, _>(text(wanted)).sql(")))"))
            }
            Self::Metadata(wanted) => {
                query.filter(among(IN_METADATA).bind::<Text, _>(text(wanted)).sql(")))"))
            }
            Self::Rows(condition) => query.filter(sql::<Bool>(&format!(
                "users.seq IN (SELECT one.seq FROM users AS one WHERE {condition})"
            ))),
            Self::These(keys) => {
                let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
                query.filter(sql::<Bool>(&format!("users.seq IN ({})", keys.join(", "))))
            }
        }
    }

    /// How many rows are named, counted up to a limit.
    fn count(&self, connection: &mut SqliteConnection, limit: u64) -> QueryResult<u64> {
        let counted = |select: &str, end: &str| {
            format!("SELECT count(*) AS found FROM ({select}{end} LIMIT {limit})")
        };
        let bound = |select: &str, end: &str, wanted: &String| {
            diesel::sql_query(counted(select, end)).bind::<Text, _>(wanted.clone())
        };
        let Found { found } = match self {
            Self::Text(wanted) => bound(IN_TEXT, "?", wanted).get_result(connection)?,
            Self::Tags(wanted) => bound(IN_TAGS, "?))", wanted).get_result(connection)?,
            Self::Metadata(wanted) => bound(IN_METADATA, "?))", wanted).get_result(connection)?,
            Self::Rows(condition) => {
                let select = format!("SELECT one.seq FROM users AS one WHERE {condition}");
                diesel::sql_query(counted(&select, "")).get_result(connection)?
            }
            Self::These(keys) => return Ok(keys.len() as u64),
        };
        // A count is never negative.
        Ok(u64::try_from(found).unwrap_or_default())
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    found: i64,
}

/// The fewest candidates for a filter, and at most how many they are; `None` where no index names
/// few of all rows. `enrolled` is how many rows are of the filter's status and role.
pub(crate) fn fewest(
    connection: &mut SqliteConnection,
    filter: &UserFilter,
    enrolled: u64,
    all: u64,
) -> QueryResult<Option<(Candidates, u64)>> {
    let sources = sources(filter);
    let of_status_and_role = of_status_and_role(filter);
    let mut limit = FIRST_LIMIT;
    loop {
        let mut found: Vec<(u64, &Candidates)> = Vec::new();
        if let Some(source) = of_status_and_role.as_ref().filter(|_| enrolled < limit) {
            found.push((enrolled, source));
        }
        for source in &sources {
            let count = source.count(connection, limit)?;
            if count < limit {
                found.push((count, source));
            }
            if count <= ALONE {
                break;
            }
        }
        if let Some((count, fewest)) = found.iter().min_by_key(|(count, _)| *count) {
            return Ok(Some((intersected(fewest, *count, &found), *count)));
        }
        if !are_few(limit, all) {
            return Ok(None);
        }
        limit *= RISE;
    }
}

/// The rows of a filter's status and role, where they are few.
pub(crate) fn few_of_status_and_role(
    filter: &UserFilter,
    enrolled: u64,
    all: u64,
) -> Option<Candidates> {
    of_status_and_role(filter).filter(|_| are_few(enrolled, all))
}

fn are_few(rows: u64, all: u64) -> bool {
    rows <= FEW.max(all / FEW_OF_ALL)
}

/// Trigrams that are about as rare name fewer rows together. The frequent ones are left out: to pass
/// over their rows takes longer than to look at those of a rare one.
fn intersected(fewest: &Candidates, count: u64, found: &[(u64, &Candidates)]) -> Candidates {
    let Candidates::Text(_) = fewest else {
        return fewest.clone();
    };
    if count <= ALONE {
        return fewest.clone();
    }
    let expressions: Vec<String> = found
        .iter()
        .filter_map(|(_, source)| match source {
            Candidates::Text(expression) => Some(format!("({expression})")),
            _ => None,
        })
        .collect();
    Candidates::Text(expressions.join(" AND "))
}

/// Everything that an index knows of a filter, but for status and role.
pub(crate) fn sources(filter: &UserFilter) -> Vec<Candidates> {
    let mut sources = Vec::new();
    match &filter.tags {
        None => {}
        Some(TagFilter::Any(tags)) => sources.push(Candidates::Tags(json(tags))),
        Some(TagFilter::All(tags)) => {
            sources.extend(
                tags.iter()
                    .take(ASKED)
                    .map(|tag| Candidates::Tags(json(std::slice::from_ref(tag)))),
            );
        }
    }
    if let Some(part) = &filter.metadata {
        let terms = wanted_terms(part.as_str());
        sources.extend(
            terms
                .into_iter()
                .take(ASKED)
                .map(|terms| Candidates::Metadata(serde_json::Value::from(terms).to_string())),
        );
    }
    for (column, part) in [
        ("id", &filter.id),
        ("username", &filter.username),
        ("email", &filter.email),
        ("first_name", &filter.first_name),
        ("last_name", &filter.last_name),
    ] {
        let part = part.as_deref().unwrap_or_default();
        sources.extend(trigrams(column, part).into_iter().map(Candidates::Text));
    }
    sources.extend(created(filter));
    sources
}

/// The first characters of each tag, as the index holds them.
fn json(tags: &[String]) -> String {
    let kept: Vec<String> = tags
        .iter()
        .map(|tag| tag.chars().take_while(|c| *c != '\0').take(64).collect())
        .collect();
    serde_json::Value::from(kept).to_string()
}

fn created(filter: &UserFilter) -> Option<Candidates> {
    let conditions: Vec<String> = [(filter.created_from, ">="), (filter.created_to, "<=")]
        .into_iter()
        .filter_map(|(moment, sign)| {
            moment.map(|moment| format!("one.created_at {sign} {}", micros(moment)))
        })
        .collect();
    (!conditions.is_empty()).then(|| Candidates::Rows(conditions.join(" AND ")))
}

/// Exactly those, unless that is nearly everybody.
fn of_status_and_role(filter: &UserFilter) -> Option<Candidates> {
    let status = filter.status.map(Status::as_i16);
    let condition = match (status, filter.role) {
        (Some(status), None) => format!("one.status = {status}"),
        (Some(status), Some(Role::User)) => {
            format!("one.status = {status} AND one.role IS NOT 1")
        }
        (Some(status), Some(Role::Admin)) => format!("one.status = {status} AND one.role = 1"),
        // The index begins with the status.
        (None, Some(Role::Admin)) => "one.role = 1 AND one.status IN \
            (SELECT status FROM user_counts WHERE administrator = 1)"
            .to_owned(),
        (None, None | Some(Role::User)) => return None,
    };
    Some(Candidates::Rows(condition))
}
