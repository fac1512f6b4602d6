//! What holds for every port: any runtime, dropped calls, an outage.

use users_domain::model::{Arrival, Effect};
use users_domain::ports::ImportMode;

use super::{IMPORTED, THERE, UserTransferUnderTest, numbered, people};
use crate::contract::calls::{POLLS, dropped_after, on_a_bare_runtime};
use crate::contract::material::{assert_away, effect};
use crate::people::user;

pub async fn it_serves_a_bare_runtime(subject: &UserTransferUnderTest) {
    // Two of them: the first is gone when the second is made.
    for (name, total) in [("ada", 1), ("grace", 2)] {
        let transfer = subject.transfer.clone();
        on_a_bare_runtime(async move || {
            for (mode, outcomes) in [
                (ImportMode::DryRun, [IMPORTED]),
                (ImportMode::Write, [IMPORTED]),
                (ImportMode::Write, [THERE]),
            ] {
                let mut import = transfer.begin_import(mode).await.unwrap();
                assert_eq!(import.add(&people([name])).await.unwrap(), outcomes);
                import.finish().await.unwrap();
            }
            let all = transfer.export(None, 10).await.unwrap();
            assert_eq!(all.len(), total);
        })
        .await;
        assert_eq!(subject.get(&user(name).id).await, user(name));
    }
}

pub async fn an_import_goes_on_in_another_runtime(subject: &UserTransferUnderTest) {
    for mode in [ImportMode::Write, ImportMode::DryRun] {
        let transfer = subject.transfer.clone();
        let mut import =
            on_a_bare_runtime(async move || transfer.begin_import(mode).await.unwrap()).await;
        let name = format!("{mode:?}");
        for expected in [IMPORTED, THERE] {
            let name = name.clone();
            import = on_a_bare_runtime(async move || {
                let outcomes = import.add(&people([name.as_str()])).await;
                assert_eq!(outcomes.unwrap(), [expected]);
                import
            })
            .await;
        }
        on_a_bare_runtime(async move || import.finish().await.unwrap()).await;
    }
    assert_eq!(subject.count().await, 1);
}

impl UserTransferUnderTest {
    /// How many of these accounts have their event in the outbox, each once.
    async fn with_events(&self, accounts: &[Arrival]) -> usize {
        let effects = self.effects().await;
        let of = |account: &Arrival| {
            let found = effects.iter().filter(|effect| match effect {
                Effect::Event(event) => event.key() == account.user.id.as_str(),
                _ => false,
            });
            found.count()
        };
        let counts: Vec<_> = accounts.iter().map(of).collect();
        assert!(counts.iter().all(|count| *count < 2), "{counts:?}");
        counts.into_iter().sum()
    }

    async fn stored(&self, accounts: &[Arrival]) -> usize {
        let mut stored = 0;
        for account in accounts {
            let found = self.users.find(&account.user.id).await.unwrap();
            stored += usize::from(found.is_some());
        }
        stored
    }
}

pub async fn a_dropped_call_is_wholly_done_or_undone(subject: &UserTransferUnderTest) {
    const EACH: usize = 20;
    for polls in POLLS {
        let accounts: Vec<_> = (0..EACH)
            .map(|number| {
                let Arrival { user, .. } = numbered(&format!("dropped{polls}-"), number);
                let effects = vec![effect(user.id.as_str(), number as u64)];
                Arrival {
                    user,
                    has_id: true,
                    effects,
                }
            })
            .collect();
        let mut import = subject.begin(ImportMode::Write).await;
        let answered = dropped_after(polls, import.add(&accounts)).await.is_some();
        // The call may still be at work: what is seen of it first is all there afterwards.
        let before = subject.with_events(&accounts).await;
        let stored = subject.stored(&accounts[..1]).await;
        let after = subject.with_events(&accounts).await;
        assert!(before == 0 || (before == EACH && stored == 1), "{before}");
        assert!(stored == 0 || after == EACH, "{after}");
        assert!(stored == 0 || subject.stored(&accounts).await == EACH);
        assert!(!answered || stored == 1);
        assert!(
            polls > 0 || stored == 0,
            "a call does nothing before it is polled"
        );
        drop(import);
        // Nothing is left locked, and what was done is there.
        let outcomes = subject.import(&accounts).await;
        let expected = if outcomes[0] == THERE {
            THERE
        } else {
            IMPORTED
        };
        assert_eq!(outcomes, vec![expected; EACH]);
        assert!(stored == 0 || expected == THERE);
        assert_eq!(subject.with_events(&accounts).await, EACH);
        subject.insert(user(&format!("registered{polls}"))).await;
    }
}

pub async fn a_dropped_export_does_no_harm(subject: &UserTransferUnderTest) {
    let ada = subject.insert(user("ada")).await;
    for polls in POLLS {
        for _ in 0..20 {
            dropped_after(polls, subject.transfer.export(None, 10)).await;
            dropped_after(polls, subject.transfer.begin_import(ImportMode::Write)).await;
        }
        assert_eq!(subject.everybody().await, std::slice::from_ref(&ada));
    }
}

pub async fn away_it_answers_unavailable(subject: &UserTransferUnderTest) {
    let Some(go_away) = &subject.go_away else {
        return;
    };
    let transfer = &subject.transfer;
    let mut begun = [
        subject.begin(ImportMode::Write).await,
        subject.begin(ImportMode::DryRun).await,
    ];
    begun[0].add(&people(["ada"])).await.unwrap();
    go_away();
    assert_away(&transfer.export(None, 10).await);
    for import in &mut begun {
        for _ in 0..2 {
            assert_away(&import.add(&people(["grace"])).await);
        }
    }
    // It may be found out at the first call only.
    if let Ok(mut import) = transfer.begin_import(ImportMode::Write).await {
        assert_away(&import.add(&people(["grace"])).await);
    }
}
