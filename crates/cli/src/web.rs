//! One bounded GET of an address that a person typed or configured: keys by URL, a cluster's API. Registries have a client
//! of their own.

use std::{error::Error as _, io, net::IpAddr, thread, time::Duration};

use reqwest::{Certificate, Identity, StatusCode, Url, redirect};
use tokio::time::timeout;

use crate::limits;

/// What to get, and as whom.
#[derive(Debug, Default)]
pub(crate) struct Request {
    /// Where.
    pub(crate) url: String,
    /// A bearer token.
    pub(crate) token: Option<String>,
    /// The only certificate authorities that count, PEM; the system's where there are none.
    pub(crate) authorities: Option<Vec<u8>>,
    /// A client certificate and its key, PEM.
    pub(crate) identity: Option<Vec<u8>>,
    /// Whether any certificate will do.
    pub(crate) insecure: bool,
    /// Whether redirects are followed, never from https to http.
    pub(crate) redirects: bool,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its bytes, at most [`limits::WEB`].
    pub(crate) body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebError {
    /// Not a client certificate with its key, or no certificate authority.
    #[error("{what} cannot be read")]
    Credentials { what: &'static str },
    /// It sent too much.
    #[error("Get \"{url}\": the answer has more than {limit} bytes")]
    Limit { url: String, limit: usize },
    /// Not an address.
    #[error("Get \"{url}\": {why}")]
    Url { url: String, why: String },
    /// Nothing in time.
    #[error("Get \"{url}\": context deadline exceeded")]
    Time { url: String },
    /// Not reached.
    #[error("Get \"{url}\": {why}")]
    Unreachable { url: String, why: String },
}

/// What a URL that a person typed names.
///
/// # Errors
/// cosign's text.
pub(crate) fn read(url: &str) -> Result<Vec<u8>, String> {
    if url.split_once("://").is_none_or(|(_, rest)| rest.is_empty() || rest.starts_with('/')) {
        return Err(format!("Get \"{}\": http: no Host in request URL", url.trim_end_matches('/')));
    }
    let request = Request { url: url.to_owned(), redirects: true, ..Request::default() };
    let answer = get(&request).map_err(|error| error.to_string())?;
    if !answer.status.is_success() {
        return Err(format!("loading URL {url}: server returned HTTP {}", answer.status.as_u16()));
    }
    Ok(answer.body)
}

/// Gets it.
///
/// # Errors
/// [`WebError`]; an answer of any status is none.
pub(crate) fn get(request: &Request) -> Result<Answer, WebError> {
    // Whoever asks may be in the middle of asking registries, on a thread that cannot wait for two.
    match tokio::runtime::Handle::try_current() {
        Ok(_) => thread::scope(|scope| scope.spawn(|| got(request)).join()).unwrap_or_else(|_| {
            Err(WebError::Unreachable { url: request.url.clone(), why: "it broke off".into() })
        }),
        Err(_) => got(request),
    }
}

fn got(request: &Request) -> Result<Answer, WebError> {
    let url = || request.url.clone();
    let runtime = crate::runtime::network()
        .map_err(|error| WebError::Unreachable { url: url(), why: error.to_string() })?;
    runtime.block_on(async {
        timeout(TIME, fetched(request)).await.unwrap_or_else(|_| Err(WebError::Time { url: url() }))
    })
}

async fn fetched(request: &Request) -> Result<Answer, WebError> {
    let url = || request.url.clone();
    let unreachable = |error: reqwest::Error| WebError::Unreachable { url: url(), why: innermost(&error) };
    let address =
        Url::parse(&request.url).map_err(|error| WebError::Url { url: url(), why: error.to_string() })?;
    let policy = if request.redirects { redirect::Policy::custom(follow) } else { redirect::Policy::none() };
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("sealgate/", env!("CARGO_PKG_VERSION")))
        .redirect(policy)
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .tls_danger_accept_invalid_certs(request.insecure);
    if let Some(pem) = &request.authorities {
        let authorities = Certificate::from_pem_bundle(pem).ok().filter(|found| !found.is_empty());
        let authorities =
            authorities.ok_or(WebError::Credentials { what: "the certificate authority's data" })?;
        builder = builder.tls_certs_only(authorities);
    }
    if let Some(pem) = &request.identity {
        let identity = Identity::from_pem(pem)
            .map_err(|_| WebError::Credentials { what: "the client certificate or its key" })?;
        builder = builder.identity(identity);
    }
    let mut ask = builder.build().map_err(unreachable)?.get(address);
    if let Some(token) = &request.token {
        ask = ask.bearer_auth(token);
    }
    let mut answer = ask.send().await.map_err(unreachable)?;
    let (status, mut body) = (answer.status(), Vec::new());
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > limits::WEB {
            return Err(WebError::Limit { url: url(), limit: limits::WEB });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}

// THREAT: a redirect that takes a key from where TLS vouches for it to where nobody does.
// See a_key_by_url_is_never_taken_from_a_redirect_to_plain_http.
fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let secure = attempt.previous().iter().any(|url| url.scheme() == "https");
    if attempt.previous().len() > REDIRECTS || secure && attempt.url().scheme() != "https" {
        return attempt.stop();
    }
    attempt.follow()
}

// The last words of the chain say it; in Go's, which pipelines know, where they are known.
fn innermost(error: &reqwest::Error) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    let mut refused = false;
    while let Some(error) = next {
        said = error.to_string();
        let cause = error.downcast_ref::<io::Error>().map(io::Error::kind);
        refused |= cause == Some(io::ErrorKind::ConnectionRefused);
        next = error.source();
    }
    let address = error.url().and_then(|url| {
        let host = url.host_str().filter(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok())?;
        Some(format!("{host}:{}", url.port_or_known_default()?))
    });
    match address {
        Some(address) if refused => format!("dial tcp {address}: connect: connection refused"),
        _ if said.contains("InvalidContentType") => {
            "tls: first record does not look like a TLS handshake".into()
        }
        _ => said.split(" (os error").next().unwrap_or(&said).to_lowercase(),
    }
}

const REDIRECTS: usize = 5;
const TIME: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use sealgate_testkit::{Answer, Registry, Rule};

    use super::{Request, WebError, get};
    use crate::limits;

    #[test]
    fn a_key_by_url_is_never_taken_from_a_redirect_to_plain_http() {
        let (secure, plain) = (Registry::start_tls(), Registry::start_blocking());
        let there = format!("http://{}/key", plain.host());
        plain.on(Rule::path("/key", Answer::bytes(b"key")));
        plain.on(Rule::path("/moved", Answer::redirect(&there)));
        secure.on(Rule::path("/moved", Answer::redirect(&there)));
        let ask = |url: String, redirects: bool| {
            get(&Request { url, redirects, insecure: true, ..Request::default() }).unwrap()
        };
        assert_eq!(ask(format!("http://{}/moved", plain.host()), true).body, b"key");
        let stopped = ask(format!("https://{}/moved", secure.host()), true);
        assert!(stopped.status.is_redirection() && stopped.body != b"key", "{stopped:?}");
        assert!(ask(format!("http://{}/moved", plain.host()), false).status.is_redirection());
    }

    #[test]
    fn an_answer_is_read_to_the_limit_and_not_beyond() {
        let registry = Registry::start_blocking();
        registry.on(Rule::path("/n", Answer::bytes(&vec![b'x'; limits::WEB])));
        registry.on(Rule::path("/more", Answer::bytes(&vec![b'x'; limits::WEB + 1])));
        let ask = |path: &str| {
            get(&Request { url: format!("http://{}/{path}", registry.host()), ..Request::default() })
        };
        assert_eq!(ask("n").unwrap().body.len(), limits::WEB);
        assert!(matches!(ask("more"), Err(WebError::Limit { limit: limits::WEB, .. })));
        assert!(matches!(
            get(&Request { url: "http://[".into(), ..Request::default() }),
            Err(WebError::Url { .. })
        ));
    }
}
