//! Codes that were mailed: what `UserStore` keeps of them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use users_domain::model::{CodeDigest, CodePurpose, CodeRecord, Email, Proof, Timestamp, UserId};

use crate::row::{StoredText, micros, moment};
use crate::schema::{lower, one_time_codes};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = one_time_codes)]
struct CodeRow {
    digest: String,
    purpose: String,
    user_id: StoredText,
    email: StoredText,
    created_at: i64,
    expires_at: i64,
}

/// Keeps a code; the caller has seen that the account is there.
pub(crate) fn add(connection: &mut SqliteConnection, code: &CodeRecord) -> QueryResult<()> {
    diesel::insert_into(one_time_codes::table)
        .values(CodeRow {
            digest: code.digest.to_hex(),
            purpose: code.purpose.as_str().to_owned(),
            user_id: StoredText(code.user.as_str().to_owned()),
            email: StoredText(code.email.as_str().to_owned()),
            created_at: micros(code.created_at),
            expires_at: micros(code.expires_at),
        })
        .execute(connection)?;
    Ok(())
}

/// A code that was neither used nor voided.
pub(crate) fn find(
    connection: &mut SqliteConnection,
    proof: &Proof,
    purpose: CodePurpose,
) -> QueryResult<Option<CodeRecord>> {
    let digest = match proof {
        Proof::Digest(digest) => digest,
        // No deployed service kept its codes in SQLite.
        Proof::Adopted(_) => return Ok(None),
    };
    let row: Option<CodeRow> = one_time_codes::table
        .find(digest.to_hex())
        .filter(one_time_codes::purpose.eq(purpose.as_str()))
        .filter(one_time_codes::used_at.is_null())
        .select(CodeRow::as_select())
        .first(connection)
        .optional()?;
    Ok(row.map(|row| row.into_record(*digest, purpose)))
}

/// When the newest code was made of those of an account and purpose that went to an address.
pub(crate) fn last_at(
    connection: &mut SqliteConnection,
    user: &UserId,
    purpose: CodePurpose,
    email: &Email,
) -> QueryResult<Option<Timestamp>> {
    let last: Option<i64> = one_time_codes::table
        .filter(one_time_codes::user_id.eq(user.as_str()))
        .filter(one_time_codes::purpose.eq(purpose.as_str()))
        // ASCII case only, as this function of SQLite's is.
        .filter(lower(one_time_codes::email).eq(email.folded()))
        .select(diesel::dsl::max(one_time_codes::created_at))
        .first(connection)?;
    Ok(last.and_then(moment))
}

impl CodeRow {
    fn into_record(self, digest: CodeDigest, purpose: CodePurpose) -> CodeRecord {
        CodeRecord {
            digest,
            purpose,
            user: UserId::from_stored(self.user_id.0),
            email: Email::from_stored(self.email.0),
            created_at: moment(self.created_at).unwrap_or(Timestamp::UNIX_EPOCH),
            // What cannot be read as a moment has expired.
            expires_at: moment(self.expires_at).unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }
}

/// The good codes of an account, those of one purpose or all.
pub(crate) const VOID: &str = "
    UPDATE one_time_codes SET used_at = ?1
    WHERE user_id = ?2 AND used_at IS NULL AND (?3 IS NULL OR purpose = ?3)";

/// Voids the codes of an account, those of one purpose or all.
pub(crate) fn void(
    connection: &mut SqliteConnection,
    user: &str,
    purpose: Option<CodePurpose>,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::sql_query(VOID)
        .bind::<BigInt, _>(micros(now))
        .bind::<Text, _>(user)
        .bind::<Nullable<Text>, _>(purpose.map(CodePurpose::as_str))
        .execute(connection)?;
    Ok(())
}

/// Codes that are of no use any more.
pub(crate) const REMOVE_USELESS: &str = "
    DELETE FROM one_time_codes WHERE digest IN (
        SELECT digest FROM one_time_codes WHERE expires_at <= ?1 AND used_at IS NULL
        UNION ALL
        SELECT digest FROM one_time_codes WHERE used_at IS NOT NULL
        LIMIT ?2)";

/// Removes codes that are of no use any more; says how many.
pub(crate) fn remove_useless(
    connection: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> QueryResult<usize> {
    diesel::sql_query(REMOVE_USELESS)
        .bind::<BigInt, _>(micros(now))
        .bind::<BigInt, _>(i64::from(limit))
        .execute(connection)
}
