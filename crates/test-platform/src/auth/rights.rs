//! `auth.v1.AuthService`: who a bearer is, and what he may do.

use tonic::{Code, Request, Response, Status, async_trait};
use users_proto::auth::v1::auth_service_server::AuthService;
use users_proto::auth::v1::{AuthNReq, AuthNRes, AuthZReq, AuthZRes, PatReq, PolicyReq};

use super::tokens::{API, PERSONAL_ACCESS};
use super::{Auth, pats};

/// The kinds of things that a personal access token's scopes name.
const ENTITY_TYPES: [&str; 9] = [
    "alarms",
    "channels",
    "clients",
    "dashboards",
    "domains",
    "groups",
    "messages",
    "rules",
    "users",
];

#[async_trait]
impl AuthService for Auth {
    async fn authenticate(&self, request: Request<AuthNReq>) -> Result<Response<AuthNRes>, Status> {
        let token = request.into_inner().token;
        if token.is_empty() {
            return Err(Status::unauthenticated(
                "missing or invalid bearer user token",
            ));
        }
        if token.starts_with(pats::PREFIX) {
            return self.personal(&token).await.map(Response::new);
        }
        let claims = self
            .keys
            .read(&token, self.clock.now())
            .map_err(|reason| refused(&format!(" : failed to validate token : {reason}")))?;
        match claims.kind {
            API => Err(refused("")),
            PERSONAL_ACCESS => Err(refused(" : malformed personal access token")),
            kind => Ok(Response::new(AuthNRes {
                id: claims.id,
                user_id: claims.user,
                user_role: claims.role,
                verified: claims.verified,
                token_type: kind,
            })),
        }
    }

    async fn authorize(&self, request: Request<AuthZReq>) -> Result<Response<AuthZRes>, Status> {
        let AuthZReq {
            policy_req,
            pat_req,
        } = request.into_inner();
        let policy = policy_req.unwrap_or_default();
        complete(&policy)?;
        if let Some(pat) = pat_req.filter(|pat| !pat.pat_id.is_empty()) {
            complete_pat(&pat)?;
            // No scope can be made that would let it pass.
            return Err(Status::permission_denied(
                "PAT does not have the required scope permissions : failed to perform \
                 authorization over the entity",
            ));
        }
        if policy.object_type == "platform" && policy.object != "magistrala" {
            return Err(Status::invalid_argument(
                "malformed entity specification : invalid platform id",
            ));
        }
        match self.asked(&policy).await {
            Ok(true) => Ok(Response::new(AuthZRes {
                authorized: true,
                id: String::new(),
            })),
            Ok(false) => Err(denied("PERMISSIONSHIP_NO_PERMISSION")),
            Err(status) => Err(not_asked(&status)),
        }
    }
}

impl Auth {
    async fn personal(&self, token: &str) -> Result<AuthNRes, Status> {
        let owner = self.pats.owner(token, self.clock.now());
        let owner = owner.map_err(Status::unauthenticated)?;
        let user_id = owner.user.hyphenated().to_string();
        // While SpiceDB is away nobody is an administrator.
        let is_administrator = self.has("admin", &user_id).await.unwrap_or(false);
        Ok(AuthNRes {
            id: owner.pat.hyphenated().to_string(),
            user_id,
            user_role: if is_administrator { 2 } else { 1 },
            verified: false,
            token_type: PERSONAL_ACCESS,
        })
    }

    async fn asked(&self, policy: &PolicyReq) -> Result<bool, Status> {
        match &self.spicedb {
            Some(spicedb) => {
                let asked = spicedb.check_on(
                    &policy.object_type,
                    &policy.object,
                    &policy.permission,
                    &policy.subject_type,
                    &policy.subject,
                );
                asked.await
            }
            None => self.has(&policy.permission, &policy.subject).await,
        }
    }

    /// Whether a user has a permission on the platform.
    async fn has(&self, permission: &str, user: &str) -> Result<bool, Status> {
        match &self.spicedb {
            Some(spicedb) => spicedb.check(permission, user).await,
            None if permission == "admin" => Ok(self.is_administrator(user)),
            None => Ok(true),
        }
    }
}

fn complete(policy: &PolicyReq) -> Result<(), Status> {
    if policy.subject.is_empty() || policy.subject_type.is_empty() {
        return Err(Status::invalid_argument("malformed policy subject"));
    }
    if policy.object.is_empty() || policy.object_type.is_empty() {
        return Err(Status::invalid_argument("malformed policy object"));
    }
    if policy.permission.is_empty() {
        return Err(Status::internal("malformed policy permission"));
    }
    Ok(())
}

fn complete_pat(pat: &PatReq) -> Result<(), Status> {
    if pat.user_id.is_empty() {
        return Err(Status::invalid_argument("missing user id"));
    }
    if pat.entity_id.is_empty() {
        return Err(Status::invalid_argument("missing entity id"));
    }
    if pat.entity_type.is_empty() {
        return Err(Status::invalid_argument("malformed policy object"));
    }
    if !ENTITY_TYPES.contains(&pat.entity_type.as_str()) {
        let text = format!("unknown domain entity type {}", pat.entity_type);
        return Err(Status::internal(text));
    }
    Ok(())
}

fn refused(why: &str) -> Status {
    Status::unauthenticated(format!(
        "failed to perform authentication over the entity{why}"
    ))
}

fn denied(why: &str) -> Status {
    Status::permission_denied(format!(
        "failed to perform authorization over the entity : failed to perform authorization over \
         the entity : {why}"
    ))
}

/// SpiceDB's refusal to answer: only the text tells it from a refusal of the user.
fn not_asked(status: &Status) -> Status {
    match status.code() {
        Code::InvalidArgument | Code::FailedPrecondition => Status::invalid_argument(format!(
            "malformed entity specification : failed to perform authorization over the entity : {}",
            status.message()
        )),
        Code::PermissionDenied => denied(status.message()),
        code => Status::permission_denied(format!(
            "failed to perform authorization over the entity : unexpected gRPC status: {code:?} \
             (status code:{code:?}) : {}",
            status.message()
        )),
    }
}
