//! What an operator should know of a database before and after it is taken over. Only looked at.

use std::time::Duration;

use users_domain::model::Timestamp;

use crate::PostgresStore;
use crate::adoption::found::Found;
use crate::adoption::plan::plan;
use crate::adoption::step::Step;
use crate::error::OpenError;
use crate::indexes;
use crate::session::{Session, SessionError};

/// What was found, and what will differ from the deployed service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Whose database it is.
    pub owner: DatabaseOwner,
    /// Why it cannot be brought up to date, if it cannot.
    pub refusal: Option<String>,
    /// What [`PostgresStore::migrate`] would do, in order.
    pub steps: Vec<String>,
    /// Indexes that [`PostgresStore::build_indexes`] would build, and those that it would drop, of
    /// which it says so.
    pub indexes: Vec<String>,
    /// What is odd and works all the same.
    pub warnings: Vec<String>,
    /// When it was taken over, and what was found then: the last id of the deployed service's list,
    /// `empty`, or `unrecorded`.
    pub adopted: Option<(Timestamp, String)>,
    /// Numbers of accounts; those that would take too long to find out are missing.
    pub counts: AccountCounts,
}

/// Whose database it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseOwner {
    /// Nobody's: none of the tables is there.
    Nobody,
    /// The deployed service's, with the last id of its list, if that is there.
    Deployed(Option<String>),
    /// It was made or taken over by this program.
    Ours,
    /// Another program's, or one that is not understood: the refusal says why.
    Foreign,
}

/// Numbers of accounts. `None` was not counted: it took too long, the role may not read them, or
/// the table has not the columns yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccountCounts {
    /// All.
    pub accounts: Option<u64>,
    /// With a password whose hash is no bcrypt of today's cost: a wrong password is told in another
    /// time until their next login.
    pub outdated_hashes: Option<u64>,
    /// Whose e-mail address is another's too, but for the case of ASCII letters.
    pub email_twins: Option<u64>,
    /// Whose username is.
    pub username_twins: Option<u64>,
    /// That the deployed service cannot read at all or not in its lists: no password or time of
    /// creation, metadata that is no object, numbers and times out of its range. One with metadata
    /// nested too deep for it is not found here.
    pub unreadable: Option<u64>,
    /// Made since the take-over, by whichever of the two programs. The deployed service lets those
    /// made here in only when the platform knows them.
    pub since_adoption: Option<u64>,
}

/// No count may take longer, so that a large database does not hold up whoever asks.
const COUNT: Duration = Duration::from_secs(3);
/// How much longer we wait for the server to say that it gave up.
const GRACE: Duration = Duration::from_secs(2);

const ACCOUNTS: &str = "SELECT count(*) FROM users";

/// What the hasher writes, and what it reads as such.
const OUTDATED: &str = r"
    SELECT count(*) FROM users
    WHERE secret <> '' AND secret !~ '^\$2[abcxy]?\$COST\$[./A-Za-z0-9]{53}\s*$'";

const TWINS: &str = r#"
    SELECT coalesce(sum(n), 0) FROM (
        SELECT count(*) AS n FROM users WHERE NAME IS NOT NULL
        GROUP BY lower(NAME COLLATE "C") HAVING count(*) > 1) AS twins"#;

/// As observed; a time outside the years 1 to 9999 empties the lists that hold it.
const UNREADABLE: &str = "
    SELECT count(*) FROM users
    WHERE secret IS NULL OR created_at IS NULL
       OR jsonb_typeof(metadata) NOT IN ('object', 'null')
       OR jsonb_typeof(private_metadata) NOT IN ('object', 'null')
       OR status NOT BETWEEN 0 AND 255 OR role NOT BETWEEN 0 AND 255
       OR NOT (coalesce(created_at, 'epoch') >= '0001-01-01T00:00:00Z'
               AND coalesce(created_at, 'epoch') < '10000-01-01T00:00:00Z')
       OR NOT (coalesce(updated_at, 'epoch') >= '0001-01-01T00:00:00Z'
               AND coalesce(updated_at, 'epoch') < '10000-01-01T00:00:00Z')
       OR NOT (coalesce(verified_at, 'epoch') >= '0001-01-01T00:00:00Z'
               AND coalesce(verified_at, 'epoch') < '10000-01-01T00:00:00Z')";

const SINCE: &str = "
    SELECT count(*) FROM users WHERE created_at >= (SELECT min(adopted_at) FROM adoption)";

impl PostgresStore {
    /// Looks at the database for an operator; `bcrypt_cost` is today's. Changes nothing, on a
    /// read-only server and for a role that may only read too, and takes seconds at most, however
    /// many accounts there are.
    ///
    /// # Errors
    ///
    /// There is no connection, no answer in time, or the role may not look. A database that cannot be taken over is no
    /// error here.
    pub async fn survey(&self, bcrypt_cost: u32) -> Result<Survey, OpenError> {
        let (session, found) = self.look().await?;
        let mut survey = Survey {
            owner: owner(&found),
            refusal: None,
            steps: Vec::new(),
            indexes: indexes::work(&found),
            warnings: Vec::new(),
            adopted: found.adopted.clone(),
            counts: AccountCounts::default(),
        };
        match plan(&found) {
            Ok(plan) => {
                survey.steps = plan.steps.iter().map(Step::name).collect();
                survey.warnings = plan.warnings;
            }
            Err(reason) => {
                survey.owner = DatabaseOwner::Foreign;
                survey.refusal = Some(reason);
            }
        }
        let readable = ["email", "username", "private_metadata", "verified_at"];
        if survey.refusal.is_none() && found.has("users", &readable) {
            survey.counts = counted(&session, bcrypt_cost, survey.adopted.is_some()).await;
        }
        Ok(survey)
    }
}

impl PostgresStore {
    /// When the database was first brought up to date by this program, and what it was before:
    /// `empty`, or the deployed service's last change. `None`: not yet. Changes nothing.
    pub async fn adopted(&self) -> Result<Option<(Timestamp, String)>, OpenError> {
        let (_, found) = self.look().await?;
        Ok(found.adopted)
    }
}

fn owner(found: &Found) -> DatabaseOwner {
    let is_there = |name: &str| found.relations.contains_key(name);
    if !found.own.is_empty() {
        DatabaseOwner::Ours
    } else if is_there("users") || is_there("clients") {
        let last = found.deployed.last_key_value();
        DatabaseOwner::Deployed(last.map(|(id, _)| id.clone()))
    } else {
        DatabaseOwner::Nobody
    }
}

async fn counted(session: &Session, bcrypt_cost: u32, is_adopted: bool) -> AccountCounts {
    let outdated = OUTDATED.replace("COST", &format!("{bcrypt_cost:02}"));
    AccountCounts {
        accounts: count(session, ACCOUNTS).await,
        outdated_hashes: count(session, &outdated).await,
        email_twins: count(session, &TWINS.replace("NAME", "email")).await,
        username_twins: count(session, &TWINS.replace("NAME", "username")).await,
        unreadable: count(session, UNREADABLE).await,
        since_adoption: if is_adopted {
            count(session, SINCE).await
        } else {
            None
        },
    }
}

/// A number, if the server finds it in time. The server keeps that time itself: behind a pooler our
/// request to stop would not reach it.
async fn count(session: &Session, question: &str) -> Option<u64> {
    let limit = COUNT.as_millis();
    let begin = format!("BEGIN READ ONLY; SET LOCAL statement_timeout = {limit}");
    let answer = async {
        session.run(&begin, Some(GRACE)).await?;
        session.rows(question, Some(COUNT + GRACE)).await
    };
    let answer: Result<_, SessionError> = answer.await;
    // Also after a refusal; a session that is lost answers nothing any more.
    let ended = session.run("ROLLBACK", Some(GRACE)).await;
    match (answer, ended) {
        (Ok(rows), Ok(())) => rows.first()?.get(0)?.parse().ok(),
        (Err(error), _) | (_, Err(error)) => {
            tracing::debug!(%error, "accounts could not be counted in time");
            None
        }
    }
}
