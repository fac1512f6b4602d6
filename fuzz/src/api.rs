//! The whole API in this process, on fakes: asked without a socket, and the same at every question.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::App;
use actix_web::body::to_bytes;
use actix_web::dev::Service as _;
use actix_web::http::header::AUTHORIZATION;
use actix_web::rt::Runtime;
use actix_web::test::{TestRequest, init_service};
use futures::future::LocalBoxFuture;
use prometheus::Registry;
use users_domain::model::{CodePurpose, CodeRecord, OneTimeCode, TokenKind, User};
use users_domain::ports::{Clock as _, Ports, UserStore as _};
use users_domain::{Settings, Users};
use users_http::{About, Api, ApiSettings, EnumFormat, configure};
use users_testkit::Fakes;
use users_testkit::people::{ada, an_admin, id_of};

use crate::answer::Answer;

/// The code that proves Ada's address.
pub(crate) const VERIFICATION_CODE: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
/// The code that sets Ada's password.
pub(crate) const RESET_CODE: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI";

type Ask = Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Answer>>;

/// An API of a few people: an administrator called root, Ada, and whoever else.
pub(crate) struct InProcess {
    runtime: Runtime,
    ask: Ask,
    pub(crate) fakes: Fakes,
    /// All accounts, and all that is kept, before the first question.
    pub(crate) people: Vec<User>,
    beginning: String,
    /// An access token of the administrator's.
    token: String,
}

impl InProcess {
    /// The API on fakes alone.
    pub(crate) fn with(others: impl IntoIterator<Item = User>) -> &'static Self {
        let fakes = Fakes::new();
        let ports = fakes.ports();
        Self::on(fakes, ports, others)
    }

    /// The API on these ports, most of which are the fakes.
    ///
    /// It stays until the process ends: actix-web keeps requests for reuse in the thread, and they
    /// cannot be dropped when the thread's own values are.
    pub(crate) fn on(
        fakes: Fakes,
        ports: Ports,
        others: impl IntoIterator<Item = User>,
    ) -> &'static Self {
        let runtime = Runtime::new().expect("a runtime");
        for person in [an_admin("root"), ada()].into_iter().chain(others) {
            fakes.store.put(person);
        }
        let now = fakes.clock.now();
        for (text, purpose) in [
            (VERIFICATION_CODE, CodePurpose::VerifyEmail),
            (RESET_CODE, CodePurpose::ResetSecret),
        ] {
            let code = OneTimeCode::parse(text).expect("a code");
            let record = CodeRecord {
                digest: code.digest(),
                purpose,
                user: id_of("ada"),
                email: ada().email,
                created_at: now,
                expires_at: now + Duration::from_hours(1),
            };
            let added = runtime.block_on(fakes.store.add_code(record));
            added.expect("a code of Ada's");
        }
        let api = Api::new(
            Users::new(ports, Settings::default()),
            Some(Arc::new(fakes.tokens.clone())),
            Arc::new(fakes.entropy.clone()),
            ApiSettings {
                enums: EnumFormat::Names,
                about: About {
                    version: String::new(),
                    commit: String::new(),
                    build_time: String::new(),
                    instance_id: String::new(),
                },
            },
            Registry::new(),
        )
        .expect("an API");
        Box::leak(Box::new(Self {
            ask: runtime.block_on(mounted(&api)),
            runtime,
            people: fakes.store.users(),
            beginning: fakes.store.snapshot(),
            token: fakes
                .tokens
                .token(&id_of("root"), TokenKind::Access)
                .expose()
                .to_owned(),
            fakes,
        }))
    }

    /// A request of the administrator's, unless another token is given.
    pub(crate) fn by_root(&self, request: TestRequest) -> TestRequest {
        request.insert_header((AUTHORIZATION, format!("Bearer {}", self.token)))
    }

    /// The answer to a request, which keeps to what holds of every answer.
    pub(crate) fn ask(&self, request: TestRequest) -> Answer {
        let answer = self.runtime.block_on((self.ask)(request));
        answer.check();
        answer
    }

    /// Forgets whatever an earlier request changed.
    pub(crate) fn begin_anew(&self) {
        let restored = self.fakes.store.restore(&self.beginning);
        restored.expect("a snapshot of the store's own");
    }
}

async fn mounted(api: &Api) -> Ask {
    let app = Rc::new(init_service(App::new().configure(configure(api))).await);
    Box::new(move |request| {
        let app = app.clone();
        Box::pin(async move {
            let answer = app.call(request.to_request()).await;
            let answer = answer.expect("refusals are answers");
            let (_, answer) = answer.into_parts();
            Answer {
                status: answer.status().as_u16(),
                headers: answer.headers().clone(),
                body: to_bytes(answer.into_body())
                    .await
                    .expect("a body in memory")
                    .to_vec(),
            }
        })
    })
}
