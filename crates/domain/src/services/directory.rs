//! Looking at accounts.

use std::sync::Arc;

use crate::authorization::{Operation, permit};
use crate::error::{Error, Invalid, InvalidReason, Unauthenticated};
use crate::model::{
    Caller, EventBuilder, EventOperation, Page, Principal, RequestContext, Status, TagFilter,
    TokenKind, User, UserQuery,
};
use crate::ports::Ports;
use crate::users::Settings;

/// Shows accounts.
#[derive(Clone)]
pub struct Directory {
    ports: Arc<Ports>,
    settings: Arc<Settings>,
}

impl Directory {
    pub(crate) fn new(ports: Arc<Ports>, settings: Arc<Settings>) -> Self {
        Self { ports, settings }
    }

    /// The caller's own account, as it was loaded to identify him.
    #[tracing::instrument(skip_all, name = "view_profile")]
    pub fn view_profile(&self, context: &RequestContext, caller: &Caller) -> Result<User, Error> {
        permit(Operation::ViewProfile, caller, self.settings.access)?;
        let Some(principal) = caller.principal() else {
            return Err(Error::Unauthenticated(Unauthenticated::MissingToken));
        };
        let account = &principal.account;
        let event = super::event(
            &self.ports,
            context,
            EventOperation::ViewProfile,
            account.id.as_str(),
        )
        .account(account);
        self.ports
            .read_events
            .note(session(event, caller, false).build());
        Ok(account.clone())
    }

    /// One page of accounts.
    #[tracing::instrument(skip_all, name = "list")]
    pub async fn list(
        &self,
        context: &RequestContext,
        caller: &Caller,
        query: &UserQuery,
    ) -> Result<Page<User>, Error> {
        permit(Operation::List, caller, self.settings.access)?;
        if query.limit > UserQuery::MAX_LIMIT {
            let max = UserQuery::MAX_LIMIT;
            return Err(Invalid::new("limit", InvalidReason::OutOfRange { min: 0, max }).into());
        }
        let page = self.ports.users.page(query).await?;
        let key = caller
            .principal()
            .map_or("", |principal| principal.account.id.as_str());
        let event = filters(
            super::event(&self.ports, context, EventOperation::List, key),
            query,
            page.total,
        );
        self.ports
            .read_events
            .note(session(event, caller, true).build());
        Ok(page)
    }
}

/// The members that say how the caller proved who he is.
fn session(event: EventBuilder, caller: &Caller, super_admin: bool) -> EventBuilder {
    let kind = caller
        .principal()
        .map_or(TokenKind::Access, Principal::kind);
    event
        .text("token_type", kind.event_name())
        .flag("super_admin", super_admin)
}

fn filters(event: EventBuilder, query: &UserQuery, total: u64) -> EventBuilder {
    let filter = &query.filter;
    let tags = match &filter.tags {
        Some(TagFilter::All(tags) | TagFilter::Any(tags)) => tags.as_slice(),
        None => &[],
    };
    event
        .integer("total", total)
        .integer("offset", query.offset)
        .integer("limit", query.limit)
        .text("order", query.sort.order.as_str())
        .text("dir", query.sort.direction.as_str())
        .text("status", filter.status.map_or("all", Status::as_str))
        .text_if("first_name", filter.first_name.as_deref())
        .text_if("last_name", filter.last_name.as_deref())
        .text_if("username", filter.username.as_deref())
        .text_if("email", filter.email.as_deref())
        .texts_if("tags", tags)
}
