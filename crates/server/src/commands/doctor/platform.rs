//! The platform round the service: whether its other services are there and can be used.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::Finding;
use crate::config::{Config, GrpcClientSettings, GrpcSettings};
use crate::service::grpc;
use crate::telemetry;
use crate::wiring::{self, Neighbour};

/// How long a service may take to say how it is.
const LIMIT: Duration = Duration::from_secs(5);

/// Who tells why a service does not answer.
const TELLING: &str = "warn,users_auth_grpc=debug";

/// One finding for each service that the settings name.
///
/// What a service or the connection to it said is told on standard error.
pub(super) fn findings(config: &Config, runtime: &Runtime) -> Result<Vec<(&'static str, Finding)>> {
    let platform = &config.platform;
    let mut findings = Vec::new();
    if platform.auth.is_some() || platform.spicedb.is_some() || platform.domains.is_some() {
        let mut telling = config.telemetry.clone();
        telling.filter.get_or_insert_with(|| TELLING.to_owned());
        telemetry::init_for_command(&telling, std::io::stderr)?;
        let opened = {
            let _entered = runtime.enter();
            wiring::neighbours(config)
        };
        match opened {
            Ok(neighbours) => {
                for neighbour in neighbours {
                    let found = runtime.block_on(of_neighbour(config, &neighbour));
                    findings.push((subject(neighbour.component), found));
                }
            }
            Err(error) => findings.push(("platform", Finding::Wrong(error.to_string()))),
        }
        findings.extend(domains(config, runtime).map(|found| ("domains", found)));
    }
    if let Some(settings) = &config.grpc {
        findings.push(("gRPC", server(settings)));
    }
    Ok(findings)
}

fn subject(component: &'static str) -> &'static str {
    match component {
        "auth" => "auth service",
        "jwks" => "its keys",
        "spicedb" => "SpiceDB",
        other => other,
    }
}

async fn of_neighbour(config: &Config, neighbour: &Neighbour) -> Finding {
    let place = &neighbour.place;
    let answer = timeout(LIMIT, (neighbour.check)()).await;
    let why = match answer {
        Ok(Ok(())) => return well(config, neighbour),
        Ok(Err(why)) => why,
        Err(_) => format!("no answer within {} s", LIMIT.as_secs()),
    };
    let meanwhile = neighbour.absence.told();
    Finding::Wrong(format!(
        "{place}: {why} ({meanwhile}; standard error has more); {}",
        mend(neighbour)
    ))
}

/// What to look at.
fn mend(neighbour: &Neighbour) -> &'static str {
    match neighbour.component {
        "auth" => {
            "look whether it runs, and at MG_AUTH_GRPC_URL; if it speaks TLS, at \
             MG_AUTH_GRPC_SERVER_CA_CERTS and, if it wants a certificate of ours, _CLIENT_CERT and \
             _CLIENT_KEY"
        }
        "jwks" => {
            "look whether MG_AUTH_JWKS_URL answers with a key set, and whether the auth service signs \
             with EdDSA (MG_AUTH_KEYS_ALGORITHM)"
        }
        _ => {
            "look whether it runs, and at MG_SPICEDB_HOST, MG_SPICEDB_PORT and \
             MG_SPICEDB_PRE_SHARED_KEY"
        }
    }
}

fn well(config: &Config, neighbour: &Neighbour) -> Finding {
    let place = &neighbour.place;
    let platform = &config.platform;
    match neighbour.component {
        "auth" => {
            let tls = platform
                .auth
                .as_ref()
                .and_then(|auth| auth.grpc.tls.as_ref());
            Finding::Well(format!("{place} serves, {}", encrypted(tls.is_some())))
        }
        "spicedb" => {
            let known = platform.spicedb.as_ref();
            if known.is_some_and(crate::config::SpiceDbSettings::has_documented_key) {
                Finding::Doubtful(format!(
                    "{place} takes the key, which is the documented one that everybody knows; start \
                     it with another, and set MG_SPICEDB_PRE_SHARED_KEY"
                ))
            } else {
                Finding::Well(format!("{place} takes the key"))
            }
        }
        _ => Finding::Well(format!("{place} has keys that verify tokens")),
    }
}

fn encrypted(is_encrypted: bool) -> &'static str {
    if is_encrypted {
        "with TLS"
    } else {
        "without TLS"
    }
}

/// The deployed one says to nobody how it is: one that says anything at all to a call is there.
fn domains(config: &Config, runtime: &Runtime) -> Option<Finding> {
    // What it means that none is named stands among the settings.
    let settings = config.platform.domains.as_ref()?;
    let GrpcClientSettings { address, tls, .. } = settings;
    let asked = async {
        let domains = wiring::domains_to_look_at(settings).map_err(|error| error.to_string())?;
        match timeout(LIMIT, domains.answers()).await {
            Ok(true) => Ok(()),
            Ok(false) => Err("it answers no call (standard error has more)".to_owned()),
            Err(_) => Err(format!("no answer within {} s", LIMIT.as_secs())),
        }
    };
    Some(match runtime.block_on(asked) {
        Ok(()) => {
            let encrypted = encrypted(tls.is_some());
            Finding::Well(format!("{address} answers calls, {encrypted}"))
        }
        Err(why) => Finding::Wrong(format!(
            "{address}: {why}; look whether it runs, and at MG_DOMAINS_GRPC_URL; if it speaks TLS, at \
             MG_DOMAINS_GRPC_SERVER_CA_CERTS and, if it wants a certificate of ours, _CLIENT_CERT and \
             _CLIENT_KEY: accounts are not deleted for good before it answers"
        )),
    })
}

/// The port may be in use by the service itself, so it is not looked at.
fn server(settings: &GrpcSettings) -> Finding {
    let GrpcSettings { host, port, tls } = settings;
    if let Err(error) = grpc::tls(tls.as_ref()) {
        return Finding::Wrong(format!("{error:#}"));
    }
    let is_local = host.eq_ignore_ascii_case("localhost")
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback());
    let asks = tls
        .as_ref()
        .is_some_and(|tls| tls.client_authorities.is_some());
    let encrypted = encrypted(tls.is_some());
    if is_local || asks {
        let whom = if asks {
            ", for clients with a certificate"
        } else {
            ""
        };
        return Finding::Well(format!("{host}:{port} {encrypted}{whom}"));
    }
    Finding::Doubtful(format!(
        "{host}:{port} {encrypted}: whoever reaches it reads names, e-mail addresses and metadata; set \
         MG_USERS_GRPC_CLIENT_CA_CERTS, or keep it in a network of your own"
    ))
}
