//! One request and its answer, bounded in bytes and time.

mod pooled;

use std::{
    error::Error,
    sync::{Arc, OnceLock, atomic::AtomicU64},
    time::Duration,
};

use http::{
    HeaderMap, Method, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH},
};
use reqwest::{Identity, Request, Response, redirect::Policy};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use sealgate_verify::GapCause;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::{
    ClientError, Config,
    address::{Forbidden, Guard, Unresolved},
    fault::Fault,
    lanes::{Budget, Lanes, Spent},
    limits, probe,
    rules::shown,
    save::Sink,
    tls,
};

use pooled::Pooled;

/// Connections of one set of credentials.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    http: reqwest::Client,
    crowd: Arc<Crowd>,
    lanes: Arc<Lanes>,
}

/// What keeps the number of open connections small, however many hosts there are.
#[derive(Debug)]
struct Crowd {
    config: Config,
    guard: Guard,
    pooled: Pooled,
    /// For hosts that find no place among the pooled ones; made when there is the first.
    unpooled: OnceLock<Result<reqwest::Client, String>>,
}

/// An answer whose body, if it is a good one, was read to its end; of another one there are the first bytes.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) url: Url,
}

/// How much one request may bring, and until when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds<'a> {
    /// What is read, for messages.
    pub(crate) what: &'static str,
    /// Our limit.
    pub(crate) limit: u64,
    /// What a descriptor says, which is within our limit.
    pub(crate) declared: Option<u64>,
    pub(crate) budget: &'a Budget,
    /// Where the body goes instead of into memory.
    pub(crate) into: Option<&'a Sink>,
    pub(crate) deadline: Instant,
}

impl Wire {
    pub(crate) fn new(config: &Config, guard: Guard, lanes: Arc<Lanes>) -> Result<Self, ClientError> {
        let http = client(config, &guard, limits::REQUESTS_PER_HOST)?;
        let crowd =
            Crowd { config: config.clone(), guard, pooled: Pooled::default(), unpooled: OnceLock::new() };
        Ok(Self { http, crowd: Arc::new(crowd), lanes })
    }

    // THREAT: image names under one domain make up hosts without end, and each keeps connections open.
    // See hosts_without_end_keep_no_connections_open.
    fn http(&self, host: &str) -> Result<&reqwest::Client, Fault> {
        let Crowd { config, guard, pooled, unpooled } = &*self.crowd;
        if pooled.admits(host, Instant::now()) {
            return Ok(&self.http);
        }
        let made = unpooled.get_or_init(|| client(config, guard, 0).map_err(|error| error.to_string()));
        made.as_ref().map_err(|why| Fault::new(GapCause::Unreachable, why.clone()))
    }

    /// Whether the other side answers in TLS, be it with a certificate that nobody vouches for.
    // THREAT: a bad certificate taken for "no TLS", and the password sent in the clear.
    // See manners_never_answer_a_bad_certificate_with_plain_http.
    pub(crate) async fn speaks_tls(&self, origin: &Url, deadline: Instant) -> bool {
        let until = deadline.min(Instant::now() + limits::CONNECT_WITHIN);
        timeout_at(until, probe::speaks_tls(origin, &self.crowd.guard)).await.unwrap_or(false)
    }

    /// Sends `request`. A body is read where the status is 200.
    pub(crate) async fn send(&self, request: Request, bounds: &Bounds<'_>) -> Result<Reply, Fault> {
        let (url, method) = (request.url().clone(), request.method().clone());
        let host = shown(&url);
        let expected = match bounds.into {
            Some(_) => 0,
            None => bounds.declared.unwrap_or(bounds.limit),
        };
        let owner = bounds.budget.owner().map(AsRef::as_ref);
        let _permit = self.lanes.enter(&host, expected.saturating_add(1), owner, bounds.deadline).await?;
        // What is sent has to arrive before there can be an answer.
        let sent =
            request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let sending = Duration::from_secs(sent.unwrap_or(0_u64) / limits::BODY_BYTES_PER_SECOND);
        let until = bounds.deadline.min(Instant::now() + limits::HEADERS_WITHIN + sending);
        let mut response = match timeout_at(until, self.http(&host)?.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(broken(&host, &error)),
            Err(_) => return Err(late(&host, "did not answer in time")),
        };
        within_header_limit(&host, response.headers())?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = if status == StatusCode::OK && method != Method::HEAD {
            read(&host, &mut response, bounds, &self.lanes.held).await?
        } else {
            drain(&mut response).await
        };
        Ok(Reply { status, headers, body, url })
    }
}

/// Keeps up to `idle` connections to each host for a next request.
fn client(config: &Config, guard: &Guard, idle: usize) -> Result<reqwest::Client, ClientError> {
    let mut roots = vec![];
    for pem in &config.extra_roots {
        let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_| ClientError::Tls("certificate authorities are not readable PEM".to_owned()))?;
        if found.is_empty() {
            return Err(ClientError::Tls("a file of certificate authorities holds none".to_owned()));
        }
        roots.extend(found);
    }
    let builder = reqwest::Client::builder()
        .user_agent(concat!("sealgate/", env!("CARGO_PKG_VERSION")))
        // THREAT: reqwest would carry on by itself where credentials, schemes and addresses must be looked at.
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // HTTPS_PROXY and its like are not obeyed: behind a proxy nobody could tell which address is spoken to.
        .no_proxy()
        .dns_resolver(guard.clone())
        .connect_timeout(limits::CONNECT_WITHIN)
        .pool_idle_timeout(limits::POOLED_FOR)
        .pool_max_idle_per_host(idle)
        .http1_max_headers(limits::HEADERS)
        .http2_max_header_list_size(HEADER_LIST);
    let builder = if config.insecure_tls {
        let builder = builder.tls_certs_only([]).tls_danger_accept_invalid_certs(true);
        match &config.client_identity {
            Some(pem) => builder.identity(Identity::from_pem(pem).map_err(|_| {
                ClientError::Tls("the client certificate or its key is not readable PEM".to_owned())
            })?),
            None => builder,
        }
    } else {
        let secure = tls::config(roots, config.server_name.as_deref(), config.client_identity.as_deref())
            .map_err(|error| ClientError::Tls(format!("certificate authorities cannot be used: {error}")))?;
        builder.tls_backend_preconfigured(secure)
    };
    builder.build().map_err(|error| ClientError::Tls(chain(&error)))
}

// HTTP/2 breaks the stream beyond this, without a word why; below, we say it ourselves.
const HEADER_LIST: u32 = 64 * 1024;

fn within_header_limit(host: &str, headers: &HeaderMap) -> Result<(), Fault> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if bytes > limits::HEADER_BYTES {
        return Err(Fault::limit(&format!("bytes of headers by `{host}`"), limits::HEADER_BYTES, bytes));
    }
    Ok(())
}

async fn read(
    host: &str,
    response: &mut Response,
    bounds: &Bounds<'_>,
    held: &Arc<AtomicU64>,
) -> Result<Vec<u8>, Fault> {
    // THREAT: a few bytes that unpack to gigabytes. We ask for none and unpack none.
    // See a_packed_body_is_refused_and_never_unpacked.
    let encodings = response.headers().get_all(CONTENT_ENCODING).iter();
    if encodings.into_iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Fault::new(
            GapCause::UnexpectedAnswer,
            format!("`{host}` packs a {} unasked", bounds.what),
        ));
    }
    let cap = bounds.declared.unwrap_or(bounds.limit);
    let announced = response
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    if let Some(announced) = announced
        && announced > cap
    {
        return Err(too_long(host, bounds, announced));
    }
    let started = Instant::now();
    let (mut body, mut received) = (Vec::new(), 0_u64);
    if let Some(sink) = bounds.into {
        sink.begin()?;
    }
    loop {
        let patience = Duration::from_secs(received / limits::BODY_BYTES_PER_SECOND);
        let until = bounds.deadline.min(started + limits::BODY_GRACE + patience);
        let chunk = match timeout_at(until, response.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(error)) => return Err(broken(host, &error)),
            Err(_) => return Err(late(host, &format!("sends a {} too slowly", bounds.what))),
        };
        received = received.saturating_add(chunk.len() as u64);
        if received > cap {
            return Err(too_long(host, bounds, received));
        }
        if let Some(sink) = bounds.into {
            sink.take(&chunk)?;
            continue;
        }
        bounds.budget.take(chunk.len() as u64, held).map_err(|spent| match spent {
            Spent::All => Fault::new(
                GapCause::RateLimited,
                format!("images under way hold all the memory there is for a {}", bounds.what),
            ),
            Spent::Owner => Fault::new(
                GapCause::RateLimited,
                format!(
                    "images of this namespace under way hold all the memory that is theirs for a {}",
                    bounds.what
                ),
            ),
            Spent::Image => Fault::new(
                GapCause::Limit,
                format!("all bytes that one image may take are used up at a {}", bounds.what),
            ),
        })?;
        body.extend_from_slice(&chunk);
    }
}

fn too_long(host: &str, bounds: &Bounds<'_>, found: u64) -> Fault {
    match bounds.declared {
        Some(declared) => Fault::malformed(format!(
            "`{host}` sends a {} of {found} bytes or more, its descriptor says {declared}",
            bounds.what
        )),
        None => Fault::limit(&format!("bytes of a {}", bounds.what), bounds.limit, found),
    }
}

// A short body read to its end lets the connection be used again; a long one is not worth it.
async fn drain(response: &mut Response) -> Vec<u8> {
    let until = Instant::now() + DRAIN_WITHIN;
    let mut words = Vec::new();
    while let Ok(Ok(Some(chunk))) = timeout_at(until, response.chunk()).await {
        let left = DRAIN_BYTES - words.len();
        words.extend_from_slice(chunk.get(..left).unwrap_or(&chunk));
        if words.len() == DRAIN_BYTES {
            break;
        }
    }
    words
}

const DRAIN_BYTES: usize = 16 * 1024;
const DRAIN_WITHIN: Duration = Duration::from_millis(100);

fn late(host: &str, what: &str) -> Fault {
    Fault::new(GapCause::Timeout, format!("`{host}` {what}"))
}

// The innermost cause that we know decides; what nobody knows is a broken connection.
fn broken(host: &str, error: &reqwest::Error) -> Fault {
    let known = causes(error).find_map(|error| {
        let refused = |io: &std::io::Error| io.kind() == std::io::ErrorKind::ConnectionRefused;
        if error.downcast_ref().is_some_and(refused) {
            return Some("connection refused".to_owned());
        }
        error.downcast_ref::<Unresolved>().map(ToString::to_string)
    });
    let mut cause = if error.is_timeout() { GapCause::Timeout } else { GapCause::Unreachable };
    for error in causes(error) {
        if error.is::<Forbidden>() {
            cause = GapCause::HostForbidden;
        } else if error.is::<rustls::Error>() {
            cause = GapCause::Tls;
        } else if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_parse_too_large() {
                cause = GapCause::Limit;
            } else if error.is_parse() {
                cause = GapCause::UnexpectedAnswer;
            }
        }
    }
    Fault::new(cause, format!("`{host}`: {}", known.unwrap_or_else(|| chain(error))))
}

// An `io::Error` that wraps another one does not name it as its source, but that one's source.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    std::iter::successors(Some(first), |&error| {
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}

// The last words of the chain say it; reqwest's own repeat the URL.
fn chain(error: &reqwest::Error) -> String {
    let mut said = vec![];
    let mut next = error.source();
    while let Some(error) = next {
        let text = error.to_string();
        if said.last() != Some(&text) {
            said.push(text);
        }
        next = error.source();
    }
    if said.is_empty() { "the request failed".to_owned() } else { said.join(": ") }
}
