//! What the platform's domains promise.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use users_domain::model::UserId;
use users_domain::ports::{Domains, PlatformError};

use super::calls::{BACK_WITHIN, POLLS, at_once, dropped_after, on_a_bare_runtime};
use super::tokens::{ada, grace};
use super::{Keep, Lever};

/// The domains, and sight of who is in them.
pub struct DomainsUnderTest {
    /// The domains.
    pub domains: Arc<dyn Domains>,
    /// Makes somebody a member of one domain more; may block.
    pub join: Box<dyn Fn(&UserId) + Send + Sync>,
    /// Of how many domains somebody is a member; may block.
    pub memberships: Box<dyn Fn(&UserId) -> usize + Send + Sync>,
    /// Ids that the platform could never hold; none where it holds any.
    pub unholdable: Vec<UserId>,
    /// From now on nobody is taken out, and the service says so; `None` where that cannot be.
    pub hold: Option<Lever>,
    /// Takes the service away, and brings it back; `None` where it cannot be away.
    pub outage: Option<(Lever, Lever)>,
    /// What must live as long as the subject.
    pub keep: Keep,
}

suite! {
    $
    /// Makes a test of every promise of [`Domains`](users_domain::ports::Domains). The argument gives
    /// a fresh [`DomainsUnderTest`]($crate::contract::DomainsUnderTest).
    domains_contract, domains:
    a_user_who_was_removed_is_a_member_of_no_domain,
    others_stay_where_they_are,
    one_who_is_of_no_domain_is_no_error,
    an_id_that_the_platform_could_not_hold_is_no_error,
    one_who_is_still_there_is_to_be_asked_about_again,
    away_it_is_unavailable_and_it_comes_back,
    many_calls_at_once_are_all_carried_out,
    it_serves_a_bare_runtime,
    a_dropped_call_can_be_made_again,
}

impl DomainsUnderTest {
    async fn removed(&self, user: &UserId) {
        self.domains.remove_user(user).await.unwrap();
        assert_eq!((self.memberships)(user), 0, "{user}");
    }
}

pub async fn a_user_who_was_removed_is_a_member_of_no_domain(subject: &DomainsUnderTest) {
    for _ in 0..3 {
        (subject.join)(&ada());
    }
    assert_eq!((subject.memberships)(&ada()), 3);
    subject.removed(&ada()).await;
    // He may join again, and be taken out again.
    (subject.join)(&ada());
    subject.removed(&ada()).await;
}

pub async fn others_stay_where_they_are(subject: &DomainsUnderTest) {
    for user in [ada(), grace()] {
        (subject.join)(&user);
    }
    subject.removed(&ada()).await;
    assert_eq!((subject.memberships)(&grace()), 1);
}

pub async fn one_who_is_of_no_domain_is_no_error(subject: &DomainsUnderTest) {
    subject.removed(&ada()).await;
    (subject.join)(&grace());
    for _ in 0..2 {
        subject.removed(&grace()).await;
    }
}

pub async fn an_id_that_the_platform_could_not_hold_is_no_error(subject: &DomainsUnderTest) {
    for id in &subject.unholdable {
        subject.domains.remove_user(id).await.unwrap();
    }
}

pub async fn one_who_is_still_there_is_to_be_asked_about_again(subject: &DomainsUnderTest) {
    let Some(hold) = &subject.hold else {
        return;
    };
    (subject.join)(&ada());
    hold();
    for _ in 0..2 {
        let answer = subject.domains.remove_user(&ada()).await;
        assert_eq!(answer, Err(PlatformError::Unavailable));
    }
}

pub async fn away_it_is_unavailable_and_it_comes_back(subject: &DomainsUnderTest) {
    let Some((go_away, come_back)) = &subject.outage else {
        return;
    };
    (subject.join)(&ada());
    go_away();
    for _ in 0..2 {
        let answer = subject.domains.remove_user(&ada()).await;
        assert_eq!(answer, Err(PlatformError::Unavailable));
    }
    come_back();
    // Connections come back by themselves, and a little later.
    let back = async {
        while let Err(error) = subject.domains.remove_user(&ada()).await {
            assert_eq!(error, PlatformError::Unavailable);
            sleep(Duration::from_millis(20)).await;
        }
    };
    let back = timeout(BACK_WITHIN, back).await;
    assert!(back.is_ok(), "it does not come back by itself");
    assert_eq!((subject.memberships)(&ada()), 0);
}

pub async fn many_calls_at_once_are_all_carried_out(subject: &DomainsUnderTest) {
    let users: Vec<_> = (0..16)
        .map(|number| UserId::from_stored(format!("user-{number}")))
        .collect();
    for user in &users {
        (subject.join)(user);
    }
    // Each twice: two replicas may be at it.
    let answers = at_once(users.iter().chain(&users).cloned().map(|user| {
        let domains = subject.domains.clone();
        async move { domains.remove_user(&user).await }
    }))
    .await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    for user in &users {
        assert_eq!((subject.memberships)(user), 0);
    }
}

pub async fn it_serves_a_bare_runtime(subject: &DomainsUnderTest) {
    (subject.join)(&ada());
    let domains = subject.domains.clone();
    let answer = on_a_bare_runtime(async move || domains.remove_user(&ada()).await).await;
    assert_eq!(answer, Ok(()));
    assert_eq!((subject.memberships)(&ada()), 0);
}

pub async fn a_dropped_call_can_be_made_again(subject: &DomainsUnderTest) {
    (subject.join)(&grace());
    for polls in POLLS {
        (subject.join)(&ada());
        dropped_after(polls, subject.domains.remove_user(&ada())).await;
        subject.removed(&ada()).await;
    }
    assert_eq!((subject.memberships)(&grace()), 1);
}
