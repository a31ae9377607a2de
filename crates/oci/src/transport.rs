//! Requests with everything that belongs to them: authorization, redirects, repetition.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{
    HeaderValue, Method, StatusCode,
    header::{ACCEPT, AUTHORIZATION, LOCATION},
};
use reqwest::Request;
use sealgate_verify::GapCause;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use crate::{
    ClientError, Config, Credentials,
    challenge::{self, Challenge},
    credentials::Secret,
    fault::Fault,
    lanes::{Budget, Lanes},
    limits,
    push::Content,
    retry,
    rules::{Asked, Rules, Site, shown},
    session::{Sessions, Token},
    token,
    wire::{Bounds, Reply, Wire},
};

/// Everything that is needed to speak to registries with one set of credentials.
#[derive(Debug)]
pub(crate) struct Transport {
    rules: Rules,
    credentials: Credentials,
    sessions: Sessions,
    wire: Wire,
}

/// One thing asked of a registry.
#[derive(Clone, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) repository: &'a str,
    pub(crate) accept: &'static str,
    pub(crate) asked: Asked,
    /// What it writes, if it does more than read.
    pub(crate) sends: Option<&'a Content>,
    pub(crate) bounds: Bounds<'a>,
}

impl Ask<'_> {
    fn request(&self, authorization: Option<HeaderValue>) -> Result<Request, Fault> {
        let mut request = request(self.method.clone(), self.url.clone(), self.accept, authorization);
        if let Some(content) = self.sends.filter(|_| self.method != Method::HEAD) {
            content.fill(&mut request)?;
        }
        Ok(request)
    }

    // Whoever may write has another token than who may read.
    fn token_name(&self) -> String {
        match self.sends {
            Some(_) => format!("{} to write", self.repository),
            None => self.repository.to_owned(),
        }
    }
}

impl Transport {
    pub(crate) fn new(
        config: &Config,
        credentials: Credentials,
        lanes: Arc<Lanes>,
    ) -> Result<Self, ClientError> {
        let rules = Rules::of(config);
        let wire = Wire::new(config, rules.guard(lanes.lookups.clone()), lanes)?;
        Ok(Self { rules, credentials, sessions: Sessions::default(), wire })
    }

    /// Finds how to speak to the registry `host`.
    pub(crate) async fn site(&self, host: &str, deadline: Instant) -> Result<Site, Fault> {
        let plain = self.rules.site(host)?;
        let Some(secure) = self.rules.tls_first(&plain) else { return Ok(plain) };
        let state = self.sessions.host(&plain.name);
        let origin = secure.at("")?;
        let speaks_tls = *state.speaks_tls.get_or_init(|| self.wire.speaks_tls(&origin, deadline)).await;
        Ok(if speaks_tls { secure } else { plain })
    }

    /// Asks `site`, again where that can help. An answer is a 200.
    pub(crate) async fn ask(&self, site: &Site, ask: &Ask<'_>) -> Result<Reply, Fault> {
        let mut attempt = 0;
        loop {
            let fault = match self.once(site, ask).await {
                Ok(reply) => return Ok(reply),
                Err(fault) => fault,
            };
            let Fault::Dark { cause, asks, .. } = &fault else { return Err(fault) };
            let left = ask.bounds.deadline.saturating_duration_since(Instant::now());
            let Some(pause) = retry::pause(attempt, *cause, *asks, left, rand::random()) else {
                return Err(fault);
            };
            tracing::debug!(host = site.name, ?cause, ?pause, "registry is asked again");
            sleep(pause).await;
            attempt += 1;
        }
    }

    /// Writes to `site`, once: what was half written is not written again behind anybody's back.
    pub(crate) async fn write(&self, site: &Site, ask: &Ask<'_>) -> Result<Reply, Fault> {
        succeeded(self.authorised(site, ask).await?)
    }

    /// The same to another host, which gets no credential.
    pub(crate) async fn write_bare(&self, ask: &Ask<'_>) -> Result<Reply, Fault> {
        succeeded(self.wire.send(ask.request(None)?, &ask.bounds).await?)
    }

    /// Reads where an upload is sent to, away from the registry itself.
    pub(crate) fn elsewhere(&self, site: &Site, from: &Url, location: &str) -> Result<Url, Fault> {
        self.rules.redirect(site, from, location, Asked::Blob)
    }

    async fn once(&self, site: &Site, ask: &Ask<'_>) -> Result<Reply, Fault> {
        let mut reply = self.authorised(site, ask).await?;
        let mut followed = 0;
        while is_redirect(reply.status) {
            if followed == limits::REDIRECTS {
                return Err(Fault::limit(
                    "redirects of one request",
                    limits::REDIRECTS,
                    limits::REDIRECTS + 1,
                ));
            }
            followed += 1;
            let location =
                reply.headers.get(LOCATION).and_then(|value| value.to_str().ok()).ok_or_else(|| {
                    Fault::new(
                        GapCause::UnexpectedAnswer,
                        format!("`{}` redirects to nowhere", shown(&reply.url)),
                    )
                })?;
            let url = self.rules.redirect(site, &reply.url, location, ask.asked)?;
            // THREAT: credentials that follow a redirect, also back to where they came from.
            // See no_credential_follows_a_redirect.
            reply = self.wire.send(request(ask.method.clone(), url, ask.accept, None), &ask.bounds).await?;
        }
        if reply.status == StatusCode::OK {
            return Ok(reply);
        }
        Err(Fault::of_status(&reply.url, reply.status, &reply.body, retry::asks(&reply.headers, now())))
    }

    async fn authorised(&self, site: &Site, ask: &Ask<'_>) -> Result<Reply, Fault> {
        let host = self.sessions.host(&site.name);
        let _first = match self.is_open(site, ask) {
            true => None,
            false => host.first_contact(ask.bounds.deadline).await,
        };
        let mut sent = None;
        for round in 0.. {
            let authorization = match host.challenge() {
                Some(challenge) => self.authorization(site, ask, &challenge, sent.as_ref()).await?,
                None => None,
            };
            let header = authorization.as_ref().map(|authorization| authorization.header.clone());
            let reply = self.wire.send(ask.request(header)?, &ask.bounds).await?;
            host.answered();
            let exhausted =
                round == limits::AUTH_ROUNDS || authorization.as_ref().is_some_and(|it| it.is_final);
            if reply.status != StatusCode::UNAUTHORIZED || exhausted {
                return Ok(reply);
            }
            let Some(challenge) = challenge::read(&reply.headers) else { return Ok(reply) };
            if host.challenge().as_ref() == Some(&challenge) && authorization.is_none() {
                return Ok(reply);
            }
            host.learn(challenge);
            sent = authorization;
        }
        Err(Fault::new(GapCause::AccessDenied, "too many challenges"))
    }

    // A registry spoken to in plain http, without a password: there is no handshake to share, and hardly a challenge to learn.
    fn is_open(&self, site: &Site, ask: &Ask<'_>) -> bool {
        self.rules.tls_first(site).is_some() && self.credentials.secret(&site.name, ask.repository).is_none()
    }

    // What answers `challenge`, other than what was `refused`; nothing where we have nothing.
    async fn authorization(
        &self,
        site: &Site,
        ask: &Ask<'_>,
        challenge: &Challenge,
        refused: Option<&Authorization>,
    ) -> Result<Option<Authorization>, Fault> {
        let secret = self.credentials.secret(&site.name, ask.repository);
        let (realm, service) = match (challenge, secret) {
            (Challenge::Basic, Some(Secret::Basic { username, password })) => {
                return Authorization::basic(username, password).map(Some);
            }
            (Challenge::Basic, _) => return Ok(None),
            (Challenge::Bearer { .. }, Some(Secret::Registry(token))) => {
                return Authorization::bearer(token, true).map(Some);
            }
            (Challenge::Bearer { realm, service }, _) => (realm, service.as_deref()),
        };
        let realm = self.rules.realm(site, realm)?;
        let owner = ask.bounds.budget.owner().map_or("", |owner| owner.name());
        let slot = self.sessions.token(&site.name, &ask.token_name(), owner);
        // Whoever comes first fetches the token, the others wait for it.
        let mut kept = timeout_at(ask.bounds.deadline, slot.lock()).await.map_err(|_| {
            Fault::new(GapCause::Timeout, format!("no token for `{}` before the deadline", site.name))
        })?;
        if let Some(token) = kept.as_ref().filter(|token| token.until > Instant::now()) {
            let authorization = Authorization::bearer(&token.text, false)?;
            if refused.is_none_or(|refused| refused.header != authorization.header) {
                return Ok(Some(authorization));
            }
        }
        let token = self.token(site, realm, service, ask, secret).await?;
        let authorization = Authorization::bearer(&token.text, true)?;
        *kept = Some(token);
        Ok(Some(authorization))
    }

    async fn token(
        &self,
        site: &Site,
        realm: Url,
        service: Option<&str>,
        ask: &Ask<'_>,
        secret: Option<&Secret>,
    ) -> Result<Token, Fault> {
        let host = shown(&realm);
        let request = token::request(realm, service, ask.repository, ask.sends.is_some(), secret)?;
        // A token is no part of the image: it has its own few bytes.
        let budget = Budget::new(limits::TOKEN_BYTES).of(ask.bounds.budget.owner().cloned());
        let bounds = Bounds {
            what: "token",
            limit: limits::TOKEN_BYTES,
            declared: None,
            budget: &budget,
            into: None,
            deadline: ask.bounds.deadline,
        };
        let reply = self.wire.send(request, &bounds).await?;
        if reply.status == StatusCode::OK {
            return token::read(&host, &reply.body);
        }
        let fault =
            Fault::of_status(&reply.url, reply.status, &reply.body, retry::asks(&reply.headers, now()));
        Err(match fault {
            Fault::Absent { .. } => Fault::new(
                GapCause::UnexpectedAnswer,
                format!("the token service of `{}` does not exist", site.name),
            ),
            Fault::Dark { .. } if is_redirect(reply.status) => Fault::forbidden(format!(
                "the token service of `{}` redirects, which is not followed",
                site.name
            )),
            dark => dark,
        })
    }
}

/// A header, and whether there is no other one to try.
struct Authorization {
    header: HeaderValue,
    is_final: bool,
}

impl Authorization {
    fn basic(username: &str, password: &str) -> Result<Self, Fault> {
        Ok(Self { header: basic(username, password)?, is_final: true })
    }

    fn bearer(token: &str, is_final: bool) -> Result<Self, Fault> {
        Ok(Self { header: secret_header(&format!("Bearer {token}"))?, is_final })
    }
}

pub(crate) fn basic(username: &str, password: &str) -> Result<HeaderValue, Fault> {
    secret_header(&format!("Basic {}", BASE64_STANDARD.encode(format!("{username}:{password}"))))
}

fn secret_header(text: &str) -> Result<HeaderValue, Fault> {
    let mut header = HeaderValue::from_str(text)
        .map_err(|_| Fault::new(GapCause::UnexpectedAnswer, "a token that fits in no header"))?;
    header.set_sensitive(true);
    Ok(header)
}

fn request(method: Method, url: Url, accept: &'static str, authorization: Option<HeaderValue>) -> Request {
    let mut request = Request::new(method, url);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
    if let Some(authorization) = authorization {
        request.headers_mut().insert(AUTHORIZATION, authorization);
    }
    request
}

fn succeeded(reply: Reply) -> Result<Reply, Fault> {
    if reply.status.is_success() {
        return Ok(reply);
    }
    Err(Fault::of_status(&reply.url, reply.status, &reply.body, retry::asks(&reply.headers, now())))
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
