//! Accounts in bulk: who may, what records become, and what follows.

use std::sync::Arc;

use users_domain::Error;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::{
    Caller, ConflictField, CreationTime, EffectKind, ImportOutcome, PasswordHash, PersonName, Role,
    Status, TokenKind, User, UserId, UserRecord,
};
use users_domain::ports::{HashRefusal, ImportMode, UserTransfer};
use users_domain::services::{Arrivals, Import, ImportBatch, ImportOptions, RecordRules};
use users_testkit::fakes::FixedClock;
use users_testkit::faults::{Fault, FaultPlan, Faulty};
use users_testkit::{Fakes, people};

use crate::{context, created};

const PLAIN: ImportOptions = ImportOptions {
    mode: ImportMode::Write,
    rules: RecordRules::Today,
    events: false,
};

async fn begin(fakes: &Fakes, options: ImportOptions) -> Import {
    let users = fakes.users();
    let begun = users
        .transfer
        .begin_import(&context(), &Caller::Operator, options)
        .await;
    begun.unwrap()
}

/// The accounts that records become, in one batch.
fn batch(arrivals: &Arrivals, records: impl IntoIterator<Item = UserRecord>) -> ImportBatch {
    let mut batch = ImportBatch::new();
    for record in records {
        arrivals.judge(record, &mut batch).unwrap();
    }
    batch
}

/// What a record breaks, if it does.
fn judged(arrivals: &Arrivals, record: UserRecord) -> Result<(), Invalid> {
    arrivals.judge(record, &mut ImportBatch::new())
}

/// The only account, taken in of one record.
async fn taken_in(fakes: &Fakes, options: ImportOptions, record: UserRecord) -> User {
    let mut import = begin(fakes, options).await;
    let batch = batch(&import.arrivals(), [record]);
    assert_eq!(import.add(&batch).await.unwrap(), [ImportOutcome::Imported]);
    fakes.store.users().remove(0)
}

/// A record with nothing but an address.
fn bare(name: &str) -> UserRecord {
    UserRecord {
        email: Some(people::email_of(name)),
        ..UserRecord::default()
    }
}

#[tokio::test]
async fn only_the_operator_gives_out_and_takes_in() {
    let fakes = Fakes::new();
    let transfer = fakes.users().transfer;
    let admin = people::principal(people::an_admin("root"), TokenKind::Access);
    for caller in [Caller::Anonymous, admin] {
        let refused = transfer.export(&caller, None, 10).await;
        assert!(matches!(
            refused,
            Err(Error::Forbidden | Error::Unauthenticated(_))
        ));
        let refused = transfer.begin_import(&context(), &caller, PLAIN).await;
        assert!(refused.is_err());
    }
    assert!(
        transfer
            .export(&Caller::Operator, None, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn everything_is_given_out_page_by_page() {
    let fakes = Fakes::new();
    for name in ["b", "a", "c"] {
        fakes.store.put(people::user(name));
    }
    let transfer = fakes.users().transfer;
    let first = transfer.export(&Caller::Operator, None, 2).await.unwrap();
    assert_eq!(first, ["a", "b"].map(people::user));
    let after = &first[1].id;
    let rest = transfer.export(&Caller::Operator, Some(after), 2).await;
    assert_eq!(rest.unwrap(), [people::user("c")]);
}

#[tokio::test]
async fn what_a_record_leaves_out_is_made_or_absent() {
    let fakes = Fakes::new();
    let mut import = begin(&fakes, PLAIN).await;
    let accounts = batch(&import.arrivals(), [bare("ada"), bare("grace")]);
    assert_eq!((accounts.len(), accounts.is_empty()), (2, false));
    let outcomes = import.add(&accounts).await.unwrap();
    assert_eq!(outcomes, [ImportOutcome::Imported; 2]);
    import.finish().await.unwrap();
    let users = fakes.store.users();
    assert_ne!(users[0].id, users[1].id);
    assert!(fakes.store.effects(EffectKind::Event).is_empty());
    for (user, there) in users.iter().zip(["ada", "grace"]) {
        assert_eq!(user.id.as_str().len(), 36);
        let nameless = PersonName::from_stored(String::new());
        let expected = User {
            id: user.id.clone(),
            email: user.email.clone(),
            first_name: nameless.clone(),
            last_name: nameless,
            username: None,
            secret: None,
            verified_at: None,
            created_at: Some(FixedClock::START),
            ..people::user(there)
        };
        assert_eq!(*user, expected);
    }
}

#[tokio::test]
async fn what_a_record_gives_is_kept() {
    let fakes = Fakes::new();
    let record = UserRecord {
        id: Some("Их 1".to_owned()),
        username: Some("Ada".to_owned()),
        password_hash: Some("plain$7$secret".to_owned()),
        role: Some(Role::Admin),
        status: Some(Status::Deleted),
        created_at: CreationTime::Unknown,
        verified_at: Some(FixedClock::START),
        updated_by: Some("somebody".to_owned()),
        auth_provider: Some("google".to_owned()),
        tokens_valid_from: Some(7),
        sessions_valid_from: Some(8),
        metadata: Some(r#"{"n": 1.50}"#.to_owned()),
        tags: Some(vec!["a".to_owned(), "a".to_owned()]),
        ..bare("ada")
    };
    let user = taken_in(&fakes, PLAIN, record).await;
    assert_eq!(user.id, UserId::from_stored("Их 1".to_owned()));
    assert_eq!(user.username.unwrap().as_str(), "Ada");
    assert_eq!(user.secret.unwrap().as_str(), "plain$7$secret");
    assert_eq!((user.role, user.status), (Role::Admin, Status::Deleted));
    assert_eq!(
        (user.created_at, user.verified_at),
        (None, Some(FixedClock::START))
    );
    assert_eq!(user.updated_by.as_deref(), Some("somebody"));
    assert_eq!(user.auth_provider.as_deref(), Some("google"));
    assert_eq!(
        (user.tokens_valid_from, user.sessions_valid_from),
        (Some(7), Some(8))
    );
    assert_eq!(user.metadata.as_str(), r#"{"n": 1.50}"#);
    assert_eq!((user.tags.as_slice().len(), user.version), (2, 1));
}

#[tokio::test]
async fn a_record_needs_an_address_and_values_of_today() {
    let fakes = Fakes::new();
    let arrivals = begin(&fakes, PLAIN).await.arrivals();
    let blamed = |record| judged(&arrivals, record).unwrap_err().field;
    assert_eq!(blamed(UserRecord::default()), "email");
    let of = |username: &str| UserRecord {
        username: Some(username.to_owned()),
        ..bare("ada")
    };
    assert_eq!(blamed(of("a.b")), "credentials.username");
    assert!(judged(&arrivals, of("")).is_ok(), "an empty one is absent");
}

#[tokio::test]
async fn storable_values_pass_where_the_rules_are_waived() {
    let fakes = Fakes::new();
    let rules = RecordRules::Storable;
    let arrivals = begin(&fakes, ImportOptions { rules, ..PLAIN })
        .await
        .arrivals();
    let odd = UserRecord {
        username: Some("a.b".to_owned()),
        email: Some(String::new()),
        password_hash: Some("no hash".to_owned()),
        metadata: Some("7".to_owned()),
        ..UserRecord::default()
    };
    let user = taken_in(&fakes, ImportOptions { rules, ..PLAIN }, odd).await;
    assert_eq!(user.secret.unwrap().as_str(), "no hash");
    let refused = judged(&arrivals, UserRecord::default()).unwrap_err();
    assert_eq!(refused.to_string(), "email: is missing");
    let long = UserRecord {
        id: Some("x".repeat(37)),
        ..bare("ada")
    };
    assert_eq!(judged(&arrivals, long).unwrap_err().field, "id");
}

#[tokio::test]
async fn a_hash_is_checked_and_never_repeated() {
    let fakes = Fakes::new();
    let with = |hash: &str| UserRecord {
        password_hash: Some(hash.to_owned()),
        ..bare("ada")
    };
    let arrivals = begin(&fakes, PLAIN).await.arrivals();
    let refused = judged(&arrivals, with("no hash")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "password_hash: not a password hash of a known format"
    );
    let rules = RecordRules::Storable;
    let lenient = begin(&fakes, ImportOptions { rules, ..PLAIN })
        .await
        .arrivals();
    for arrivals in [arrivals, lenient] {
        assert!(judged(&arrivals, with("old$secret")).is_ok());
        let refused = judged(&arrivals, with("dear$secret")).unwrap_err();
        assert!(matches!(
            &refused.reason,
            InvalidReason::PasswordHash(HashRefusal::TooDear(_))
        ));
        assert!(!refused.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn with_events_each_account_has_that_of_a_registration() {
    let fakes = Fakes::new();
    let events = true;
    let mut import = begin(&fakes, ImportOptions { events, ..PLAIN }).await;
    let accounts = batch(&import.arrivals(), ["ada", "grace"].map(bare));
    import.add(&accounts).await.unwrap();
    assert_eq!(
        import.add(&accounts).await.unwrap(),
        [ImportOutcome::AlreadyThere; 2]
    );
    let told = created(&fakes);
    let mut ids = told.clone();
    ids.sort();
    let users = fakes.store.users();
    assert_eq!(
        ids,
        users
            .iter()
            .map(|user| user.id.as_str())
            .collect::<Vec<_>>()
    );
    assert_eq!(told.len(), 2);
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_keeps_nothing() {
    let fakes = Fakes::new();
    fakes.store.put(people::ada());
    let options = ImportOptions {
        mode: ImportMode::DryRun,
        events: true,
        ..PLAIN
    };
    let mut import = begin(&fakes, options).await;
    let accounts = batch(&import.arrivals(), ["ada", "grace"].map(bare));
    let outcomes = import.add(&accounts).await.unwrap();
    assert_eq!(
        outcomes,
        [ImportOutcome::AlreadyThere, ImportOutcome::Imported]
    );
    import.finish().await.unwrap();
    assert_eq!(fakes.store.users(), [people::ada()]);
    assert!(fakes.store.effects(EffectKind::Event).is_empty());
}

#[tokio::test]
async fn a_store_that_is_away_is_told_of_and_a_call_may_be_made_again() {
    let fakes = Fakes::new();
    let store: Arc<dyn UserTransfer> = Arc::new(fakes.store.clone());
    let mut ports = fakes.ports();
    // The second call, the first of the import, is carried out, but nobody learns of it.
    ports.transfer = Arc::new(Faulty::new(store, FaultPlan::nth(2, Fault::LostAnswer)));
    let users = users_domain::Users::new(ports, users_domain::Settings::default());
    let (context, caller) = (context(), Caller::Operator);
    let begun = users.transfer.begin_import(&context, &caller, PLAIN).await;
    let mut import = begun.unwrap();
    let account = batch(&import.arrivals(), [bare("ada")]);
    let away = import.add(&account).await;
    assert!(matches!(
        away,
        Err(Error::Unavailable { port: "user store" })
    ));
    let again = import.add(&account).await.unwrap();
    assert_eq!(again, [ImportOutcome::AlreadyThere]);
}

#[tokio::test]
async fn who_could_not_come_in_again_is_known() {
    let transfer = Fakes::new().users().transfer;
    assert_eq!(transfer.check(RecordRules::Today, &people::ada()), Ok(()));
    let secret = Some(PasswordHash::from_stored("x".to_owned()));
    let odd = User {
        secret,
        ..people::ada()
    };
    assert_eq!(
        transfer.check(RecordRules::Today, &odd).unwrap_err().field,
        "password_hash"
    );
}

#[tokio::test]
async fn a_record_without_id_is_the_account_that_has_its_address() {
    let fakes = Fakes::new();
    fakes.store.put(people::ada());
    let mut import = begin(&fakes, PLAIN).await;
    let of_another_id = UserRecord {
        id: Some("another".to_owned()),
        ..bare("ada")
    };
    let taken_name = UserRecord {
        username: Some("ADA".to_owned()),
        ..bare("mary")
    };
    let records = [
        bare("ada"),
        of_another_id,
        taken_name,
        bare("grace"),
        bare("grace"),
    ];
    let batch = batch(&import.arrivals(), records);
    for grace in [ImportOutcome::Imported, ImportOutcome::AlreadyThere] {
        let expected = [
            ImportOutcome::AlreadyThere,
            ImportOutcome::Refused(ConflictField::Email),
            ImportOutcome::Refused(ConflictField::Username),
            grace,
            ImportOutcome::AlreadyThere,
        ];
        assert_eq!(import.add(&batch).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn people_without_id_who_share_an_address_are_told_apart_by_their_usernames() {
    let fakes = Fakes::new();
    let mut import = begin(&fakes, PLAIN).await;
    let named = |username: Option<&str>| UserRecord {
        username: username.map(str::to_owned),
        ..bare("office")
    };
    let records = [Some("ada"), Some("ADA"), None, Some("grace")].map(named);
    let batch = batch(&import.arrivals(), records);
    assert_eq!(
        import.add(&batch).await.unwrap(),
        [
            ImportOutcome::Imported,
            ImportOutcome::AlreadyThere,
            ImportOutcome::AlreadyThere,
            ImportOutcome::Refused(ConflictField::Email),
        ]
    );
    assert_eq!(fakes.store.users().len(), 1);
}

#[tokio::test]
async fn an_empty_id_is_none() {
    let record = UserRecord {
        id: Some(String::new()),
        ..bare("ada")
    };
    let fakes = Fakes::new();
    let made = taken_in(&fakes, PLAIN, record).await;
    assert!(UserId::parse(made.id.as_str()).is_ok());
}
