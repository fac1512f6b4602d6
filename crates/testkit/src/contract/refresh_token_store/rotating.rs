//! Exchanging one generation for the next.

use std::time::Duration;

use users_domain::ports::Rotation;

use super::{GRACE, LIFETIME, RefreshTokenStoreUnderTest, STEP, id, user};
use crate::contract::calls::at_once;

pub async fn the_current_generation_advances(subject: &RefreshTokenStoreUnderTest) {
    let mut session = subject.begin("s", "ada").await;
    for generation in 0..5 {
        subject.clock.advance(Duration::from_secs(1));
        session.generation = generation + 1;
        session.rotated_at = Some(subject.now());
        let rotation = subject.rotate("s", generation).await;
        assert_eq!(rotation, Rotation::Advanced(session.clone()));
        assert_eq!(subject.list("ada").await, [session.clone()]);
    }
}

pub async fn of_many_rotations_at_once_exactly_one_advances(subject: &RefreshTokenStoreUnderTest) {
    subject.begin("s", "ada").await;
    for generation in 0..20 {
        let rotations = at_once((0..8).map(|_| {
            let store = subject.store.clone();
            async move { store.rotate(&id("s"), generation, GRACE).await.unwrap() }
        }))
        .await;
        let mut advanced = 0;
        for rotation in rotations {
            match rotation {
                Rotation::Advanced(session) => {
                    advanced += 1;
                    assert_eq!(session.generation, generation + 1);
                }
                Rotation::Repeated(session) => assert_eq!(session.generation, generation + 1),
                ended => panic!("{ended:?}"),
            }
        }
        assert_eq!(advanced, 1, "of generation {generation}");
    }
}

pub async fn of_rotations_in_turn_exactly_one_advances(subject: &RefreshTokenStoreUnderTest) {
    subject.begin("s", "ada").await;
    let first = subject.rotate("s", 0).await;
    assert!(matches!(first, Rotation::Advanced(_)), "{first:?}");
    for _ in 0..5 {
        let again = subject.rotate("s", 0).await;
        assert!(matches!(again, Rotation::Repeated(_)), "{again:?}");
    }
}

pub async fn the_generation_just_replaced_is_repeated_within_the_grace(
    subject: &RefreshTokenStoreUnderTest,
) {
    subject.begin("s", "ada").await;
    subject.rotate("s", 0).await;
    let sessions = subject.list("ada").await;
    for pause in [Duration::ZERO, STEP, GRACE - STEP] {
        subject.clock.advance(pause);
        let rotation = subject.rotate("s", 0).await;
        assert_eq!(rotation, Rotation::Repeated(sessions[0].clone()));
        assert_eq!(subject.list("ada").await, sessions);
    }
    // Repeating did not make the grace any longer.
    subject.clock.advance(STEP);
    assert_eq!(subject.rotate("s", 0).await, Rotation::Reused);
}

pub async fn the_generation_just_replaced_ends_the_session_after_the_grace(
    subject: &RefreshTokenStoreUnderTest,
) {
    subject.begin("s", "ada").await;
    subject.rotate("s", 0).await;
    subject.clock.advance(GRACE + STEP);
    assert_eq!(subject.rotate("s", 0).await, Rotation::Reused);
    subject.assert_ended("s", "ada").await;
}

pub async fn an_older_generation_ends_the_session_within_the_grace_too(
    subject: &RefreshTokenStoreUnderTest,
) {
    for (name, older) in [("s", 0), ("t", 1)] {
        subject.begin(name, "ada").await;
        for generation in 0..3 {
            subject.rotate(name, generation).await;
        }
        assert_eq!(subject.rotate(name, older).await, Rotation::Reused);
        subject.assert_ended(name, "ada").await;
    }
}

pub async fn a_generation_never_issued_ends_the_session(subject: &RefreshTokenStoreUnderTest) {
    for (name, never) in [("s", 1), ("t", 2), ("u", u64::MAX), ("v", i64::MAX as u64)] {
        subject.begin(name, "ada").await;
        assert_eq!(subject.rotate(name, never).await, Rotation::Reused);
        subject.assert_ended(name, "ada").await;
    }
}

pub async fn an_unknown_session_has_ended(subject: &RefreshTokenStoreUnderTest) {
    subject.begin("s", "ada").await;
    for unknown in ["", "S", "s ", "t"] {
        assert_eq!(subject.rotate(unknown, 0).await, Rotation::Ended);
    }
    assert_eq!(subject.ids("ada").await, ["s"]);
}

pub async fn a_revoked_session_has_ended(subject: &RefreshTokenStoreUnderTest) {
    subject.begin("s", "ada").await;
    assert!(subject.store.revoke(&user("ada"), &id("s")).await.unwrap());
    subject.assert_ended("s", "ada").await;
}

pub async fn an_expired_session_has_ended(subject: &RefreshTokenStoreUnderTest) {
    subject.begin("s", "ada").await;
    subject.clock.advance(LIFETIME - STEP);
    assert!(matches!(
        subject.rotate("s", 0).await,
        Rotation::Advanced(_)
    ));
    subject.clock.advance(STEP);
    subject.assert_ended("s", "ada").await;
}

pub async fn rotation_does_not_move_the_end(subject: &RefreshTokenStoreUnderTest) {
    let session = subject.begin("s", "ada").await;
    subject.clock.advance(LIFETIME / 2);
    subject.rotate("s", 0).await;
    let now = &subject.list("ada").await[0];
    assert_eq!(
        (now.created_at, now.expires_at),
        (session.created_at, session.expires_at)
    );
}

pub async fn a_rotation_touches_no_other_session(subject: &RefreshTokenStoreUnderTest) {
    let other = subject.begin("t", "ada").await;
    subject.begin("s", "ada").await;
    subject.rotate("s", 0).await;
    subject.rotate("s", 9).await;
    assert_eq!(subject.list("ada").await, [other]);
}

pub async fn a_session_revoked_while_it_is_rotated_stays_ended(
    subject: &RefreshTokenStoreUnderTest,
) {
    for round in 0..20 {
        let name = format!("s{round}");
        subject.begin(&name, "ada").await;
        at_once((0..8).map(|call| {
            let (store, name) = (subject.store.clone(), name.clone());
            async move {
                if call == 0 {
                    store.revoke_all(&user("ada")).await.unwrap();
                } else {
                    store.rotate(&id(&name), 0, GRACE).await.unwrap();
                }
            }
        }))
        .await;
        subject.assert_ended(&name, "ada").await;
    }
}
