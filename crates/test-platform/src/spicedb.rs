//! SpiceDB: relationships, and the permissions that follow from them.

mod refusal;
mod relationship;
mod schema;
mod store;

use std::collections::BTreeSet;
use std::future::pending;
use std::io;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use futures::{Stream, stream};
use tonic::metadata::MetadataMap;
use tonic::service::Routes;
use tonic::{Request, Response, Status, async_trait};
use users_proto::authzed::api::v1::check_permission_response::Permissionship;
use users_proto::authzed::api::v1::delete_relationships_response::DeletionProgress;
use users_proto::authzed::api::v1::permissions_service_server::{
    PermissionsService, PermissionsServiceServer,
};
use users_proto::authzed::api::v1::relationship_update::Operation;
use users_proto::authzed::api::v1::{
    CheckPermissionRequest, CheckPermissionResponse, DeleteRelationshipsRequest,
    DeleteRelationshipsResponse, ObjectReference, Precondition, ReadRelationshipsRequest,
    ReadRelationshipsResponse, SubjectReference, WriteRelationshipsRequest,
    WriteRelationshipsResponse,
};

use crate::wire::{Fault, Listen, Wire};
use relationship::Relationship;
use store::Store;

/// The key that callers must show, unless another is chosen: the reference deployment's.
pub const PRESHARED_KEY: &str = "12345678";

/// More updates are refused in one request.
const MOST_UPDATES: usize = 1000;

/// Keeps relationships in memory, by the part of the platform's schema that users meet: `platform`
/// with `administrator` and `member`, and `role` with `member`, so that there is more to forget.
#[derive(Debug, Clone)]
pub struct SpiceDb {
    wire: Wire,
    permissions: Arc<Permissions>,
}

#[derive(Debug)]
struct Permissions {
    key: String,
    store: Store,
}

impl SpiceDb {
    /// Starts it with [`PRESHARED_KEY`]. An error if the port is taken, or the certificate no
    /// certificate.
    pub fn start(listen: &Listen) -> io::Result<Self> {
        Self::start_with_key(listen, PRESHARED_KEY)
    }

    /// Starts it with a key that callers must show.
    pub fn start_with_key(listen: &Listen, key: &str) -> io::Result<Self> {
        let permissions = Arc::new(Permissions {
            key: key.to_owned(),
            store: Store::new(),
        });
        let routes = Routes::new(PermissionsServiceServer::from_arc(permissions.clone()));
        let wire = Wire::grpc("spicedb", listen, routes)?;
        Ok(Self { wire, permissions })
    }

    /// The key that callers must show.
    pub fn key(&self) -> &str {
        &self.permissions.key
    }

    /// All relationships as text, e.g. `platform:magistrala#member@user:ada`, sorted.
    pub fn relationships(&self) -> Vec<String> {
        self.permissions.store.all()
    }

    /// Relates a user to the platform as `member` or `administrator`.
    ///
    /// # Panics
    ///
    /// SpiceDB would refuse it.
    pub fn relate(&self, relation: &str, user: &str) {
        self.touch(Relationship::to_the_platform(relation, user));
    }

    /// Gives a user a role somewhere in the platform: `role:<role>#member@user:<user>`.
    ///
    /// # Panics
    ///
    /// SpiceDB would refuse it.
    pub fn give_role(&self, role: &str, user: &str) {
        self.touch(Relationship {
            resource_type: "role".to_owned(),
            resource_id: role.to_owned(),
            ..Relationship::to_the_platform("member", user)
        });
    }

    /// Whether a user has a permission on the platform, asked as the auth service does: what befalls
    /// the server befalls the question, too.
    pub(crate) async fn check(&self, permission: &str, user: &str) -> Result<bool, Status> {
        self.check_on("platform", "magistrala", permission, "user", user)
            .await
    }

    pub(crate) async fn check_on(
        &self,
        object_type: &str,
        object_id: &str,
        permission: &str,
        subject_type: &str,
        subject_id: &str,
    ) -> Result<bool, Status> {
        if self.wire.is_away() {
            return Err(Status::unavailable("no SpiceDB"));
        }
        match self.wire.fault_of("CheckPermission") {
            None => {}
            Some(Fault::Delay(delay)) => tokio::time::sleep(delay).await,
            Some(Fault::Hang) => pending().await,
            Some(Fault::Status(code, text)) => return Err(Status::new(code, text)),
            Some(Fault::Answer(_) | Fault::Http(_) | Fault::BareHttp(_) | Fault::LoseAnswer) => {
                return Err(Status::unavailable("no SpiceDB"));
            }
        }
        let object = |object_type: &str, object_id: &str| ObjectReference {
            object_type: object_type.to_owned(),
            object_id: object_id.to_owned(),
        };
        let answer = self.permissions.check(&CheckPermissionRequest {
            consistency: None,
            resource: Some(object(object_type, object_id)),
            permission: permission.to_owned(),
            subject: Some(SubjectReference {
                object: Some(object(subject_type, subject_id)),
                optional_relation: String::new(),
            }),
        })?;
        Ok(answer.permissionship() == Permissionship::HasPermission)
    }

    fn touch(&self, relationship: Relationship) {
        let message = relationship.message();
        schema::well_formed("relationship", Some(&message))
            .and_then(|()| schema::has_room_for(&relationship))
            .and_then(|()| {
                let updates = [(Operation::Touch, relationship)];
                self.permissions.store.write(&updates, &[])
            })
            .expect("SpiceDB would keep it");
    }
}

/// For its address, its calls and its faults.
impl Deref for SpiceDb {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        &self.wire
    }
}

impl Permissions {
    fn admit(&self, metadata: &MetadataMap) -> Result<(), Status> {
        let header = metadata.get("authorization");
        let bearer = header.and_then(|header| header.as_bytes().strip_prefix(b"Bearer "));
        match bearer {
            Some(key) if key == self.key.as_bytes() => Ok(()),
            Some(_) => Err(Status::permission_denied(
                "invalid preshared key: invalid token",
            )),
            None => Err(Status::unauthenticated(
                "invalid preshared key: rpc error: code = Unauthenticated desc = Request \
                 unauthenticated with bearer",
            )),
        }
    }

    fn check(&self, request: &CheckPermissionRequest) -> Result<CheckPermissionResponse, Status> {
        schema::object("resource", request.resource.as_ref())?;
        schema::subject("subject", request.subject.as_ref())?;
        let resource = request.resource.clone().unwrap_or_default();
        let subject = request.subject.clone().unwrap_or_default();
        let relations = schema::relations_of(&resource.object_type, &request.permission)?;
        let object = subject.object.clone().unwrap_or_default();
        schema::known(&object.object_type)?;
        let wanted = relations.into_iter().map(|relation| Relationship {
            resource_type: resource.object_type.clone(),
            resource_id: resource.object_id.clone(),
            relation: relation.to_owned(),
            subject_type: object.object_type.clone(),
            subject_id: object.object_id.clone(),
            subject_relation: subject.optional_relation.clone(),
        });
        let (has, checked_at) = self.store.has_any(wanted);
        let permissionship = if has {
            Permissionship::HasPermission
        } else {
            Permissionship::NoPermission
        };
        Ok(CheckPermissionResponse {
            checked_at: Some(checked_at),
            permissionship: permissionship.into(),
        })
    }

    fn write(
        &self,
        request: WriteRelationshipsRequest,
    ) -> Result<WriteRelationshipsResponse, Status> {
        let count = request.updates.len();
        if count > MOST_UPDATES {
            return Err(Status::invalid_argument(format!(
                "update count of {count} is greater than maximum allowed of {MOST_UPDATES}"
            )));
        }
        let mut updates = Vec::with_capacity(count);
        let mut seen = BTreeSet::new();
        for (number, update) in request.updates.into_iter().enumerate() {
            let operation = update.operation();
            let field = format!("updates[{number}]");
            if operation == Operation::Unspecified {
                return Err(Status::invalid_argument(format!(
                    "validation error: {field}.operation: value is required"
                )));
            }
            let field = format!("{field}.relationship");
            schema::well_formed(&field, update.relationship.as_ref())?;
            let relationship = Relationship::of(update.relationship.unwrap_or_default());
            updates.push((operation, relationship));
        }
        for (_, relationship) in &updates {
            if !seen.insert(relationship) {
                return Err(refusal::twice(relationship));
            }
        }
        expected(&request.optional_preconditions)?;
        for (_, relationship) in &updates {
            schema::has_room_for(relationship)?;
        }
        let written_at = self
            .store
            .write(&updates, &request.optional_preconditions)?;
        Ok(WriteRelationshipsResponse {
            written_at: Some(written_at),
        })
    }

    fn delete(
        &self,
        request: &DeleteRelationshipsRequest,
    ) -> Result<DeleteRelationshipsResponse, Status> {
        let filter = schema::filter("relationship_filter", request.relationship_filter.as_ref())?;
        expected(&request.optional_preconditions)?;
        let deletion = self.store.delete(
            filter,
            &request.optional_preconditions,
            request.optional_limit,
            request.optional_allow_partial_deletions,
        )?;
        let progress = if deletion.is_complete {
            DeletionProgress::Complete
        } else {
            DeletionProgress::Partial
        };
        Ok(DeleteRelationshipsResponse {
            deleted_at: Some(deletion.at),
            deletion_progress: progress.into(),
            relationships_deleted_count: deletion.deleted,
        })
    }
}

/// Checks what preconditions ask for, not yet whether they hold.
fn expected(preconditions: &[Precondition]) -> Result<(), Status> {
    for (number, precondition) in preconditions.iter().enumerate() {
        let field = format!("optional_preconditions[{number}].filter");
        schema::filter(&field, precondition.filter.as_ref())?;
    }
    Ok(())
}

#[async_trait]
impl PermissionsService for Permissions {
    async fn write_relationships(
        &self,
        request: Request<WriteRelationshipsRequest>,
    ) -> Result<Response<WriteRelationshipsResponse>, Status> {
        self.admit(request.metadata())?;
        self.write(request.into_inner()).map(Response::new)
    }

    async fn delete_relationships(
        &self,
        request: Request<DeleteRelationshipsRequest>,
    ) -> Result<Response<DeleteRelationshipsResponse>, Status> {
        self.admit(request.metadata())?;
        self.delete(request.get_ref()).map(Response::new)
    }

    async fn check_permission(
        &self,
        request: Request<CheckPermissionRequest>,
    ) -> Result<Response<CheckPermissionResponse>, Status> {
        self.admit(request.metadata())?;
        self.check(request.get_ref()).map(Response::new)
    }

    type ReadRelationshipsStream =
        Pin<Box<dyn Stream<Item = Result<ReadRelationshipsResponse, Status>> + Send>>;

    async fn read_relationships(
        &self,
        request: Request<ReadRelationshipsRequest>,
    ) -> Result<Response<Self::ReadRelationshipsStream>, Status> {
        self.admit(request.metadata())?;
        let filter = request.get_ref().relationship_filter.as_ref();
        let filter = schema::filter("relationship_filter", filter)?;
        let (found, read_at) = self.store.read(filter);
        let answers = found.into_iter().map(move |relationship| {
            Ok(ReadRelationshipsResponse {
                read_at: Some(read_at.clone()),
                relationship: Some(relationship.message()),
            })
        });
        Ok(Response::new(Box::pin(stream::iter(answers))))
    }
}
