//! What we ask of the services for tokens, rights and domains.

use users_proto::auth::v1 as auth;
use users_proto::common::v1 as entities;
use users_proto::domains::v1 as domains;
use users_proto::token::v1 as token;

use super::{Wire, text};

fn policy_req() -> auth::PolicyReq {
    auth::PolicyReq {
        domain: text("a"),
        subject_type: text("b"),
        subject_kind: text("c"),
        subject_relation: text("d"),
        subject: text("e"),
        relation: text("f"),
        permission: text("g"),
        object: text("h"),
        object_type: text("i"),
    }
}

fn pat_req() -> auth::PatReq {
    auth::PatReq {
        pat_id: text("a"),
        domain: text("b"),
        operation: text("c"),
        user_id: text("d"),
        entity_id: text("e"),
        entity_type: text("f"),
    }
}

fn refresh_token() -> token::RefreshToken {
    token::RefreshToken {
        id: text("i"),
        description: text("d"),
    }
}

fn entity_basic() -> entities::EntityBasic {
    entities::EntityBasic {
        id: text("i"),
        domain_id: text("d"),
        parent_group_id: text("g"),
        status: 1,
    }
}

#[test]
fn messages_of_the_auth_service_are_as_documented() {
    Wire::of(auth::AuthNReq { token: text("t") }).is(&[
        "0a 01 74", // 1 token
    ]);

    Wire::of(auth::AuthNRes {
        id: text("i"),
        user_id: text("u"),
        user_role: 2,
        verified: true,
        token_type: 4,
    })
    .is(&[
        "0a 01 69", // 1 id
        "12 01 75", // 2 user_id
        "18 02",    // 3 user_role
        "20 01",    // 4 verified
        "28 04",    // 5 token_type
    ]);

    Wire::of(policy_req()).is(&[
        "0a 01 61", // 1 domain
        "12 01 62", // 2 subject_type
        "1a 01 63", // 3 subject_kind
        "22 01 64", // 4 subject_relation
        "2a 01 65", // 5 subject
        "32 01 66", // 6 relation
        "3a 01 67", // 7 permission
        "42 01 68", // 8 object
        "4a 01 69", // 9 object_type
    ]);

    Wire::of(pat_req()).is(&[
        "0a 01 61", // 1 pat_id
        "12 01 62", // 2 domain
        "1a 01 63", // 3 operation
        "22 01 64", // 4 user_id
        "2a 01 65", // 5 entity_id
        "32 01 66", // 6 entity_type
    ]);

    Wire::of(auth::AuthZReq {
        policy_req: Some(policy_req()),
        pat_req: Some(pat_req()),
    })
    .is(&[
        "0a 1b 0a 01 61 12 01 62 1a 01 63 22 01 64 2a 01 65 32 01 66 3a 01 67 42 01 68 4a 01 69", // 1 policy_req
        "12 12 0a 01 61 12 01 62 1a 01 63 22 01 64 2a 01 65 32 01 66", // 2 pat_req
    ]);

    Wire::of(auth::AuthZRes {
        authorized: true,
        id: text("i"),
    })
    .is(&[
        "08 01",    // 1 authorized
        "12 01 69", // 2 id
    ]);
}

#[test]
fn messages_of_the_token_service_are_as_documented() {
    Wire::of(token::IssueReq {
        user_id: text("u"),
        user_role: 2,
        r#type: 5,
        verified: true,
        description: text("d"),
    })
    .is(&[
        "0a 01 75", // 1 user_id
        "10 02",    // 2 user_role
        "18 05",    // 3 type
        "20 01",    // 4 verified
        "2a 01 64", // 5 description
    ]);

    Wire::of(token::RefreshReq {
        refresh_token: text("r"),
        verified: true,
    })
    .is(&[
        "0a 01 72", // 1 refresh_token
        "10 01",    // 2 verified
    ]);

    Wire::of(token::RevokeReq {
        token_id: text("t"),
        user_id: text("u"),
    })
    .is(&[
        "0a 01 74", // 1 token_id
        "12 01 75", // 2 user_id
    ]);

    Wire::of(token::RevokeRes {}).is(&[]);

    Wire::of(token::Token {
        access_token: text("a"),
        refresh_token: Some(text("r")),
        access_type: text("b"),
    })
    .is(&[
        "0a 01 61", // 1 access_token
        "12 01 72", // 2 refresh_token
        "1a 01 62", // 3 access_type
    ]);

    Wire::of(token::ListUserRefreshTokensReq { user_id: text("u") }).is(&[
        "0a 01 75", // 1 user_id
    ]);

    Wire::of(refresh_token()).is(&[
        "0a 01 69", // 1 id
        "12 01 64", // 2 description
    ]);

    Wire::of(token::ListUserRefreshTokensRes {
        refresh_tokens: vec![refresh_token()],
    })
    .is(&[
        "0a 06 0a 01 69 12 01 64", // 1 refresh_tokens
    ]);
}

#[test]
fn messages_of_the_domains_service_are_as_documented() {
    Wire::of(domains::DeleteUserReq { id: text("i") }).is(&[
        "0a 01 69", // 1 id
    ]);

    Wire::of(domains::DeleteUserRes { deleted: true }).is(&[
        "08 01", // 1 deleted
    ]);
}

#[test]
fn messages_that_services_share_are_as_documented() {
    Wire::of(entities::RetrieveEntityReq { id: text("i") }).is(&[
        "0a 01 69", // 1 id
    ]);

    Wire::of(entity_basic()).is(&[
        "0a 01 69", // 1 id
        "12 01 64", // 2 domain_id
        "1a 01 67", // 3 parent_group_id
        "20 01",    // 4 status
    ]);

    Wire::of(entities::RetrieveEntityRes {
        entity: Some(entity_basic()),
    })
    .is(&[
        "0a 0b 0a 01 69 12 01 64 1a 01 67 20 01", // 1 entity
    ]);

    Wire::of(entities::RetrieveIdByRouteReq {
        route: text("r"),
        domain_id: text("d"),
    })
    .is(&[
        "0a 01 72", // 1 route
        "12 01 64", // 2 domain_id
    ]);
}

#[test]
fn an_empty_refresh_token_is_told_from_none() {
    let pair = |refresh_token| token::Token {
        refresh_token,
        ..token::Token::default()
    };
    Wire::of(pair(None)).is(&[]);
    Wire::of(pair(Some(String::new()))).is(&["12 00"]);
}

#[test]
fn a_check_of_rights_without_a_personal_access_token_has_no_second_field() {
    let policy = auth::PolicyReq {
        subject: text("u"),
        ..auth::PolicyReq::default()
    };
    let request = |pat_req| auth::AuthZReq {
        policy_req: Some(policy.clone()),
        pat_req,
    };
    Wire::of(request(None)).is(&["0a 03 2a 01 75"]);
    let empty = auth::PatReq::default();
    Wire::of(request(Some(empty))).is(&["0a 03 2a 01 75", "12 00"]);
}
