//! One path, the methods it knows, and what answers them.

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::guard::{Any, Get, Head};
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Route, web};
use users_domain::authorization::Operation;

use crate::answer::Answer;
use crate::error::Refusal;
use crate::middleware::Observe;
use crate::state::Api;

/// A path of the API, possibly in two spellings.
///
/// GET answers HEAD too. Another method is 405 with `Allow`.
pub(crate) struct Endpoint {
    paths: Vec<&'static str>,
    operations: Vec<(Method, Operation)>,
    routes: Vec<Route>,
    methods: Vec<Method>,
}

impl Endpoint {
    /// The endpoint at a path, which also names it in logs and metrics.
    pub(super) fn at(path: &'static str) -> Self {
        Self {
            paths: vec![path],
            operations: Vec::new(),
            routes: Vec::new(),
            methods: Vec::new(),
        }
    }

    /// The path that names it.
    pub(crate) fn path(&self) -> &'static str {
        self.paths.first().copied().unwrap_or_default()
    }

    /// Where else it is.
    #[cfg(test)]
    pub(crate) fn other_paths(&self) -> &[&'static str] {
        self.paths.get(1..).unwrap_or_default()
    }

    /// What it knows.
    #[cfg(test)]
    pub(crate) fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// What its methods ask for, where that is an operation on accounts.
    pub(crate) fn operations(&self) -> &[(Method, Operation)] {
        &self.operations
    }

    /// The same endpoint is at this path too.
    pub(super) fn and_at(mut self, path: &'static str) -> Self {
        self.paths.push(path);
        self
    }

    /// GET is an operation.
    pub(super) fn get<F, Args>(mut self, operation: Operation, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        self.operations.push((Method::GET, operation));
        self.open(handler)
    }

    /// POST is an operation.
    pub(super) fn post<F, Args>(self, operation: Operation, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        self.on(Method::POST, operation, handler)
    }

    /// PUT is an operation.
    pub(super) fn put<F, Args>(self, operation: Operation, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        self.on(Method::PUT, operation, handler)
    }

    /// PATCH is an operation.
    pub(super) fn patch<F, Args>(self, operation: Operation, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        self.on(Method::PATCH, operation, handler)
    }

    /// DELETE is an operation.
    pub(super) fn delete<F, Args>(self, operation: Operation, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        self.on(Method::DELETE, operation, handler)
    }

    fn on<F, Args>(mut self, method: Method, operation: Operation, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        self.operations.push((method.clone(), operation));
        self.routes.push(web::method(method.clone()).to(handler));
        self.methods.push(method);
        self
    }

    /// GET is open to anybody and no operation on accounts.
    pub(super) fn open<F, Args>(mut self, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        let reads = Any(Get()).or(Head());
        self.routes.push(web::route().guard(reads).to(handler));
        self.methods.extend([Method::GET, Method::HEAD]);
        self
    }

    /// The endpoint with the API behind it.
    pub(super) fn mounted(self, api: &Api) -> Mounted {
        Mounted {
            endpoint: self,
            api: api.clone(),
        }
    }
}

/// An endpoint, ready to be registered with an app.
pub(super) struct Mounted {
    endpoint: Endpoint,
    api: Api,
}

impl HttpServiceFactory for Mounted {
    fn register(self, app: &mut AppService) {
        let Endpoint {
            paths,
            operations,
            routes,
            methods,
        } = self.endpoint;
        let name = paths.first().copied().unwrap_or_default();
        let allow: Vec<&str> = methods.iter().map(Method::as_str).collect();
        let allow = allow.join(", ");
        let other_method = move || {
            let refusal = Refusal::method_not_allowed(&allow);
            async move { Answer::Err(refusal) }
        };
        let mut resource = web::resource(paths)
            .app_data(web::Data::new(self.api.clone()))
            .default_service(web::to(other_method));
        for route in routes {
            resource = resource.route(route);
        }
        resource
            .wrap(Observe::new(self.api, name, operations))
            .register(app);
    }
}
