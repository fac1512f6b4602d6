//! What holds for every port: any runtime, dropped calls, an outage.

use users_domain::ports::Rotation;

use super::{GRACE, RefreshTokenStoreUnderTest, id, user};
use crate::contract::calls::{POLLS, dropped_after, on_a_bare_runtime};
use crate::contract::material::assert_away;

pub async fn it_serves_a_bare_runtime(subject: &RefreshTokenStoreUnderTest) {
    let (store, session) = (subject.store.clone(), subject.session("s", "ada"));
    on_a_bare_runtime(async move || {
        store.add(session.clone()).await.unwrap();
        let advanced = store.rotate(&session.id, 0, GRACE).await.unwrap();
        assert!(matches!(advanced, Rotation::Advanced(_)));
        assert_eq!(store.list(&session.user).await.unwrap().len(), 1);
        assert!(store.revoke(&session.user, &session.id).await.unwrap());
        store.revoke_all(&session.user).await.unwrap();
        assert_eq!(store.remove_expired(1).await.unwrap(), 0);
    })
    .await;
    subject.assert_ended("s", "ada").await;
}

pub async fn a_dropped_call_is_wholly_done_or_undone(subject: &RefreshTokenStoreUnderTest) {
    for polls in POLLS {
        let name = format!("s{polls}");
        subject.begin(&name, "ada").await;
        dropped_after(polls, subject.store.rotate(&id(&name), 0, GRACE)).await;
        let rotation = subject.rotate(&name, 0).await;
        let (Rotation::Advanced(session) | Rotation::Repeated(session)) = rotation else {
            panic!("{rotation:?} after {polls} polls");
        };
        assert_eq!(session.generation, 1);
        assert_eq!(session.rotated_at, Some(subject.now()));
        dropped_after(polls, subject.store.revoke(&user("ada"), &id(&name))).await;
        subject.store.revoke_all(&user("ada")).await.unwrap();
        subject.assert_ended(&name, "ada").await;
    }
}

pub async fn away_it_answers_unavailable(subject: &RefreshTokenStoreUnderTest) {
    let Some(go_away) = &subject.go_away else {
        return;
    };
    let session = subject.begin("s", "ada").await;
    go_away();
    let store = &subject.store;
    assert_away(&store.add(subject.session("t", "ada")).await);
    assert_away(&store.rotate(&session.id, 0, GRACE).await);
    assert_away(&store.revoke(&session.user, &session.id).await);
    assert_away(&store.revoke_all(&session.user).await);
    assert_away(&store.list(&session.user).await);
    assert_away(&store.remove_expired(1).await);
}
