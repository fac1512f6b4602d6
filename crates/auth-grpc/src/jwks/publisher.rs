//! Where the keys are published, and the one request for them.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use url::Url;
use users_grpc_client::error_chain;
use users_jwt::{KeySet, KeySetError};

use super::JwksSettings;

/// The longest that a fetch may take, as in the deployed services.
pub(super) const LONGEST: Duration = Duration::from_secs(10);

/// Longer answers are not read to their end: a key takes some 150 bytes.
const MOST_BYTES: usize = 64 * 1024;

/// Why keys cannot be fetched from an address, whatever is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwksSettingsError {
    /// It is no address of the web.
    #[error("the address of the keys does not begin with http:// or https://")]
    Scheme,
    /// TLS cannot be spoken here: the text says why.
    #[error("TLS cannot be set up for the address of the keys: {0}")]
    Tls(String),
}

/// Why a fetch brought no keys. Says nothing that stands in the answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// No answer, or none that was whole in time.
    #[error("{0}")]
    Http(String),
    /// An answer other than 200.
    #[error("the answer's status is {}", .0.as_u16())]
    Status(StatusCode),
    /// An answer of more than [`MOST_BYTES`].
    #[error("the answer is longer than {MOST_BYTES} bytes")]
    TooLong,
    /// An answer that holds no keys.
    #[error("of the answer: {0}")]
    KeySet(#[from] KeySetError),
    /// It never came to its end.
    #[error("the fetch was given up, since the program ends")]
    GivenUp,
}

/// What a fetch brought.
pub(super) struct Fetched {
    pub(super) set: KeySet,
    /// For how long the publisher says that it is good.
    pub(super) max_age: Option<Duration>,
}

/// Who publishes the keys. Its text names the address without what may be secret in it.
pub(super) struct Publisher {
    client: Client,
    url: Url,
}

impl Publisher {
    pub(super) fn new(settings: &JwksSettings) -> Result<Self, JwksSettingsError> {
        let client = Client::builder()
            .timeout(settings.timeout.min(LONGEST))
            // The address is the operator's to give: whoever answers must not choose another.
            .redirect(Policy::none())
            // Nor may a proxy that the environment names for other things.
            .no_proxy()
            // A connection would be idle for minutes, and broken when it is needed.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("magistrala-users/", env!("CARGO_PKG_VERSION")));
        let client = match settings.url.scheme() {
            // No certificate is looked at, so that none need be installed.
            "http" => client.tls_certs_only([]),
            "https" => client,
            _ => return Err(JwksSettingsError::Scheme),
        };
        Ok(Self {
            client: client
                .build()
                .map_err(|error| JwksSettingsError::Tls(error_chain(&error)))?,
            url: settings.url.clone(),
        })
    }

    /// Asks once. Takes no longer than the settings say.
    pub(super) async fn fetch(&self) -> Result<Fetched, FetchError> {
        let request = self
            .client
            .get(self.url.clone())
            .header(ACCEPT, "application/json");
        let mut response = request.send().await.map_err(http)?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let max_age = max_age(response.headers());
        let body = body(&mut response).await?;
        Ok(Fetched {
            set: KeySet::read(&body)?,
            max_age,
        })
    }
}

async fn body(response: &mut Response) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(http)? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(FetchError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The directive `max-age` (RFC 9111, section 5.2.2.1); nothing for an answer that should not be
/// kept, which is kept all the same, for a short time.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let mut directives = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|directive| directive.trim().to_ascii_lowercase());
    directives.find_map(|directive| match directive.as_str() {
        "no-store" | "no-cache" => Some(Duration::ZERO),
        other => {
            let seconds = other.strip_prefix("max-age=")?;
            seconds.parse().ok().map(Duration::from_secs)
        }
    })
}

fn http(error: reqwest::Error) -> FetchError {
    FetchError::Http(error_chain(&error.without_url()))
}

impl fmt::Display for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.url))
    }
}

/// An address without what may be secret in it.
pub(super) fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}"));
    format!(
        "{}://{}{}{}",
        url.scheme(),
        url.host_str().unwrap_or_default(),
        port.unwrap_or_default(),
        url.path()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(values: &[&'static str]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CACHE_CONTROL, value.parse().unwrap());
        }
        max_age(&headers).map(|age| age.as_secs())
    }

    #[test]
    fn a_publisher_says_how_long_its_keys_are_good() {
        assert_eq!(
            said(&["public, max-age=900, stale-while-revalidate=60"]),
            Some(900)
        );
        assert_eq!(said(&["public", "Max-Age=60"]), Some(60));
        assert_eq!(said(&["no-store"]), Some(0));
        for nothing in [
            "",
            "public",
            "max-age",
            "max-age=",
            "max-age=-1",
            "max-age=1.5",
        ] {
            assert_eq!(said(&[nothing]), None, "{nothing}");
        }
        assert_eq!(said(&[]), None);
    }

    #[test]
    fn nothing_that_may_be_secret_in_an_address_is_printed() {
        let url = "http://ada:secret@auth:9001/keys?token=secret#secret";
        let settings = JwksSettings::new(url.parse().unwrap());
        assert!(!format!("{settings:?}").contains("secret"));
        assert_eq!(settings.place(), "http://auth:9001/keys");
    }
}
