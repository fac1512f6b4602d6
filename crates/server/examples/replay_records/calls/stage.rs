//! The services between fakes and stand-ins for the platform.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prost::Message as _;
use tokio::runtime::Handle;
use users_auth_grpc::{AuthGrpc, DomainsGrpc, PeerSettings};
use users_domain::Users;
use users_domain::model::{BearerToken, TokenKind};
use users_domain::ports::{Entropy, Platform};
use users_proto::auth::v1::AuthZRes;
use users_proto::token::v1::{ListUserRefreshTokensRes, RefreshToken};
use users_spicedb::{SpiceDb as Relations, SpiceDbSettings};
use users_system::SystemClock;
use users_test_platform::{
    AuthOptions, AuthServer, Call, DomainsServer, Fault, Listen, SpiceDb, Wire,
};
use users_testkit::Fakes;

use super::bearers::{Bearer, Bearers};
use super::case::Case;
use super::cast::Cast;
use crate::Result;
use crate::accounts::Accounts;
use crate::events::mailed_code;
use crate::world::{World, issue, settings};

/// Cases that end a session which is there.
const ENDS_A_SESSION: [&str; 2] = ["revoke", "hs256_revoke"];

/// Stand-ins and the adapters that speak to them.
pub(crate) struct Stage {
    auth: AuthServer,
    domains: DomainsServer,
    spicedb: SpiceDb,
    calls: Arc<Mutex<Vec<Call>>>,
    pub(crate) adapters: Adapters,
}

/// What speaks to the stand-ins.
pub(crate) struct Adapters {
    pub(crate) auth: Arc<AuthGrpc>,
    pub(crate) domains: DomainsGrpc,
    pub(crate) relations: Arc<Relations>,
}

/// What a request came to.
pub(crate) struct Outcome {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// In the order in which they were answered.
    pub(crate) calls: Vec<Call>,
}

impl Stage {
    /// A call is waited for as long as `timeout`.
    pub(crate) fn open(timeout: Duration) -> Result<Self> {
        let auth = AuthServer::start(AuthOptions::default())?;
        let domains = DomainsServer::start(&Listen::default())?;
        let spicedb = SpiceDb::start(&Listen::default())?;
        let calls = Arc::new(Mutex::new(Vec::new()));
        for wire in [&*auth, &*domains, &*spicedb] as [&Wire; 3] {
            let calls = calls.clone();
            wire.on_answer(move |call| {
                let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
                calls.push(call.clone());
            });
        }
        let at = |wire: &Wire| PeerSettings {
            address: wire.host_and_port(),
            timeout,
            tls: None,
        };
        let entropy: Arc<dyn Entropy> = Arc::new(Fakes::new().entropy);
        let relations = SpiceDbSettings {
            host: spicedb.address().ip().to_string(),
            port: spicedb.address().port(),
            key: spicedb.key().into(),
            timeout,
        };
        let here = Handle::current();
        let adapters = Adapters {
            auth: Arc::new(AuthGrpc::open(
                &at(&auth),
                here.clone(),
                entropy.clone(),
                Arc::new(SystemClock),
            )?),
            domains: DomainsGrpc::open(&at(&domains), here.clone(), entropy)?,
            relations: Arc::new(Relations::open(&relations, here)?),
        };
        Ok(Self {
            auth,
            domains,
            spicedb,
            calls,
            adapters,
        })
    }

    /// Sends the request of a case, with the platform answering as it did.
    pub(crate) async fn replay(&self, case: &Case, accounts: &Accounts) -> Result<Outcome> {
        self.replay_with(case, accounts, &[]).await
    }

    /// The same, but for the answers to some methods.
    pub(crate) async fn replay_with(
        &self,
        case: &Case,
        accounts: &Accounts,
        answers: &[(&str, Fault)],
    ) -> Result<Outcome> {
        self.prepare(case, answers);
        let people = Cast::of(case, accounts)?;
        let is_mailed = matches!(people.bearer, Bearer::Mailed);
        let fakes = Fakes::new();
        fakes.clock.set(case.record.moment()?);
        for user in people.there {
            fakes.store.put(user);
        }
        let bearer = match &people.bearer {
            Bearer::Made(TokenKind::Refresh) => Some(issue(&fakes, &people.caller).await?),
            Bearer::Made(kind) => Some(fakes.tokens.token(&people.caller.id, *kind)),
            Bearer::Local(text, _) | Bearer::Remote(text) => Some(BearerToken::new(text.clone())),
            Bearer::Nothing | Bearer::Mailed => None,
        };
        let mut ports = fakes.ports();
        ports.issuer = self.adapters.auth.clone();
        ports.verifier = Arc::new(Bearers {
            fakes: fakes.tokens.clone(),
            auth: self.adapters.auth.clone(),
            bearer: people.bearer,
        });
        ports.platform = Platform {
            relations: Some(self.adapters.relations.clone()),
            authority: Some(self.adapters.auth.clone()),
            domains: None,
        };
        let users = Users::new(ports, settings(&case.record));
        let code = mailed_code(&case.record, &fakes, &users, &people.caller).await?;
        let bearer = bearer.as_ref().map(BearerToken::expose);
        let path = case.record.path_with(code.as_deref());
        let world = World { fakes, users };
        let bearer = bearer.or(code.as_deref().filter(|_| is_mailed));
        let (status, body) = world.send(&case.record, &path, bearer).await?;
        Ok(Outcome {
            status,
            body,
            calls: self.take_calls(),
        })
    }

    /// Has the stand-ins answer as recorded; what was not asked then is answered so that nothing ends
    /// there.
    fn prepare(&self, case: &Case, answers: &[(&str, Fault)]) {
        self.take_calls();
        for wire in self.wires() {
            wire.clear_faults();
        }
        let yes = AuthZRes {
            authorized: true,
            ..AuthZRes::default()
        };
        self.answer("Authorize", &Fault::Answer(yes.encode_to_vec()));
        self.answer("ListUserRefreshTokens", &Fault::Answer(sessions(case)));
        // The first of several calls of a method is the one that we make, too.
        for call in case.calls.iter().rev() {
            self.answer(&call.rpc, &call.answer);
        }
        for (rpc, answer) in answers {
            self.answer(rpc, answer);
        }
    }

    /// Has the stand-ins answer every call of a method so.
    pub(crate) fn answer(&self, rpc: &str, answer: &Fault) {
        for wire in self.wires() {
            wire.set_fault_of(rpc, answer.clone());
        }
    }

    /// The calls since the last time.
    pub(crate) fn take_calls(&self) -> Vec<Call> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *calls)
    }

    fn wires(&self) -> [&Wire; 3] {
        [&self.auth, &self.domains, &self.spicedb]
    }
}

/// The sessions of the user of a case, as an answer: the one that is to be ended, if it is there.
fn sessions(case: &Case) -> Vec<u8> {
    let is_there = ENDS_A_SESSION.contains(&case.name.as_str());
    let ended = case.call("Revoke").filter(|_| is_there);
    let refresh_tokens = ended
        .and_then(|call| call.said("/request/1 token_id"))
        .map(|id| RefreshToken {
            id: id.to_owned(),
            description: String::new(),
        });
    ListUserRefreshTokensRes {
        refresh_tokens: refresh_tokens.into_iter().collect(),
    }
    .encode_to_vec()
}
