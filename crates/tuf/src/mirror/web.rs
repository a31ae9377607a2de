//! A mirror on the web: no credentials, no redirects, no packing, bounded bytes and time.

use std::{error::Error, time::Duration};

use http::{
    StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING},
};
use reqwest::{Client, Response, redirect::Policy};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::FetchError;
use crate::{limits, update::Want};

/// A mirror and a client for it alone.
#[derive(Debug)]
pub(crate) struct Web {
    base: Url,
    http: Client,
}

impl Web {
    pub(super) fn new(base: Url) -> Result<Self, FetchError> {
        let builder = || {
            Client::builder()
                .user_agent(concat!("sealgate/", env!("CARGO_PKG_VERSION")))
                // THREAT: a mirror that sends us to a service inside. See a_redirect_is_not_followed.
                .redirect(Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .connect_timeout(limits::CONNECT_WITHIN)
        };
        // A machine without certificate authorities: https then fails, plain http still works.
        let built = builder().build().or_else(|_| builder().tls_certs_only([]).build());
        let http = built.map_err(|error| unreachable(&base, &error))?;
        Ok(Self { base, http })
    }

    pub(super) async fn fetch(
        &self,
        want: &Want,
        until: Instant,
        silent: Duration,
    ) -> Result<Option<Vec<u8>>, FetchError> {
        let url = self
            .base
            .join(&want.path)
            .map_err(|_| FetchError::Name { name: self.base.to_string(), why: "nothing can be below it" })?;
        let asked = self.http.get(url.clone()).header(ACCEPT_ENCODING, "identity").send();
        let answer = match timeout_at(until.min(Instant::now() + silent), asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if error.is_timeout() => return Err(FetchError::Slow { url: url.to_string() }),
            Ok(Err(error)) => return Err(unreachable(&url, &error)),
            Err(_) => return Err(FetchError::Slow { url: url.to_string() }),
        };
        match answer.status() {
            StatusCode::OK => read(&url, answer, want.limit, until, silent).await.map(Some),
            // Object stores answer 403 where there is nothing.
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE => Ok(None),
            StatusCode::PARTIAL_CONTENT => Err(FetchError::Packed { url: url.to_string() }),
            status if status.is_redirection() => Err(FetchError::Redirect { url: url.to_string() }),
            status => Err(FetchError::Answer { url: url.to_string(), status: status.as_u16() }),
        }
    }
}

// THREAT: bytes without end, bytes that unpack to gigabytes, bytes that drip for days.
// See an_answer_without_an_end_is_cut_off, a_packed_answer_is_refused, a_mirror_that_drips_is_given_up.
async fn read(
    url: &Url,
    mut answer: Response,
    limit: usize,
    until: Instant,
    silent: Duration,
) -> Result<Vec<u8>, FetchError> {
    let too_large = || FetchError::TooLarge { url: url.to_string(), limit };
    let encoding = answer.headers().get(CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != "identity") {
        return Err(FetchError::Packed { url: url.to_string() });
    }
    let declared = answer.content_length().and_then(|length| usize::try_from(length).ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(declared.unwrap_or(0));
    loop {
        match timeout_at(until.min(Instant::now() + silent), answer.chunk()).await {
            Ok(Ok(None)) => return Ok(bytes),
            Ok(Ok(Some(chunk))) if bytes.len() + chunk.len() > limit => return Err(too_large()),
            Ok(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
            Ok(Err(error)) => return Err(unreachable(url, &error)),
            Err(_) => return Err(FetchError::Slow { url: url.to_string() }),
        }
    }
}

// The innermost cause says most: the layers above repeat that there was a request.
fn unreachable(url: &Url, error: &reqwest::Error) -> FetchError {
    let mut inner: &dyn Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    FetchError::Unreachable { url: url.to_string(), why: inner.to_string() }
}
