//! Codes that were mailed: what `UserStore` keeps of ours, and what the deployed service keeps of
//! its own.

use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use users_domain::model::{
    AdoptedCode, CodeDigest, CodePurpose, CodeRecord, Email, Proof, Timestamp, UserId,
};

use crate::filter::may_be_stored;
use crate::moment::StoredMoment;
use crate::schema::one_time_codes::{one_time_codes, users_verifications};
use crate::schema::users::{bytewise, lower};
use crate::values::StoredText;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = one_time_codes)]
struct CodeRow {
    digest: String,
    purpose: String,
    user_id: StoredText,
    email: StoredText,
    created_at: StoredMoment,
    expires_at: StoredMoment,
}

/// Keeps a code; the caller has seen that the account is there.
pub(crate) async fn add(connection: &mut AsyncPgConnection, code: &CodeRecord) -> QueryResult<()> {
    diesel::insert_into(one_time_codes::table)
        .values(CodeRow {
            digest: code.digest.to_hex(),
            purpose: code.purpose.as_str().to_owned(),
            user_id: StoredText::from_text(code.user.as_str()),
            email: StoredText::from_text(code.email.as_str()),
            created_at: code.created_at.into(),
            expires_at: code.expires_at.into(),
        })
        .execute(connection)
        .await?;
    Ok(())
}

/// A code that was neither used nor voided.
pub(crate) async fn find(
    connection: &mut AsyncPgConnection,
    proof: &Proof,
    purpose: CodePurpose,
) -> QueryResult<Option<CodeRecord>> {
    match proof {
        Proof::Digest(digest) => find_ours(connection, *digest, purpose).await,
        // They verify addresses, and nothing else.
        Proof::Adopted(code) if purpose == CodePurpose::VerifyEmail => {
            find_adopted(connection, code).await
        }
        Proof::Adopted(_) => Ok(None),
    }
}

async fn find_ours(
    connection: &mut AsyncPgConnection,
    digest: CodeDigest,
    purpose: CodePurpose,
) -> QueryResult<Option<CodeRecord>> {
    let row: Option<CodeRow> = one_time_codes::table
        .filter(one_time_codes::digest.eq(digest.to_hex()))
        .filter(one_time_codes::purpose.eq(purpose.as_str()))
        .filter(one_time_codes::used_at.is_null())
        .select(CodeRow::as_select())
        .first(connection)
        .await
        .optional()?;
    Ok(row.map(|row| row.into_record(digest, purpose)))
}

/// The same inside a transaction that has locked the account and keeps the code from being removed.
pub(crate) async fn find_locked(
    connection: &mut AsyncPgConnection,
    proof: &Proof,
    purpose: CodePurpose,
) -> QueryResult<Option<CodeRecord>> {
    match proof {
        Proof::Digest(digest) => {
            let locked: Option<String> = one_time_codes::table
                .filter(one_time_codes::digest.eq(digest.to_hex()))
                .select(one_time_codes::digest)
                .for_update()
                .first(connection)
                .await
                .optional()?;
            if locked.is_none() {
                return Ok(None);
            }
        }
        // The deployed service, which locks no account, may be using it up at this moment.
        Proof::Adopted(code) if may_be_stored(code.user.as_str()) => {
            diesel::sql_query(LOCK_ADOPTED)
                .bind::<Text, _>(code.user.as_str())
                .execute(connection)
                .await?;
        }
        Proof::Adopted(_) => return Ok(None),
    }
    find(connection, proof, purpose).await
}

/// All of the account: those are voided that are not used.
const LOCK_ADOPTED: &str = "SELECT FROM users_verifications WHERE user_id = $1 FOR UPDATE";

/// What the deployed service keeps of a code: the code, and when it was made, expires, was used.
type AdoptedRow = (
    Option<StoredText>,
    Option<StoredMoment>,
    Option<StoredMoment>,
    Option<StoredMoment>,
);

/// The deployed service's row, if it is good: the newest of the pair alone counts, and Postgres puts
/// one without a time before all others, as that service does.
async fn find_adopted(
    connection: &mut AsyncPgConnection,
    code: &AdoptedCode,
) -> QueryResult<Option<CodeRecord>> {
    use users_verifications as stored;

    let (user, email) = (code.user.as_str(), code.email.as_str());
    if !may_be_stored(user) || !may_be_stored(email) {
        return Ok(None);
    }
    let newest: Option<AdoptedRow> = stored::table
        .filter(stored::user_id.eq(user))
        .filter(stored::email.eq(email))
        .order(stored::created_at.desc())
        .select((
            stored::otp,
            stored::created_at,
            stored::expires_at,
            stored::used_at,
        ))
        .first(connection)
        .await
        .optional()?;
    let Some((Some(otp), Some(created_at), Some(expires_at), None)) = newest else {
        return Ok(None);
    };
    let (Some(created_at), Some(expires_at)) = (created_at.moment(), expires_at.moment()) else {
        return Ok(None);
    };
    Ok(code.is_otp(&otp.0).then(|| CodeRecord {
        digest: code.digest(),
        purpose: CodePurpose::VerifyEmail,
        user: code.user.clone(),
        email: code.email.clone(),
        created_at,
        expires_at,
    }))
}

/// When the newest code was made of those of an account and purpose that went to an address.
pub(crate) async fn last_at(
    connection: &mut AsyncPgConnection,
    user: &UserId,
    purpose: CodePurpose,
    email: &Email,
) -> QueryResult<Option<Timestamp>> {
    let last: Option<StoredMoment> = one_time_codes::table
        .filter(one_time_codes::user_id.eq(user.as_str()))
        .filter(one_time_codes::purpose.eq(purpose.as_str()))
        .filter(lower(bytewise(one_time_codes::email.nullable())).eq(email.folded()))
        .select(max(one_time_codes::created_at))
        .first(connection)
        .await?;
    Ok(last.and_then(StoredMoment::moment))
}

impl CodeRow {
    fn into_record(self, digest: CodeDigest, purpose: CodePurpose) -> CodeRecord {
        let moment = |stored: StoredMoment| stored.moment().unwrap_or(Timestamp::UNIX_EPOCH);
        CodeRecord {
            digest,
            purpose,
            user: UserId::from_stored(self.user_id.0),
            email: Email::from_stored(self.email.0),
            created_at: moment(self.created_at),
            // What cannot be read as a moment has expired.
            expires_at: moment(self.expires_at),
        }
    }
}

/// The good codes of an account, those of one purpose or all.
pub(crate) const VOID: &str = "
    UPDATE one_time_codes SET used_at = $1
    WHERE user_id = $2 AND used_at IS NULL AND ($3::text IS NULL OR purpose = $3)";

/// The deployed service's unused codes of an account.
pub(crate) const VOID_ADOPTED: &str = "
    UPDATE users_verifications SET used_at = $1
    WHERE user_id = $2 AND used_at IS NULL";

/// What the deployed service writes when one of its codes is used: into all rows of the pair.
pub(crate) const USE_ADOPTED: &str = "
    UPDATE users_verifications AS every SET used_at = $1, otp = newest.otp
    FROM (SELECT otp FROM users_verifications WHERE user_id = $2 AND email = $3
          ORDER BY created_at DESC LIMIT 1) AS newest
    WHERE every.user_id = $2 AND every.email = $3";

/// Voids the codes of ours of an account, those of one purpose or all.
pub(crate) async fn void(
    connection: &mut AsyncPgConnection,
    user: &str,
    purpose: Option<CodePurpose>,
    now: Timestamp,
) -> QueryResult<()> {
    diesel::sql_query(VOID)
        .bind::<Timestamptz, _>(StoredMoment::from(now))
        .bind::<Text, _>(user)
        .bind::<Nullable<Text>, _>(purpose.map(CodePurpose::as_str))
        .execute(connection)
        .await?;
    Ok(())
}

/// Uses a code up, and voids the others of its account and purpose, whoever mailed them.
pub(crate) async fn use_up(
    connection: &mut AsyncPgConnection,
    proof: &Proof,
    code: &CodeRecord,
    now: Timestamp,
) -> QueryResult<()> {
    let user = code.user.as_str();
    void(connection, user, Some(code.purpose), now).await?;
    if let Proof::Adopted(_) = proof {
        diesel::sql_query(USE_ADOPTED)
            .bind::<Timestamptz, _>(StoredMoment::from(now))
            .bind::<Text, _>(user)
            .bind::<Text, _>(code.email.as_str())
            .execute(connection)
            .await?;
    }
    if code.purpose == CodePurpose::VerifyEmail {
        diesel::sql_query(VOID_ADOPTED)
            .bind::<Timestamptz, _>(StoredMoment::from(now))
            .bind::<Text, _>(user)
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// Codes that are of no use any more, but for those that somebody has locked: to wait for one while
/// holding others could end in a deadlock.
pub(crate) const REMOVE_USELESS: &str = "
    WITH expired AS (
        SELECT digest FROM one_time_codes WHERE expires_at <= $1 AND used_at IS NULL
        LIMIT $2 FOR UPDATE SKIP LOCKED
    ), used AS (
        SELECT digest FROM one_time_codes WHERE used_at IS NOT NULL
        LIMIT $2 FOR UPDATE SKIP LOCKED
    )
    DELETE FROM one_time_codes WHERE digest = ANY (ARRAY(
        SELECT digest FROM expired UNION ALL SELECT digest FROM used LIMIT $2))";

/// One of them, to be waited for.
pub(crate) const LOCK_USELESS: &str = "
    SELECT FROM one_time_codes WHERE digest = (
        (SELECT digest FROM one_time_codes WHERE expires_at <= $1 AND used_at IS NULL LIMIT 1)
        UNION ALL
        (SELECT digest FROM one_time_codes WHERE used_at IS NOT NULL LIMIT 1)
        LIMIT 1)
    FOR UPDATE";

/// Removes codes that are of no use any more; says how many.
pub(crate) async fn remove_useless(
    connection: &mut AsyncPgConnection,
    now: Timestamp,
    limit: u32,
) -> QueryResult<usize> {
    let remove = || {
        diesel::sql_query(REMOVE_USELESS)
            .bind::<Timestamptz, _>(StoredMoment::from(now))
            .bind::<BigInt, _>(i64::from(limit))
    };
    let removed = remove().execute(connection).await?;
    if removed > 0 || limit == 0 {
        return Ok(removed);
    }
    // Perhaps all were locked. This transaction holds nothing yet: it may wait for one of them.
    let locked = diesel::sql_query(LOCK_USELESS)
        .bind::<Timestamptz, _>(StoredMoment::from(now))
        .execute(connection)
        .await?;
    match locked {
        0 => Ok(0),
        _ => remove().execute(connection).await,
    }
}
