//! The API on fakes, on a port of its own.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use prometheus::Registry;
use serde_json::{Value, json};
use users_domain::model::{CodePurpose, CodeRecord, OneTimeCode, TokenKind, User};
use users_domain::ports::{Clock as _, Entropy as _, Ports, UserStore as _};
use users_domain::{Settings, Users};
use users_http::{About, Api, ApiSettings, EnumFormat, Readiness, ServerSettings, serve};
use users_testkit::Fakes;
use users_testkit::people::id_of;

use super::client::{Answer, Connection, Request};

/// What a test may set otherwise.
pub(super) struct Setup {
    pub(super) fakes: Fakes,
    pub(super) ports: Ports,
    pub(super) settings: Settings,
    pub(super) enums: EnumFormat,
    pub(super) server: ServerSettings,
    pub(super) body_timeout: Option<Duration>,
    pub(super) working_time: Option<Duration>,
    pub(super) body_budget: Option<usize>,
    pub(super) answer_budget: Option<usize>,
    pub(super) readiness: Option<Arc<dyn Readiness>>,
}

impl Setup {
    pub(super) fn new() -> Self {
        let fakes = Fakes::new();
        Self {
            ports: fakes.ports(),
            fakes,
            settings: Settings::default(),
            enums: EnumFormat::Numbers,
            server: ServerSettings {
                read_header_timeout: Duration::from_secs(5),
                idle_timeout: Duration::from_mins(1),
                write_timeout: Duration::from_mins(1),
                workers: 1,
                max_connections: 100,
            },
            body_timeout: None,
            working_time: None,
            body_budget: None,
            answer_budget: None,
            readiness: None,
        }
    }

    pub(super) fn start(self) -> Service {
        let users = Users::new(self.ports, self.settings);
        let settings = ApiSettings {
            enums: self.enums,
            about: About {
                version: "1.2.3".to_owned(),
                commit: "abcdef".to_owned(),
                build_time: "2026-01-01_00:00:00".to_owned(),
                instance_id: "instance".to_owned(),
            },
        };
        let mut api = Api::new(
            users,
            Some(Arc::new(self.fakes.tokens.clone())),
            Arc::new(self.fakes.entropy.clone()),
            settings,
            Registry::new(),
        )
        .unwrap();
        if let Some(body_timeout) = self.body_timeout {
            api = api.with_body_timeout(body_timeout);
        }
        if let Some(working_time) = self.working_time {
            api = api.with_working_time(working_time);
        }
        if let Some(body_budget) = self.body_budget {
            api = api.with_body_budget(body_budget);
        }
        if let Some(answer_budget) = self.answer_budget {
            api = api.with_answer_budget(answer_budget);
        }
        if let Some(readiness) = self.readiness {
            api = api.with_readiness(readiness);
        }
        super::log::start();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let server = self.server;
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let server = serve(vec![listener], api, server).unwrap();
                tokio::select! {
                    ended = server => ended.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Service {
            fakes: self.fakes,
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

/// A running API; it ends when it is dropped.
pub(super) struct Service {
    pub(super) fakes: Fakes,
    pub(super) address: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    pub(super) fn start() -> Self {
        Setup::new().start()
    }

    /// Sends one request over a connection of its own.
    pub(super) fn send(&self, request: &Request) -> Answer {
        Connection::open(self.address).send(request)
    }

    pub(super) fn get(&self, target: &str) -> Answer {
        self.send(&Request::get(target))
    }

    pub(super) fn get_as(&self, target: &str, token: &str) -> Answer {
        self.send(&Request::get(target).bearer(token))
    }

    pub(super) fn post(&self, target: &str, body: &Value) -> Answer {
        self.send(&Request::post(target, body))
    }

    /// Sends one request with a token.
    pub(super) fn send_as(&self, request: Request, token: &str) -> Answer {
        self.send(&request.bearer(token))
    }

    pub(super) fn patch_as(&self, target: &str, body: &Value, token: &str) -> Answer {
        self.send_as(Request::patch(target, body), token)
    }

    /// The account as it is stored now.
    pub(super) fn stored(&self, name: &str) -> User {
        let users = self.fakes.store.users();
        let mut named = users.into_iter().filter(|user| user.id == id_of(name));
        named.next().unwrap()
    }

    /// The code of a mail that was sent to the account's address now.
    pub(super) fn mailed_code(&self, name: &str, purpose: CodePurpose) -> String {
        let mut bytes = [0; OneTimeCode::BYTES];
        self.fakes.entropy.fill(&mut bytes);
        let code = OneTimeCode::new(bytes);
        let now = self.fakes.clock.now();
        let user = self.stored(name);
        let record = CodeRecord {
            digest: code.digest(),
            purpose,
            user: user.id,
            email: user.email,
            created_at: now,
            expires_at: now + CODE_LIFETIME,
        };
        wait_for(self.fakes.store.add_code(record)).unwrap();
        code.expose().to_owned()
    }

    /// Puts an account there and gives an access token of it.
    pub(super) fn token_of(&self, user: User) -> String {
        self.token(user, TokenKind::Access)
    }

    /// Puts an account there and gives a token of it.
    pub(super) fn token(&self, user: User, kind: TokenKind) -> String {
        let token = self.fakes.tokens.token(&user.id, kind);
        self.fakes.store.put(user);
        token.expose().to_owned()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "the server panicked"
            );
        }
    }
}

/// How long the codes of [`Service::mailed_code`] are good.
pub(super) const CODE_LIFETIME: Duration = Duration::from_mins(15);

/// Waits for something that a fake does.
pub(super) fn wait_for<T>(doing: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(doing)
}

/// The body of a registration as the mission documents it.
pub(super) fn registration(username: &str) -> Value {
    json!({
        "first_name": "Ada",
        "last_name": "Lovelace",
        "credentials": { "username": username, "secret": "changeMe123" },
        "email": format!("{username}@example.com"),
    })
}
