//! What the platform is asked, in which order, and what comes of it.

use super::super::super::comparison::Difference;

/// What we ask.
pub(in super::super::super) const REQUESTS: &[Difference] = &[
    Difference {
        subjects: &["grpc/*", "spicedb/*"],
        fact: "header user-agent",
        ours: r#""magistrala-users""#,
        reason: "we say who we are",
    },
    Difference {
        subjects: &["grpc/*", "spicedb/*"],
        fact: "header grpc-accept-encoding",
        ours: "null",
        reason: "messages of some hundred bytes are not compressed, and nobody need offer to",
    },
    Difference {
        subjects: &["spicedb/*"],
        fact: "header grpc-timeout",
        ours: r#""less than the timeout, in microseconds""#,
        reason: "every wait is bounded, by half the lease of the outbox at most; the deployed service waits for SpiceDB as long as its caller does",
    },
    Difference {
        subjects: &["grpc/delete_user_from_domains--purge_own.json"],
        fact: "header grpc-timeout",
        ours: r#""less than the timeout, in microseconds""#,
        reason: "who carries out a purge waits half of his lease at most, whatever is set",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: demoted_admin_refresh"],
        fact: "calls",
        ours: r#"["Refresh","Revoke"]"#,
        reason: "the auth service copies the role of a session's beginning into each new token: a session of a former role is ended",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: demoted_admin_refresh"],
        fact: "status",
        ours: "401",
        reason: "who was demoted signs in again, and gets tokens of the role that he has",
    },
    Difference {
        subjects: &["grpc/check--start_up.json"],
        fact: "header grpc-timeout",
        ours: r#""a little under the timeout, in microseconds""#,
        reason: "every wait is bounded; the deployed service does not start while the auth service is silent",
    },
    Difference {
        subjects: &["grpc/authorize--trace_list_by_admin.json"],
        fact: "header traceparent",
        ours: r#""a trace and a span, sampled""#,
        reason: "whether a trace is kept is decided by whoever began it",
    },
    Difference {
        subjects: &["grpc/authorize--trace_list_by_admin.json"],
        fact: "header tracestate",
        ours: r#""vendor=abc""#,
        reason: "who began a trace finds his own state in it",
    },
    Difference {
        subjects: &[
            "spicedb/write_relationships--register_minimal.json",
            "spicedb/write_relationships--register_full.json",
            "spicedb/write_relationships--noself_register_by_admin.json",
        ],
        fact: "updates",
        ours: r#"["TOUCH member","DELETE administrator"]"#,
        reason: "one request makes the relations what they should be, whatever they were, and may be repeated",
    },
    Difference {
        subjects: &[
            "spicedb/write_relationships--noself_register_admin_by_admin.json",
            "spicedb/write_relationships--role_to_admin.json",
            "spicedb/write_relationships--start_up_admin.json",
        ],
        fact: "updates",
        ours: r#"["TOUCH member","TOUCH administrator"]"#,
        reason: "one request makes the relations what they should be, whatever they were, and may be repeated",
    },
    Difference {
        subjects: &["grpc/issue--login_role_all.json"],
        fact: "asked",
        ours: r#"{"1 user_id":"85d02485-e3d4-4fe5-86a2-1628438f651c","2 user_role":1}"#,
        reason: "a role that is none counts as user",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: register_admin_role",
            "grpc/order-of-calls.json: register_disabled",
        ],
        fact: "calls",
        ours: "[]",
        reason: "what is refused is told to nobody",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: register_admin_role",
            "grpc/order-of-calls.json: register_email_taken_admin",
        ],
        fact: "status",
        ours: "403",
        reason: "nobody makes himself an administrator",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: register_disabled"],
        fact: "status",
        ours: "400",
        reason: "nobody registers an account that only an administrator could open",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: register_email_taken",
            "grpc/order-of-calls.json: register_username_taken",
            "grpc/order-of-calls.json: register_email_taken_admin",
        ],
        fact: "calls",
        ours: "[]",
        reason: "relations are written once the account is committed, so nothing need be undone",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: register_email_taken",
            "grpc/order-of-calls.json: register_username_taken",
        ],
        fact: "status",
        ours: "409",
        reason: "what is taken is a conflict",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: refresh_with_access_token",
            "grpc/order-of-calls.json: refresh_with_recovery_token",
        ],
        fact: "calls",
        ours: "[]",
        reason: "a token does only what its kind is for, and its kind is known without asking",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: pat_user_refresh",
            "grpc/order-of-calls.json: hs256_refresh_with_access",
        ],
        fact: "calls",
        ours: r#"["Authenticate"]"#,
        reason: "a token does only what its kind is for, and its kind is known by then",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: refresh_with_access_token",
            "grpc/order-of-calls.json: refresh_with_recovery_token",
            "grpc/order-of-calls.json: pat_user_refresh",
            "grpc/order-of-calls.json: hs256_refresh_with_access",
            "grpc/order-of-calls.json: hs256_refresh_token_as_access",
            "grpc/order-of-calls.json: hs256_revoked_refresh_token_as_access",
            "grpc/order-of-calls.json: hs256_profile_recovery",
            "grpc/order-of-calls.json: hs256_type_invitation",
        ],
        fact: "status",
        ours: "401",
        reason: "a token does only what its kind is for",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: revoke"],
        fact: "calls",
        ours: r#"["ListUserRefreshTokens","Revoke"]"#,
        reason: "a session is ended by its owner only, and the auth service does not look whose it is",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: hs256_revoke"],
        fact: "calls",
        ours: r#"["Authenticate","ListUserRefreshTokens","Revoke"]"#,
        reason: "a session is ended by its owner only, and the auth service does not look whose it is",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: revoke_again_unknown_id",
            "grpc/order-of-calls.json: revoke_not_a_uuid",
        ],
        fact: "calls",
        ours: r#"["ListUserRefreshTokens"]"#,
        reason: "what is no session of the caller is not there to be ended",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: update_secret",
            "grpc/order-of-calls.json: update_secret_admin",
        ],
        fact: "calls",
        ours: "[]",
        reason: "the old password is compared here; no session need begin for that",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: update_secret_admin"],
        fact: "status",
        ours: "400",
        reason: "a new password is another than the old one",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: role_to_admin",
            "grpc/order-of-calls.json: role_to_user",
        ],
        fact: "calls",
        ours: r#"["Authorize","WriteRelationships"]"#,
        reason: "whether the target is a member the row says; a demotion is one request that may be repeated",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: role_to_admin_again",
            "grpc/order-of-calls.json: role_to_user_again",
        ],
        fact: "calls",
        ours: r#"["Authorize"]"#,
        reason: "the same role again changes nothing",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: role_to_admin_again"],
        fact: "status",
        ours: "200",
        reason: "the same role again changes nothing, and is no fault",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: demoted_admin_token_list",
            "grpc/order-of-calls.json: demoted_admin_token_view_own",
            "grpc/order-of-calls.json: jwt_role2_not_admin_list",
        ],
        fact: "calls",
        ours: "[]",
        reason: "the row says that the caller is no administrator, whatever an old token claims",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: hs256_role_2_not_admin"],
        fact: "calls",
        ours: r#"["Authenticate"]"#,
        reason: "the row says that the caller is no administrator, whatever a token claims",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: demoted_admin_token_view_own"],
        fact: "status",
        ours: "200",
        reason: "whoever is no administrator any more still sees his own account",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: role_unknown_target",
            "grpc/order-of-calls.json: role_unknown_target_user",
            "grpc/order-of-calls.json: role_disabled_target_admin",
            "grpc/order-of-calls.json: role_disabled_target_user",
        ],
        fact: "calls",
        ours: r#"["Authorize"]"#,
        reason: "who is not there, or not enabled, the row says; nothing was changed that need be undone",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: role_unknown_target",
            "grpc/order-of-calls.json: role_unknown_target_user",
        ],
        fact: "status",
        ours: "404",
        reason: "an account that is not there is not found",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: role_disabled_target_admin",
            "grpc/order-of-calls.json: role_disabled_target_user",
        ],
        fact: "status",
        ours: "409",
        reason: "the state of an account is in the way, not its absence",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: role_all"],
        fact: "calls",
        ours: r#"["Authorize"]"#,
        reason: "`all` is a filter, not a role; the deployed service took it for user",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: role_all"],
        fact: "status",
        ours: "400",
        reason: "`all` is a filter, not a role; the deployed service took it for user",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: reset_request",
            "grpc/order-of-calls.json: reset_request_admin",
            "grpc/order-of-calls.json: hs256_reset_request",
        ],
        fact: "calls",
        ours: "[]",
        reason: "a reset goes by a code of our own, which works once",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: pat_user_view_own",
            "grpc/order-of-calls.json: pat_user_list",
        ],
        fact: "status",
        ours: "401",
        reason: "a personal access token does not stand for a proven address",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: pat_user_update",
            "grpc/order-of-calls.json: pat_user_send_verification",
            "grpc/order-of-calls.json: pat_admin_disable",
            "grpc/order-of-calls.json: pat_admin_enable",
            "grpc/order-of-calls.json: noself_register_by_pat",
        ],
        fact: "status",
        ours: "403",
        reason: "a personal access token may read, and change nothing",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: pat_admin_role",
            "grpc/order-of-calls.json: pat_admin_disable",
            "grpc/order-of-calls.json: pat_admin_enable",
            "grpc/order-of-calls.json: noself_register_by_pat",
        ],
        fact: "calls",
        ours: r#"["Authenticate"]"#,
        reason: "a personal access token may read, and change nothing",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: pat_empty",
            "grpc/order-of-calls.json: hs256_garbage",
        ],
        fact: "calls",
        ours: "[]",
        reason: "what cannot be a token by its looks is refused without asking",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: hs256_no_exp"],
        fact: "calls",
        ours: "[]",
        reason: "a token that never expires could not be ended",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: hs256_no_exp"],
        fact: "status",
        ours: "401",
        reason: "a token that never expires could not be ended",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: deleted_refresh",
            "grpc/order-of-calls.json: deleted_list_tokens",
            "grpc/order-of-calls.json: deleted_revoke",
        ],
        fact: "calls",
        ours: "[]",
        reason: "the tokens of a deleted account are dead",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: deleted_refresh",
            "grpc/order-of-calls.json: deleted_list_tokens",
            "grpc/order-of-calls.json: deleted_revoke",
        ],
        fact: "status",
        ours: "401",
        reason: "the tokens of a deleted account are dead",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: noself_register_by_admin",
            "grpc/order-of-calls.json: noself_register_admin_by_admin",
        ],
        fact: "calls",
        ours: r#"["Authorize","WriteRelationships"]"#,
        reason: "whoever registers others must be an administrator by the platform, too",
    },
    Difference {
        subjects: &[
            "grpc/order-of-calls.json: hs256_other_issuer",
            "grpc/order-of-calls.json: hs256_role_3",
            "grpc/order-of-calls.json: hs256_api_key",
        ],
        fact: "calls",
        ours: "[]",
        reason: "what a token says of itself is read first: of another issuer, or of no role that there is, it is refused without asking",
    },
    Difference {
        subjects: &["grpc/order-of-calls.json: login_role_all"],
        fact: "status",
        ours: "503",
        reason: "the recorded tokens speak of a role that there is not, and that we do not ask for",
    },
];
