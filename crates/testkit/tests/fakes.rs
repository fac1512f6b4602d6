//! The fakes keep the contracts too.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use users_domain::model::{
    BearerToken, Mail, MailContent, Password, PasswordAttempt, PasswordHash, Role, UserEvent,
    UserId,
};
use users_domain::ports::Clock;
use users_testkit::contract::{
    ClockUnderTest, CostMeasure, DomainsUnderTest, EntropyUnderTest, EventPublisherUnderTest, Flaw,
    Known, MailerUnderTest, OutboxUnderTest, PasswordHasherUnderTest, PlatformAuthorityUnderTest,
    PlatformRelationsUnderTest, ReadEventsUnderTest, ReceivedMail, RefreshTokenStoreUnderTest,
    TokensUnderTest, UserStoreUnderTest, UserTransferUnderTest,
};
use users_testkit::fakes::{
    FakeTokens, FixedAuthority, FixedClock, MemoryRelations, MemoryStore, PlainHasher,
    RecordingDomains, RecordingMailer, RecordingPublisher, RecordingReadEvents, SeededEntropy,
};
use users_testkit::faults::{Fault, FaultPlan, Faulty};

users_testkit::user_store_contract!(user_store());
users_testkit::user_transfer_contract!(user_transfer());
users_testkit::outbox_contract!(outbox());
users_testkit::refresh_token_store_contract!(refresh_token_store());
users_testkit::token_issuer_contract!(tokens());
users_testkit::token_verifier_contract!(tokens());
users_testkit::published_keys_contract!(tokens());
users_testkit::password_hasher_contract!(password_hasher());
users_testkit::mailer_contract!(mailer());
users_testkit::platform_relations_contract!(platform_relations());
users_testkit::event_publisher_contract!(event_publisher());
users_testkit::read_events_contract!(read_events());
users_testkit::platform_authority_contract!(platform_authority());
users_testkit::domains_contract!(domains());
users_testkit::clock_contract!(ClockUnderTest {
    clock: Arc::new(FixedClock::new()),
});
users_testkit::entropy_contract!(EntropyUnderTest {
    entropy: Arc::new(SeededEntropy::new(1)),
});

/// The same promises where every call waits before and behind its work, so that a dropped one is
/// dropped there.
mod slow {
    use super::*;

    users_testkit::user_store_contract!(user_store_behind(FaultPlan::always(Fault::Slow)));
    users_testkit::user_transfer_contract!(user_transfer_behind(FaultPlan::always(Fault::Slow)));
    users_testkit::outbox_contract!(outbox_behind(FaultPlan::always(Fault::Slow)));
    users_testkit::refresh_token_store_contract!(refresh_token_store_behind(FaultPlan::always(
        Fault::Slow
    )));
    users_testkit::token_issuer_contract!(tokens_behind(FaultPlan::always(Fault::Slow)));
    users_testkit::platform_relations_contract!(platform_relations_behind(FaultPlan::always(
        Fault::Slow
    )));
}

/// A plan to which nothing happens until it is resumed; then every call finds the port away.
fn away_later() -> FaultPlan {
    let plan = FaultPlan::always(Fault::Away);
    plan.calm();
    plan
}

fn memory() -> (MemoryStore, FixedClock) {
    let clock = FixedClock::new();
    (MemoryStore::new(Arc::new(clock.clone())), clock)
}

fn user_store() -> UserStoreUnderTest {
    let plan = away_later();
    UserStoreUnderTest {
        go_away: Some(Box::new({
            let plan = plan.clone();
            move || plan.resume()
        })),
        ..user_store_behind(plan)
    }
}

fn user_store_behind(plan: FaultPlan) -> UserStoreUnderTest {
    let (store, clock) = memory();
    let (raw, adopting) = (store.clone(), store.clone());
    UserStoreUnderTest {
        store: Arc::new(Faulty::new(Arc::new(store.clone()), plan)),
        outbox: Arc::new(store.clone()),
        sessions: Some(Arc::new(store)),
        hold: None,
        clock,
        put_raw: Box::new(move |user| raw.put(user)),
        put_adopted: Some(Box::new(move |row| adopting.put_adopted(row))),
        keeps_json_text: true,
        go_away: None,
        keep: Box::new(()),
    }
}

fn user_transfer() -> UserTransferUnderTest {
    let plan = away_later();
    UserTransferUnderTest {
        go_away: Some(Box::new({
            let plan = plan.clone();
            move || plan.resume()
        })),
        ..user_transfer_behind(plan)
    }
}

fn user_transfer_behind(plan: FaultPlan) -> UserTransferUnderTest {
    let (store, _) = memory();
    let raw = store.clone();
    UserTransferUnderTest {
        transfer: Arc::new(Faulty::new(Arc::new(store.clone()), plan)),
        users: Arc::new(store.clone()),
        outbox: Arc::new(store),
        put_raw: Box::new(move |user| raw.put(user)),
        go_away: None,
        keep: Box::new(()),
    }
}

fn outbox() -> OutboxUnderTest {
    let plan = away_later();
    OutboxUnderTest {
        go_away: Some(Box::new({
            let plan = plan.clone();
            move || plan.resume()
        })),
        ..outbox_behind(plan)
    }
}

fn outbox_behind(plan: FaultPlan) -> OutboxUnderTest {
    let (store, clock) = memory();
    let raw = store.clone();
    OutboxUnderTest {
        outbox: Arc::new(Faulty::new(Arc::new(store), plan)),
        clock,
        put_record: Some(Box::new(move |record| raw.put_record(record))),
        go_away: None,
        keep: Box::new(()),
    }
}

fn refresh_token_store() -> RefreshTokenStoreUnderTest {
    let plan = away_later();
    RefreshTokenStoreUnderTest {
        go_away: Some(Box::new({
            let plan = plan.clone();
            move || plan.resume()
        })),
        ..refresh_token_store_behind(plan)
    }
}

fn refresh_token_store_behind(plan: FaultPlan) -> RefreshTokenStoreUnderTest {
    let (store, clock) = memory();
    RefreshTokenStoreUnderTest {
        store: Arc::new(Faulty::new(Arc::new(store), plan)),
        clock,
        go_away: None,
        keep: Box::new(()),
    }
}

fn tokens() -> TokensUnderTest {
    let plan = away_later();
    TokensUnderTest {
        go_away: Some(Box::new({
            let plan = plan.clone();
            move || plan.resume()
        })),
        ..tokens_behind(plan)
    }
}

fn tokens_behind(plan: FaultPlan) -> TokensUnderTest {
    let (access, refresh) = (Duration::from_mins(5), Duration::from_hours(1));
    let (store, clock) = memory();
    let sessions = Arc::new(Faulty::new(Arc::new(store), plan));
    let with_a_key_of = |seed| {
        let entropy = Arc::new(SeededEntropy::new(seed));
        FakeTokens::new(sessions.clone(), Arc::new(clock.clone()), entropy)
            .with_lifetimes(access, refresh)
    };
    let (tokens, stranger) = (with_a_key_of(1), with_a_key_of(2));
    TokensUnderTest {
        issuer: Arc::new(tokens.clone()),
        verifier: Arc::new(tokens.clone()),
        keys: Arc::new(tokens.clone()),
        clock: clock.clone(),
        sessions: sessions.clone(),
        access_lifetime: access,
        refresh_lifetime: refresh,
        issues_ahead: true,
        forge: Box::new(move |flaw, user| forged(flaw, user, &clock, &tokens, &stranger)),
        go_away: None,
        keep: Box::new(()),
    }
}

/// Readable tokens name no algorithm, so that none can be another.
fn forged(
    flaw: Flaw,
    user: &UserId,
    clock: &FixedClock,
    tokens: &FakeTokens,
    stranger: &FakeTokens,
) -> Vec<BearerToken> {
    let (user, now) = (user.as_str(), clock.now().unix_timestamp());
    let (ends, beyond) = (now + 60, i128::from(i64::MAX) + 1);
    let genuine = format!("fake.access.{user}.{now}.{ends}.session.0");
    let texts = match flaw {
        Flaw::None => vec![genuine],
        Flaw::AnotherKey => return vec![stranger.sign(&genuine)],
        Flaw::AnotherAlgorithm => Vec::new(),
        Flaw::AnotherIssuer => vec![genuine.replace("fake", "real"), genuine.replace("fake", "")],
        Flaw::NoEnd => vec![
            format!("fake.access.{user}.{now}..session.0"),
            format!("fake.access.{user}.{now}.session.0"),
        ],
        Flaw::MissingClaim => vec![
            format!("fake..{user}.{now}.{ends}.session.0"),
            format!("fake.access..{now}.{ends}.session.0"),
            format!("fake.access.{user}..{ends}.session.0"),
            format!("fake.refresh.{user}.{now}.{ends}..0"),
            format!("fake.access.{user}.{now}.{ends}.session."),
            format!("fake.access.{user}.{now}.{ends}.session"),
        ],
        Flaw::WrongClaim => vec![
            format!("fake.root.{user}.{now}.{ends}.session.0"),
            format!("fake.access.~f.{now}.{ends}.session.0"),
            format!("fake.access.{user}.now.{ends}.session.0"),
            format!("fake.access.{user}.{now}.later.session.0"),
            format!("fake.access.{user}.{now}.{beyond}.session.0"),
            format!("fake.access.{user}.{now}.{ends}.session.-1"),
            format!("{genuine}.more"),
        ],
    };
    texts.iter().map(|text| tokens.sign(text)).collect()
}

fn password_hasher() -> PasswordHasherUnderTest {
    let hasher = PlainHasher::new();
    let of = |password: &str, hash: PasswordHash| (PasswordAttempt::new(password.to_owned()), hash);
    let too_long = "x".repeat(Password::MAX_BYTES + 1);
    PasswordHasherUnderTest {
        hasher: Arc::new(hasher.clone()),
        outdated: vec![of("secret", PlainHasher::outdated_hash_of("secret"))],
        unacceptable: vec![
            of(
                "secret",
                PasswordHash::from_stored("plain$x$secret".to_owned()),
            ),
            of(&too_long, PlainHasher::hash_of(&too_long)),
            of(&too_long, PlainHasher::outdated_hash_of(&too_long)),
        ],
        too_dear: vec![PasswordHash::from_stored("dear$secret".to_owned())],
        cost: CostMeasure::Count(Box::new(move || hasher.verifications())),
        has_threads: false,
        most_in_flight: None,
        keep: Box::new(()),
    }
}

fn mailer() -> MailerUnderTest {
    let mailer = RecordingMailer::new();
    let unsendable = users_testkit::contract::reset_mail("nobody-at-all@nowhere-at-all", 7);
    let nowhere = unsendable.to.clone();
    mailer.reject(move |mail| mail.to == nowhere);
    let (received, going, coming) = (mailer.clone(), mailer.clone(), mailer.clone());
    MailerUnderTest {
        mailer: Arc::new(mailer),
        received: Some(Box::new(move || {
            received.mails().iter().map(as_read).collect()
        })),
        unsendable: Some(unsendable),
        outage: Some((
            Box::new(move || going.go_away()),
            Box::new(move || coming.come_back()),
        )),
        keep: Box::new(()),
    }
}

fn platform_relations() -> PlatformRelationsUnderTest {
    platform_relations_behind(away_later())
}

fn platform_relations_behind(plan: FaultPlan) -> PlatformRelationsUnderTest {
    let platform = MemoryRelations::new();
    let beyond = UserId::from_stored("somebody else".to_owned());
    platform.refuse(|id| id.as_str().contains(' '));
    let (seen, going, coming) = (platform.clone(), platform.clone(), platform.clone());
    PlatformRelationsUnderTest {
        relations: Arc::new(Faulty::new(Arc::new(platform), plan)),
        known: Box::new(move |user| match seen.role_of(user) {
            None => Known::Not,
            Some(Role::User) => Known::Member,
            Some(Role::Admin) => Known::Administrator,
        }),
        elsewhere: None,
        beyond: vec![beyond],
        outage: Some((
            Box::new(move || going.go_away()),
            Box::new(move || coming.come_back()),
        )),
        secrets: Vec::new(),
        keep: Box::new(()),
    }
}

/// The postbox keeps mails as they are; this is what one of them would say.
fn as_read(mail: &Mail) -> ReceivedMail {
    let text = match &mail.content {
        MailContent::Verification { code, .. } => {
            format!("https://example.com/verify?token={}", code.expose())
        }
        MailContent::Reset { code, .. } => {
            format!("https://example.com/reset?token={}", code.expose())
        }
        MailContent::Notice(_) => String::new(),
    };
    ReceivedMail {
        to: mail.to.as_str().to_owned(),
        text,
    }
}

fn event_publisher() -> EventPublisherUnderTest {
    let publisher = RecordingPublisher::new();
    let unpublishable = users_testkit::contract::event("too-large", 7);
    let rejected = unpublishable.clone();
    publisher.reject(move |event| event.key() == rejected.key());
    let (received, going, coming) = (publisher.clone(), publisher.clone(), publisher.clone());
    EventPublisherUnderTest {
        publisher: Arc::new(publisher),
        received: Some(Box::new(move || {
            received.events().iter().map(UserEvent::id).collect()
        })),
        unpublishable: Some(unpublishable),
        outage: Some((
            Box::new(move || going.go_away()),
            Box::new(move || coming.come_back()),
        )),
        keep: Box::new(()),
    }
}

fn platform_authority() -> PlatformAuthorityUnderTest {
    let authority = FixedAuthority::new();
    let (platform, dismissing) = (authority.clone(), authority.clone());
    let (going, coming) = (authority.clone(), authority.clone());
    PlatformAuthorityUnderTest {
        authority: Arc::new(authority),
        appoint: Box::new(move |user| platform.appoint(user)),
        dismiss: Box::new(move |user| dismissing.dismiss(user)),
        unholdable: Vec::new(),
        outage: Some((
            Box::new(move || going.go_away()),
            Box::new(move || coming.come_back()),
        )),
        keep: Box::new(()),
    }
}

fn domains() -> DomainsUnderTest {
    let domains = RecordingDomains::new();
    let (joined, seen, held) = (domains.clone(), domains.clone(), domains.clone());
    let (going, coming) = (domains.clone(), domains.clone());
    DomainsUnderTest {
        domains: Arc::new(domains),
        join: Box::new(move |user| joined.join(user)),
        memberships: Box::new(move |user| seen.memberships(user)),
        unholdable: Vec::new(),
        hold: Some(Box::new(move || held.hold())),
        outage: Some((
            Box::new(move || going.go_away()),
            Box::new(move || coming.come_back()),
        )),
        keep: Box::new(()),
    }
}

fn read_events() -> ReadEventsUnderTest {
    let journal = RecordingReadEvents::bounded(100);
    let notes = journal.clone();
    let published = Mutex::new(Vec::new());
    ReadEventsUnderTest {
        read_events: Arc::new(journal),
        most_waiting: 100,
        publish: Box::new(move || {
            let mut published = published.lock().unwrap();
            published.extend(notes.take().iter().map(UserEvent::id));
            Box::pin(std::future::ready(published.clone()))
        }),
        keep: Box::new(()),
    }
}
