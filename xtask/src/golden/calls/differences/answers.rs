//! What callers are answered when the platform does not answer as it should.

use super::super::super::comparison::Difference;

/// What we answer.
pub(in super::super::super) const ANSWERS: &[Difference] = &[
    Difference {
        subjects: &[
            "grpc/status-to-http.json: login",
            "grpc/status-to-http.json: list_tokens",
        ],
        fact: "answers",
        ours: r#"{"503 token issuer is unavailable, try again later":"every code"}"#,
        reason: "what goes wrong at the auth service is no fault of the caller: 503, and he may try again",
    },
    Difference {
        subjects: &["grpc/status-to-http.json: refresh"],
        fact: "answers",
        ours: r#"{"401 failed to perform authentication over the entity":["Unauthenticated"],"503 token issuer is unavailable, try again later":"every other code"}"#,
        reason: "what goes wrong at the auth service is no fault of the caller: 503, and he may try again",
    },
    Difference {
        subjects: &["grpc/status-to-http.json: pat_profile"],
        fact: "answers",
        ours: r#"{"401 failed to perform authentication over the entity":["Unauthenticated"],"503 token verifier is unavailable, try again later":"every other code"}"#,
        reason: "what goes wrong at the auth service is no fault of the caller: 503, and he may try again",
    },
    Difference {
        subjects: &["grpc/status-to-http.json: revoke"],
        fact: "answers",
        ours: r#"{"204":["InvalidArgument","NotFound"],"503 token issuer is unavailable, try again later":"every other code"}"#,
        reason: "what goes wrong at the auth service is no fault of the caller: 503, and he may try again; a session that it does not know is ended",
    },
    Difference {
        subjects: &[
            "grpc/status-to-http.json: guard_list_users",
            "grpc/status-to-http.json: guard_update_own",
            "grpc/status-to-http.json: role_guard",
        ],
        fact: "answers",
        ours: r#"{"503 platform authority is unavailable, try again later":"every code"}"#,
        reason: "what goes wrong at the auth service is no fault of the caller: 503, and he may try again",
    },
    Difference {
        subjects: &["grpc/status-to-http.json: change_secret"],
        fact: "answers",
        ours: r#"{"200":"every code"}"#,
        reason: "no session need begin for that",
    },
    Difference {
        subjects: &["grpc/status-to-http.json: reset_request"],
        fact: "answers",
        ours: r#"{"201":"every code"}"#,
        reason: "a reset goes by a code of our own",
    },
    Difference {
        subjects: &["grpc/status-to-http.json: register"],
        fact: "answers",
        ours: r#"{"201":"every code"}"#,
        reason: "an account is made, and SpiceDB hears of it as soon as it can",
    },
    Difference {
        subjects: &[
            "grpc/status-to-http.json: role_admin",
            "grpc/status-to-http.json: role_user",
        ],
        fact: "answers",
        ours: r#"{"200":"every code"}"#,
        reason: "a role is changed, and SpiceDB hears of it as soon as it can",
    },
    Difference {
        subjects: &["grpc/status-to-http.json: odd_answers: authenticate_pat_empty_answer"],
        fact: "answer",
        ours: r#""503 token verifier is unavailable, try again later""#,
        reason: "an answer that names nobody says nothing about the token",
    },
    Difference {
        subjects: &["grpc/status-to-http.json: odd_answers: authenticate_pat_type_0_unverified"],
        fact: "answer",
        ours: r#""401 failed to perform authentication over the entity""#,
        reason: "a personal access token that is taken for another kind of token is refused",
    },
    Difference {
        subjects: &[
            "grpc/status-to-http.json: odd_answers: authorize_false",
            "grpc/status-to-http.json: odd_answers: authorize_false_role",
        ],
        fact: "answer",
        ours: r#""401 email not verified""#,
        reason: "whom the platform does not take for an administrator is none, and his address is not proven",
    },
    Difference {
        subjects: &[
            "grpc/status-to-http.json: odd_answers: big_answer_over_1MiB",
            "grpc/status-to-http.json: odd_answers: big_answer_under_1MiB",
            "grpc/status-to-http.json: odd_answers: issue_access_only",
            "grpc/status-to-http.json: odd_answers: issue_empty_token",
            "grpc/status-to-http.json: odd_answers: issue_with_access_type",
            "grpc/status-to-http.json: odd_answers: malformed_answer",
            "grpc/status-to-http.json: odd_answers: refresh_empty",
        ],
        fact: "answer",
        ours: r#""503 token issuer is unavailable, try again later""#,
        reason: "an answer without two tokens that say whose they are is none",
    },
    Difference {
        subjects: &[
            "grpc/status-to-http.json: slower_than_the_deadline_of_10_s: list_tokens",
            "grpc/status-to-http.json: slower_than_the_deadline_of_10_s: login",
            "grpc/status-to-http.json: slower_than_the_deadline_of_10_s: revoke",
        ],
        fact: "answer",
        ours: r#""503 token issuer is unavailable, try again later""#,
        reason: "what goes wrong at the auth service is no fault of the caller: 503, and he may try again",
    },
    Difference {
        subjects: &["grpc/status-to-http.json: slower_than_the_deadline_of_10_s: guard_list_users"],
        fact: "answer",
        ours: r#""503 platform authority is unavailable, try again later""#,
        reason: "what goes wrong at the auth service is no fault of the caller: 503, and he may try again",
    },
    Difference {
        subjects: &["grpc/status-to-http.json: slower_than_the_deadline_of_10_s: pat_profile"],
        fact: "answer",
        ours: r#""503 token verifier is unavailable, try again later""#,
        reason: "what goes wrong at the auth service is no fault of the caller: 503, and he may try again",
    },
];
