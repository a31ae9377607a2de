//! The protocol.

use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};

use http::{Request, Response, StatusCode, header::HeaderValue};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::oneshot,
};
use tokio_rustls::TlsAcceptor;

use super::{
    answer::{Answer, Body, Stream},
    store::{Recorded, Shared, TOKEN},
};

pub(super) fn acceptor(ip: IpAddr) -> (Option<String>, Option<TlsAcceptor>) {
    let names = vec![ip.to_string(), "localhost".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(made.cert.der().to_vec())], key.into())
        .unwrap();
    (Some(made.cert.pem()), Some(TlsAcceptor::from(Arc::new(config))))
}

pub(super) fn run(
    listener: std::net::TcpListener,
    acceptor: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    mut stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        loop {
            let stream = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = &mut stopped => return,
            };
            let Ok((stream, _)) = stream else { continue };
            stream.set_nodelay(true).ok();
            let (shared, acceptor) = (shared.clone(), acceptor.clone());
            tokio::spawn(async move {
                match acceptor {
                    None => connection(stream, shared, "http").await,
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            connection(stream, shared, "https").await;
                        }
                    }
                }
            });
        }
    });
    runtime.shutdown_timeout(Duration::from_millis(10));
}

async fn connection<S>(stream: S, shared: Arc<Shared>, scheme: &'static str)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| answer(request, shared.clone(), scheme));
    let served =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    // A client that hangs up in the middle is nothing that a test of the client must hear of from here.
    served.await.ok();
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
    scheme: &str,
) -> Result<Response<Stream>, Infallible> {
    let recorded = record(&request);
    let scripted = {
        let mut state = shared.lock();
        state.journal.push(recorded.clone());
        let rule = state.rules.iter_mut().find(|rule| {
            rule.left != Some(0)
                && rule.method.as_ref().is_none_or(|method| *method == recorded.method)
                && recorded.target.contains(&rule.path)
                && rule.header.as_ref().is_none_or(|(name, text)| {
                    recorded.header(name).is_some_and(|value| value.contains(text.as_str()))
                })
        });
        rule.map(|rule| {
            rule.left = rule.left.map(|left| left - 1);
            rule.answer.clone()
        })
    };
    let genuine = scripted.as_ref().is_none_or(|answer| answer.genuine);
    let scripted = scripted.unwrap_or_else(Answer::genuine);
    if !scripted.delay.is_zero() {
        tokio::time::sleep(scripted.delay).await;
    }
    let mut plain = if genuine {
        let body =
            request.into_body().collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
        respond(&recorded, &body, &shared, scheme)
    } else {
        Answer { headers: Vec::new(), ..scripted.clone() }
    };
    if recorded.method == "HEAD" {
        if let Body::Bytes(bytes) = &plain.body {
            plain = plain.clone().header("content-length", &bytes.len().to_string());
        }
        plain.body = Body::Bytes(Vec::new());
    }
    let mut response = Response::new(Stream::new(plain.body));
    *response.status_mut() = StatusCode::from_u16(plain.status).unwrap();
    for (name, value) in plain.headers.iter().chain(&scripted.headers) {
        let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
        response.headers_mut().insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    Ok(response)
}

fn record(request: &Request<Incoming>) -> Recorded {
    let headers = request.headers().iter();
    Recorded {
        method: request.method().to_string(),
        target: request.uri().to_string(),
        headers: headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
    }
}

fn respond(request: &Recorded, body: &[u8], shared: &Shared, scheme: &str) -> Answer {
    let mut state = shared.lock();
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let parameter = |name: &str| {
        let value = query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.replace("%3A", ":").replace("%3a", ":"))
    };
    let authorization = request.header("authorization");
    if path == "/token" {
        if !state.gives_token(authorization) {
            return Answer::status(401);
        }
        return Answer::bytes(json!({"token": TOKEN, "expires_in": 300}).to_string().as_bytes())
            .header("content-type", "application/json");
    }
    let Some(rest) = path.strip_prefix("/v2/") else { return Answer::status(404) };
    if let Some(challenge) = state.challenge(authorization, &format!("{scheme}://{}/token", shared.address)) {
        return Answer::status(401).header("www-authenticate", &challenge);
    }
    let put = request.method == "PUT";
    if rest.is_empty() {
        return Answer::bytes(b"{}");
    }
    if let Some((repository, number)) = rest.split_once("/blobs/uploads/") {
        if number.is_empty() {
            let number = state.open_upload();
            return Answer::status(202)
                .header("location", &format!("/v2/{repository}/blobs/uploads/{number}"));
        }
        let Some(bytes) = state.add_to_upload(number, body) else { return not_found("BLOB_UPLOAD_UNKNOWN") };
        let Some(digest) = parameter("digest").filter(|_| put) else {
            let range = format!("0-{}", bytes.len().saturating_sub(1));
            return Answer::status(202).header("location", path).header("range", &range);
        };
        let stored = state.put_blob(repository, &bytes);
        return if stored.to_string() == digest { Answer::status(201) } else { Answer::status(400) };
    }
    if let Some((repository, digest)) = rest.split_once("/blobs/") {
        return match state.blob(repository, digest) {
            Some(bytes) => Answer::bytes(bytes).header("content-type", "application/octet-stream"),
            None => not_found("BLOB_UNKNOWN"),
        };
    }
    if let Some((repository, subject)) = rest.split_once("/referrers/") {
        if state.no_referrers_api {
            return not_found("NOT_FOUND");
        }
        let start = parameter("last").and_then(|last| last.parse().ok()).unwrap_or(0);
        let (bytes, next) = state.referrers(repository, subject, start);
        let answer = Answer::bytes(&bytes).header("content-type", super::INDEX);
        return match next {
            Some(next) => answer
                .header("link", &format!("</v2/{repository}/referrers/{subject}?last={next}>; rel=\"next\"")),
            None => answer,
        };
    }
    let Some((repository, reference)) = rest.split_once("/manifests/") else { return not_found("NOT_FOUND") };
    if put {
        let kind = request.header("content-type").unwrap_or(super::MANIFEST).to_owned();
        let parsed: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let tag = (!reference.contains(':')).then_some(reference);
        let digest = state.put_manifest(repository, tag, body, &kind);
        let mut answer = Answer::status(201).header("docker-content-digest", &digest.to_string());
        if let Some(subject) = parsed["subject"]["digest"].as_str()
            && !state.no_referrers_api
            && let Ok(subject) = subject.parse()
        {
            let artifact_type = parsed["artifactType"].as_str().unwrap_or_default();
            state.put_referrer(repository, &subject, body, artifact_type);
            answer = answer.header("oci-subject", &subject.to_string());
        }
        return answer;
    }
    match state.manifest(repository, reference) {
        Some(manifest) => Answer::bytes(&manifest.bytes)
            .header("content-type", &manifest.media_type)
            .header("docker-content-digest", &manifest.digest.to_string()),
        None => not_found("MANIFEST_UNKNOWN"),
    }
}

fn not_found(code: &str) -> Answer {
    Answer {
        status: 404,
        ..Answer::bytes(json!({"errors": [{"code": code, "message": "not here"}]}).to_string().as_bytes())
    }
    .header("content-type", "application/json")
}
