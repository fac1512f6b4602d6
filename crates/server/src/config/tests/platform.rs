//! Settings of the platform round the service: those of the deployed one, and which fit together.

use super::*;

/// It is looked at only as far as its label.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n";

const AUTH_JWKS: &str = "http://auth:9001/keys/.well-known/jwks.json";

fn serve(variables: &[(&str, &str)]) -> Config {
    load(Profile::Serve, variables).unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(variables: &[(&str, &str)]) -> Vec<String> {
    lines(&load(Profile::Serve, variables).unwrap_err())
}

fn notices(config: &Config) -> Vec<String> {
    config.notices().iter().map(ToString::to_string).collect()
}

fn client(host: &str, port: u16) -> GrpcClientSettings {
    GrpcClientSettings {
        address: Address {
            host: host.to_owned(),
            port,
        },
        timeout: Duration::from_secs(1),
        tls: None,
    }
}

#[test]
fn the_platform_is_the_documented_one_unless_somebody_says_otherwise() {
    let platform = serve(&[]).platform;
    let auth = platform.auth.unwrap();
    assert_eq!(auth.grpc, client("localhost", 8181));
    assert_eq!(auth.jwks_url, None);
    let spicedb = platform.spicedb.unwrap();
    assert_eq!(spicedb.address.to_string(), "localhost:50051");
    assert_eq!(spicedb.key, "12345678");
    assert!(spicedb.has_documented_key());
    assert_eq!(spicedb.timeout, Duration::from_secs(1));
    assert_eq!(platform.domains, None);
}

#[test]
fn without_the_auth_service_there_is_no_platform_unless_somebody_asks_for_it() {
    for embedded in [
        load(Profile::Dev, &[]).unwrap(),
        serve(&[("MG_USERS_AUTH", "embedded")]),
    ] {
        let platform = &embedded.platform;
        assert!(platform.auth.is_none() && platform.spicedb.is_none());
        assert_eq!(platform.domains, None);
        assert!(embedded.notices().is_empty(), "{:?}", embedded.notices());
    }
    let asked = serve(&[
        ("MG_USERS_AUTH", "embedded"),
        ("MG_USERS_POLICIES", "spicedb"),
        ("MG_SPICEDB_HOST", "spicedb"),
        ("MG_AUTH_GRPC_TIMEOUT", "3s"),
        ("MG_DOMAINS_GRPC_URL", "domains:7003"),
    ]);
    assert!(asked.notices().is_empty(), "{:?}", asked.notices());
    let spicedb = asked.platform.spicedb.unwrap();
    assert_eq!(spicedb.address.to_string(), "spicedb:50051");
    assert_eq!(spicedb.timeout, Duration::from_secs(3));
    assert_eq!(asked.platform.domains, Some(client("domains", 7003)));
}

#[test]
fn an_address_may_stand_as_grpc_has_it_or_not_and_is_no_url() {
    for text in [
        "auth:7001",
        "dns:///auth:7001",
        "dns:auth:7001",
        "passthrough:///auth:7001",
    ] {
        let settings = [("MG_AUTH_GRPC_URL", text), ("MG_DOMAINS_GRPC_URL", text)];
        let platform = serve(&settings).platform;
        assert_eq!(platform.auth.unwrap().grpc, client("auth", 7001), "{text}");
        assert_eq!(platform.domains, Some(client("auth", 7001)), "{text}");
    }
    let by_number = serve(&[("MG_AUTH_GRPC_URL", "[::1]:7001")]).platform;
    assert_eq!(by_number.auth.unwrap().grpc, client("::1", 7001));
    for text in [
        "auth",
        "http://auth:7001",
        "dns://8.8.8.8/auth:7001",
        "::1:1",
    ] {
        let refused = load(Profile::Serve, &[("MG_AUTH_GRPC_URL", text)]);
        assert!(refused.is_err(), "{text}");
    }
}

#[test]
fn keys_are_fetched_where_the_auth_service_publishes_them() {
    let elsewhere = "https://keys.example.com/jwks.json";
    for (algorithm, url, expected) in [
        ("", "", None),
        ("HS256", "", None),
        ("HS384", elsewhere, None),
        ("HS512", "", None),
        ("EdDSA", "", Some(AUTH_JWKS)),
        ("EdDSA", elsewhere, Some(elsewhere)),
        ("", elsewhere, Some(elsewhere)),
    ] {
        let config = serve(&[
            ("MG_AUTH_KEYS_ALGORITHM", algorithm),
            ("MG_AUTH_JWKS_URL", url),
        ]);
        let jwks_url = config.platform.auth.as_ref().unwrap().jwks_url.clone();
        let told = jwks_url.as_ref().map(|url| url.as_url().as_str());
        assert_eq!(told, expected, "{algorithm} {url}");
        let is_idle = notices(&config)
            .iter()
            .any(|notice| notice.contains("MG_AUTH_JWKS_URL"));
        assert_eq!(is_idle, !url.is_empty() && expected.is_none());
    }
}

#[test]
fn an_algorithm_or_url_of_keys_that_cannot_be_is_a_problem() {
    let told = problems(&[("MG_AUTH_KEYS_ALGORITHM", "RS256")]);
    assert_eq!(
        told,
        [
            "MG_AUTH_KEYS_ALGORITHM=\"RS256\" (environment): expected EdDSA, HS256, HS384 or HS512, \
             as the auth service has it; the auth service cannot sign with RS256"
        ]
    );
    assert_eq!(problems(&[("MG_AUTH_KEYS_ALGORITHM", "eddsa")]).len(), 1);
    for url in ["auth:9001", "ftp://auth/keys", "/keys"] {
        assert_eq!(problems(&[("MG_AUTH_JWKS_URL", url)]).len(), 1, "{url}");
    }
    let told = problems(&[("MG_AUTH_JWKS_URL", "http://me:hidden@auth:9001/keys")]);
    assert!(!told[0].contains("hidden"), "{told:?}");
}

#[test]
fn a_certificate_or_authorities_switch_tls_on() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [
        file(folder.path(), "cert.pem", CERTIFICATE),
        file(folder.path(), "key.pem", KEY),
    ];
    let [certificate, key] = paths.each_ref().map(|path| path.to_str().unwrap());
    for prefix in ["MG_AUTH_GRPC", "MG_DOMAINS_GRPC"] {
        let names =
            ["CLIENT_CERT", "CLIENT_KEY", "SERVER_CA_CERTS"].map(|name| format!("{prefix}_{name}"));
        let tls = |values: [&str; 3]| {
            let mut variables = vec![("MG_DOMAINS_GRPC_URL", "domains:7003")];
            variables.extend(names.iter().map(String::as_str).zip(values));
            let platform = serve(&variables).platform;
            match prefix {
                "MG_AUTH_GRPC" => platform.auth.unwrap().grpc.tls,
                _ => platform.domains.unwrap().tls,
            }
        };
        assert_eq!(tls(["", "", ""]), None);
        let only_authorities = tls(["", "", certificate]).unwrap();
        assert_eq!(only_authorities.authorities.unwrap().text(), CERTIFICATE);
        assert_eq!(only_authorities.identity, None);
        // A file's name or the text itself.
        for (certificate, key) in [(certificate, key), (CERTIFICATE, KEY)] {
            let tls = tls([certificate, key, ""]).unwrap();
            assert_eq!(tls.authorities, None);
            let (certificate, key) = tls.identity.unwrap();
            assert_eq!((certificate.text(), key.text()), (CERTIFICATE, KEY));
        }
    }
}

#[test]
fn what_leaves_tls_half_done_is_a_problem_and_all_are_told_at_once() {
    let told = problems(&[
        ("MG_AUTH_GRPC_CLIENT_CERT", CERTIFICATE),
        ("MG_AUTH_GRPC_SERVER_CA_CERTS", "/nowhere/ca.pem"),
        ("MG_DOMAINS_GRPC_URL", "domains"),
        ("MG_DOMAINS_GRPC_CLIENT_KEY", KEY),
        ("MG_DOMAINS_GRPC_SERVER_CA_CERTS", KEY),
    ]);
    for (line, [name, what]) in told.iter().zip([
        [
            "MG_AUTH_GRPC_CLIENT_CERT=\"(PEM text)\"",
            "MG_AUTH_GRPC_CLIENT_KEY beside it",
        ],
        [
            "MG_AUTH_GRPC_SERVER_CA_CERTS=\"/nowhere/ca.pem\"",
            "cannot read the file",
        ],
        ["MG_DOMAINS_GRPC_URL=\"domains\"", "a host and a port"],
        [
            "MG_DOMAINS_GRPC_CLIENT_KEY=***",
            "MG_DOMAINS_GRPC_CLIENT_CERT beside it",
        ],
        [
            "MG_DOMAINS_GRPC_SERVER_CA_CERTS=\"(PEM text)\"",
            "a certificate; there is none in it",
        ],
    ]) {
        assert!(line.starts_with(name) && line.contains(what), "{line}");
    }
    assert_eq!(told.len(), 5, "{told:#?}");
    // Nobody looks at it, so it may be missing.
    let embedded = serve(&[
        ("MG_USERS_AUTH", "embedded"),
        ("MG_AUTH_GRPC_SERVER_CA_CERTS", "/nowhere/ca.pem"),
        ("MG_DOMAINS_GRPC_CLIENT_KEY", "/nowhere/key.pem"),
    ]);
    assert_eq!(
        notices(&embedded),
        [
            "without effect with MG_USERS_AUTH=embedded: MG_AUTH_GRPC_SERVER_CA_CERTS",
            "without effect with MG_DOMAINS_GRPC_URL unset: MG_DOMAINS_GRPC_CLIENT_KEY",
        ]
    );
}

#[test]
fn keys_are_shown_to_nobody() {
    let key = ("MG_SPICEDB_PRE_SHARED_KEY", "tell-nobody");
    let config = serve(&[
        key,
        ("MG_AUTH_GRPC_CLIENT_CERT", CERTIFICATE),
        ("MG_AUTH_GRPC_CLIENT_KEY", KEY),
    ]);
    assert_eq!(shown(&config, key.0), ("***", "environment"));
    assert_eq!(
        shown(&config, "MG_AUTH_GRPC_CLIENT_KEY"),
        ("***", "environment")
    );
    assert_eq!(
        shown(&config, "MG_AUTH_GRPC_CLIENT_CERT"),
        ("(PEM text)", "environment")
    );
    let printed = format!("{config:?}");
    for hidden in ["tell-nobody", "MA=="] {
        assert!(!printed.contains(hidden), "{printed}");
    }
    let told = problems(&[("MG_SPICEDB_PRE_SHARED_KEY", "tell\u{7}nobody")]);
    assert!(!told[0].contains("nobody"), "{told:?}");
}

#[test]
fn what_nothing_looks_at_is_named() {
    let config = serve(&[
        ("MG_USERS_POLICIES", "none"),
        ("MG_SPICEDB_HOST", "spicedb"),
        ("MG_USERS_ACCESS_TOKEN_TTL", "2h"),
    ]);
    assert!(config.platform.spicedb.is_none());
    let told = notices(&config);
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!(
        told[0],
        "without effect with MG_USERS_AUTH=grpc: MG_USERS_ACCESS_TOKEN_TTL"
    );
    assert!(told[1].contains("MG_USERS_POLICIES=none"), "{told:?}");
    assert!(told[1].contains("relations"), "{told:?}");
    assert!(
        told[2].contains("stay members of their domains"),
        "{told:?}"
    );
    assert_eq!(
        told[3],
        "without effect with MG_USERS_POLICIES=none: MG_SPICEDB_HOST"
    );
    let with_domains = serve(&[("MG_DOMAINS_GRPC_URL", "domains:7003")]);
    assert_eq!(notices(&with_domains), [""; 0]);
}

#[test]
fn a_grpc_server_is_in_serve_and_in_dev_where_somebody_asks_for_it() {
    let grpc = serve(&[]).grpc.unwrap();
    assert_eq!((grpc.host.as_str(), grpc.port), ("localhost", 7002));
    assert!(grpc.tls.is_none());
    let dev = load(Profile::Dev, &[("MG_USERS_GRPC_SERVER_CERT", "cert.pem")]).unwrap();
    assert!(dev.grpc.is_none());
    assert_eq!(
        notices(&dev),
        ["without effect with MG_USERS_GRPC_PORT=off: MG_USERS_GRPC_SERVER_CERT"]
    );
    let port = ("MG_USERS_GRPC_PORT", "7102");
    assert_eq!(
        load(Profile::Dev, &[port]).unwrap().grpc.unwrap().port,
        7102
    );
    let open = load(Profile::Dev, &[port, ("MG_USERS_GRPC_HOST", "0.0.0.0")]);
    assert!(open.unwrap_err().to_string().contains("this machine only"));
    assert!(serve(&[("MG_USERS_GRPC_PORT", "off")]).grpc.is_none());
    for port in ["0", "65536", "OFF"] {
        assert_eq!(problems(&[("MG_USERS_GRPC_PORT", port)]).len(), 1, "{port}");
    }
}

#[test]
fn the_grpc_server_speaks_tls_with_certificate_and_key_and_trusts_whom_it_is_told() {
    let certificate = ("MG_USERS_GRPC_SERVER_CERT", CERTIFICATE);
    let key = ("MG_USERS_GRPC_SERVER_KEY", KEY);
    let of_server = ("MG_USERS_GRPC_SERVER_CA_CERTS", CERTIFICATE);
    let of_clients = ("MG_USERS_GRPC_CLIENT_CA_CERTS", CERTIFICATE);
    let tls = |variables: &[_]| serve(variables).grpc.unwrap().tls.unwrap();
    assert!(tls(&[certificate, key]).client_authorities.is_none());
    for both in [
        &[certificate, key, of_clients][..],
        &[certificate, key, of_clients, of_server],
    ] {
        assert_eq!(tls(both).client_authorities.unwrap().text(), CERTIFICATE);
    }
    for (variables, wanted) in [
        (&[certificate][..], "MG_USERS_GRPC_SERVER_KEY beside it"),
        (&[key], "MG_USERS_GRPC_SERVER_CERT beside it"),
        (&[of_clients], "connections would be plain"),
        (&[certificate, key, of_server], "would protect nothing"),
    ] {
        let told = problems(variables);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains(wanted), "{told:?}");
    }
}
