//! What parts of a read cost by themselves: finding an account, verifying a token.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::runtime::Runtime;
use users_auth_grpc::{JwksSettings, JwksVerifier};
use users_domain::model::{BearerToken, UserId};
use users_domain::ports::{Clock as _, TokenVerifier, UserStore};
use users_postgres::{PostgresSettings, PostgresStore};
use users_system::SystemClock;
use users_test_platform::{AuthOptions, AuthServer};

use crate::process_stat::cpu_time;

/// Tokens that are verified once each: as many as are remembered at most, so that none is dropped.
const NEW_TOKENS: usize = 16_000;
/// Calls between two looks at the clock.
const BATCH: usize = 64;

/// Where accounts are, and how long each part is measured.
#[derive(Serialize, Deserialize)]
pub struct PartsJob {
    /// Address or name of the Postgres server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Its role.
    pub user: String,
    /// The role's password, where it has one.
    pub password: Option<String>,
    /// The database, migrated.
    pub database: String,
    /// Ids of accounts that are there.
    pub accounts: Vec<String>,
    /// Callers at once.
    pub callers: usize,
    /// How long each part is measured.
    pub seconds: u64,
}

/// CPU time of this process (user and system) for each call, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// Finds an account by its id in Postgres; the server's own time is not in it.
    pub find: f64,
    /// Verifies a token by published keys that came before.
    pub verify_known: f64,
    /// Verifies a token that comes for the first time: its signature is checked.
    pub verify_new: f64,
}

/// Measures one part after the other.
pub(super) fn measure(job: &PartsJob) -> Result<Parts> {
    ensure!(!job.accounts.is_empty(), "there has to be an account");
    // Refused where somebody was first: then there is one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let auth = AuthServer::start(AuthOptions::default()).context("no stand-in of auth")?;
    let token = |number: usize| -> BearerToken {
        let now = SystemClock.now().unix_timestamp();
        let account = &job.accounts[number % job.accounts.len()];
        let claims = json!({
            "exp": now + 3600, "iat": now, "iss": "magistrala.auth", "jti": number.to_string(),
            "role": 1, "sub": account, "type": 0, "verified": true,
        });
        BearerToken::new(auth.sign(&claims.to_string()))
    };
    let new: Vec<_> = (0..NEW_TOKENS).map(&token).collect();
    let settings = JwksSettings::new(auth.keys.url().parse()?);
    let verifier = JwksVerifier::open(&settings, Arc::new(SystemClock), runtime.handle().clone())?;
    let verifier: Arc<dyn TokenVerifier> = Arc::new(verifier);
    let known = Arc::new(new[..job.accounts.len().min(NEW_TOKENS)].to_vec());

    let verify_new = {
        // The keys are fetched for the first one, which counts for nothing in so many.
        let before = cpu_time(std::process::id())?;
        runtime.block_on(async {
            for token in &new {
                verifier.verify(token).await?;
            }
            anyhow::Ok(())
        })?;
        per_call(before, new.len())?
    };
    let verify_known = {
        let verifier = verifier.clone();
        repeat(&runtime, job, move |number| {
            let (verifier, known) = (verifier.clone(), known.clone());
            async move {
                verifier.verify(&known[number % known.len()]).await?;
                Ok(())
            }
        })?
    };
    let store = open(&runtime, job)?;
    let ids: Vec<_> = job
        .accounts
        .iter()
        .cloned()
        .map(UserId::from_stored)
        .collect();
    let ids = Arc::new(ids);
    let find = repeat(&runtime, job, move |number| {
        let (store, ids) = (store.clone(), ids.clone());
        async move {
            let found = store.find(&ids[number % ids.len()]).await?;
            found.context("an account is not there")?;
            Ok(())
        }
    })?;
    Ok(Parts {
        find,
        verify_known,
        verify_new,
    })
}

fn open(runtime: &Runtime, job: &PartsJob) -> Result<Arc<dyn UserStore>> {
    let settings = PostgresSettings::new(
        job.host.clone(),
        job.port,
        job.user.clone(),
        SecretString::from(job.password.clone().unwrap_or_default()),
        job.database.clone(),
    );
    // Its connections live on the runtime in which it is made.
    let _entered = runtime.enter();
    Ok(Arc::new(PostgresStore::new(
        settings,
        Arc::new(SystemClock),
    )?))
}

/// Has callers make calls one after the other, each its own, for the job's time; the CPU time of a
/// call in microseconds.
fn repeat<C, F>(runtime: &Runtime, job: &PartsJob, call: C) -> Result<f64>
where
    C: Fn(usize) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<()>> + Send + 'static,
{
    let duration = Duration::from_secs(job.seconds);
    let before = cpu_time(std::process::id())?;
    let calls = runtime.block_on(async {
        let callers: Vec<_> = (0..job.callers)
            .map(|caller| {
                let call = call.clone();
                tokio::spawn(async move {
                    let begun = Instant::now();
                    let mut calls = 0;
                    while begun.elapsed() < duration {
                        for _ in 0..BATCH {
                            call(caller + calls).await?;
                            calls += 1;
                        }
                    }
                    anyhow::Ok(calls)
                })
            })
            .collect();
        let mut calls = 0;
        for caller in callers {
            calls += caller.await??;
        }
        anyhow::Ok(calls)
    })?;
    per_call(before, calls)
}

#[expect(clippy::cast_precision_loss, reason = "far fewer calls than 2^52")]
fn per_call(before: Duration, calls: usize) -> Result<f64> {
    let used = cpu_time(std::process::id())?.saturating_sub(before);
    ensure!(calls > 0, "nothing was called");
    Ok(used.as_secs_f64() * 1e6 / calls as f64)
}
