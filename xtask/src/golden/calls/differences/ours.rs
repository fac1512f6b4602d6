//! What other services are answered by us.

use super::super::super::comparison::Difference;

/// What we answer other services.
pub(in super::super::super) const OURS: &[Difference] = &[
    Difference {
        subjects: &[
            "grpc/retrieve_users--limit_0.json",
            "grpc/retrieve_users--limit_1.json",
            "grpc/retrieve_users--two_limit_2.json",
            "grpc/retrieve_users--two_reversed.json",
        ],
        fact: "our answer: bytes",
        ours: r#""the same bytes in another order""#,
        reason: "entries of metadata have no order: the deployed service shuffles them, we sort",
    },
    Difference {
        subjects: &[
            "grpc/retrieve_users--admin.json",
            "grpc/retrieve_users--mixed.json",
        ],
        fact: "our answer: bytes",
        ours: r#""others""#,
        reason: "administrators are given too: whoever invited somebody may be one",
    },
    Difference {
        subjects: &["grpc/retrieve_users--admin.json"],
        fact: "our answer: total",
        ours: "2",
        reason: "administrators are given too: whoever invited somebody may be one",
    },
    Difference {
        subjects: &["grpc/retrieve_users--mixed.json"],
        fact: "our answer: total",
        ours: "3",
        reason: "administrators are given too: whoever invited somebody may be one",
    },
    Difference {
        subjects: &["grpc/retrieve_users--admin.json"],
        fact: "our answer: users besides",
        ours: r#"["634f115d-dfc7-4000-8e89-846e70dded3b","2f6b8275-0047-4d0c-b4bd-61571e82c5ed"]"#,
        reason: "administrators are given too: whoever invited somebody may be one",
    },
    Difference {
        subjects: &["grpc/retrieve_users--mixed.json"],
        fact: "our answer: users besides",
        ours: r#"["634f115d-dfc7-4000-8e89-846e70dded3b"]"#,
        reason: "administrators are given too: whoever invited somebody may be one",
    },
    Difference {
        subjects: &[
            "grpc/retrieve_users--huge_limit.json",
            "grpc/retrieve_users--huge_offset.json",
        ],
        fact: "our answer: code",
        ours: r#""InvalidArgument""#,
        reason: "a number that no page has is a mistake of the caller, not of the service",
    },
    Difference {
        subjects: &["grpc/list--list.json"],
        fact: "our answer",
        ours: "null",
        reason: "gRPC added this to its health service later; whoever balances load uses Check and Watch",
    },
    Difference {
        subjects: &["grpc/list--list.json"],
        fact: "our answer: bytes",
        ours: r#""none""#,
        reason: "gRPC added this to its health service later; whoever balances load uses Check and Watch",
    },
    Difference {
        subjects: &["grpc/list--list.json"],
        fact: "our answer: code",
        ours: r#""Unimplemented""#,
        reason: "gRPC added this to its health service later; whoever balances load uses Check and Watch",
    },
];
