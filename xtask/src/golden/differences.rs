//! Every difference between the records and us that is meant, with its reason.

use super::comparison::Difference;

const REFUSED: &str = r#""401 failed to perform authentication over the entity""#;

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
];
