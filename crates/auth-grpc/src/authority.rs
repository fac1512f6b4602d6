//! Asks the auth service who administers the platform: the port `PlatformAuthority`.

use async_trait::async_trait;
use tonic::Response;
use users_domain::model::UserId;
use users_domain::ports::{PlatformAuthority, PlatformError};
use users_proto::auth::v1::{AuthZReq, AuthZRes, PolicyReq};
use users_proto::authzed::can_be_held;

use crate::AuthGrpc;
use crate::clients;
use crate::status::{Call, Failure};

#[async_trait]
impl PlatformAuthority for AuthGrpc {
    #[tracing::instrument(skip_all, name = "platform.is_administrator")]
    async fn is_administrator(&self, user: &UserId) -> Result<bool, PlatformError> {
        // Whom the platform's store cannot hold is nothing there. Asked about him the service says
        // the same as where its store has no schema yet, which says nothing about anybody.
        if !can_be_held(user.as_str()) {
            return Ok(false);
        }
        let policy = PolicyReq {
            subject_type: "user".to_owned(),
            subject: user.as_str().to_owned(),
            permission: "admin".to_owned(),
            object_type: "platform".to_owned(),
            object: "magistrala".to_owned(),
            ..PolicyReq::default()
        };
        let message = AuthZReq {
            policy_req: Some(policy),
            pat_req: None,
        };
        let answer = self
            .peer
            .call(Call::Authorize, |call| async move {
                clients::auth(&call)
                    .authorize(call.request(message))
                    .await
                    .map(Response::into_inner)
            })
            .await;
        match answer {
            Ok(AuthZRes { authorized, .. }) => Ok(authorized),
            Err(Failure::No) => Ok(false),
            Err(Failure::Refused | Failure::Away) => Err(PlatformError::Unavailable),
        }
    }
}
