//! Who a bearer is, and what he may do.

use std::time::Duration;

use serde_json::{Value, json};
use tonic::{Code, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use users_domain::ports::Clock;
use users_proto::auth::v1::{AuthNReq, AuthNRes, AuthZReq, PatReq, PolicyReq};
use users_test_platform::Fault;

use crate::fixture::{ADA, Fixture, NOBODY, ROOT, assert_refused, bytes, channel, user};

const REFUSED: &str = "failed to perform authentication over the entity";
const DENIED: &str = "failed to perform authorization over the entity";

impl Fixture {
    async fn authenticate(&self, token: &str) -> Result<AuthNRes, Status> {
        let request = AuthNReq {
            token: token.to_owned(),
        };
        let answer = self.rights().authenticate(request).await;
        answer.map(Response::into_inner)
    }

    async fn authorize(&self, policy: PolicyReq, pat: Option<PatReq>) -> Result<bool, Status> {
        let request = AuthZReq {
            policy_req: Some(policy),
            pat_req: pat,
        };
        let answer = self.rights().authorize(request).await;
        answer.map(|answer| answer.into_inner().authorized)
    }

    fn token(&self, changed: Value) -> String {
        let now = self.clock.now().unix_timestamp();
        let mut claims = json!({
            "exp": now + 60, "iat": now, "iss": "magistrala.auth",
            "role": 1, "sub": ADA, "type": 0, "verified": true,
        });
        let members = claims.as_object_mut().unwrap();
        let Value::Object(changed) = changed else {
            panic!("changes are an object");
        };
        for (name, value) in changed {
            if value.is_null() {
                members.remove(&name);
            } else {
                members.insert(name, value);
            }
        }
        self.platform.auth.sign(&claims.to_string())
    }
}

fn admin(subject: &str) -> PolicyReq {
    PolicyReq {
        subject_type: "user".to_owned(),
        subject: subject.to_owned(),
        permission: "admin".to_owned(),
        object: "magistrala".to_owned(),
        object_type: "platform".to_owned(),
        ..PolicyReq::default()
    }
}

fn pat_request() -> PatReq {
    PatReq {
        pat_id: NOBODY.to_owned(),
        operation: "membership".to_owned(),
        user_id: ROOT.to_owned(),
        entity_id: ADA.to_owned(),
        entity_type: "users".to_owned(),
        ..PatReq::default()
    }
}

#[tokio::test]
async fn a_genuine_token_names_its_bearer() {
    let fixture = Fixture::new();
    let answer = fixture.authenticate(&fixture.token(json!({}))).await;
    let expected = AuthNRes {
        id: String::new(),
        user_id: ADA.to_owned(),
        user_role: 1,
        verified: true,
        token_type: 0,
    };
    assert_eq!(answer.unwrap(), expected);
    for (changed, kind, id) in [
        (json!({"type": 1, "jti": "session"}), 1, "session"),
        (json!({"type": 2}), 2, ""),
        (json!({"type": 5}), 5, ""),
        (json!({"exp": null, "iat": null}), 0, ""),
    ] {
        let answer = fixture.authenticate(&fixture.token(changed)).await.unwrap();
        assert_eq!((answer.token_type, answer.id.as_str()), (kind, id));
    }
}

#[tokio::test]
async fn every_refusal_of_a_token_is_unauthenticated_and_says_why() {
    let fixture = Fixture::new();
    let now = fixture.clock.now().unix_timestamp();
    let invalid = |why: &str| format!("{REFUSED} : failed to validate token : {why}");
    let unsigned = fixture.platform.auth.sign_as(
        r#"{"alg":"EdDSA","kid":"other"}"#,
        &json!({"exp": now + 60}).to_string(),
    );
    let unverified = "could not verify message using any of the signatures or keys";
    for (token, text) in [
        ("x".to_owned(), invalid("invalid JWT")),
        (unsigned, invalid(unverified)),
        (
            fixture.token(json!({"exp": now})),
            invalid(r#""exp" not satisfied"#),
        ),
        (
            fixture.token(json!({"iat": now + 1})),
            invalid(r#""iat" not satisfied"#),
        ),
        (
            fixture.token(json!({"nbf": now + 1})),
            invalid(r#""nbf" not satisfied"#),
        ),
        (
            fixture.token(json!({"iss": "x"})),
            invalid("invalid token issuer value"),
        ),
        (fixture.token(json!({"role": 3})), invalid("invalid role")),
        (
            fixture.token(json!({"role": 0, "type": 3})),
            invalid("invalid role"),
        ),
        (fixture.token(json!({"type": 3})), REFUSED.to_owned()),
        (
            fixture.token(json!({"type": 4})),
            format!("{REFUSED} : malformed personal access token"),
        ),
        (
            String::new(),
            "missing or invalid bearer user token".to_owned(),
        ),
    ] {
        let answer = fixture.authenticate(&token).await;
        assert_refused(answer, Code::Unauthenticated, &text);
    }
}

#[tokio::test]
async fn a_personal_access_token_names_its_owner_in_his_present_role() {
    let fixture = Fixture::new();
    let auth = &fixture.platform.auth;
    let ends = fixture.clock.now() + Duration::from_hours(1);
    let of_root = auth.add_pat(&user(ROOT), ends);
    assert_eq!(of_root.len(), 149);
    let answer = fixture.authenticate(&of_root).await.unwrap();
    assert_eq!(answer.user_id, ROOT);
    assert_eq!((answer.user_role, answer.token_type), (2, 4));
    assert!(!answer.verified && answer.id.len() == 36);
    let of_ada = auth.add_pat(&user(ADA), ends);
    assert_eq!(fixture.authenticate(&of_ada).await.unwrap().user_role, 1);
    fixture.platform.spicedb.go_away();
    assert_eq!(fixture.authenticate(&of_root).await.unwrap().user_role, 1);
}

#[tokio::test]
async fn a_personal_access_token_that_ended_is_refused() {
    let fixture = Fixture::new();
    let auth = &fixture.platform.auth;
    let ends = fixture.clock.now() + Duration::from_hours(1);
    let [revoked, deleted, kept] = [(); 3].map(|()| auth.add_pat(&user(ADA), ends));
    assert!(auth.revoke_pat(&revoked) && auth.delete_pat(&deleted));
    assert!(!auth.revoke_pat("pat_x") && !auth.delete_pat(&deleted));
    let changed = kept.split_at(140).0.to_owned() + "aaaaaaaaa";
    let malformed = format!("{REFUSED} : malformed personal access token");
    for (token, text) in [
        ("pat_".to_owned(), malformed.clone()),
        ("pat_garbage".to_owned(), malformed),
        (revoked, format!("revoked pat : {REFUSED}")),
        (deleted, format!("entity not found : {REFUSED}")),
        (
            changed,
            format!("{REFUSED} : given token and hash are not same"),
        ),
    ] {
        let answer = fixture.authenticate(&token).await;
        assert_refused(answer, Code::Unauthenticated, &text);
    }
    fixture.authenticate(&kept).await.unwrap();
    fixture.clock.advance(Duration::from_hours(1));
    let answer = fixture.authenticate(&kept).await;
    let text = format!("{REFUSED} : token is expired");
    assert_refused(answer, Code::Unauthenticated, &text);
}

#[tokio::test]
async fn spicedb_decides_and_the_text_says_so() {
    let fixture = Fixture::new();
    assert!(fixture.authorize(admin(ROOT), None).await.unwrap());
    let call = fixture.platform.auth.calls_of("Authorize").remove(0);
    assert_eq!(call.answer.unwrap().message, bytes("0801"));
    let denied = format!("{DENIED} : {DENIED} : PERMISSIONSHIP_NO_PERMISSION");
    for nobody in [ADA, NOBODY] {
        let answer = fixture.authorize(admin(nobody), None).await;
        assert_refused(answer, Code::PermissionDenied, &denied);
    }
    let member = PolicyReq {
        permission: "membership".to_owned(),
        subject_kind: "users".to_owned(),
        ..admin(ADA)
    };
    assert!(fixture.authorize(member, None).await.unwrap());
}

#[tokio::test]
async fn a_spicedb_that_is_away_looks_like_a_refusal_but_for_the_text() {
    let fixture = Fixture::new();
    let spicedb = &fixture.platform.spicedb;
    spicedb.go_away();
    let answer = fixture.authorize(admin(ROOT), None).await;
    let text = format!(
        "{DENIED} : unexpected gRPC status: Unavailable (status code:Unavailable) : no SpiceDB"
    );
    assert_refused(answer, Code::PermissionDenied, &text);
    spicedb.come_back();
    let wrong_key = "invalid preshared key: invalid token";
    spicedb.set_fault(Fault::Status(Code::PermissionDenied, wrong_key.to_owned()));
    let answer = fixture.authorize(admin(ROOT), None).await;
    let text = format!("{DENIED} : {DENIED} : {wrong_key}");
    assert_refused(answer, Code::PermissionDenied, &text);
    spicedb.clear_faults();
    assert!(fixture.authorize(admin(ROOT), None).await.unwrap());
}

#[tokio::test]
async fn what_is_missing_or_unknown_is_told() {
    let fixture = Fixture::new();
    let without = |change: fn(&mut PolicyReq)| {
        let mut policy = admin(ROOT);
        change(&mut policy);
        policy
    };
    let malformed = |why: &str| format!("malformed entity specification : {why}");
    let invalid = Code::InvalidArgument;
    let subject = || "malformed policy subject".to_owned();
    let object = || "malformed policy object".to_owned();
    let pattern =
        r"subject.object.object_id: does not match regex pattern `^(([a-zA-Z0-9/_|\-=+]{1,})|\*)$`";
    for (policy, code, text) in [
        (PolicyReq::default(), invalid, subject()),
        (without(|policy| policy.subject.clear()), invalid, subject()),
        (
            without(|policy| policy.subject_type.clear()),
            invalid,
            subject(),
        ),
        (without(|policy| policy.object.clear()), invalid, object()),
        (
            without(|policy| policy.object_type.clear()),
            invalid,
            object(),
        ),
        (
            without(|policy| policy.permission.clear()),
            Code::Internal,
            "malformed policy permission".to_owned(),
        ),
        (
            without(|policy| "other".clone_into(&mut policy.object)),
            invalid,
            malformed("invalid platform id"),
        ),
        (
            without(|policy| "rocket".clone_into(&mut policy.object_type)),
            invalid,
            malformed(&format!("{DENIED} : object definition `rocket` not found")),
        ),
        (
            without(|policy| "fly".clone_into(&mut policy.permission)),
            invalid,
            malformed(&format!(
                "{DENIED} : relation/permission `fly` not found under definition `platform`"
            )),
        ),
        (
            admin("a b"),
            invalid,
            malformed(&format!("{DENIED} : validation error: {pattern}")),
        ),
    ] {
        assert_refused(fixture.authorize(policy, None).await, code, &text);
    }
}

#[tokio::test]
async fn no_personal_access_token_passes() {
    let fixture = Fixture::new();
    let with = |change: fn(&mut PatReq)| {
        let mut pat = pat_request();
        change(&mut pat);
        pat
    };
    let scope = format!("PAT does not have the required scope permissions : {DENIED}");
    let invalid = Code::InvalidArgument;
    for (pat, code, text) in [
        (pat_request(), Code::PermissionDenied, scope.as_str()),
        (with(|pat| pat.user_id.clear()), invalid, "missing user id"),
        (
            with(|pat| pat.entity_id.clear()),
            invalid,
            "missing entity id",
        ),
        (
            with(|pat| pat.entity_type.clear()),
            invalid,
            "malformed policy object",
        ),
        (
            with(|pat| "rocket".clone_into(&mut pat.entity_type)),
            Code::Internal,
            "unknown domain entity type rocket",
        ),
    ] {
        let answer = fixture.authorize(admin(ROOT), Some(pat)).await;
        assert_refused(answer, code, text);
    }
    let ignored = with(|pat| pat.pat_id.clear());
    assert!(fixture.authorize(admin(ROOT), Some(ignored)).await.unwrap());
}

#[tokio::test]
async fn it_says_that_it_is_well() {
    let fixture = Fixture::new();
    let auth = &fixture.platform.auth;
    let mut health = HealthClient::new(channel(auth));
    let mut check = async |service: &str| {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        health.check(request).await
    };
    for service in ["auth", ""] {
        assert_eq!(check(service).await.unwrap().into_inner().status, 1);
    }
    assert_eq!(check("users").await.unwrap_err().code(), Code::NotFound);
    auth.set_serving(false);
    assert_eq!(check("auth").await.unwrap().into_inner().status, 2);
}
