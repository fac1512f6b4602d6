//! Accounts that go for good.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use users_domain::Error;
use users_domain::model::{
    CodePurpose, DeletedAccount, Email, Needs, RefreshSession, Role, Status, Timestamp, TokenId,
    User, UserFilter, UserId,
};
use users_domain::ports::{DecidePurge, StoreError};

use super::{AdoptedRow, UserStoreUnderTest};
use crate::contract::calls::{POLLS, at_once, dropped_after};
use crate::contract::material::{assert_not_found, decide, decide_purge, effect};
use crate::fakes::FixedClock;
use crate::people::{an_admin, user};

const CUTOFF: Timestamp = FixedClock::START;
const MICROSECOND: Duration = Duration::from_micros(1);

/// Somebody whose account was deleted at the cutoff.
fn deleted(name: &str) -> User {
    User {
        status: Status::Deleted,
        updated_at: Some(CUTOFF),
        ..user(name)
    }
}

impl UserStoreUnderTest {
    async fn before_cutoff(&self, after: Option<UserId>, limit: u32) -> Vec<DeletedAccount> {
        let found = self.store.deleted_before(CUTOFF, after, limit).await;
        found.unwrap()
    }

    async fn ids_before_cutoff(&self) -> Vec<String> {
        let found = self.before_cutoff(None, 1_000).await.into_iter();
        found
            .map(|account| account.id.as_str().to_owned())
            .collect()
    }

    async fn purge(&self, id: &UserId) -> Result<bool, StoreError> {
        self.store.purge(id, decide_purge(Vec::new())).await
    }

    async fn everybody(&self) -> u64 {
        self.store.count(&UserFilter::default()).await.unwrap()
    }

    /// A session of an account, where the store keeps some.
    async fn begin_session(&self, user: &User) {
        let Some(sessions) = &self.sessions else {
            return;
        };
        let session = RefreshSession {
            id: TokenId::new(format!("session of {}", user.id)),
            user: user.id.clone(),
            description: None,
            generation: 0,
            created_at: CUTOFF,
            expires_at: CUTOFF + Duration::from_hours(24),
            rotated_at: None,
        };
        sessions.add(session).await.unwrap();
    }

    async fn sessions_of(&self, user: &User) -> usize {
        match &self.sessions {
            Some(sessions) => sessions.list(&user.id).await.unwrap().len(),
            None => 0,
        }
    }
}

pub async fn whoever_has_been_deleted_since_the_cutoff_is_given(subject: &UserStoreUnderTest) {
    let at = |name, updated_at, created_at| User {
        updated_at,
        created_at,
        ..deleted(name)
    };
    let later = CUTOFF + MICROSECOND;
    for account in [
        at("a", Some(CUTOFF), Some(later)),
        at("b", Some(later), Some(CUTOFF)),
        at("c", None, Some(CUTOFF)),
        at("d", None, Some(later)),
        at("e", Some(CUTOFF - MICROSECOND), None),
        at("f", Some(later), None),
    ] {
        subject.insert(account).await;
    }
    let found = subject.before_cutoff(None, 10).await;
    let account = |name: &str, at| DeletedAccount {
        id: user(name).id,
        deleted_at: Some(at),
    };
    assert_eq!(
        found,
        [
            account("a", CUTOFF),
            account("c", CUTOFF),
            account("e", CUTOFF - MICROSECOND),
        ]
    );
}

pub async fn whoever_is_not_deleted_is_not_given(subject: &UserStoreUnderTest) {
    for (name, status) in [("ada", Status::Enabled), ("grace", Status::Disabled)] {
        let account = User {
            status,
            ..deleted(name)
        };
        subject.insert(account).await;
    }
    assert!(subject.before_cutoff(None, 10).await.is_empty());
    // Whatever the role is.
    let administrator = User {
        role: Role::Admin,
        ..deleted("root")
    };
    subject.insert(administrator).await;
    assert_eq!(subject.ids_before_cutoff().await, ["id-of-root"]);
}

pub async fn the_deleted_of_whom_nobody_knows_since_when_are_given(subject: &UserStoreUnderTest) {
    (subject.put_raw)(User {
        updated_at: None,
        created_at: None,
        ..deleted("ada")
    });
    let expected = DeletedAccount {
        id: user("ada").id,
        deleted_at: None,
    };
    assert_eq!(subject.before_cutoff(None, 10).await, [expected]);
}

pub async fn the_deleted_are_given_in_the_order_of_their_ids_each_once(
    subject: &UserStoreUnderTest,
) {
    let with_id = |id: &str| User {
        id: UserId::from_stored(id.to_owned()),
        // Of all ids that differ in case only.
        email: Email::from_stored(format!("{:?}@example.com", id.as_bytes())),
        username: None,
        ..deleted("somebody")
    };
    // Byte for byte: capitals first, letters outside ASCII last.
    let ids = ["0", "A", "Z", "_", "a", "a-", "aa", "b", "\u{e9}"];
    for id in ids.iter().rev() {
        subject.insert(with_id(id)).await;
    }
    let later = User {
        updated_at: Some(CUTOFF + MICROSECOND),
        ..with_id("a0")
    };
    subject.insert(later).await;
    subject.insert(user("enabled")).await;
    assert_eq!(subject.ids_before_cutoff().await, ids);
    for limit in [1, 2, 4, 100] {
        let mut walked: Vec<UserId> = Vec::new();
        loop {
            let page = subject.before_cutoff(walked.last().cloned(), limit).await;
            assert!(page.len() <= limit as usize);
            if page.is_empty() {
                break;
            }
            walked.extend(page.into_iter().map(|account| account.id));
        }
        let walked: Vec<&str> = walked.iter().map(UserId::as_str).collect();
        assert_eq!(walked, ids);
    }
    assert!(subject.before_cutoff(None, 0).await.is_empty());
    // Behind an id that nobody has, and one that no store holds.
    let behind = UserId::from_stored("aa\0".to_owned());
    let found = subject.before_cutoff(Some(behind), 1).await;
    assert_eq!(found[0].id.as_str(), "b");
}

pub async fn a_purged_account_leaves_nothing(subject: &UserStoreUnderTest) {
    let ada = subject.insert(deleted("ada")).await;
    let codes = [
        subject.keep(&ada, CodePurpose::VerifyEmail, 1).await,
        subject.keep(&ada, CodePurpose::ResetSecret, 2).await,
    ];
    let adopted = AdoptedRow {
        user: ada.id.clone(),
        email: ada.email.clone(),
        otp: Some("otp".to_owned()),
        created_at: Some(CUTOFF),
        expires_at: Some(CUTOFF + Duration::from_hours(1)),
        used_at: None,
    };
    if let Some(put_adopted) = &subject.put_adopted {
        put_adopted(adopted);
    }
    subject.begin_session(&ada).await;
    assert!(subject.purge(&ada.id).await.unwrap());
    assert_eq!(subject.store.find(&ada.id).await.unwrap(), None);
    assert_eq!(subject.everybody().await, 0);
    assert_eq!(subject.sessions_of(&ada).await, 0);
    assert!(subject.before_cutoff(None, 10).await.is_empty());
    for code in &codes {
        assert!(!subject.is_good(code).await);
        let last = subject
            .store
            .last_code_at(&ada.id, code.purpose, &ada.email);
        assert_eq!(last.await.unwrap(), None);
    }
    let change = decide(|user| user.updated_by = None);
    assert_not_found(&subject.update(&ada, change).await);
}

pub async fn a_purge_touches_nobody_else(subject: &UserStoreUnderTest) {
    let ada = subject.insert(deleted("ada")).await;
    let others = [
        subject.insert(deleted("grace")).await,
        subject.insert(user("hedy")).await,
        subject.insert(an_admin("root")).await,
    ];
    let mut codes = Vec::new();
    for (number, other) in (1..).zip(&others) {
        codes.push(subject.keep(other, CodePurpose::VerifyEmail, number).await);
        subject.begin_session(other).await;
    }
    assert!(subject.purge(&ada.id).await.unwrap());
    for (other, code) in others.iter().zip(&codes) {
        assert_eq!(subject.get(&other.id).await, *other);
        assert!(subject.is_good(code).await);
        let kept = usize::from(subject.sessions.is_some());
        assert_eq!(subject.sessions_of(other).await, kept);
    }
    for (status, number) in [(Status::Deleted, 1), (Status::Enabled, 2)] {
        let filter = UserFilter {
            status: Some(status),
            ..UserFilter::default()
        };
        assert_eq!(subject.store.count(&filter).await.unwrap(), number);
    }
}

pub async fn a_purge_leaves_its_names_and_its_id_free(subject: &UserStoreUnderTest) {
    let ada = subject.insert(deleted("ada")).await;
    assert!(subject.purge(&ada.id).await.unwrap());
    let again = subject.insert(user("ada")).await;
    assert_eq!(subject.get(&ada.id).await, again);
    assert_eq!(subject.everybody().await, 1);
}

pub async fn a_decision_to_purge_sees_the_row_as_it_is_stored(subject: &UserStoreUnderTest) {
    let ada = subject.insert(deleted("ada")).await;
    let seen = Arc::new(Mutex::new(None));
    let look = seen.clone();
    let decide: Arc<DecidePurge> = Arc::new(move |user: &User| {
        *look.lock().unwrap() = Some(user.clone());
        Ok(Vec::new())
    });
    assert!(subject.store.purge(&ada.id, decide).await.unwrap());
    assert_eq!(seen.lock().unwrap().take(), Some(ada));
}

pub async fn a_purge_commits_its_effects_in_order(subject: &UserStoreUnderTest) {
    let ada = subject.insert(deleted("ada")).await;
    let effects: Vec<_> = (0..3).map(|number| effect("ada", number)).collect();
    let purge = subject.store.purge(&ada.id, decide_purge(effects.clone()));
    assert!(purge.await.unwrap());
    assert_eq!(subject.effects().await, effects);
}

pub async fn a_refused_purge_changes_nothing(subject: &UserStoreUnderTest) {
    let ada = subject.insert(deleted("ada")).await;
    let code = subject.keep(&ada, CodePurpose::VerifyEmail, 1).await;
    subject.begin_session(&ada).await;
    let decide: Arc<DecidePurge> = Arc::new(|_: &User| Err(Error::Stale));
    let refused = subject.store.purge(&ada.id, decide).await;
    assert!(
        matches!(refused, Err(StoreError::Refused(Error::Stale))),
        "{refused:?}"
    );
    assert_eq!(subject.get(&ada.id).await, ada);
    assert!(subject.is_good(&code).await);
    let kept = usize::from(subject.sessions.is_some());
    assert_eq!(subject.sessions_of(&ada).await, kept);
    assert!(subject.effects().await.is_empty());
}

pub async fn a_purge_of_nobody_removes_nothing(subject: &UserStoreUnderTest) {
    let ada = subject.insert(deleted("ada")).await;
    for id in ["", "id-of-ADA", "id-of-ada ", "id-of-ada\0", "nobody"] {
        let id = UserId::from_stored(id.to_owned());
        let decide: Arc<DecidePurge> = Arc::new(|_: &User| panic!("there is nobody"));
        assert!(!subject.store.purge(&id, decide).await.unwrap());
    }
    assert_eq!(subject.get(&ada.id).await, ada);
    assert!(subject.purge(&ada.id).await.unwrap());
    let again = subject
        .store
        .purge(&ada.id, decide_purge(vec![effect("ada", 1)]));
    assert!(!again.await.unwrap());
    assert!(subject.effects().await.is_empty());
}

pub async fn an_odd_row_can_be_purged(subject: &UserStoreUnderTest) {
    let odd = User {
        username: None,
        secret: None,
        created_at: None,
        auth_provider: Some("somebody".to_owned()),
        ..deleted("ada")
    };
    (subject.put_raw)(odd.clone());
    assert_eq!(subject.ids_before_cutoff().await, ["id-of-ada"]);
    assert!(subject.purge(&odd.id).await.unwrap());
    assert_eq!(subject.everybody().await, 0);
}

pub async fn an_account_that_others_hold_stays_whole(subject: &UserStoreUnderTest) {
    let Some(hold) = &subject.hold else {
        return;
    };
    let kept = subject.insert(deleted("ada")).await;
    let free = subject.insert(deleted("grace")).await;
    let code = subject.keep(&kept, CodePurpose::VerifyEmail, 1).await;
    subject.begin_session(&kept).await;
    hold(kept.id.clone());
    for _ in 0..2 {
        let purge = subject
            .store
            .purge(&kept.id, decide_purge(vec![effect("ada", 1)]));
        let refused = purge.await;
        assert!(matches!(refused, Err(StoreError::Held)), "{refused:?}");
    }
    assert_eq!(subject.get(&kept.id).await, kept);
    assert!(subject.is_good(&code).await);
    let sessions = usize::from(subject.sessions.is_some());
    assert_eq!(subject.sessions_of(&kept).await, sessions);
    assert!(subject.effects().await.is_empty());
    assert!(subject.purge(&free.id).await.unwrap());
    assert_eq!(subject.everybody().await, 1);
}

pub async fn of_many_purges_at_once_one_removes(subject: &UserStoreUnderTest) {
    for round in 0..10 {
        let account = subject.insert(deleted(&format!("user{round}"))).await;
        let removed = at_once((0..6).map(|call| {
            let (store, id) = (subject.store.clone(), account.id.clone());
            let effects = vec![effect("purged", round * 10 + call)];
            async move { store.purge(&id, decide_purge(effects)).await.unwrap() }
        }))
        .await;
        let removed = removed.into_iter().filter(|removed| *removed).count();
        assert_eq!(removed, 1);
        assert_eq!(subject.effects().await.len() as u64, round + 1);
    }
    assert_eq!(subject.everybody().await, 0);
}

pub async fn no_account_is_purged_that_is_enabled_at_once(subject: &UserStoreUnderTest) {
    for round in 0..20 {
        let account = subject.insert(deleted(&format!("user{round}"))).await;
        let done = at_once((0..2).map(|call| {
            let (store, id) = (subject.store.clone(), account.id.clone());
            async move {
                if call == 0 {
                    let enable = decide(|user| user.status = Status::Enabled);
                    match store.update(&id, Needs::ROW, enable).await {
                        Ok(_) => true,
                        Err(StoreError::NotFound) => false,
                        Err(error) => panic!("{error}"),
                    }
                } else {
                    let decide: Arc<DecidePurge> = Arc::new(|user: &User| match user.status {
                        Status::Deleted => Ok(Vec::new()),
                        _ => Err(Error::Stale),
                    });
                    match store.purge(&id, decide).await {
                        Ok(removed) => removed,
                        Err(StoreError::Refused(Error::Stale)) => false,
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }))
        .await;
        assert_ne!(done[0], done[1], "one of them came first");
        let stored = subject.store.find(&account.id).await.unwrap();
        assert_eq!(stored.is_some(), done[0]);
    }
}

pub async fn a_dropped_purge_is_wholly_done_or_undone(subject: &UserStoreUnderTest) {
    const EFFECTS: usize = 3;
    for polls in POLLS {
        let account = subject.insert(deleted(&format!("dropped{polls}"))).await;
        let key = account.id.as_str();
        let effects = (0..EFFECTS as u64)
            .map(|number| effect(key, number))
            .collect();
        let purge = subject.store.purge(&account.id, decide_purge(effects));
        let answered = dropped_after(polls, purge).await.is_some();
        // The call may still be at work: look at the effects before and after the row.
        let before = subject.effects_with(key).await;
        let gone = subject.store.find(&account.id).await.unwrap().is_none();
        let after = subject.effects_with(key).await;
        assert!(
            before == 0 || (before == EFFECTS && gone),
            "{before} effects"
        );
        assert!(!gone || after == EFFECTS, "{after} effects");
        assert!(!answered || gone);
        assert!(
            polls > 0 || !gone,
            "a call does nothing before it is polled"
        );
    }
}
