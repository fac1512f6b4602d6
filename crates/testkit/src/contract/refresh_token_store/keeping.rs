//! Beginning, listing and ending sessions.

use users_domain::model::{ConflictField, RefreshSession, SessionDescription};

use super::{LIFETIME, RefreshTokenStoreUnderTest, STEP, id, user};
use crate::contract::material::assert_taken;

pub async fn a_session_is_kept_whole(subject: &RefreshTokenStoreUnderTest) {
    let session = RefreshSession {
        description: Some(SessionDescription::from_stored("Ada's ноутбук".to_owned())),
        generation: 7,
        rotated_at: Some(subject.now() - STEP),
        ..subject.session("s", "ada")
    };
    subject.store.add(session.clone()).await.unwrap();
    assert_eq!(subject.list("ada").await, [session]);
}

pub async fn an_id_that_exists_is_refused(subject: &RefreshTokenStoreUnderTest) {
    let session = subject.begin("s", "ada").await;
    for of in ["ada", "grace"] {
        let again = RefreshSession {
            generation: 5,
            ..subject.session("s", of)
        };
        assert_taken(&subject.store.add(again).await, ConflictField::Id);
    }
    assert_eq!(subject.list("ada").await, [session]);
    assert!(subject.list("grace").await.is_empty());
}

pub async fn a_user_revokes_his_own_session_only(subject: &RefreshTokenStoreUnderTest) {
    subject.begin("s", "ada").await;
    let revoke = async |of: &str, session: &str| {
        let revoked = subject.store.revoke(&user(of), &id(session)).await;
        revoked.unwrap()
    };
    for (of, session) in [("grace", "s"), ("ADA", "s"), ("ada", "S"), ("ada", "t")] {
        assert!(!revoke(of, session).await, "{of} {session}");
    }
    assert_eq!(subject.ids("ada").await, ["s"]);
    assert!(revoke("ada", "s").await);
    assert!(!revoke("ada", "s").await);
}

pub async fn all_sessions_of_a_user_are_revoked_and_no_others(
    subject: &RefreshTokenStoreUnderTest,
) {
    for (name, of) in [("s", "ada"), ("t", "ada"), ("u", "grace"), ("v", "ADA")] {
        subject.begin(name, of).await;
    }
    for _ in 0..2 {
        subject.store.revoke_all(&user("ada")).await.unwrap();
        subject.assert_ended("s", "ada").await;
        subject.assert_ended("t", "ada").await;
    }
    assert_eq!(subject.ids("grace").await, ["u"]);
    assert_eq!(subject.ids("ADA").await, ["v"]);
}

pub async fn a_list_is_one_users_oldest_first(subject: &RefreshTokenStoreUnderTest) {
    for name in ["c", "a", "b"] {
        subject.begin(name, "ada").await;
        subject.begin(&format!("{name} of grace"), "grace").await;
        subject.clock.advance(STEP);
    }
    // What was used last is as old as before.
    subject.rotate("c", 0).await;
    assert_eq!(subject.ids("ada").await, ["c", "a", "b"]);
    assert!(subject.list("nobody").await.is_empty());
}

pub async fn expired_sessions_are_not_listed(subject: &RefreshTokenStoreUnderTest) {
    subject.begin("s", "ada").await;
    subject.clock.advance(STEP);
    subject.begin("t", "ada").await;
    subject.clock.advance(LIFETIME - STEP - STEP);
    assert_eq!(subject.ids("ada").await, ["s", "t"]);
    subject.clock.advance(STEP);
    assert_eq!(subject.ids("ada").await, ["t"]);
    subject.clock.advance(STEP);
    assert!(subject.ids("ada").await.is_empty());
}

pub async fn expired_sessions_are_removed_up_to_the_limit(subject: &RefreshTokenStoreUnderTest) {
    for number in 0..10 {
        subject.begin(&format!("s{number}"), "ada").await;
    }
    subject.clock.advance(LIFETIME);
    let mut removed = Vec::new();
    for limit in [0, 1, 4, 100, 100, u32::MAX] {
        removed.push(subject.store.remove_expired(limit).await.unwrap());
    }
    assert_eq!(removed, [0, 1, 4, 5, 0, 0]);
    // Gone for good: the id is free again.
    subject.begin("s3", "grace").await;
}

pub async fn living_sessions_are_never_removed(subject: &RefreshTokenStoreUnderTest) {
    subject.begin("s", "ada").await;
    subject.clock.advance(LIFETIME - STEP);
    subject.begin("t", "ada").await;
    assert_eq!(subject.store.remove_expired(100).await.unwrap(), 0);
    subject.clock.advance(STEP);
    assert_eq!(subject.store.remove_expired(100).await.unwrap(), 1);
    assert_eq!(subject.ids("ada").await, ["t"]);
}
