//! Tokens: issued, refreshed, listed and revoked.

use std::time::Duration;

use serde_json::{Value, json};
use tonic::{Code, Response, Status};
use users_domain::ports::Clock;
use users_proto::token::v1::{
    IssueReq, ListUserRefreshTokensReq, RefreshReq, RefreshToken, RevokeReq, Token,
};

use crate::fixture::{ADA, Fixture, NOBODY, ROOT, assert_refused, bytes, hex};
use crate::keys::part;

/// The texts of refusals.
const NO_ROLE: &str = "failed to issue new login key : failed to authorize user role";
const ENDED: &str = "token is revoked";

fn login(user: &str, role: u32) -> IssueReq {
    IssueReq {
        user_id: user.to_owned(),
        user_role: role,
        ..IssueReq::default()
    }
}

impl Fixture {
    async fn issue(&self, request: IssueReq) -> Result<Token, Status> {
        self.tokens().issue(request).await.map(Response::into_inner)
    }

    async fn refresh(&self, token: &str) -> Result<Token, Status> {
        let request = RefreshReq {
            refresh_token: token.to_owned(),
            verified: true,
        };
        self.tokens()
            .refresh(request)
            .await
            .map(Response::into_inner)
    }

    async fn listed(&self, user: &str) -> Vec<RefreshToken> {
        let request = ListUserRefreshTokensReq {
            user_id: user.to_owned(),
        };
        let answer = self.tokens().list_user_refresh_tokens(request).await;
        answer.unwrap().into_inner().refresh_tokens
    }

    async fn revoke(&self, token_id: &str, user_id: &str) -> Result<(), Status> {
        let request = RevokeReq {
            token_id: token_id.to_owned(),
            user_id: user_id.to_owned(),
        };
        self.tokens().revoke(request).await.map(|_| ())
    }
}

fn claims(token: &str) -> Value {
    serde_json::from_str(&part(token, 1)).unwrap()
}

#[tokio::test]
async fn a_login_answers_two_tokens_that_say_what_the_deployed_ones_do() {
    let fixture = Fixture::with(|options| options.auth.rotates = false);
    let now = fixture.clock.now().unix_timestamp();
    let token = fixture.issue(login(ADA, 1)).await.unwrap();
    let header = r#"{"alg":"EdDSA","kid":"active","typ":"JWT"}"#;
    assert_eq!(part(&token.access_token, 0), header);
    let access = format!(
        r#"{{"exp":{},"iat":{now},"iss":"magistrala.auth","role":1,"sub":"{ADA}","type":0,"verified":false}}"#,
        now + 3600
    );
    assert_eq!(part(&token.access_token, 1), access);
    let refresh = token.refresh_token.unwrap();
    let id = fixture.listed(ADA).await.remove(0).id;
    let expected = format!(
        r#"{{"exp":{},"iat":{now},"iss":"magistrala.auth","jti":"{id}","role":1,"sub":"{ADA}","type":1,"verified":false}}"#,
        now + 86400
    );
    assert_eq!(part(&refresh, 1), expected);
    assert_eq!(token.access_type, "");
    let call = fixture.platform.auth.calls_of("Issue").remove(0);
    assert_eq!(call.message, bytes(&format!("0a24{}1001", hex(ADA))));
}

#[tokio::test]
async fn tokens_of_other_kinds_open_no_session() {
    let fixture = Fixture::new();
    for (kind, life) in [(2, 300), (5, 168 * 3600)] {
        let request = IssueReq {
            r#type: kind,
            ..login(ADA, 1)
        };
        let token = fixture.issue(request).await.unwrap();
        assert_eq!(token.refresh_token.as_deref(), Some(""));
        let claims = claims(&token.access_token);
        let number = |name| claims.get(name).and_then(Value::as_i64).unwrap();
        assert_eq!(number("exp") - number("iat"), life);
        assert_eq!(number("type"), i64::from(kind));
        assert!(claims.get("jti").is_none());
    }
    assert_eq!(fixture.listed(ADA).await, []);
    // Present and empty: field 2, no bytes.
    let answer = fixture.platform.auth.calls_of("Issue").remove(0).answer;
    assert!(answer.unwrap().message.ends_with(&bytes("1200")));
}

#[tokio::test]
async fn kinds_that_are_not_issued_are_refused() {
    let fixture = Fixture::new();
    for kind in [1, 4, 6, 99] {
        let request = IssueReq {
            r#type: kind,
            ..login(ADA, 1)
        };
        let answer = fixture.issue(request).await;
        assert_refused(answer, Code::InvalidArgument, "invalid auth key");
    }
    let api = IssueReq {
        r#type: 3,
        ..login(ADA, 1)
    };
    assert_refused(
        fixture.issue(api).await,
        Code::Unauthenticated,
        "failed to perform authentication over the entity : failed to issue new login key : failed \
         to parse jws: invalid byte sequence",
    );
}

#[tokio::test]
async fn a_role_that_spicedb_does_not_know_is_refused() {
    let fixture = Fixture::new();
    for request in [
        login(NOBODY, 1),
        login(ADA, 2),
        login("has space", 1),
        login("", 1),
    ] {
        assert_refused(fixture.issue(request).await, Code::Internal, NO_ROLE);
    }
    fixture.issue(login(ROOT, 2)).await.unwrap();
    // Other numbers are not looked at, and the least that can be asked is granted.
    fixture.issue(login(NOBODY, 3)).await.unwrap();
    let token = fixture.issue(IssueReq::default()).await.unwrap();
    let claims = claims(&token.access_token);
    assert_eq!(claims.get("role"), Some(&json!(0)));
    assert!(claims.get("sub").is_none());
    fixture.platform.spicedb.go_away();
    assert_refused(fixture.issue(login(ADA, 1)).await, Code::Internal, NO_ROLE);
    fixture.platform.spicedb.come_back();
    fixture.issue(login(ADA, 1)).await.unwrap();
}

#[tokio::test]
async fn a_refresh_goes_on_with_the_session() {
    for rotates in [true, false] {
        let fixture = Fixture::with(|options| options.auth.rotates = rotates);
        let first = fixture.issue(login(ADA, 1)).await.unwrap();
        let first = first.refresh_token.unwrap();
        fixture.clock.advance(Duration::from_secs(100));
        let next = fixture.refresh(&first).await.unwrap();
        let (old, new) = (claims(&first), claims(next.refresh_token.as_ref().unwrap()));
        assert_eq!((&new["jti"], &new["exp"]), (&old["jti"], &old["exp"]));
        assert_eq!(new["iat"].as_i64(), old["iat"].as_i64().map(|at| at + 100));
        assert_eq!(new["verified"], true);
        let access = claims(&next.access_token);
        assert_eq!(access["jti"], old["jti"]);
        fixture.clock.advance(Duration::from_secs(100));
        let again = fixture.refresh(&first).await;
        assert_eq!(again.is_ok(), !rotates, "the first token was replaced");
    }
}

#[tokio::test]
async fn refusals_of_a_refresh_come_in_their_order() {
    let fixture = Fixture::new();
    let auth = &fixture.platform.auth;
    let now = fixture.clock.now().unix_timestamp();
    let token = |changed: Value| {
        let mut claims = json!({
            "exp": now + 60, "iat": now, "iss": "magistrala.auth",
            "role": 1, "sub": ADA, "type": 1, "verified": false,
        });
        let members = claims.as_object_mut().unwrap();
        members.extend(changed.as_object().unwrap().clone());
        auth.sign(&claims.to_string())
    };
    let unauthenticated = |why: &str| {
        let text = format!("failed to perform authentication over the entity : {why}");
        (Code::Unauthenticated, text)
    };
    let not_refreshed = (Code::Internal, "failed to issue new login key".to_owned());
    let ended = (Code::Unauthenticated, ENDED.to_owned());
    let pat = auth.add_pat(
        &crate::fixture::user(ADA),
        fixture.clock.now() + Duration::from_hours(1),
    );
    for (token, (code, text)) in [
        (String::new(), (Code::Internal, "missing secret".to_owned())),
        ("garbage".to_owned(), unauthenticated("invalid JWT")),
        (
            token(json!({"exp": now})),
            unauthenticated(r#""exp" not satisfied"#),
        ),
        (
            token(json!({"iss": "x"})),
            unauthenticated("invalid token issuer value"),
        ),
        (token(json!({"type": 0})), not_refreshed.clone()),
        (token(json!({"type": 2})), not_refreshed.clone()),
        (pat, not_refreshed),
        (token(json!({})), ended.clone()),
        (token(json!({"jti": "unknown"})), ended.clone()),
        (token(json!({"jti": "unknown", "gen": 0})), ended),
    ] {
        assert_refused(fixture.refresh(&token).await, code, &text);
    }
}

#[tokio::test]
async fn a_session_is_revoked_whoever_asks() {
    let fixture = Fixture::new();
    let described = IssueReq {
        description: "laptop".to_owned(),
        ..login(ADA, 1)
    };
    let token = fixture.issue(described).await.unwrap();
    let token = token.refresh_token.unwrap();
    fixture.issue(login(ROOT, 1)).await.unwrap();
    let listed = fixture.listed(ADA).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].description, "laptop");
    for user in ["", ROOT] {
        fixture.revoke("unknown", user).await.unwrap();
    }
    fixture.revoke(&listed[0].id, ROOT).await.unwrap();
    assert_eq!(fixture.listed(ADA).await, []);
    assert_eq!(fixture.listed(ROOT).await.len(), 1);
    let answer = fixture.refresh(&token).await;
    assert_refused(answer, Code::Unauthenticated, ENDED);
}

#[tokio::test]
async fn what_names_nothing_is_refused() {
    let fixture = Fixture::new();
    let text = "missing entity id";
    let revoked = fixture.revoke("", ADA).await;
    assert_refused(revoked, Code::InvalidArgument, text);
    let mut tokens = fixture.tokens();
    let listed = tokens.list_user_refresh_tokens(ListUserRefreshTokensReq::default());
    assert_refused(listed.await, Code::InvalidArgument, text);
}
