//! `magistrala-users health`: asks a running service, for containers without curl.

use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use url::Url;

use crate::cli::HealthArguments;
use crate::config::Config;

/// How long connecting, and each read, may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// A healthy answer is some hundred bytes.
const MOST_BYTES: u64 = 64 * 1024;

/// Succeeds if the service answers 200.
pub(super) fn run(
    config: &Config,
    arguments: &HealthArguments,
    out: &mut dyn Write,
) -> Result<ExitCode> {
    let text = arguments.url.clone().unwrap_or_else(|| {
        let host = if config.http.host.contains(':') {
            format!("[{}]", config.http.host)
        } else {
            config.http.host.clone()
        };
        format!("http://{host}:{}/health", config.http.port)
    });
    let url = Url::parse(&text).with_context(|| format!("{text} is no URL"))?;
    let status = ask(&url).with_context(|| format!("no answer from {url}"))?;
    if status != "200" {
        bail!("{url} answered {status}");
    }
    writeln!(out, "{url} is well")?;
    Ok(ExitCode::SUCCESS)
}

/// The status code of a GET.
fn ask(url: &Url) -> Result<String> {
    if url.scheme() != "http" {
        bail!("only http:// URLs can be asked, not {}://", url.scheme());
    }
    let host = url.host_str().context("it names no host")?;
    let addresses = url.socket_addrs(|| None)?;
    let mut stream = connect(&addresses)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let port = url.port_or_known_default().unwrap_or(80);
    write!(
        stream,
        "GET {} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n",
        &url[url::Position::BeforePath..url::Position::AfterQuery],
    )?;
    let mut status_line = String::new();
    BufReader::new(stream.take(MOST_BYTES)).read_line(&mut status_line)?;
    let status = status_line.split(' ').nth(1);
    Ok(status
        .context("what answers there does not speak HTTP")?
        .trim()
        .to_owned())
}

/// The first address that takes a connection; `localhost` has two.
fn connect(addresses: &[std::net::SocketAddr]) -> Result<TcpStream> {
    let mut last = None;
    for address in addresses.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) => Err(error.into()),
        None => bail!("the host has no address"),
    }
}
