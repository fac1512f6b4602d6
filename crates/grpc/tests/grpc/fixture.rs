//! A server on fakes, and clients of it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use users_domain::model::User;
use users_domain::ports::Ports;
use users_domain::{Settings, Users};
use users_grpc::{OpenError, Outcome, ServerSettings, serve};
use users_proto::users::v1::users_service_client::UsersServiceClient;
use users_proto::users::v1::{RetrieveUsersReq, RetrieveUsersRes};
use users_testkit::Fakes;

/// Longer than anything takes on a machine that is busy with other things.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A server that runs until it is told to end.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) ready: watch::Sender<bool>,
    pub(crate) outcomes: Arc<Mutex<Vec<Outcome>>>,
    end: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), OpenError>>,
}

impl Server {
    /// Of these accounts, in clear text.
    pub(crate) async fn of(accounts: impl IntoIterator<Item = User>) -> Self {
        let fakes = Fakes::new();
        for account in accounts {
            fakes.store.put(account);
        }
        Self::start(fakes.ports(), |_| {}).await
    }

    pub(crate) async fn start(ports: Ports, change: impl FnOnce(&mut ServerSettings)) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (ready, is_ready) = watch::channel(true);
        let outcomes = Arc::new(Mutex::new(Vec::new()));
        let mut settings = ServerSettings::new(is_ready);
        settings.request_timeout = LONG;
        settings.shutdown_grace = LONG;
        settings.on_outcome = Some(Arc::new({
            let outcomes = outcomes.clone();
            move |outcome: &Outcome| outcomes.lock().unwrap().push(*outcome)
        }));
        change(&mut settings);
        let users = Users::new(ports, Settings::default());
        let (end, ended) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, users, settings, async {
            let _ = ended.await;
        }));
        Self {
            address,
            ready,
            outcomes,
            end,
            serving,
        }
    }

    pub(crate) fn channel(&self) -> Channel {
        let url = format!("http://{}", self.address);
        Endpoint::from_shared(url).unwrap().connect_lazy()
    }

    pub(crate) fn client(&self) -> UsersServiceClient<Channel> {
        UsersServiceClient::new(self.channel())
    }

    pub(crate) async fn retrieve(
        &self,
        ids: &[&str],
        offset: u64,
        limit: u64,
    ) -> Result<RetrieveUsersRes, Status> {
        let request = request(ids, offset, limit);
        let answer = self.client().retrieve_users(request).await?;
        Ok(answer.into_inner())
    }

    /// How the calls so far ended.
    pub(crate) fn codes(&self) -> Vec<Code> {
        let outcomes = self.outcomes.lock().unwrap();
        outcomes.iter().map(|outcome| outcome.code).collect()
    }

    /// Tells it to end, and gives what is to be waited for.
    pub(crate) fn end(self) -> JoinHandle<Result<(), OpenError>> {
        self.end.send(()).unwrap();
        self.serving
    }
}

pub(crate) fn request(ids: &[&str], offset: u64, limit: u64) -> RetrieveUsersReq {
    RetrieveUsersReq {
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        offset,
        limit,
    }
}
