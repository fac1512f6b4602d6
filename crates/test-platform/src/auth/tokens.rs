//! `token.v1.TokenService`: sessions begun, continued, listed and ended.

use std::time::Duration;

use tonic::{Request, Response, Status, async_trait};
use users_domain::model::{RefreshSession, SessionDescription, Timestamp, TokenId, UserId};
use users_domain::ports::{ROTATION_GRACE, Rotation, StoreError, uuid_v4};
use users_proto::token::v1::token_service_server::TokenService;
use users_proto::token::v1::{
    IssueReq, ListUserRefreshTokensReq, ListUserRefreshTokensRes, RefreshReq, RefreshToken,
    RevokeReq, RevokeRes, Token,
};

use super::Auth;
use super::keys::Claims;
use super::pats;

/// Kinds of tokens, as the claim `type` numbers them.
pub(crate) const ACCESS: u32 = 0;
const REFRESH: u32 = 1;
const RECOVERY: u32 = 2;
pub(crate) const API: u32 = 3;
pub(crate) const PERSONAL_ACCESS: u32 = 4;
const INVITATION: u32 = 5;

/// How long tokens live that open no session.
const RECOVERY_TTL: Duration = Duration::from_mins(5);
const INVITATION_TTL: Duration = Duration::from_hours(168);

/// The kinds of roles, as the claim `role` numbers them, with the permission that each takes.
const ROLES: [(u32, &str); 2] = [(1, "membership"), (2, "admin")];

#[async_trait]
impl TokenService for Auth {
    async fn issue(&self, request: Request<IssueReq>) -> Result<Response<Token>, Status> {
        let request = request.into_inner();
        if !matches!(request.r#type, ACCESS | RECOVERY | API | INVITATION) {
            return Err(Status::invalid_argument("invalid auth key"));
        }
        if request.r#type == API {
            return Err(Status::unauthenticated(
                "failed to perform authentication over the entity : failed to issue new login \
                 key : failed to parse jws: invalid byte sequence",
            ));
        }
        self.check_role(&request).await?;
        let claims = Claims {
            id: String::new(),
            user: request.user_id,
            role: request.user_role,
            verified: request.verified,
            kind: request.r#type,
            generation: None,
        };
        let now = self.clock.now();
        match request.r#type {
            RECOVERY => Ok(self.single(&claims, now, RECOVERY_TTL)),
            INVITATION => Ok(self.single(&claims, now, INVITATION_TTL)),
            _ => self.begin(claims, &request.description, now).await,
        }
    }

    async fn refresh(&self, request: Request<RefreshReq>) -> Result<Response<Token>, Status> {
        let request = request.into_inner();
        let token = &request.refresh_token;
        if token.is_empty() {
            return Err(Status::internal("missing secret"));
        }
        let not_refreshed = || Status::internal("failed to issue new login key");
        if token.starts_with(pats::PREFIX) {
            return Err(not_refreshed());
        }
        let now = self.clock.now();
        let claims = self.keys.read(token, now).map_err(|reason| {
            let text = format!("failed to perform authentication over the entity : {reason}");
            Status::unauthenticated(text)
        })?;
        if claims.kind != REFRESH {
            return Err(not_refreshed());
        }
        let session = self.session_of(&claims).await?;
        let access = Claims {
            kind: ACCESS,
            verified: request.verified,
            generation: None,
            ..claims.clone()
        };
        let refresh = Claims {
            verified: request.verified,
            generation: claims.generation.map(|_| session.generation),
            ..claims
        };
        Ok(self.pair(&access, &refresh, now, session.expires_at))
    }

    async fn revoke(&self, request: Request<RevokeReq>) -> Result<Response<RevokeRes>, Status> {
        let request = request.into_inner();
        if request.token_id.is_empty() {
            return Err(Status::invalid_argument("missing entity id"));
        }
        // Whoever owns it; those that began elsewhere are taken for the caller's.
        let owner = self.owner_of(&request.token_id);
        let owner = UserId::from_stored(owner.unwrap_or(request.user_id));
        let id = TokenId::new(request.token_id);
        let revoked = self.sessions.revoke(&owner, &id).await;
        revoked.map_err(unavailable)?;
        Ok(Response::new(RevokeRes {}))
    }

    async fn list_user_refresh_tokens(
        &self,
        request: Request<ListUserRefreshTokensReq>,
    ) -> Result<Response<ListUserRefreshTokensRes>, Status> {
        let user = request.into_inner().user_id;
        if user.is_empty() {
            return Err(Status::invalid_argument("missing entity id"));
        }
        let sessions = self.sessions.list(&UserId::from_stored(user)).await;
        let tokens = sessions.map_err(unavailable)?.into_iter();
        let tokens = tokens.map(|session| RefreshToken {
            id: session.id.as_str().to_owned(),
            description: session
                .description
                .map(|description| description.as_str().to_owned())
                .unwrap_or_default(),
        });
        Ok(Response::new(ListUserRefreshTokensRes {
            refresh_tokens: tokens.collect(),
        }))
    }
}

impl Auth {
    /// Other roles than these are not looked at.
    async fn check_role(&self, request: &IssueReq) -> Result<(), Status> {
        let role = ROLES.iter().find(|(role, _)| *role == request.user_role);
        let (Some((_, permission)), Some(spicedb)) = (role, &self.spicedb) else {
            return Ok(());
        };
        match spicedb.check(permission, &request.user_id).await {
            Ok(true) => Ok(()),
            // A SpiceDB that is away is not told from one that knows nobody.
            Ok(false) | Err(_) => Err(Status::internal(
                "failed to issue new login key : failed to authorize user role",
            )),
        }
    }

    fn single(&self, claims: &Claims, now: Timestamp, ttl: Duration) -> Response<Token> {
        Response::new(Token {
            access_token: self.keys.sign(&claims.text(now, now + ttl)),
            // It is there, and empty.
            refresh_token: Some(String::new()),
            access_type: String::new(),
        })
    }

    async fn begin(
        &self,
        access: Claims,
        description: &str,
        now: Timestamp,
    ) -> Result<Response<Token>, Status> {
        let id = uuid_v4(&*self.entropy).hyphenated().to_string();
        let session = RefreshSession {
            id: TokenId::new(id.clone()),
            user: UserId::from_stored(access.user.clone()),
            description: (!description.is_empty())
                .then(|| SessionDescription::from_stored(description.to_owned())),
            generation: 0,
            created_at: now,
            expires_at: now + self.refresh_ttl,
            rotated_at: None,
        };
        let refresh = Claims {
            id: id.clone(),
            kind: REFRESH,
            generation: self.rotates.then_some(0),
            ..access.clone()
        };
        let expires_at = session.expires_at;
        self.sessions.add(session).await.map_err(unavailable)?;
        self.note_owner(id, &access.user);
        Ok(self.pair(&access, &refresh, now, expires_at))
    }

    fn pair(
        &self,
        access: &Claims,
        refresh: &Claims,
        now: Timestamp,
        session_ends: Timestamp,
    ) -> Response<Token> {
        let access = access.text(now, now + self.access_ttl);
        let refresh = refresh.text(now, session_ends);
        Response::new(Token {
            access_token: self.keys.sign(&access),
            refresh_token: Some(self.keys.sign(&refresh)),
            access_type: String::new(),
        })
    }

    /// The session of a refresh token, one generation further where tokens are replaced.
    async fn session_of(&self, claims: &Claims) -> Result<RefreshSession, Status> {
        let ended = || Status::unauthenticated("token is revoked");
        if claims.id.is_empty() {
            return Err(ended());
        }
        let id = TokenId::new(claims.id.clone());
        let Some(generation) = claims.generation else {
            let user = UserId::from_stored(claims.user.clone());
            let sessions = self.sessions.list(&user).await.map_err(unavailable)?;
            let mut sessions = sessions.into_iter();
            return sessions.find(|session| session.id == id).ok_or_else(ended);
        };
        let rotation = self.sessions.rotate(&id, generation, ROTATION_GRACE).await;
        match rotation.map_err(unavailable)? {
            Rotation::Advanced(session) | Rotation::Repeated(session) => Ok(session),
            Rotation::Reused | Rotation::Ended => Err(ended()),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn unavailable(error: StoreError) -> Status {
    Status::internal(error.to_string())
}
