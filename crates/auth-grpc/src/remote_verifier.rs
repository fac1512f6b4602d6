//! Has the auth service verify tokens: the port `TokenVerifier`, for personal access tokens, and for
//! all where it publishes no keys.

use async_trait::async_trait;
use tonic::Response;
use tracing::warn;
use users_domain::model::{BearerToken, TokenClaims, TokenId, TokenKind, UserId};
use users_domain::ports::{TokenError, TokenVerifier};
use users_grpc_client::PERSONAL_ACCESS_TOKEN;
use users_jwt::Refusal;
use users_proto::auth::v1::{AuthNReq, AuthNRes};

use crate::AuthGrpc;
use crate::clients;
use crate::payload::{self, Payload};
use crate::refused::refused;
use crate::status::{Call, Failure};

/// Longer texts are refused without a call; the platform's own have 149 bytes.
const LONGEST_PERSONAL: usize = 1024;

/// What can be told of a token by looking at it.
enum Shape {
    Personal,
    Jwt(Payload),
}

/// Looks at a token; the reason where the service would refuse it anyway.
fn shape(text: &str) -> Result<Shape, Refusal> {
    let Some(rest) = text.strip_prefix(PERSONAL_ACCESS_TOKEN) else {
        return payload::read(text).map(Shape::Jwt);
    };
    let is_fit = (1..=LONGEST_PERSONAL).contains(&rest.len());
    if is_fit && rest.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(Shape::Personal)
    } else {
        Err(Refusal::Malformed)
    }
}

#[async_trait]
impl TokenVerifier for AuthGrpc {
    #[tracing::instrument(skip_all, name = "token.verify")]
    async fn verify(&self, token: &BearerToken) -> Result<TokenClaims, TokenError> {
        let shape = shape(token.expose()).map_err(refused)?;
        let message = AuthNReq {
            token: token.expose().to_owned(),
        };
        let answer = self
            .peer
            .call(Call::Authenticate, |call| async move {
                clients::auth(&call)
                    .authenticate(call.request(message))
                    .await
                    .map(Response::into_inner)
            })
            .await
            .map_err(|failure| match failure {
                Failure::Refused => refused("the auth service does not accept it"),
                Failure::No | Failure::Away => TokenError::Unavailable,
            })?;
        claims(shape, answer)
    }
}

/// What an accepted token says. It must be what the service takes it for: kinds are kept apart
/// whatever the service does. An answer that cannot be about the token is none.
fn claims(shape: Shape, answer: AuthNRes) -> Result<TokenClaims, TokenError> {
    let kind = u8::try_from(answer.token_type)
        .ok()
        .and_then(TokenKind::from_u8)
        .ok_or_else(|| odd("it is of a kind that there is not"))?;
    if answer.user_id.is_empty() {
        return Err(odd("it is nobody's"));
    }
    match shape {
        Shape::Personal => {
            if kind != TokenKind::PersonalAccess {
                return Err(refused(
                    "the auth service takes it for another kind of token",
                ));
            }
            Ok(TokenClaims {
                user: UserId::from_stored(answer.user_id),
                kind,
                issued_at: None,
                expires_at: None,
                id: Some(answer.id)
                    .filter(|id| !id.is_empty())
                    .map(TokenId::new),
            })
        }
        Shape::Jwt(payload) => {
            let id = payload.id.as_ref().map_or("", TokenId::as_str);
            let agree = kind == payload.kind
                && answer.user_id == payload.user.as_str()
                && (answer.id.is_empty() || answer.id == id);
            if !agree {
                return Err(odd("it says something else than the token"));
            }
            if kind == TokenKind::PersonalAccess {
                return Err(refused("no personal access token looks like this"));
            }
            Ok(TokenClaims {
                user: payload.user,
                kind,
                issued_at: Some(payload.issued_at),
                expires_at: Some(payload.ends),
                id: payload.id,
            })
        }
    }
}

/// The service's fault, not the token's.
fn odd(what: &'static str) -> TokenError {
    warn!(
        what,
        "the auth service accepts a token and its answer cannot be about that"
    );
    TokenError::Unavailable
}
