//! The users service.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use prost::Message as _;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tonic::{Code, Request, Response, Status, async_trait};
use tracing::{Instrument as _, Span};
use users_domain::Users;
use users_domain::model::User;
use users_proto::users::v1::users_service_server::UsersService;
use users_proto::users::v1::{RetrieveUsersReq, RetrieveUsersRes};

use crate::call_log;
use crate::message::to_message;
use crate::status::status;
use crate::{ANSWER_LIMIT, OnOutcome, Outcome, Room};

/// Most bytes that a field of a message takes besides its content: a tag and a length.
const FIELD_OVERHEAD: usize = 8;

/// Answers for the platform's other services.
pub(crate) struct Service {
    pub(crate) room: Room,
    pub(crate) users: Users,
    pub(crate) timeout: Duration,
    pub(crate) on_outcome: Option<OnOutcome>,
    pub(crate) start: Start,
}

/// Whether the service was ready once. What goes away later is told by whoever misses it.
pub(crate) struct Start {
    ready: watch::Receiver<bool>,
    is_over: AtomicBool,
}

impl Start {
    pub(crate) fn of(ready: watch::Receiver<bool>) -> Self {
        Self {
            ready,
            is_over: AtomicBool::new(false),
        }
    }

    fn is_over(&self) -> bool {
        let is_over = self.is_over.load(Ordering::Relaxed) || *self.ready.borrow();
        if is_over {
            self.is_over.store(true, Ordering::Relaxed);
        }
        is_over
    }
}

#[async_trait]
impl UsersService for Service {
    async fn retrieve_users(
        &self,
        request: Request<RetrieveUsersReq>,
    ) -> Result<Response<RetrieveUsersRes>, Status> {
        const METHOD: &str = "RetrieveUsers";

        let span = call_log::span(request.metadata(), METHOD);
        let ids = request.get_ref().ids.len();
        let began = Instant::now();
        let answer = async {
            let retrieved = timeout(self.timeout, self.retrieve(request.into_inner())).await;
            let answer = retrieved
                .unwrap_or_else(|_| Err(Status::deadline_exceeded("the call took too long")));
            let (code, users) = match &answer {
                Ok(answer) => (Code::Ok, answer.users.len()),
                Err(status) => (status.code(), 0),
            };
            let took = began.elapsed();
            call_log::answered(&Span::current(), code, ids, users, took);
            if let Some(on_outcome) = &self.on_outcome {
                let method = METHOD;
                on_outcome(&Outcome { method, code, took });
            }
            answer
        };
        answer.instrument(span).await.map(Response::new)
    }
}

impl Service {
    async fn retrieve(&self, asked: RetrieveUsersReq) -> Result<RetrieveUsersRes, Status> {
        if !self.start.is_over() {
            return Err(Status::unavailable("the service is starting"));
        }
        refuse_huge("limit", asked.limit)?;
        refuse_huge("offset", asked.offset)?;
        // No limit means all that were asked for.
        let limit = match asked.limit {
            0 => asked.ids.len() as u64,
            limit => limit,
        };
        // Who waits longer would have no time left to be answered in.
        let _room = self.room.of(asked.ids.len(), self.timeout / 2).await?;
        let found = self
            .users
            .directory
            .retrieve(&asked.ids, asked.offset, limit);
        let page = found.await.map_err(|error| status(&error))?;
        Ok(RetrieveUsersRes {
            total: page.total,
            limit,
            offset: asked.offset,
            users: messages(&page.items)?,
        })
    }
}

/// No list is so long.
fn refuse_huge(field: &str, number: u64) -> Result<(), Status> {
    if i64::try_from(number).is_err() {
        let text = format!("{field}: must be between 0 and {}", i64::MAX);
        return Err(Status::invalid_argument(text));
    }
    Ok(())
}

/// The accounts as messages, as many as an answer holds.
fn messages(users: &[User]) -> Result<Vec<users_proto::users::v1::User>, Status> {
    let mut bytes = 0;
    let mut messages = Vec::with_capacity(users.len());
    for user in users {
        let message = to_message(user);
        bytes += message.encoded_len() + FIELD_OVERHEAD;
        if bytes > ANSWER_LIMIT - FIELD_OVERHEAD * 4 {
            return Err(Status::resource_exhausted(format!(
                "the answer would have more than {ANSWER_LIMIT} bytes: ask for fewer users at once"
            )));
        }
        messages.push(message);
    }
    Ok(messages)
}
