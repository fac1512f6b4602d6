//! Every difference between the records and us that is meant, with its reason.

use super::comparison::Difference;

const REFUSED: &str = r#""401 failed to perform authentication over the entity""#;

const NAMES_THE_ACCOUNT: &str = "an event that names no account stands in nobody's history";

const REFUSED_BY_US: &[&str] = &[
    "events/create--noself_register_by_pat.json",
    "events/create--purge_register_admin.json",
    "events/create--register_admin_role.json",
    "events/create--register_disabled.json",
    "events/disable--pat_admin_disable.json",
    "events/enable--enable_own_after_disable.json",
    "events/enable--pat_admin_enable.json",
    "events/send_verification--pat_user_send_verification.json",
    "events/update--pat_user_update.json",
    "events/update_role--role_all.json",
    "events/update_secret--update_secret_admin.json",
    "events/view--pat_user_view_own.json",
    "events/view_profile--disabled_profile.json",
    "events/view_profile--profile_with_recovery_token.json",
];

/// The list. A difference that is not on it fails, and so does one that is on it and not there.
pub(super) const INTENDED: &[Difference] = &[
    Difference {
        subjects: &[
            "http-login.json",
            "http-login.json with identity and secret",
            "http-login-admin.json",
            "http-refresh.json",
        ],
        fact: "members",
        ours: r#"["access_token: str","refresh_token: str","access_type: str"]"#,
        reason: "the documented answer names the kind of token, the deployed service leaves it out",
    },
    Difference {
        subjects: &[
            "http-login.json",
            "http-login.json with identity and secret",
            "http-login-admin.json",
            "http-refresh.json",
        ],
        fact: "access_type",
        ours: r#""Bearer""#,
        reason: "the documented answer names the kind of token, the deployed service leaves it out",
    },
    Difference {
        subjects: &["refresh-user.json", "refresh-after-refresh.json"],
        fact: "claims",
        ours: r#"["exp: int","gen: int","iat: int","iss: str","jti: str","role: int","sub: str","type: int","verified: bool"]"#,
        reason: "refresh tokens rotate: `gen` counts, so that one that was replaced is told apart",
    },
    Difference {
        subjects: &["validation.json: jwt_no_exp", "validation.json: jwt_no_iat"],
        fact: "answer",
        ours: REFUSED,
        reason: "a token that never expires, or whose age nobody knows, could not be ended",
    },
    Difference {
        subjects: &[
            "validation.json: jwt_refresh_type",
            "validation.json: jwt_recovery_type",
            "validation.json: jwt_api_type",
            "validation.json: jwt_pat_type",
            "validation.json: jwt_invitation_type",
        ],
        fact: "answer",
        ours: REFUSED,
        reason: "a token does only what its kind is for: these are not access tokens",
    },
    Difference {
        subjects: &["validation.json: jwt_no_sub"],
        fact: "answer",
        ours: REFUSED,
        reason: "a token of nobody proves nothing; 404 would speak of an account",
    },
    Difference {
        subjects: &[
            "validation.json: jwt_alg_other",
            "validation.json: jwt_alg_none",
        ],
        fact: "answer",
        ours: REFUSED,
        reason: "the algorithm that a token names must be the one of its key (RFC 8725, 3.1)",
    },
    Difference {
        subjects: &["events/*"],
        fact: "event_id",
        ours: r#""a UUIDv7""#,
        reason: "an event may come twice, and consumers must be able to tell",
    },
    Difference {
        subjects: &[
            "events/issue_token--login_admin_by_email.json",
            "events/issue_token--login_admin_by_username.json",
            "events/send_password_reset--reset_request_admin.json",
        ],
        fact: "user_id",
        ours: r#""2f6b8275-0047-4d0c-b4bd-61571e82c5ed""#,
        reason: NAMES_THE_ACCOUNT,
    },
    Difference {
        subjects: &[
            "events/issue_token--login_user_with_description.json",
            "events/refresh_token--*",
            "events/revoke_refresh_token--*",
            "events/reset_secret--*",
        ],
        fact: "user_id",
        ours: r#""3334cdc6-a3f3-4852-b815-29ab4da99628""#,
        reason: NAMES_THE_ACCOUNT,
    },
    Difference {
        subjects: &["events/send_password_reset--reset_request.json"],
        fact: "user_id",
        ours: r#""85d02485-e3d4-4fe5-86a2-1628438f651c""#,
        reason: NAMES_THE_ACCOUNT,
    },
    Difference {
        subjects: &[
            "events/issue_token--*",
            "events/send_password_reset--*",
            "events/reset_secret--*",
            "events/verify_email--*",
        ],
        fact: "request_id",
        ours: r#""a UUIDv4""#,
        reason: "every request has an id, these above all, that an auditor wants to follow",
    },
    Difference {
        subjects: &["events/list--trace_list_by_admin.json"],
        fact: "request_id",
        ours: r#""mine""#,
        reason: "an id that the caller sends is kept, so that both sides find the request by it",
    },
    Difference {
        subjects: &["events/view--*", "events/view_profile--*"],
        fact: "private_metadata",
        ours: "null",
        reason: "whoever follows the events need not learn private data each time that it is looked at",
    },
    Difference {
        subjects: &["events/list--*", "events/search--*"],
        fact: "total",
        ours: r#""that of the answer""#,
        reason: "the deployed service tells the total of the question, which has none",
    },
    Difference {
        subjects: &["events/list--list_by_admin_tags_and.json"],
        fact: "limit",
        ours: "0",
        reason: "who asks for the total alone looks at no account",
    },
    Difference {
        subjects: &[
            "events/update--*",
            "events/update_email--*",
            "events/update_role--*",
            "events/update_secret--*",
            "events/update_tags--*",
            "events/view--*",
            "events/view_profile--*",
        ],
        fact: "`<`, `>` and `&` are written",
        ours: r#""as they are""#,
        reason: "metadata stands as it is stored; it is JSON either way",
    },
    Difference {
        subjects: &["events/create--register_full.json"],
        fact: "metadata",
        ours: r#"{"big":12345678901234567890,"f":1.5,"n":12,"nested":{"a":[1,"x",null,true]},"rank":"rear admiral"}"#,
        reason: "large numbers keep their digits",
    },
    Difference {
        subjects: REFUSED_BY_US,
        fact: "events",
        ours: "[]",
        reason: "what is refused has not happened",
    },
    Difference {
        subjects: &[
            "events/create--purge_register_admin.json",
            "events/create--register_admin_role.json",
        ],
        fact: "status",
        ours: "403",
        reason: "nobody makes himself an administrator",
    },
    Difference {
        subjects: &["events/create--register_disabled.json"],
        fact: "status",
        ours: "400",
        reason: "nobody registers an account that only an administrator could open",
    },
    Difference {
        subjects: &[
            "events/create--noself_register_by_pat.json",
            "events/disable--pat_admin_disable.json",
            "events/enable--pat_admin_enable.json",
            "events/send_verification--pat_user_send_verification.json",
            "events/update--pat_user_update.json",
        ],
        fact: "status",
        ours: "403",
        reason: "a personal access token may read, and change nothing",
    },
    Difference {
        subjects: &["events/view--pat_user_view_own.json"],
        fact: "status",
        ours: "401",
        reason: "a personal access token does not stand for a proven address",
    },
    Difference {
        subjects: &[
            "events/enable--enable_own_after_disable.json",
            "events/view_profile--disabled_profile.json",
        ],
        fact: "status",
        ours: "401",
        reason: "the tokens of a suspended account are dead; only an administrator lifts the suspension",
    },
    Difference {
        subjects: &["events/view_profile--profile_with_recovery_token.json"],
        fact: "status",
        ours: "401",
        reason: "what came by mail sets a new password, and opens nothing else",
    },
    Difference {
        subjects: &["events/update_role--role_all.json"],
        fact: "status",
        ours: "400",
        reason: "`all` is a filter, not a role; the deployed service took it for user",
    },
    Difference {
        subjects: &["events/update_secret--update_secret_admin.json"],
        fact: "status",
        ours: "400",
        reason: "a new password is another than the old one",
    },
];
