//! What holds for every port: any runtime, dropped calls, an outage.

use users_domain::model::{Effect, Needs, UserFilter, UserQuery};

use super::UserStoreUnderTest;
use crate::contract::calls::{POLLS, dropped_after, on_a_bare_runtime};
use crate::contract::material::{assert_away, decide, decide_with, effect};
use crate::people::user;

pub async fn it_serves_a_bare_runtime(subject: &UserStoreUnderTest) {
    // Two of them: the first is gone when the second is made.
    for (name, total) in [("ada", 1), ("grace", 2)] {
        let store = subject.store.clone();
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
            written
        })
        .await;
        assert_eq!(subject.get(&written.id).await, written);
    }
}

impl UserStoreUnderTest {
    async fn effects_of(&self, key: &str) -> usize {
        let effects = self.effects().await;
        let of_key = effects.iter().filter(|effect| match effect {
            Effect::Event(event) => event.key() == key,
        });
        of_key.count()
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
        let before = subject.effects_of(key).await;
        let stored = subject.store.find(&account.id).await.unwrap().is_some();
        let after = subject.effects_of(key).await;
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
        let before = subject.effects_of(key).await;
        let stored = subject.get(&account.id).await;
        let after = subject.effects_of(key).await;
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

pub async fn a_dropped_read_does_no_harm(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let store = &subject.store;
    for polls in POLLS {
        for _ in 0..20 {
            dropped_after(polls, store.find(&ada.id)).await;
            dropped_after(polls, store.find_by_login("ada")).await;
            dropped_after(polls, store.page(&UserQuery::default())).await;
            dropped_after(polls, store.count(&UserFilter::default())).await;
        }
        assert_eq!(subject.get(&ada.id).await, ada);
    }
}

pub async fn away_it_answers_unavailable(subject: &UserStoreUnderTest) {
    let Some(go_away) = &subject.go_away else {
        return;
    };
    let ada = subject.insert(user("ada")).await;
    go_away();
    let store = &subject.store;
    assert_away(&store.find(&ada.id).await);
    assert_away(&store.find_by_login("ada").await);
    assert_away(&store.page(&UserQuery::default()).await);
    assert_away(&store.count(&UserFilter::default()).await);
    assert_away(&store.insert(user("grace"), Vec::new()).await);
    assert_away(&subject.update(&ada, decide(|_| ())).await);
}
