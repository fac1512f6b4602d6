//! What messages are when they were read and are written again.

use super::super::super::comparison::Difference;

/// What we read and write.
pub(in super::super::super) const MESSAGES: &[Difference] = &[
    Difference {
        subjects: &[
            "grpc/retrieve_users--limit_0.json",
            "grpc/retrieve_users--limit_1.json",
            "grpc/retrieve_users--mixed.json",
            "grpc/retrieve_users--two_limit_2.json",
            "grpc/retrieve_users--two_reversed.json",
        ],
        fact: "response, written again",
        ours: r#""the same bytes in another order""#,
        reason: "entries of metadata have no order: the deployed service shuffles them, we sort",
    },
    Difference {
        subjects: &["grpc/retrieve_users--unknown_field.json"],
        fact: "request, written again",
        ours: r#""the same bytes without what we do not read""#,
        reason: "a field that a later version has is skipped",
    },
    Difference {
        subjects: &["spicedb/read_relationships--*"],
        fact: "response, written again",
        ours: r#""the same bytes without what we do not read""#,
        reason: "nobody pages through relationships here, so the cursor is skipped",
    },
    Difference {
        subjects: &["grpc/retrieve_users--malformed_bytes.json"],
        fact: "request, written again",
        ours: "null",
        reason: "what is no message cannot be written again",
    },
    Difference {
        subjects: &["grpc/retrieve_users--invalid_utf8.json"],
        fact: "request",
        ours: r#""(not a valid message)""#,
        reason: "a text that is not UTF-8 is no text, and its message no message",
    },
    Difference {
        subjects: &["grpc/retrieve_users--invalid_utf8.json"],
        fact: "request, written again",
        ours: "null",
        reason: "what is no message cannot be written again",
    },
];
