//! From a review to what was found about each of its images.

use std::{collections::HashMap, panic::AssertUnwindSafe};

use futures_util::{FutureExt, StreamExt, stream};
use sealgate::{
    Engine,
    policy::{Request, Role},
    verify::Reference,
};

use crate::{
    Refusal,
    gate::Gate,
    limits,
    patience::Patience,
    respond::{Found, Outcome},
    review::{ImageUse, Review, Selection},
    roots::now,
    shown::shown,
};

/// What was found about a review.
#[derive(Debug)]
pub(crate) struct Judgement<'a> {
    /// One per image, in the object's order; empty if there was nothing to judge.
    pub(crate) outcomes: Vec<Outcome<'a>>,
    /// A mirror pod from its own node.
    pub(crate) mirror: bool,
    /// The snapshot that was in force.
    pub(crate) snapshot: Option<String>,
    /// Roots in it that are old.
    pub(crate) old_roots: Option<String>,
}

impl<'a> Judgement<'a> {
    /// About the review as a whole.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        let outcomes = vec![Outcome { place: None, found: Found::Refused(refusal) }];
        Self { outcomes, mirror: false, snapshot: None, old_roots: None }
    }

    /// About the review as a whole, where it could be read: a mirror pod is recorded whatever the reason is.
    // THREAT: the kubelet cannot record what it runs, for a reason that is the gate's own.
    // See a_mirror_pod_is_recorded_also_where_nothing_is_judged.
    pub(crate) fn refused_of(review: &Review<'_>, refusal: Refusal) -> Self {
        Self { mirror: review.is_mirror(), ..Self::refused(refusal) }
    }

    fn nothing() -> Self {
        Self { outcomes: vec![], mirror: false, snapshot: None, old_roots: None }
    }
}

/// Judges every image of a review that is new. A panic is a denial.
pub(crate) async fn judge<'a>(gate: &Gate, review: &Review<'a>, patience: Patience) -> Judgement<'a> {
    guarded(judge_unguarded(gate, review, patience))
        .await
        .unwrap_or_else(|refusal| Judgement::refused_of(review, refusal))
}

async fn judge_unguarded<'a>(gate: &Gate, review: &Review<'a>, patience: Patience) -> Judgement<'a> {
    let selection = match review.select() {
        Ok(selection) => selection,
        Err(refusal) => return Judgement::refused(refusal),
    };
    let (images, mirror) = match selection {
        Selection::Images { images, .. } if images.is_empty() => return Judgement::nothing(),
        Selection::Images { images, mirror } => (images, mirror),
        Selection::Nothing => return Judgement::nothing(),
        Selection::UnknownKind => return unknown_kind(gate, review),
    };
    let Some(engine) = gate.engine() else {
        return Judgement { mirror, ..Judgement::refused(Refusal::NotReady) };
    };
    let ages = gate.ages();
    if let Some(refusal) = ages.refusal(now()) {
        return Judgement { mirror, ..Judgement::refused(refusal) };
    }
    let old_roots = ages.annotation(now());
    let snapshot = Some(engine.snapshot().hash.to_string());
    let namespace = review.namespace.as_deref();
    let found = find_all(&engine, &images, namespace, patience).await;
    let outcomes =
        images.into_iter().zip(found).map(|(image, found)| Outcome { place: Some(image), found }).collect();
    Judgement { outcomes, mirror, snapshot, old_roots }
}

fn unknown_kind<'a>(gate: &Gate, review: &Review<'a>) -> Judgement<'a> {
    match gate.engine() {
        None => Judgement::refused(Refusal::NotReady),
        Some(engine) if engine.snapshot().policies.settings().allow_unknown_kinds => Judgement::nothing(),
        Some(_) => Judgement::refused(Refusal::UnknownKind { kind: shown(&review.kind.to_string(), 256) }),
    }
}

// Each different image once, however often the object names it.
async fn find_all(
    engine: &Engine,
    images: &[ImageUse<'_>],
    namespace: Option<&str>,
    patience: Patience,
) -> Vec<Found> {
    if let [image] = images {
        return vec![find(engine, &image.image, image.list.role(), namespace, patience).await];
    }
    let mut places: HashMap<(&str, Role), usize> = HashMap::new();
    let mut different = vec![];
    let order: Vec<usize> = images
        .iter()
        .map(|image| {
            *places.entry((&*image.image, image.list.role())).or_insert_with(|| {
                different.push((&*image.image, image.list.role()));
                different.len() - 1
            })
        })
        .collect();
    let work: Vec<_> =
        different.into_iter().map(|(image, role)| find(engine, image, role, namespace, patience)).collect();
    let found: Vec<Found> = stream::iter(work).buffered(limits::IMAGES_AT_ONCE).collect().await;
    let lost = || Found::Refused(Refusal::Internal { what: "an image was not judged".to_owned() });
    order.into_iter().map(|place| found.get(place).cloned().unwrap_or_else(lost)).collect()
}

async fn find(
    engine: &Engine,
    image: &str,
    role: Role,
    namespace: Option<&str>,
    patience: Patience,
) -> Found {
    if image.is_empty() {
        return Found::Refused(Refusal::ImageMissing);
    }
    let reference = match Reference::parse(image) {
        Ok(reference) => reference,
        Err(error) => return Found::Refused(Refusal::ReferenceInvalid { why: error.to_string() }),
    };
    let request = Request { reference, namespace: namespace.map(str::to_owned), role, allow_tags: false };
    let checked = engine.check(&request, now(), patience.judge_until);
    // The engine keeps the deadline by itself; this holds whatever it does.
    match tokio::time::timeout_at(patience.answer_by, checked).await {
        Err(_) => Found::Refused(Refusal::Deadline),
        Ok(Err(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "an image could not be checked");
            Found::Refused(Refusal::Internal { what: "an image could not be checked".to_owned() })
        }
        Ok(Ok(answer)) => Found::Judged {
            verdict: answer.verdict,
            cached: answer.cached,
            still_gathering: answer.still_gathering,
        },
    }
}

/// Turns a panic into a refusal: whoever panics has not admitted anything.
async fn guarded<T>(work: impl Future<Output = T>) -> Result<T, Refusal> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|_| {
        tracing::error!("judging a review panicked");
        Refusal::Internal { what: "judging it panicked".to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // What is refused before or beside the judging: out of turns, out of time, a panic.
    #[test]
    fn a_mirror_pod_is_recorded_whatever_stops_the_judging() {
        let is_recorded = |node: &str| {
            let json = serde_json::json!({
                "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                "request": {
                    "uid": "1", "kind": {"group": "", "version": "v1", "kind": "Pod"},
                    "resource": {"group": "", "version": "v1", "resource": "pods"},
                    "namespace": "prod", "operation": "CREATE", "oldObject": null,
                    "object": {
                        "apiVersion": "v1", "kind": "Pod",
                        "metadata": {"name": "p", "annotations": {"kubernetes.io/config.mirror": "x"}},
                        "spec": {"nodeName": "n1", "containers": [{"name": "a", "image": "registry.example/a"}]},
                    },
                    "userInfo": {"username": format!("system:node:{node}"), "groups": ["system:nodes"]},
                },
            });
            let json = json.to_string();
            let review = Review::parse(json.as_bytes()).ok().unwrap();
            Judgement::refused_of(&review, Refusal::Overloaded).mirror
        };
        assert!(is_recorded("n1"));
        assert!(!is_recorded("n2"), "twin");
    }

    #[tokio::test]
    async fn a_panic_is_a_denial() {
        let refusal = guarded::<()>(async { panic!("on purpose") }).await.unwrap_err();
        assert_eq!((refusal.code(), refusal.class()), ("internal-fault", crate::refusal::Class::Definite));
        assert_eq!(guarded(async { 7 }).await, Ok(7));
    }
}
