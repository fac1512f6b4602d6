//! Looking at accounts.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::authorization::{Operation, permit};
use crate::error::{Error, Invalid, InvalidReason, Unauthenticated};
use crate::model::{
    Caller, EventBuilder, EventOperation, Order, Page, Position, RequestContext, Role, Sort,
    SortDirection, Status, TagFilter, User, UserFilter, UserId, UserQuery, UserView, Username,
};
use crate::ports::{MAX_FOUND_AT_ONCE, Ports};
use crate::users::Settings;

/// Whom somebody looks for: parts of texts without ASCII case, all of which must fit. At least one
/// is needed; of a username or an id at least [`Search::MIN_BYTES`].
#[derive(Clone, Default)]
pub struct Search {
    /// Part of the id.
    pub id: Option<String>,
    /// Part of the username.
    pub username: Option<String>,
    /// Part of the first name.
    pub first_name: Option<String>,
    /// Part of the last name.
    pub last_name: Option<String>,
    /// How many to pass over.
    pub offset: u64,
    /// How many to return, at most [`UserQuery::MAX_LIMIT`]; 0 returns none, for the total alone.
    pub limit: u64,
}

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
            .note(event.session(caller, false).build());
        Ok(account.clone())
    }

    /// An account: all of it to its owner and to administrators, the public part to others.
    #[tracing::instrument(skip_all, name = "view")]
    pub async fn view(
        &self,
        context: &RequestContext,
        caller: &Caller,
        id: &UserId,
    ) -> Result<UserView, Error> {
        permit(Operation::View, caller, self.settings.access)?;
        let Some(user) = self.ports.users.find(id).await? else {
            return Err(Error::NotFound);
        };
        let event = super::event(&self.ports, context, EventOperation::View, id.as_str());
        let (event, view) = if caller.owns(id) || caller.is_administrator() {
            let event = event
                .account(&user)
                .text_if("last_name", Some(user.last_name.as_str()));
            (event, UserView::Full(Box::new(user)))
        } else {
            let public = event
                .text("id", user.id.as_str())
                .text_if("first_name", Some(user.first_name.as_str()))
                .text_if("last_name", Some(user.last_name.as_str()))
                .text_if("username", user.username.as_ref().map(Username::as_str))
                .metadata_if("metadata", &user.metadata)
                // Others are not told the account's status.
                .text("status", Status::Enabled.as_str());
            (public, UserView::Public(Box::new(user)))
        };
        self.ports
            .read_events
            .note(event.session(caller, caller.is_administrator()).build());
        Ok(view)
    }

    /// Finds enabled people that are no administrators, most recently changed first.
    #[tracing::instrument(skip_all, name = "search")]
    pub async fn search(
        &self,
        context: &RequestContext,
        caller: &Caller,
        search: &Search,
    ) -> Result<Page<User>, Error> {
        permit(Operation::Search, caller, self.settings.access)?;
        let query = search.to_query()?;
        let page = self.ports.users.page(&query).await?;
        let key = caller.id().map_or("", UserId::as_str);
        let event = super::event(&self.ports, context, EventOperation::Search, key)
            .integer("total", page.total)
            .integer("offset", search.offset)
            .integer("limit", search.limit)
            .text_if("id", search.id.as_deref())
            .text_if("username", search.username.as_deref())
            .text_if("first_name", search.first_name.as_deref())
            .text_if("last_name", search.last_name.as_deref());
        self.ports.read_events.note(event.build());
        Ok(page)
    }

    /// The enabled accounts among these, administrators too, most recently changed first; ties by id,
    /// the greatest first. Ids of nobody are passed over, one that comes again counts once.
    ///
    /// This is what the platform's other services ask. They show no token: that they may is the
    /// network's word, or that of their certificates. It is no operation of a person's and leaves no
    /// event.
    #[tracing::instrument(skip_all, name = "retrieve")]
    pub async fn retrieve(
        &self,
        ids: &[String],
        offset: u64,
        limit: u64,
    ) -> Result<Page<User>, Error> {
        if ids.is_empty() {
            return Err(Invalid::new("ids", InvalidReason::Missing).into());
        }
        if ids.len() > MAX_FOUND_AT_ONCE {
            let limit = MAX_FOUND_AT_ONCE;
            return Err(Invalid::new("ids", InvalidReason::TooMany { limit }).into());
        }
        // Longer ones are nobody's.
        let ids: BTreeSet<&String> = ids.iter().collect();
        let ids: Vec<UserId> = ids
            .into_iter()
            .filter(|id| (1..=UserId::MAX_BYTES).contains(&id.len()))
            .map(|id| UserId::from_stored(id.clone()))
            .collect();
        let mut found = match ids.as_slice() {
            [] => Vec::new(),
            ids => self.ports.users.find_all(ids).await?,
        };
        found.retain(|user| user.status == Status::Enabled);
        let key = |user: &User| (user.updated_at.or(user.created_at), user.id.clone());
        found.sort_by_cached_key(|user| Reverse(key(user)));
        let total = found.len() as u64;
        let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let mut rest = found.into_iter().skip(whole(offset));
        Ok(Page {
            items: rest.by_ref().take(whole(limit)).collect(),
            total,
            more: rest.next().is_some(),
        })
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
        let key = caller.id().map_or("", UserId::as_str);
        let event = filters(
            super::event(&self.ports, context, EventOperation::List, key),
            query,
            page.total,
        );
        self.ports
            .read_events
            .note(event.session(caller, true).build());
        Ok(page)
    }
}

impl Search {
    /// Least bytes of a part of a username or id.
    pub const MIN_BYTES: usize = 3;

    fn to_query(&self) -> Result<UserQuery, Error> {
        let parts = [&self.id, &self.username, &self.first_name, &self.last_name];
        if parts
            .iter()
            .all(|part| part.as_deref().unwrap_or_default().is_empty())
        {
            return Err(Invalid::new("username", InvalidReason::Missing).into());
        }
        for (field, part) in [("id", &self.id), ("username", &self.username)] {
            if matches!(part.as_deref().map(str::len), Some(1..Self::MIN_BYTES)) {
                let reason = InvalidReason::Malformed("must be at least 3 bytes long");
                return Err(Invalid::new(field, reason).into());
            }
        }
        if self.limit > UserQuery::MAX_LIMIT {
            let max = UserQuery::MAX_LIMIT;
            return Err(Invalid::new("limit", InvalidReason::OutOfRange { min: 0, max }).into());
        }
        let part = |part: &Option<String>| part.clone().filter(|part| !part.is_empty());
        Ok(UserQuery {
            filter: UserFilter {
                status: Some(Status::Enabled),
                role: Some(Role::User),
                id: part(&self.id),
                username: part(&self.username),
                first_name: part(&self.first_name),
                last_name: part(&self.last_name),
                ..UserFilter::default()
            },
            sort: Sort {
                order: Order::UpdatedAt,
                direction: SortDirection::Descending,
            },
            position: Position::Offset(self.offset),
            limit: self.limit,
        })
    }
}

fn filters(event: EventBuilder, query: &UserQuery, total: u64) -> EventBuilder {
    let filter = &query.filter;
    let tags = match &filter.tags {
        Some(TagFilter::All(tags) | TagFilter::Any(tags)) => tags.as_slice(),
        None => &[],
    };
    let event = match &filter.metadata {
        Some(metadata) => event.metadata_if("metadata", metadata),
        None => event,
    };
    event
        .integer("total", total)
        .integer("offset", query.position.offset())
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
