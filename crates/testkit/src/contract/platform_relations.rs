//! What keeps the platform's relations promises.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use users_domain::model::{Role, UserId};
use users_domain::ports::{PlatformError, PlatformRelations};

use super::calls::{BACK_WITHIN, POLLS, at_once, dropped_after, on_a_bare_runtime};
use super::{Keep, Lever, log};

/// What keeps relations, and sight of the platform.
pub struct PlatformRelationsUnderTest {
    /// What keeps relations.
    pub relations: Arc<dyn PlatformRelations>,
    /// What the platform knows somebody as.
    pub known: Box<dyn Fn(&UserId) -> Known + Send + Sync>,
    /// Other relations to be had in the platform; `None` where there are none.
    pub elsewhere: Option<Elsewhere>,
    /// Ids that the platform cannot hold.
    pub beyond: Vec<UserId>,
    /// Takes the platform away, and brings it back; `None` where it cannot be away.
    pub outage: Option<(Lever, Lever)>,
    /// What it is shown that nobody else may see.
    pub secrets: Vec<String>,
    /// What must live as long as the subject.
    pub keep: Keep,
}

/// What the platform knows somebody as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It does not know him.
    Not,
    /// A member.
    Member,
    /// A member, and an administrator.
    Administrator,
    /// An administrator who is no member: nothing that a call may leave.
    AdministratorOnly,
}

/// What others make users in the platform.
pub struct Elsewhere {
    /// Makes somebody what others may make him: in any relation, but not a member of the platform;
    /// may block.
    pub relate: Box<dyn Fn(&UserId) + Send + Sync>,
    /// Whether he is it still; may block.
    pub is_related: Box<dyn Fn(&UserId) -> bool + Send + Sync>,
    /// Makes somebody an administrator who is no member; may block.
    pub make_administrator_only: Box<dyn Fn(&UserId) + Send + Sync>,
}

suite! {
    $
    /// Makes a test of every promise of [`PlatformRelations`](users_domain::ports::PlatformRelations).
    /// The argument gives a fresh
    /// [`PlatformRelationsUnderTest`]($crate::contract::PlatformRelationsUnderTest).
    platform_relations_contract, platform_relations:
    a_user_is_a_member_and_an_administrator_is_both,
    a_role_is_put_whatever_somebody_was_before,
    putting_again_changes_nothing,
    whom_it_forgets_has_no_relation_left,
    whom_it_does_not_know_it_forgets_all_the_same,
    relations_of_others_stay_as_they_are,
    ids_beyond_it_are_refused_and_unknown,
    many_users_at_once_all_become_what_they_shall_be,
    calls_for_one_user_at_once_leave_what_one_of_them_left,
    away_it_is_unavailable_and_it_comes_back,
    no_secret_reaches_the_log,
    it_serves_a_bare_runtime,
    a_dropped_call_leaves_nothing_half_done_and_the_next_ones_hold,
}

fn user(number: usize) -> UserId {
    UserId::from_stored(format!("5bc4eb1d-1f53-4a3a-96f8-{number:012}"))
}

fn wanted(role: Role) -> Known {
    match role {
        Role::User => Known::Member,
        Role::Admin => Known::Administrator,
    }
}

impl PlatformRelationsUnderTest {
    async fn put(&self, user: &UserId, role: Role) {
        self.relations.put(user, role).await.unwrap();
    }

    async fn remove(&self, user: &UserId) {
        self.relations.remove(user).await.unwrap();
    }

    #[track_caller]
    fn assert_known(&self, user: &UserId, known: Known) {
        assert_eq!((self.known)(user), known, "{user}");
    }
}

pub async fn a_user_is_a_member_and_an_administrator_is_both(subject: &PlatformRelationsUnderTest) {
    subject.assert_known(&user(0), Known::Not);
    subject.put(&user(0), Role::User).await;
    subject.assert_known(&user(0), Known::Member);
    subject.put(&user(1), Role::Admin).await;
    subject.assert_known(&user(1), Known::Administrator);
}

pub async fn a_role_is_put_whatever_somebody_was_before(subject: &PlatformRelationsUnderTest) {
    for (number, (before, after)) in [
        (Role::User, Role::Admin),
        (Role::Admin, Role::User),
        (Role::Admin, Role::Admin),
        (Role::User, Role::User),
    ]
    .into_iter()
    .enumerate()
    {
        subject.put(&user(number), before).await;
        subject.put(&user(number), after).await;
        subject.assert_known(&user(number), wanted(after));
    }
    let Some(elsewhere) = &subject.elsewhere else {
        return;
    };
    for (number, role) in [(10, Role::User), (11, Role::Admin)] {
        (elsewhere.make_administrator_only)(&user(number));
        subject.assert_known(&user(number), Known::AdministratorOnly);
        subject.put(&user(number), role).await;
        subject.assert_known(&user(number), wanted(role));
    }
}

pub async fn putting_again_changes_nothing(subject: &PlatformRelationsUnderTest) {
    for (number, role) in [(0, Role::User), (1, Role::Admin)] {
        for _ in 0..3 {
            subject.put(&user(number), role).await;
            subject.assert_known(&user(number), wanted(role));
        }
    }
}

pub async fn whom_it_forgets_has_no_relation_left(subject: &PlatformRelationsUnderTest) {
    for (number, role) in [(0, Role::User), (1, Role::Admin)] {
        subject.put(&user(number), role).await;
        if let Some(elsewhere) = &subject.elsewhere {
            (elsewhere.relate)(&user(number));
        }
        subject.remove(&user(number)).await;
        subject.assert_known(&user(number), Known::Not);
        if let Some(elsewhere) = &subject.elsewhere {
            assert!(!(elsewhere.is_related)(&user(number)), "{role:?}");
        }
    }
}

pub async fn whom_it_does_not_know_it_forgets_all_the_same(subject: &PlatformRelationsUnderTest) {
    subject.remove(&user(0)).await;
    subject.put(&user(0), Role::Admin).await;
    for _ in 0..2 {
        subject.remove(&user(0)).await;
        subject.assert_known(&user(0), Known::Not);
    }
    // And he may come again.
    subject.put(&user(0), Role::User).await;
    subject.assert_known(&user(0), Known::Member);
}

pub async fn relations_of_others_stay_as_they_are(subject: &PlatformRelationsUnderTest) {
    let (member, administrator, one) = (user(0), user(1), user(2));
    subject.put(&member, Role::User).await;
    subject.put(&administrator, Role::Admin).await;
    if let Some(elsewhere) = &subject.elsewhere {
        (elsewhere.relate)(&member);
        (elsewhere.relate)(&one);
    }
    subject.put(&one, Role::Admin).await;
    subject.put(&one, Role::User).await;
    if let Some(elsewhere) = &subject.elsewhere {
        assert!((elsewhere.is_related)(&one), "a role is no other relation");
    }
    subject.remove(&one).await;
    subject.assert_known(&member, Known::Member);
    subject.assert_known(&administrator, Known::Administrator);
    if let Some(elsewhere) = &subject.elsewhere {
        assert!((elsewhere.is_related)(&member));
    }
}

pub async fn ids_beyond_it_are_refused_and_unknown(subject: &PlatformRelationsUnderTest) {
    subject.put(&user(0), Role::User).await;
    for id in &subject.beyond {
        for role in [Role::User, Role::Admin] {
            let answer = subject.relations.put(id, role).await;
            assert_eq!(answer, Err(PlatformError::Refused), "{id}");
        }
        subject.remove(id).await;
    }
    subject.assert_known(&user(0), Known::Member);
}

pub async fn many_users_at_once_all_become_what_they_shall_be(
    subject: &PlatformRelationsUnderTest,
) {
    let shall = |number: usize| {
        if number.is_multiple_of(3) {
            Role::Admin
        } else {
            Role::User
        }
    };
    let answers = at_once((0..32).map(|number| {
        let relations = subject.relations.clone();
        async move { relations.put(&user(number), shall(number)).await }
    }))
    .await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    for number in 0..32 {
        subject.assert_known(&user(number), wanted(shall(number)));
    }
}

pub async fn calls_for_one_user_at_once_leave_what_one_of_them_left(
    subject: &PlatformRelationsUnderTest,
) {
    for round in 0..8 {
        let answers = at_once((0..9).map(|number| {
            let relations = subject.relations.clone();
            async move {
                match number % 3 {
                    0 => relations.put(&user(round), Role::User).await,
                    1 => relations.put(&user(round), Role::Admin).await,
                    _ => relations.remove(&user(round)).await,
                }
            }
        }))
        .await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert_ne!((subject.known)(&user(round)), Known::AdministratorOnly);
    }
}

pub async fn away_it_is_unavailable_and_it_comes_back(subject: &PlatformRelationsUnderTest) {
    let Some((go_away, come_back)) = &subject.outage else {
        return;
    };
    let relations = &subject.relations;
    subject.put(&user(0), Role::Admin).await;
    go_away();
    for _ in 0..2 {
        let put = relations.put(&user(0), Role::User).await;
        assert_eq!(put, Err(PlatformError::Unavailable));
        let removed = relations.remove(&user(0)).await;
        assert_eq!(removed, Err(PlatformError::Unavailable));
    }
    come_back();
    // It may let some time pass before it looks again.
    let back = async {
        while relations.put(&user(0), Role::User).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let back = timeout(BACK_WITHIN, back).await;
    assert!(back.is_ok(), "it does not come back by itself");
    subject.assert_known(&user(0), Known::Member);
}

pub async fn no_secret_reaches_the_log(subject: &PlatformRelationsUnderTest) {
    log::listen();
    subject.put(&user(0), Role::Admin).await;
    subject.remove(&user(0)).await;
    for id in &subject.beyond {
        subject.relations.put(id, Role::User).await.unwrap_err();
    }
    if let Some((go_away, _)) = &subject.outage {
        go_away();
        subject.relations.remove(&user(0)).await.unwrap_err();
    }
    for secret in &subject.secrets {
        log::assert_never_logged(secret);
    }
}

pub async fn it_serves_a_bare_runtime(subject: &PlatformRelationsUnderTest) {
    for number in 0..2 {
        let relations = subject.relations.clone();
        on_a_bare_runtime(async move || {
            relations.put(&user(number), Role::Admin).await?;
            relations.remove(&user(number)).await?;
            relations.put(&user(number), Role::User).await
        })
        .await
        .unwrap();
        subject.assert_known(&user(number), Known::Member);
    }
}

pub async fn a_dropped_call_leaves_nothing_half_done_and_the_next_ones_hold(
    subject: &PlatformRelationsUnderTest,
) {
    for (number, polls) in POLLS.into_iter().enumerate() {
        let user = user(number);
        subject.put(&user, Role::User).await;
        dropped_after(polls, subject.relations.put(&user, Role::Admin)).await;
        let known = (subject.known)(&user);
        assert!(
            matches!(known, Known::Member | Known::Administrator),
            "{known:?}"
        );
        dropped_after(polls, subject.relations.remove(&user)).await;
        assert_ne!((subject.known)(&user), Known::AdministratorOnly);
        // What was given up may still be under way, and then comes to an end. From then on he is
        // what he is made.
        let settled = async {
            loop {
                subject.put(&user, Role::Admin).await;
                sleep(Duration::from_millis(20)).await;
                match (subject.known)(&user) {
                    Known::Administrator => return,
                    known => assert_eq!(known, Known::Not),
                }
            }
        };
        let settled = timeout(BACK_WITHIN, settled).await;
        assert!(settled.is_ok(), "what was given up goes on for ever");
        subject.relations.remove(&user).await.unwrap();
        subject.assert_known(&user, Known::Not);
    }
}
