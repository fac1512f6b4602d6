//! The plan as a table: each crate, its floor, and what it may depend on.

/// Where a crate stands; arrows go down only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub(crate) enum Floor {
    /// Wires everything.
    Roof,
    /// The world calls us.
    Driving,
    /// What users are: no I/O, no runtime, no framework.
    Domain,
    /// We call the world.
    Driven,
    /// What is spoken on wires: messages and their formats, which know nothing of users.
    Wire,
    /// Fakes, contract suites, and stand-ins for what we call.
    Beside,
}

impl Floor {
    /// The floors from top to bottom.
    pub(crate) const ALL: [Self; 6] = [
        Self::Roof,
        Self::Driving,
        Self::Domain,
        Self::Driven,
        Self::Wire,
        Self::Beside,
    ];

    /// The plan's word for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Roof => "roof",
            Self::Driving => "driving",
            Self::Domain => "domain",
            Self::Driven => "driven",
            Self::Wire => "wire",
            Self::Beside => "beside",
        }
    }

    /// What the plan says about arrows from here to our own crates.
    pub(crate) const fn law(self) -> &'static str {
        match self {
            Self::Roof => {
                "a crate of the roof names only what it wires, and nothing names the roof"
            }
            Self::Driving => "http and grpc know the domain's services, not the adapters",
            Self::Domain => "the domain depends on none of our crates",
            Self::Driven => {
                "an adapter depends on users-domain and its own technology, never on another \
                 adapter or on http or grpc; what it needs from one it gets through a port"
            }
            Self::Wire => "what is spoken on wires depends on none of our crates",
            Self::Beside => {
                "testkit knows the domain only, so that every adapter can use it; stand-ins for other \
                 services know the domain and the wires, never what is tested with them"
            }
        }
    }
}

/// One crate of ours and what it may depend on.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    /// Its package name.
    pub(crate) name: &'static str,
    pub(crate) floor: Floor,
    /// Our crates that it may name.
    pub(crate) own: &'static [&'static str],
    /// Other crates that it may name besides [`PURE`].
    pub(crate) third_party: &'static [&'static str],
    /// Our crates that only its tests may name.
    pub(crate) dev_own: &'static [&'static str],
    /// Other crates that only its tests may name besides [`TEST_TOOLS`].
    pub(crate) dev_third_party: &'static [&'static str],
}

/// The domain's vocabulary: crates without I/O and runtime, allowed on every floor.
pub(crate) const PURE: &[&str] = &[
    "async-trait",
    "base64",
    "email_address",
    "idna",
    "regex",
    "secrecy",
    "serde",
    "serde_json",
    "sha2",
    "subtle",
    "thiserror",
    "time",
    "tracing",
    "url",
    "uuid",
];

/// What the tests of every crate may use.
pub(crate) const TEST_TOOLS: &[&str] = &["insta", "mockall", "proptest", "tempfile", "tokio"];

const DOMAIN: &[&str] = &["users-domain"];
const TESTKIT: &[&str] = &["users-testkit"];

/// Every crate of the workspace.
pub(crate) const ROOMS: &[Room] = &[
    Room {
        name: "magistrala-users",
        floor: Floor::Roof,
        own: &[
            "users-auth-embedded",
            "users-auth-grpc",
            "users-domain",
            "users-grpc",
            "users-grpc-client",
            "users-http",
            "users-password",
            "users-postgres",
            "users-smtp",
            "users-spicedb",
            "users-sqlite",
            "users-system",
        ],
        third_party: &[
            "actix-web",
            "anyhow",
            "clap",
            "config",
            "futures",
            "indicatif",
            "prometheus",
            "rustix",
            "rustls",
            "strsim",
            "tempfile",
            "tokio",
            "tokio-util",
            "tracing-subscriber",
        ],
        dev_own: &[
            "users-proto",
            "users-test-platform",
            "users-test-postgres",
            "users-testkit",
        ],
        dev_third_party: &["prost", "prost-types", "reqwest", "tonic"],
    },
    Room {
        name: "users-embedded",
        floor: Floor::Roof,
        own: &[
            "users-auth-embedded",
            "users-domain",
            "users-password",
            "users-smtp",
            "users-sqlite",
            "users-system",
        ],
        third_party: &["tokio"],
        dev_own: TESTKIT,
        dev_third_party: &["anyhow", "aws-lc-rs"],
    },
    Room {
        name: "users-fuzz",
        floor: Floor::Roof,
        own: &[
            "magistrala-users",
            "users-auth-embedded",
            "users-domain",
            "users-http",
            "users-password",
            "users-smtp",
            "users-testkit",
        ],
        third_party: &[
            "actix-web",
            "aws-lc-rs",
            "futures",
            "prometheus",
            "tempfile",
        ],
        dev_own: &[],
        dev_third_party: &[],
    },
    Room {
        name: "xtask",
        floor: Floor::Roof,
        own: &[
            "magistrala-users",
            "users-auth-grpc",
            "users-domain",
            "users-http",
            "users-postgres",
            "users-proto",
            "users-sqlite",
            "users-system",
            "users-test-platform",
            "users-test-postgres",
        ],
        third_party: &[
            "anyhow",
            "aws-lc-rs",
            "bcrypt",
            "clap",
            "prost",
            "prost-types",
            "rustls",
            "tempfile",
            "tokio",
            "toml",
            "tonic-health",
            "tracing-subscriber",
        ],
        dev_own: &[],
        dev_third_party: &[],
    },
    Room {
        name: "users-http",
        floor: Floor::Driving,
        own: DOMAIN,
        third_party: &[
            "actix-http",
            "actix-service",
            "actix-web",
            "askama",
            "flate2",
            "futures",
            "prometheus",
            "tokio",
            "utoipa",
            "utoipa-swagger-ui-vendored",
            "zip",
        ],
        dev_own: TESTKIT,
        dev_third_party: &["jsonschema"],
    },
    Room {
        name: "users-grpc",
        floor: Floor::Driving,
        own: &["users-domain", "users-grpc-client", "users-proto"],
        third_party: &[
            "futures",
            "prost",
            "prost-types",
            "tokio",
            "tonic",
            "tonic-health",
            "tonic-reflection",
        ],
        dev_own: &["users-test-platform", "users-testkit"],
        dev_third_party: &[],
    },
    Room {
        name: "users-domain",
        floor: Floor::Domain,
        own: &[],
        third_party: &["mockall"],
        dev_own: TESTKIT,
        dev_third_party: &[],
    },
    Room {
        name: "users-auth-embedded",
        floor: Floor::Driven,
        own: &["users-domain", "users-jwt"],
        third_party: &["aws-lc-rs"],
        dev_own: TESTKIT,
        dev_third_party: &[],
    },
    Room {
        name: "users-password",
        floor: Floor::Driven,
        own: DOMAIN,
        third_party: &[
            "argon2",
            "aws-lc-rs",
            "bcrypt",
            "rustix",
            "scrypt",
            "sha-crypt",
            "tokio",
        ],
        dev_own: TESTKIT,
        dev_third_party: &[],
    },
    Room {
        name: "users-smtp",
        floor: Floor::Driven,
        own: DOMAIN,
        third_party: &["gtmpl-ng", "lettre", "tokio"],
        dev_own: TESTKIT,
        dev_third_party: &[],
    },
    Room {
        name: "users-postgres",
        floor: Floor::Driven,
        own: DOMAIN,
        third_party: &[
            "bb8",
            "diesel",
            "diesel-async",
            "futures",
            "rustls",
            "rustls-native-certs",
            "tokio",
            "tokio-postgres",
            "tokio-postgres-rustls",
            "tokio-util",
        ],
        dev_own: &["users-test-postgres", "users-testkit"],
        dev_third_party: &[],
    },
    Room {
        name: "users-sqlite",
        floor: Floor::Driven,
        own: DOMAIN,
        third_party: &["diesel", "diesel_migrations", "libsqlite3-sys", "tokio"],
        dev_own: TESTKIT,
        dev_third_party: &[],
    },
    Room {
        name: "users-system",
        floor: Floor::Driven,
        own: DOMAIN,
        third_party: &["aws-lc-rs"],
        dev_own: TESTKIT,
        dev_third_party: &[],
    },
    Room {
        name: "users-auth-grpc",
        floor: Floor::Driven,
        own: &[
            "users-domain",
            "users-grpc-client",
            "users-jwt",
            "users-proto",
        ],
        third_party: &["futures", "reqwest", "tokio", "tonic", "tonic-health"],
        dev_own: &[
            "users-auth-embedded",
            "users-test-platform",
            "users-testkit",
        ],
        dev_third_party: &["aws-lc-rs", "prost", "rcgen", "rustls"],
    },
    Room {
        name: "users-spicedb",
        floor: Floor::Driven,
        own: &["users-domain", "users-grpc-client", "users-proto"],
        third_party: &["tokio", "tonic"],
        dev_own: &["users-test-platform", "users-testkit"],
        dev_third_party: &[],
    },
    Room {
        name: "users-grpc-client",
        floor: Floor::Wire,
        own: &[],
        third_party: &[
            "hyper-util",
            "rustls",
            "rustls-native-certs",
            "tokio",
            "tonic",
        ],
        dev_own: &["users-proto"],
        dev_third_party: &["rcgen"],
    },
    Room {
        name: "users-jwt",
        floor: Floor::Wire,
        own: &[],
        third_party: &["jsonwebtoken"],
        dev_own: &[],
        dev_third_party: &["aws-lc-rs"],
    },
    Room {
        name: "users-proto",
        floor: Floor::Wire,
        own: &[],
        third_party: &[
            "prost",
            "prost-types",
            "protox",
            "tonic",
            "tonic-prost",
            "tonic-prost-build",
        ],
        dev_own: &[],
        dev_third_party: &[],
    },
    Room {
        name: "users-test-platform",
        floor: Floor::Beside,
        own: &[
            "users-domain",
            "users-proto",
            "users-system",
            "users-testkit",
        ],
        third_party: &[
            "aws-lc-rs",
            "futures",
            "http-body-util",
            "prost",
            "rcgen",
            "tempfile",
            "tokio",
            "tonic",
            "tonic-health",
        ],
        dev_own: &[],
        dev_third_party: &[],
    },
    Room {
        name: "users-test-postgres",
        floor: Floor::Beside,
        own: &[],
        third_party: &["rcgen", "rustix", "tempfile", "tokio", "tokio-postgres"],
        dev_own: &[],
        dev_third_party: &[],
    },
    Room {
        name: "users-testkit",
        floor: Floor::Beside,
        own: DOMAIN,
        third_party: &["mockall", "tokio"],
        dev_own: &[],
        dev_third_party: &[],
    },
];

/// A technology that has its own rooms, whatever the allow-lists say.
pub(crate) struct Technology {
    /// How the names of its crates begin.
    pub(crate) crates: &'static [&'static str],
    /// How the names of our crates begin that may name it.
    pub(crate) rooms: &'static [&'static str],
    /// What the plan says.
    pub(crate) law: &'static str,
}

/// The technologies that must not spread.
pub(crate) const TECHNOLOGIES: &[Technology] = &[
    Technology {
        crates: &["diesel", "libsqlite3-sys"],
        rooms: &["users-postgres", "users-sqlite"],
        law: "diesel is named by store crates only",
    },
    Technology {
        crates: &["actix"],
        rooms: &["users-http", "magistrala-users", "users-fuzz"],
        law: "actix is named by http, by server, and by what fuzzes http",
    },
    Technology {
        crates: &["jsonwebtoken"],
        rooms: &["users-jwt"],
        law: "jsonwebtoken is named by users-jwt only",
    },
];

/// What nothing below the domain may bring in, however deep: a name, or the beginning of one.
pub(crate) const IMPURE: &[&str] = &[
    "actix",
    "diesel",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "reqwest",
    "socket2",
    "tokio",
    "tonic",
];

/// What nothing may bring in, and why.
pub(crate) const BANNED: &[(&str, &str)] = &[
    ("ring", "the one provider of cryptography is aws-lc-rs"),
    (
        "openssl-sys",
        "TLS is rustls; nothing but a C compiler may be needed",
    ),
    (
        "native-tls",
        "TLS is rustls; nothing but a C compiler may be needed",
    ),
    (
        "pq-sys",
        "Postgres is spoken without libpq; nothing but a C compiler may be needed",
    ),
];
