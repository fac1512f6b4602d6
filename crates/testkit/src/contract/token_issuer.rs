//! What a token issuer promises.

use std::time::Duration;

use users_domain::model::{
    BearerToken, Role, Session, SessionDescription, Timestamp, TokenId, TokenKind,
};
use users_domain::ports::{Clock, IssueToken, RefreshToken, TokenError};

use super::TokensUnderTest;
use super::calls::{POLLS, at_once, dropped_after, on_a_bare_runtime};
use super::tokens::{ada, assert_refused, continuation, grace, request};

/// How long the token just replaced still works.
const GRACE: Duration = Duration::from_secs(30);

suite! {
    $
    /// Makes a test of every promise of [`TokenIssuer`](users_domain::ports::TokenIssuer). The
    /// argument gives a fresh [`TokensUnderTest`]($crate::contract::TokensUnderTest).
    token_issuer_contract, token_issuer:
    both_tokens_of_a_pair_name_the_user_and_have_their_kind,
    tokens_live_as_long_as_they_should,
    no_two_tokens_and_no_two_sessions_are_the_same,
    a_refresh_token_keeps_its_id_and_its_end,
    a_session_ends_when_its_first_refresh_token_would_have,
    a_refresh_token_is_replaced_by_the_next,
    the_token_just_replaced_works_for_thirty_seconds_more,
    reuse_after_that_ends_the_session,
    reuse_of_an_older_token_ends_the_session_at_once,
    many_refreshes_at_once_lead_to_one_session,
    an_access_token_is_not_refreshed,
    another_users_token_is_not_refreshed,
    a_text_that_is_no_token_is_not_refreshed,
    a_revoked_session_is_not_refreshed,
    an_expired_session_is_not_refreshed,
    no_token_is_issued_as_of_before_the_earliest_moment,
    no_session_begins_before_the_earliest_moment,
    an_earliest_moment_in_the_past_changes_nothing,
    revoking_what_is_not_there_is_no_error,
    a_session_is_revoked_by_its_user_only,
    some_sessions_of_a_user_are_revoked_and_no_others,
    all_sessions_of_a_user_are_revoked_and_no_others,
    sessions_are_listed_oldest_first_with_what_they_are_called,
    sessions_that_ended_are_not_listed,
    the_sessions_listed_are_those_of_the_store,
    it_serves_a_bare_runtime,
    a_dropped_call_leaves_the_session_usable,
    away_it_answers_unavailable,
}

pub async fn both_tokens_of_a_pair_name_the_user_and_have_their_kind(subject: &TokensUnderTest) {
    for role in [Role::User, Role::Admin] {
        for verified in [false, true] {
            let first = IssueToken {
                role,
                verified,
                ..request(&ada())
            };
            let first = subject.issuer.issue(first).await.unwrap();
            let next = RefreshToken {
                role,
                verified,
                ..continuation(&ada(), &first.refresh)
            };
            let next = subject.issuer.refresh(next).await.unwrap();
            for pair in [first, next] {
                let access = subject.claims(&pair.access).await;
                let refresh = subject.claims(&pair.refresh).await;
                assert_eq!((access.user, access.kind), (ada(), TokenKind::Access));
                assert_eq!((refresh.user, refresh.kind), (ada(), TokenKind::Refresh));
            }
        }
    }
}

pub async fn tokens_live_as_long_as_they_should(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    let now = subject.clock.now();
    for (token, lifetime) in [
        (&pair.access, subject.access_lifetime),
        (&pair.refresh, subject.refresh_lifetime),
    ] {
        let claims = subject.claims(token).await;
        assert_eq!(claims.issued_at, Some(now.unix_timestamp()));
        let ends = claims.expires_at.map(Timestamp::unix_timestamp);
        assert_eq!(ends, Some((now + lifetime).unix_timestamp()));
    }
}

pub async fn no_two_tokens_and_no_two_sessions_are_the_same(subject: &TokensUnderTest) {
    let (one, other) = (subject.issue(&ada()).await, subject.issue(&ada()).await);
    assert_ne!(one.refresh.expose(), other.refresh.expose());
    assert_ne!(one.access.expose(), one.refresh.expose());
    let id = subject.claims(&one.refresh).await.id;
    assert!(id.is_some());
    assert_ne!(id, subject.claims(&other.refresh).await.id);
    assert_eq!(subject.sessions_of(&ada()).await, 2);
}

pub async fn a_refresh_token_keeps_its_id_and_its_end(subject: &TokensUnderTest) {
    let mut pair = subject.issue(&ada()).await;
    let first = subject.claims(&pair.refresh).await;
    for _ in 0..3 {
        subject.clock.advance(Duration::from_mins(1));
        pair = subject.refresh(&ada(), &pair.refresh).await.unwrap();
        let next = subject.claims(&pair.refresh).await;
        assert_eq!((&next.id, next.expires_at), (&first.id, first.expires_at));
        assert_eq!(next.issued_at, Some(subject.clock.now().unix_timestamp()));
    }
}

pub async fn a_session_ends_when_its_first_refresh_token_would_have(subject: &TokensUnderTest) {
    let first = subject.issue(&ada()).await;
    let left = subject.refresh_lifetime - Duration::from_secs(1);
    subject.clock.advance(left);
    let last = subject.refresh(&ada(), &first.refresh).await.unwrap();
    assert_eq!(subject.sessions_of(&ada()).await, 1);
    subject.clock.advance(Duration::from_secs(1));
    assert_refused(&subject.refresh(&ada(), &last.refresh).await);
    assert_eq!(subject.sessions_of(&ada()).await, 0);
}

pub async fn a_refresh_token_is_replaced_by_the_next(subject: &TokensUnderTest) {
    let mut pair = subject.issue(&ada()).await;
    for _ in 0..10 {
        let next = subject.refresh(&ada(), &pair.refresh).await.unwrap();
        assert_ne!(next.refresh.expose(), pair.refresh.expose());
        pair = next;
    }
    assert_eq!(subject.sessions_of(&ada()).await, 1);
}

pub async fn the_token_just_replaced_works_for_thirty_seconds_more(subject: &TokensUnderTest) {
    let first = subject.issue(&ada()).await;
    let lost = subject.refresh(&ada(), &first.refresh).await.unwrap();
    subject.clock.advance(GRACE);
    let repeated = subject.refresh(&ada(), &first.refresh).await.unwrap();
    // The repeated answer is as good as the lost one: whichever arrived goes on.
    subject.refresh(&ada(), &lost.refresh).await.unwrap();
    let next = subject.refresh(&ada(), &repeated.refresh).await.unwrap();
    subject.refresh(&ada(), &next.refresh).await.unwrap();
    assert_eq!(subject.sessions_of(&ada()).await, 1);
}

pub async fn reuse_after_that_ends_the_session(subject: &TokensUnderTest) {
    let first = subject.issue(&ada()).await;
    let next = subject.refresh(&ada(), &first.refresh).await.unwrap();
    subject.clock.advance(GRACE + Duration::from_secs(1));
    assert_refused(&subject.refresh(&ada(), &first.refresh).await);
    assert_refused(&subject.refresh(&ada(), &next.refresh).await);
    assert_eq!(subject.sessions_of(&ada()).await, 0);
}

pub async fn reuse_of_an_older_token_ends_the_session_at_once(subject: &TokensUnderTest) {
    let first = subject.issue(&ada()).await;
    let second = subject.refresh(&ada(), &first.refresh).await.unwrap();
    let third = subject.refresh(&ada(), &second.refresh).await.unwrap();
    assert_refused(&subject.refresh(&ada(), &first.refresh).await);
    assert_refused(&subject.refresh(&ada(), &third.refresh).await);
}

pub async fn many_refreshes_at_once_lead_to_one_session(subject: &TokensUnderTest) {
    let first = subject.issue(&ada()).await;
    let id = subject.claims(&first.refresh).await.id;
    let pairs = at_once((0..16).map(|_| {
        let issuer = subject.issuer.clone();
        let request = continuation(&ada(), &first.refresh);
        async move { issuer.refresh(request).await }
    }))
    .await;
    for pair in &pairs {
        let claims = subject.claims(&pair.as_ref().unwrap().refresh).await;
        assert_eq!(claims.id, id);
    }
    let session = subject.sessions.list(&ada()).await.unwrap();
    assert_eq!((session.len(), session[0].generation), (1, 1));
    subject
        .refresh(&ada(), &pairs[7].as_ref().unwrap().refresh)
        .await
        .unwrap();
}

pub async fn an_access_token_is_not_refreshed(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    assert_refused(&subject.refresh(&ada(), &pair.access).await);
    subject.refresh(&ada(), &pair.refresh).await.unwrap();
}

pub async fn another_users_token_is_not_refreshed(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    assert_refused(&subject.refresh(&grace(), &pair.refresh).await);
    subject.refresh(&ada(), &pair.refresh).await.unwrap();
}

pub async fn a_text_that_is_no_token_is_not_refreshed(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    let cut = &pair.refresh.expose()[1..];
    for text in ["", "x", "a.b.c", "\0", cut] {
        let token = BearerToken::new(text.to_owned());
        assert_refused(&subject.refresh(&ada(), &token).await);
    }
    assert_eq!(subject.sessions_of(&ada()).await, 1);
}

pub async fn a_revoked_session_is_not_refreshed(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    let id = subject.claims(&pair.refresh).await.id.unwrap();
    subject.issuer.revoke(&ada(), &id).await.unwrap();
    assert_refused(&subject.refresh(&ada(), &pair.refresh).await);
}

pub async fn an_expired_session_is_not_refreshed(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    subject.clock.advance(subject.refresh_lifetime);
    assert_refused(&subject.refresh(&ada(), &pair.refresh).await);
}

/// A moment that no issuer waits for.
const FAR_AHEAD: i64 = 3600;

/// Whether the subject issues as of a moment to come; if not, that what it does instead is right.
async fn issues_ahead(subject: &TokensUnderTest) -> bool {
    if subject.issues_ahead {
        return true;
    }
    let begun = subject.issue(&ada()).await;
    let not_before = Some(subject.clock.now().unix_timestamp() + FAR_AHEAD);
    let issued = IssueToken {
        not_before,
        ..request(&ada())
    };
    let refreshed = RefreshToken {
        not_before,
        ..continuation(&ada(), &begun.refresh)
    };
    let away = Some(TokenError::Unavailable);
    assert_eq!(subject.issuer.issue(issued).await.err(), away);
    assert_eq!(subject.issuer.refresh(refreshed).await.err(), away);
    assert_eq!(subject.sessions_of(&ada()).await, 1);
    false
}

pub async fn no_token_is_issued_as_of_before_the_earliest_moment(subject: &TokensUnderTest) {
    if !issues_ahead(subject).await {
        return;
    }
    let not_before = subject.clock.now().unix_timestamp() + 2;
    let first = IssueToken {
        not_before: Some(not_before),
        ..request(&ada())
    };
    let first = subject.issuer.issue(first).await.unwrap();
    let next = RefreshToken {
        not_before: Some(not_before),
        ..continuation(&ada(), &first.refresh)
    };
    let next = subject.issuer.refresh(next).await.unwrap();
    for pair in [first, next] {
        for token in [pair.access, pair.refresh] {
            // It verifies at once all the same.
            let issued_at = subject.claims(&token).await.issued_at;
            assert!(issued_at >= Some(not_before), "{issued_at:?}");
        }
    }
}

pub async fn no_session_begins_before_the_earliest_moment(subject: &TokensUnderTest) {
    if !issues_ahead(subject).await {
        return;
    }
    let not_before = subject.clock.now().unix_timestamp() + 2;
    let first = IssueToken {
        not_before: Some(not_before),
        ..request(&ada())
    };
    let pair = subject.issuer.issue(first).await.unwrap();
    let sessions = subject.issuer.sessions(&ada()).await.unwrap();
    let begun = sessions[0].created_at.unwrap().unix_timestamp();
    assert!(begun >= not_before, "{begun}");
    // It goes on like any other.
    subject.refresh(&ada(), &pair.refresh).await.unwrap();
}

pub async fn an_earliest_moment_in_the_past_changes_nothing(subject: &TokensUnderTest) {
    let now = subject.clock.now().unix_timestamp();
    let first = IssueToken {
        not_before: Some(now - 3_600),
        ..request(&ada())
    };
    let pair = subject.issuer.issue(first).await.unwrap();
    assert_eq!(subject.claims(&pair.access).await.issued_at, Some(now));
}

pub async fn revoking_what_is_not_there_is_no_error(subject: &TokensUnderTest) {
    let unknown = TokenId::new("no such session".to_owned());
    subject.issuer.revoke(&ada(), &unknown).await.unwrap();
    subject.issuer.revoke_all(&ada()).await.unwrap();
    let pair = subject.issue(&ada()).await;
    let id = subject.claims(&pair.refresh).await.id.unwrap();
    for _ in 0..2 {
        subject.issuer.revoke(&ada(), &id).await.unwrap();
    }
}

pub async fn a_session_is_revoked_by_its_user_only(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    let id = subject.claims(&pair.refresh).await.id.unwrap();
    subject.issuer.revoke(&grace(), &id).await.unwrap();
    assert_eq!(subject.sessions_of(&ada()).await, 1);
    subject.refresh(&ada(), &pair.refresh).await.unwrap();
}

pub async fn some_sessions_of_a_user_are_revoked_and_no_others(subject: &TokensUnderTest) {
    let mut mine = Vec::new();
    for _ in 0..12 {
        mine.push(subject.issue(&ada()).await);
    }
    let theirs = subject.issue(&grace()).await;
    let mut over = vec![TokenId::new("no such session".to_owned())];
    for pair in mine[1..].iter().chain([&theirs]) {
        over.push(subject.claims(&pair.refresh).await.id.unwrap());
    }
    for _ in 0..2 {
        subject.issuer.revoke_some(&ada(), &over).await.unwrap();
        subject.issuer.revoke_some(&ada(), &[]).await.unwrap();
    }
    assert_eq!(subject.sessions_of(&ada()).await, 1);
    assert_refused(&subject.refresh(&ada(), &mine[1].refresh).await);
    subject.refresh(&ada(), &mine[0].refresh).await.unwrap();
    subject.refresh(&grace(), &theirs.refresh).await.unwrap();
}

pub async fn all_sessions_of_a_user_are_revoked_and_no_others(subject: &TokensUnderTest) {
    let mine = [subject.issue(&ada()).await, subject.issue(&ada()).await];
    let theirs = subject.issue(&grace()).await;
    subject.issuer.revoke_all(&ada()).await.unwrap();
    for pair in mine {
        assert_refused(&subject.refresh(&ada(), &pair.refresh).await);
    }
    subject.refresh(&grace(), &theirs.refresh).await.unwrap();
}

pub async fn sessions_are_listed_oldest_first_with_what_they_are_called(subject: &TokensUnderTest) {
    let names = [Some("laptop"), None, Some("телефон")];
    let (mut ids, mut times) = (Vec::new(), Vec::new());
    for name in names {
        let description = name.map(|name| SessionDescription::parse(name).unwrap());
        let begun = IssueToken {
            description,
            ..request(&ada())
        };
        let pair = subject.issuer.issue(begun).await.unwrap();
        ids.push(subject.claims(&pair.refresh).await.id.unwrap());
        times.push(subject.clock.now());
        subject.clock.advance(Duration::from_secs(1));
    }
    subject.issue(&grace()).await;
    let sessions = subject.issuer.sessions(&ada()).await.unwrap();
    assert_eq!(sessions.len(), 3);
    for (number, session) in sessions.iter().enumerate() {
        let name = session.description.as_ref().map(SessionDescription::as_str);
        assert_eq!((&session.id, &session.user), (&ids[number], &ada()));
        let (begins, ends) = (times[number], times[number] + subject.refresh_lifetime);
        assert_eq!((name, session.created_at), (names[number], Some(begins)));
        assert_eq!(session.expires_at, Some(ends));
    }
}

pub async fn sessions_that_ended_are_not_listed(subject: &TokensUnderTest) {
    subject.issue(&ada()).await;
    subject.clock.advance(subject.refresh_lifetime / 2);
    let revoked = subject.issue(&ada()).await;
    let id = subject.claims(&revoked.refresh).await.id.unwrap();
    subject.issue(&ada()).await;
    subject.issuer.revoke(&ada(), &id).await.unwrap();
    assert_eq!(subject.sessions_of(&ada()).await, 2);
    subject.clock.advance(subject.refresh_lifetime / 2);
    assert_eq!(subject.sessions_of(&ada()).await, 1);
    subject.clock.advance(subject.refresh_lifetime / 2);
    assert_eq!(subject.sessions_of(&ada()).await, 0);
}

pub async fn the_sessions_listed_are_those_of_the_store(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    subject.refresh(&ada(), &pair.refresh).await.unwrap();
    let listed = subject.issuer.sessions(&ada()).await.unwrap();
    let kept = subject.sessions.list(&ada()).await.unwrap();
    let kept: Vec<_> = kept.into_iter().map(Session::from).collect();
    assert_eq!(listed, kept);
    subject.sessions.revoke_all(&ada()).await.unwrap();
    assert_refused(&subject.refresh(&ada(), &pair.refresh).await);
}

pub async fn it_serves_a_bare_runtime(subject: &TokensUnderTest) {
    let issuer = subject.issuer.clone();
    on_a_bare_runtime(async move || {
        let pair = issuer.issue(request(&ada())).await.unwrap();
        issuer
            .refresh(continuation(&ada(), &pair.refresh))
            .await
            .unwrap();
        let sessions = issuer.sessions(&ada()).await.unwrap();
        issuer.revoke(&ada(), &sessions[0].id).await.unwrap();
        issuer.revoke_all(&ada()).await.unwrap();
    })
    .await;
    assert_eq!(subject.sessions_of(&ada()).await, 0);
}

pub async fn a_dropped_call_leaves_the_session_usable(subject: &TokensUnderTest) {
    for polls in POLLS {
        let pair = subject.issue(&ada()).await;
        dropped_after(polls, subject.refresh(&ada(), &pair.refresh)).await;
        // Done or not: the client that got no answer asks again.
        let next = subject.refresh(&ada(), &pair.refresh).await.unwrap();
        subject.refresh(&ada(), &next.refresh).await.unwrap();
    }
    assert_eq!(subject.sessions_of(&ada()).await, POLLS.len());
}

pub async fn away_it_answers_unavailable(subject: &TokensUnderTest) {
    let Some(go_away) = &subject.go_away else {
        return;
    };
    let pair = subject.issue(&ada()).await;
    let id = subject.claims(&pair.refresh).await.id.unwrap();
    go_away();
    let issuer = &subject.issuer;
    let away = Some(TokenError::Unavailable);
    assert_eq!(issuer.issue(request(&ada())).await.err(), away);
    assert_eq!(subject.refresh(&ada(), &pair.refresh).await.err(), away);
    assert_eq!(issuer.revoke(&ada(), &id).await.err(), away);
    let some = issuer.revoke_some(&ada(), std::slice::from_ref(&id)).await;
    assert_eq!(some.err(), away);
    assert_eq!(issuer.revoke_all(&ada()).await.err(), away);
    assert_eq!(issuer.sessions(&ada()).await.err(), away);
}
