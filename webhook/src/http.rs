//! `POST /validate`: from HTTP to a review and back.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::post,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::{
    sync::SemaphorePermit,
    time::{Instant, timeout_at},
};

use crate::{
    Refusal,
    connection::Connection,
    gate::{Gate, Phase},
    judge::{Judgement, judge},
    kinds, limits,
    metrics::{CacheLabels, CodeLabels, ImageLabels, ReviewLabels},
    patience::Patience,
    record,
    respond::{Context, Found, respond},
    review::{Operation, Review},
};

/// The routes that the API server sees.
pub(crate) fn router(gate: Arc<Gate>) -> Router {
    Router::new().route("/validate", post(validate)).with_state(gate)
}

async fn validate(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let received = Instant::now();
    let ages = request.extensions().get::<Connection>().is_some_and(Connection::is_old);
    let mut response = if gate.phase() == Phase::Leaving {
        elsewhere()
    } else {
        let patience = Patience::new(received, request.uri().query());
        match answer(&gate, request, patience, received).await {
            Ok(json) => json_response(StatusCode::OK, json),
            Err(refusal) => {
                gate.metrics.refused.get_or_create(&CodeLabels { code: refusal.status.as_u16() }).inc();
                refusal.into_response()
            }
        }
    };
    // The next call should find a connection to a replica that stays.
    if ages || gate.phase() != Phase::Serving {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn answer(
    gate: &Gate,
    request: Request,
    patience: Patience,
    received: Instant,
) -> Result<Vec<u8>, HttpRefusal> {
    let (parts, body) = request.into_parts();
    check_headers(&parts.headers)?;
    let (_held, body) = read(gate, &parts.headers, body, patience.answer_by).await?;
    let review = match Review::parse(&body) {
        Ok(review) => review,
        Err(unreadable) => {
            let Some(uid) = unreadable.uid else {
                let code = unreadable.refusal.code();
                return Err(HttpRefusal::new(
                    StatusCode::BAD_REQUEST,
                    format!("{code}: {}", unreadable.refusal),
                ));
            };
            let judgement = Judgement::refused(unreadable.refusal);
            return written(&respond(
                Context { uid: &uid, mirror: false, snapshot: None, old_roots: None },
                &judgement.outcomes,
            ));
        }
    };
    let namespace = review.namespace.as_deref().unwrap_or_default();
    let until = patience.answer_by.min(Instant::now() + limits::QUEUE);
    let judgement = match gate.reviews.take(namespace, until).await {
        Some(_turn) => match timeout_at(patience.answer_by, judge(gate, &review, patience)).await {
            Ok(judgement) => judgement,
            Err(_) => Judgement::refused_of(&review, Refusal::Deadline),
        },
        None => Judgement::refused_of(&review, Refusal::Overloaded),
    };
    let context = Context {
        uid: &review.uid,
        mirror: judgement.mirror,
        snapshot: judgement.snapshot.as_deref(),
        old_roots: judgement.old_roots.as_deref(),
    };
    let response = respond(context, &judgement.outcomes);
    observe(gate, &review, &judgement, response.allowed, received);
    written(&response)
}

fn check_headers(headers: &HeaderMap) -> Result<(), HttpRefusal> {
    let unsupported = |what: &str| Err(HttpRefusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, what.to_owned()));
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return unsupported("content-type must be application/json");
    }
    // THREAT: a small compressed body becomes a large one. Nothing is ever decompressed.
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return unsupported("a review must not be compressed");
    }
    Ok(())
}

// The budget is taken for what the body says of itself, before a byte of it is read.
async fn read<'a>(
    gate: &'a Gate,
    headers: &HeaderMap,
    body: Body,
    answer_by: Instant,
) -> Result<(SemaphorePermit<'a>, Bytes), HttpRefusal> {
    let too_large = || {
        HttpRefusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("a review has at most {} bytes", limits::BODY),
        )
    };
    let bad = |what: &str| HttpRefusal::new(StatusCode::BAD_REQUEST, what.to_owned());
    let stated =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let length = stated.unwrap_or(limits::BODY);
    if length > limits::BODY {
        return Err(too_large());
    }
    let work = async {
        // THREAT: a few callers state large bodies and send none, and every ordinary review waits behind them. What an
        // ordinary review needs is bounded by the number of connections already.
        let beyond = if stated.is_some() { length.saturating_sub(limits::ORDINARY_BODY) } else { length };
        let kibibytes = u32::try_from(beyond.div_ceil(1024)).unwrap_or(u32::MAX);
        let held = gate.bodies.acquire_many(kibibytes).await.map_err(|_| bad("the gate is closing"))?;
        match Limited::new(body, limits::BODY).collect().await {
            Ok(collected) => Ok((held, collected.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
            Err(_) => Err(bad("the body ended early")),
        }
    };
    let until = answer_by.min(Instant::now() + limits::BODY_TIME);
    timeout_at(until, work).await.unwrap_or_else(|_| Err(bad("the body took too long")))
}

fn observe(gate: &Gate, review: &Review<'_>, judgement: &Judgement<'_>, allowed: bool, received: Instant) {
    let elapsed = received.elapsed();
    let standing = judgement.outcomes.iter().map(|outcome| outcome.found.standing()).min();
    let labels = ReviewLabels {
        verdict: match standing {
            Some(standing) if !allowed || !judgement.mirror => standing.verdict(),
            Some(_) => "recorded",
            None => "unjudged",
        },
        operation: match review.operation {
            Operation::Connect => "CONNECT",
            Operation::Create => "CREATE",
            Operation::Delete => "DELETE",
            Operation::Update => "UPDATE",
        },
        kind: kinds::find(&review.kind.group, &review.kind.version, &review.kind.kind)
            .map_or("other", |kind| kind.kind),
        dry_run: if review.dry_run { "true" } else { "false" },
    };
    gate.metrics.reviews.get_or_create(&labels).inc();
    let kept =
        |outcome: &crate::respond::Outcome<'_>| matches!(outcome.found, Found::Judged { cached: true, .. });
    let cache = match judgement.outcomes.as_slice() {
        [] => "none",
        all if all.iter().all(kept) => "hit",
        _ => "miss",
    };
    gate.metrics.duration.get_or_create(&CacheLabels { cache }).observe(elapsed.as_secs_f64());
    for outcome in &judgement.outcomes {
        let labels =
            ImageLabels { verdict: outcome.found.standing().verdict(), reason: record::code(&outcome.found) };
        gate.metrics.images.get_or_create(&labels).inc();
        gate.recorder.record(review, outcome, elapsed);
    }
}

fn written(response: &crate::respond::Response) -> Result<Vec<u8>, HttpRefusal> {
    response.to_json().map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "an answer could not be written");
        HttpRefusal::new(StatusCode::INTERNAL_SERVER_ERROR, "an answer could not be written".to_owned())
    })
}

/// No review, so no uid to answer to: a plain HTTP answer, in the API's own form.
struct HttpRefusal {
    status: StatusCode,
    message: Cow<'static, str>,
}

impl HttpRefusal {
    fn new(status: StatusCode, message: String) -> Self {
        Self { status, message: message.into() }
    }

    fn into_response(self) -> Response {
        let status = serde_json::json!({
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "code": self.status.as_u16(),
            "message": self.message,
        });
        let mut response = json_response(self.status, status.to_string().into_bytes());
        // What is left of the body is not worth reading.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        response
    }
}

/// The one answer that makes an API server try another connection at once, and so another replica.
fn elsewhere() -> Response {
    let refusal = HttpRefusal::new(StatusCode::SERVICE_UNAVAILABLE, "this replica is leaving".to_owned());
    let mut response = refusal.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("0"));
    response
}

fn json_response(status: StatusCode, json: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
