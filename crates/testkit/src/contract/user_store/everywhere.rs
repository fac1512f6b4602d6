//! What holds for every port: any runtime, dropped calls, an outage.

use users_domain::model::{CodePurpose, Effect, Needs, Proof, Status, User, UserFilter, UserQuery};

use super::UserStoreUnderTest;
use crate::contract::calls::{POLLS, dropped_after, on_a_bare_runtime};
use crate::contract::material::{
    assert_away, decide, decide_purge, decide_with, decide_with_code, effect,
};
use crate::fakes::FixedClock;
use crate::people::user;

pub async fn it_serves_a_bare_runtime(subject: &UserStoreUnderTest) {
    // Two of them: the first is gone when the second is made.
    for (name, total) in [("ada", 1), ("grace", 2)] {
        let store = subject.store.clone();
        let code = subject.code(&user(name), CodePurpose::VerifyEmail, total);
        let written = on_a_bare_runtime(async move || {
            let account = store.insert(user(name), Vec::new()).await.unwrap();
            let change = decide(|user| user.updated_by = Some("me".to_owned()));
            let needs = Needs::ENABLED_ADMINISTRATORS;
            let written = store.update(&account.id, needs, change).await.unwrap();
            assert_eq!(
                store.find(&account.id).await.unwrap().as_ref(),
                Some(&written)
            );
            assert_eq!(store.find_by_login(name).await.unwrap().len(), 1);
            assert_eq!(store.count(&UserFilter::default()).await.unwrap(), total);
            let page = store.page(&UserQuery::default()).await.unwrap();
            assert_eq!(page.total, total);
            let proof = Proof::Digest(code.digest);
            store.add_code(code.clone()).await.unwrap();
            let found = store.find_code(&proof, code.purpose).await;
            assert_eq!(found.unwrap().as_ref(), Some(&code));
            let change = decide_with_code(Vec::new(), |user| user.updated_by = None);
            let written = store.redeem(&proof, code.purpose, change).await;
            assert_eq!(store.remove_expired_codes(10).await.unwrap(), 1);
            let deleted = User {
                status: Status::Deleted,
                ..user("deleted")
            };
            let id = deleted.id.clone();
            store.insert(deleted, Vec::new()).await.unwrap();
            let cutoff = FixedClock::START;
            let found = store.deleted_before(cutoff, None, 10).await.unwrap();
            assert_eq!(found.len(), 1);
            assert!(store.purge(&id, decide_purge(Vec::new())).await.unwrap());
            written.unwrap()
        })
        .await;
        assert_eq!(subject.get(&written.id).await, written);
    }
}

impl UserStoreUnderTest {
    pub(super) async fn effects_with(&self, key: &str) -> usize {
        let effects = self.effects().await.into_iter();
        let events = effects.filter(|effect| match effect {
            Effect::Event(event) => event.key() == key,
            _ => false,
        });
        events.count()
    }
}

pub async fn a_dropped_insert_is_wholly_done_or_undone(subject: &UserStoreUnderTest) {
    const EFFECTS: usize = 3;
    for polls in POLLS {
        let account = user(&format!("dropped{polls}"));
        let key = account.id.as_str();
        let effects = (0..EFFECTS as u64)
            .map(|number| effect(key, number))
            .collect();
        let insert = subject.store.insert(account.clone(), effects);
        let answered = dropped_after(polls, insert).await.is_some();
        // The call may still be at work: look at the effects before and after the row.
        let before = subject.effects_with(key).await;
        let stored = subject.store.find(&account.id).await.unwrap().is_some();
        let after = subject.effects_with(key).await;
        assert!(
            before == 0 || (before == EFFECTS && stored),
            "{before} effects"
        );
        assert!(!stored || after == EFFECTS, "{after} effects");
        assert!(!answered || stored);
        assert!(
            polls > 0 || !stored,
            "a call does nothing before it is polled"
        );
    }
}

pub async fn a_dropped_update_is_wholly_done_or_undone(subject: &UserStoreUnderTest) {
    const EFFECTS: usize = 3;
    for polls in POLLS {
        let name = format!("dropped{polls}");
        let account = subject.insert(user(&name)).await;
        let key = account.id.as_str();
        let effects = (0..EFFECTS as u64)
            .map(|number| effect(key, number))
            .collect();
        let change = decide_with(effects, |user| {
            user.updated_by = Some("me".to_owned());
            user.tokens_valid_from = Some(7);
        });
        let update = subject.store.update(&account.id, Needs::ROW, change);
        let answered = dropped_after(polls, update).await.is_some();
        let before = subject.effects_with(key).await;
        let stored = subject.get(&account.id).await;
        let after = subject.effects_with(key).await;
        let changed = stored != account;
        if changed {
            assert_eq!(stored.updated_by.as_deref(), Some("me"));
            assert_eq!((stored.tokens_valid_from, stored.version), (Some(7), 2));
        }
        assert!(
            before == 0 || (before == EFFECTS && changed),
            "{before} effects"
        );
        assert!(!changed || after == EFFECTS, "{after} effects");
        assert!(!answered || changed);
        // The row is not left locked.
        let again = decide(|user| user.updated_by = Some("somebody else".to_owned()));
        let again = subject.update(&account, again).await.unwrap();
        assert_eq!(subject.get(&account.id).await, again);
    }
}

pub async fn a_dropped_code_is_wholly_kept_or_not(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    for (number, polls) in (0..).zip(POLLS) {
        let code = subject.code(&ada, CodePurpose::ResetSecret, number);
        let add = subject.store.add_code(code.clone());
        let answered = dropped_after(polls, add).await.is_some();
        // Kept, it is kept whole.
        let kept = subject.is_good(&code).await;
        assert!(kept || !answered);
        assert!(
            polls > 0 || !kept,
            "a call does nothing before it is polled"
        );
    }
}

pub async fn a_dropped_redemption_is_wholly_done_or_undone(subject: &UserStoreUnderTest) {
    const EFFECTS: usize = 3;
    for (number, polls) in (0..).zip(POLLS) {
        let account = subject.insert(user(&format!("dropped{polls}"))).await;
        let key = account.id.as_str();
        let code = subject
            .keep(&account, CodePurpose::ResetSecret, number)
            .await;
        let effects = (0..EFFECTS as u64)
            .map(|number| effect(key, number))
            .collect();
        let change = decide_with_code(effects, |user| user.updated_by = Some("me".to_owned()));
        let proof = Proof::Digest(code.digest);
        let redeem = subject.store.redeem(&proof, code.purpose, change);
        let answered = dropped_after(polls, redeem).await.is_some();
        // The call may still be at work: whatever is seen done, the rest must be done too.
        let before = subject.effects_with(key).await;
        let good = subject.is_good(&code).await;
        let stored = subject.get(&account.id).await;
        let after = subject.effects_with(key).await;
        let changed = stored.updated_by.as_deref() == Some("me");
        assert!(
            before == 0 || (before == EFFECTS && !good),
            "{before} effects"
        );
        assert!(good || (changed && stored.version == 2), "{stored:?}");
        assert!(!changed || (after == EFFECTS && !subject.is_good(&code).await));
        assert!(!answered || changed);
        assert!(polls > 0 || good, "a call does nothing before it is polled");
    }
}

pub async fn a_dropped_read_does_no_harm(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let code = subject.keep(&ada, CodePurpose::ResetSecret, 1).await;
    let proof = Proof::Digest(code.digest);
    let store = &subject.store;
    for polls in POLLS {
        for _ in 0..20 {
            dropped_after(polls, store.find(&ada.id)).await;
            dropped_after(polls, store.find_by_login("ada")).await;
            dropped_after(polls, store.page(&UserQuery::default())).await;
            dropped_after(polls, store.count(&UserFilter::default())).await;
            dropped_after(polls, store.deleted_before(FixedClock::START, None, 9)).await;
            dropped_after(polls, store.find_code(&proof, code.purpose)).await;
        }
        assert_eq!(subject.get(&ada.id).await, ada);
        assert!(subject.is_good(&code).await);
    }
}

pub async fn away_it_answers_unavailable(subject: &UserStoreUnderTest) {
    let Some(go_away) = &subject.go_away else {
        return;
    };
    let ada = subject.insert(user("ada")).await;
    let code = subject.keep(&ada, CodePurpose::ResetSecret, 1).await;
    let proof = Proof::Digest(code.digest);
    go_away();
    let store = &subject.store;
    assert_away(&store.find(&ada.id).await);
    assert_away(&store.find_by_login("ada").await);
    assert_away(&store.page(&UserQuery::default()).await);
    assert_away(&store.count(&UserFilter::default()).await);
    assert_away(&store.insert(user("grace"), Vec::new()).await);
    assert_away(&subject.update(&ada, decide(|_| ())).await);
    assert_away(&store.deleted_before(FixedClock::START, None, 10).await);
    assert_away(&store.purge(&ada.id, decide_purge(Vec::new())).await);
    assert_away(&store.find_code(&proof, code.purpose).await);
    let change = decide_with_code(Vec::new(), |_| ());
    assert_away(&store.redeem(&proof, code.purpose, change).await);
    assert_away(&store.add_code(code).await);
    assert_away(&store.remove_expired_codes(10).await);
}
