//! The service in a platform: auth, keys, SpiceDB and domains over the wire, on Postgres.

mod away;
mod faults;
mod keys;
mod life;
mod passwords;
mod retrieval;
mod secrecy;
mod starts;

use std::cell::Cell;
use std::net::TcpListener;

use serde_json::{Value, json};
use users_test_platform::{AuthOptions, Certificates, Platform, PlatformOptions};

use super::program::{ADMIN_PASSWORD, Answer, Home, Program};

/// What users of the tests have as their password.
const PASSWORD: &str = "changeMe123";
/// A limit of calls that a busy machine keeps.
const TIME_ENOUGH: (&str, &str) = ("MG_AUTH_GRPC_TIMEOUT", "20s");

/// The service among its neighbours.
struct World {
    program: Program,
    platform: Platform,
    home: Home,
    /// Where the service answers its neighbours.
    grpc_port: u16,
}

/// How the neighbours are spoken to, and who verifies tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// In clear text; tokens are verified with published keys.
    Plain,
    /// The same, and a refresh token is replaced by its use, which the deployed service does not do.
    Rotating,
    /// In clear text; tokens are verified by the auth service.
    Asked,
    /// With TLS.
    Tls,
    /// With TLS on both sides.
    MutualTls,
}

impl Mode {
    fn start(self) -> Platform {
        let has_tls = matches!(self, Self::Tls | Self::MutualTls);
        let options = PlatformOptions {
            auth: AuthOptions {
                rotates: self == Self::Rotating,
                ..AuthOptions::default()
            },
            // Another each time, so that finding it means something.
            preshared_key: made_up_key(),
            certificates: has_tls.then(Certificates::new),
            mutual: self == Self::MutualTls,
            ..PlatformOptions::default()
        };
        Platform::start(options).unwrap()
    }

    fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Asked => &[
                ("MG_AUTH_KEYS_ALGORITHM", "HS256"),
                ("MG_AUTH_JWKS_URL", ""),
            ],
            Self::Plain | Self::Rotating | Self::Tls | Self::MutualTls => &[],
        }
    }
}

impl World {
    /// A service whose calls have time enough on a busy machine.
    fn start(mode: Mode) -> Self {
        Self::start_with(mode, &[TIME_ENOUGH])
    }

    /// The same with further settings.
    fn start_with(mode: Mode, settings: &[(&str, &str)]) -> Self {
        let platform = mode.start();
        let home = Home::with_postgres();
        let settings = [mode.settings(), settings].concat();
        let (program, grpc_port) = serve(&home, &platform, &settings);
        Self {
            program,
            platform,
            home,
            grpc_port,
        }
    }

    /// The service is started anew with other settings; all else stays as it is.
    fn restarted_with(self, mode: Mode, settings: &[(&str, &str)]) -> Self {
        let Self {
            program,
            platform,
            home,
            ..
        } = self;
        program.terminate();
        let settings = [mode.settings(), settings].concat();
        let (program, grpc_port) = serve(&home, &platform, &settings);
        Self {
            program,
            platform,
            home,
            grpc_port,
        }
    }

    /// Makes an account; gives its id.
    fn register(&self, username: &str) -> String {
        let made = self.program.register(username).expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    fn log_in(&self, username: &str) -> (String, String) {
        self.program.log_in(username, PASSWORD)
    }

    fn try_to_log_in(&self, username: &str) -> Answer {
        let body = json!({ "identity": username, "secret": PASSWORD });
        self.program.post("/users/tokens/issue", &body)
    }

    /// Whether SpiceDB knows the user as this: `member` or `administrator`.
    fn is_known_as(&self, relation: &str, id: &str) -> bool {
        let wanted = format!("platform:magistrala#{relation}@user:{id}");
        self.platform.spicedb.relationships().contains(&wanted)
    }

    fn until(&self, what: &str, holds: impl FnMut() -> bool) {
        self.program.until(what, holds);
    }

    /// Waits until `/readyz` says this of a component; gives the answer's status.
    fn until_told(&self, component: &str, status: &str) -> u16 {
        until_told(&self.program, component, status)
    }

    /// Calls that the auth service got so far.
    fn calls_of_auth(&self, rpc: &str) -> usize {
        self.platform.auth.calls_of(rpc).len()
    }
}

/// A key that nobody has used before.
fn made_up_key() -> String {
    use users_domain::ports::uuid_v4;

    uuid_v4(&users_system::SystemEntropy::new()).to_string()
}

/// The service on this store among these neighbours, and where it answers them.
fn serve(home: &Home, platform: &Platform, settings: &[(&str, &str)]) -> (Program, u16) {
    let port = Cell::new(0);
    let environment = platform.environment();
    let environment = environment.iter();
    let neighbours = environment.map(|(name, value)| (name.as_str(), value.as_str()));
    let mut all = vec![
        ("MG_USERS_AUTH", "grpc"),
        ("MG_ALLOW_UNVERIFIED_USER", "true"),
        ("MG_USERS_ADMIN_PASSWORD", ADMIN_PASSWORD),
    ];
    all.extend(neighbours);
    all.extend(settings);
    let program = home.start_by_turns(&all, || {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        port.set(free.local_addr().unwrap().port());
        vec![("MG_USERS_GRPC_PORT", port.get().to_string())]
    });
    (program, port.get())
}

fn until_told(program: &Program, component: &str, status: &str) -> u16 {
    let mut code = 0;
    program.until(&format!("{component} is {status}"), || {
        let answer = program.get("/readyz");
        code = answer.status;
        answer.body["checks"][component][0]["status"] == status
    });
    code
}

/// A refusal because something is away: neither the caller's fault nor ours, and without a word of
/// whoever it is.
#[track_caller]
fn assert_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(answer.body["code"], "unavailable", "{}", answer.text);
    let members = answer.body.as_object().unwrap();
    let mut names: Vec<_> = members.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["code", "message", "request_id"], "{}", answer.text);
    // The last is what is said where no adapter kept to its own limit.
    for theirs in [
        "PERMISSIONSHIP",
        "gRPC",
        "127.0.0.1",
        "a peer's words",
        "took too long",
    ] {
        let message = answer.body["message"].as_str().unwrap();
        assert!(!message.contains(theirs), "{}", answer.text);
    }
}

fn role(role: u8) -> Value {
    json!({ "role": role })
}
