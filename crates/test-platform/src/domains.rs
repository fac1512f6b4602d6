//! The domains service: takes users out of domains, or says so.

use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tonic::service::Routes;
use tonic::{Request, Response, Status, async_trait};
use users_proto::common::v1::{RetrieveEntityReq, RetrieveEntityRes, RetrieveIdByRouteReq};
use users_proto::domains::v1::domains_service_server::{DomainsService, DomainsServiceServer};
use users_proto::domains::v1::{DeleteUserReq, DeleteUserRes};

use crate::wire::{Listen, Wire};

/// Says of every user that he was taken out of all domains. It keeps no domains.
#[derive(Debug, Clone)]
pub struct DomainsServer {
    wire: Wire,
    domains: Arc<Domains>,
}

#[derive(Debug)]
struct Domains {
    deleted: AtomicBool,
}

impl DomainsServer {
    /// Starts it. An error if the port is taken, or the certificate no certificate.
    pub fn start(listen: &Listen) -> io::Result<Self> {
        let domains = Arc::new(Domains {
            deleted: AtomicBool::new(true),
        });
        let routes = Routes::new(DomainsServiceServer::from_arc(domains.clone()));
        let wire = Wire::grpc("domains", listen, routes)?;
        Ok(Self { wire, domains })
    }

    /// What it says from now on: whether users were taken out.
    pub fn set_deleted(&self, deleted: bool) {
        self.domains.deleted.store(deleted, Ordering::Relaxed);
    }
}

/// For its address, its calls and its faults.
impl Deref for DomainsServer {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        &self.wire
    }
}

#[async_trait]
impl DomainsService for Domains {
    async fn delete_user_from_domains(
        &self,
        request: Request<DeleteUserReq>,
    ) -> Result<Response<DeleteUserRes>, Status> {
        named(&request.get_ref().id)?;
        let deleted = self.deleted.load(Ordering::Relaxed);
        Ok(Response::new(DeleteUserRes { deleted }))
    }

    async fn retrieve_status(
        &self,
        request: Request<RetrieveEntityReq>,
    ) -> Result<Response<RetrieveEntityRes>, Status> {
        named(&request.get_ref().id)?;
        Err(unknown())
    }

    async fn retrieve_id_by_route(
        &self,
        _: Request<RetrieveIdByRouteReq>,
    ) -> Result<Response<RetrieveEntityRes>, Status> {
        Err(unknown())
    }
}

fn named(id: &str) -> Result<(), Status> {
    if id.is_empty() {
        return Err(Status::invalid_argument("missing entity id"));
    }
    Ok(())
}

fn unknown() -> Status {
    Status::not_found("entity not found : view entity failed")
}
