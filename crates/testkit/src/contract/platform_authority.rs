//! What a platform's authority promises.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use users_domain::model::UserId;
use users_domain::ports::{PlatformAuthority, PlatformError};

use super::calls::{BACK_WITHIN, POLLS, at_once, dropped_after, on_a_bare_runtime};
use super::tokens::{ada, grace};
use super::{Keep, Lever};

/// An authority, and the platform behind it.
pub struct PlatformAuthorityUnderTest {
    /// The authority.
    pub authority: Arc<dyn PlatformAuthority>,
    /// Makes the platform know somebody as its administrator; may block.
    pub appoint: Box<dyn Fn(&UserId) + Send + Sync>,
    /// Makes the platform no longer know somebody as that; may block.
    pub dismiss: Box<dyn Fn(&UserId) + Send + Sync>,
    /// Ids that the platform could never hold; none where it holds any.
    pub unholdable: Vec<UserId>,
    /// Takes the platform away, and brings it back; `None` where it cannot be away.
    pub outage: Option<(Lever, Lever)>,
    /// What must live as long as the subject.
    pub keep: Keep,
}

suite! {
    $
    /// Makes a test of every promise of
    /// [`PlatformAuthority`](users_domain::ports::PlatformAuthority). The argument gives a fresh
    /// [`PlatformAuthorityUnderTest`]($crate::contract::PlatformAuthorityUnderTest).
    platform_authority_contract, platform_authority:
    whom_the_platform_knows_as_its_administrator_is_one_and_nobody_else,
    what_the_platform_knows_now_counts,
    an_id_that_the_platform_could_not_hold_is_nobodys,
    away_it_is_unavailable_and_never_says_no_and_it_comes_back,
    many_calls_at_once_are_all_answered,
    it_serves_a_bare_runtime,
    a_dropped_call_does_no_harm,
}

impl PlatformAuthorityUnderTest {
    async fn asked(&self, user: &UserId) -> bool {
        self.authority.is_administrator(user).await.unwrap()
    }
}

pub async fn whom_the_platform_knows_as_its_administrator_is_one_and_nobody_else(
    subject: &PlatformAuthorityUnderTest,
) {
    assert!(!subject.asked(&ada()).await);
    (subject.appoint)(&ada());
    assert!(subject.asked(&ada()).await);
    assert!(!subject.asked(&grace()).await);
    let unknown = UserId::from_stored("nobody".to_owned());
    assert!(!subject.asked(&unknown).await);
}

pub async fn what_the_platform_knows_now_counts(subject: &PlatformAuthorityUnderTest) {
    for appointed in [true, false, true] {
        if appointed {
            (subject.appoint)(&ada());
        } else {
            (subject.dismiss)(&ada());
        }
        for _ in 0..2 {
            assert_eq!(subject.asked(&ada()).await, appointed);
        }
    }
}

pub async fn an_id_that_the_platform_could_not_hold_is_nobodys(
    subject: &PlatformAuthorityUnderTest,
) {
    for id in &subject.unholdable {
        assert!(!subject.asked(id).await, "{id}");
    }
}

pub async fn away_it_is_unavailable_and_never_says_no_and_it_comes_back(
    subject: &PlatformAuthorityUnderTest,
) {
    let Some((go_away, come_back)) = &subject.outage else {
        return;
    };
    (subject.appoint)(&ada());
    assert!(subject.asked(&ada()).await);
    go_away();
    for user in [ada(), grace(), ada()] {
        let answer = subject.authority.is_administrator(&user).await;
        assert_eq!(answer, Err(PlatformError::Unavailable));
    }
    come_back();
    // Connections come back by themselves, and a little later.
    let back = async {
        loop {
            match subject.authority.is_administrator(&ada()).await {
                Ok(answer) => return answer,
                Err(error) => assert_eq!(error, PlatformError::Unavailable),
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let back = timeout(BACK_WITHIN, back).await;
    assert_eq!(back.ok(), Some(true), "it does not come back by itself");
    assert!(!subject.asked(&grace()).await);
}

pub async fn many_calls_at_once_are_all_answered(subject: &PlatformAuthorityUnderTest) {
    (subject.appoint)(&ada());
    let answers = at_once((0..32).map(|number| {
        let authority = subject.authority.clone();
        let user = if number % 2 == 0 { ada() } else { grace() };
        async move { authority.is_administrator(&user).await }
    }))
    .await;
    for (number, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer, Ok(number % 2 == 0));
    }
}

pub async fn it_serves_a_bare_runtime(subject: &PlatformAuthorityUnderTest) {
    (subject.appoint)(&ada());
    let authority = subject.authority.clone();
    let answer = on_a_bare_runtime(async move || authority.is_administrator(&ada()).await).await;
    assert_eq!(answer, Ok(true));
}

pub async fn a_dropped_call_does_no_harm(subject: &PlatformAuthorityUnderTest) {
    (subject.appoint)(&ada());
    for polls in POLLS {
        dropped_after(polls, subject.authority.is_administrator(&ada())).await;
        assert!(subject.asked(&ada()).await);
        assert!(!subject.asked(&grace()).await);
    }
}
