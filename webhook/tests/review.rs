//! Which images of an object are judged: reading AdmissionReviews and selecting from them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

use rstest::rstest;
use sealgate_webhook::{
    kinds::{KINDS, Shape},
    limits,
    review::{Review, Selection},
};
use serde_json::{Value, json};

const A: &str = "registry.example/a@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "registry.example/b@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

fn pod(spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})
}

fn containers(image: &str) -> Value {
    json!({"containers": [{"name": "c", "image": image}]})
}

fn review(operation: &str, object: &Value, old: &Value) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u", "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "namespace": "prod", "operation": operation, "object": object, "oldObject": old,
            "userInfo": {"username": "alice", "groups": ["system:authenticated"]},
        },
    })
}

/// The fields that are judged, or the code of the refusal, or why nothing is.
fn judged(review: &Value) -> String {
    judged_text(&review.to_string())
}

fn judged_text(text: &str) -> String {
    match Review::parse(text.as_bytes()) {
        Err(unreadable) => {
            format!("{} {}", unreadable.uid.map_or("400", |_| "200"), unreadable.refusal.code())
        }
        Ok(review) => match review.select() {
            Err(refusal) => refusal.code().to_owned(),
            Ok(Selection::Nothing) => "nothing".into(),
            Ok(Selection::UnknownKind) => "unknown kind".into(),
            Ok(Selection::Images { images, mirror }) => {
                let fields: Vec<_> = images.iter().map(sealgate_webhook::review::ImageUse::field).collect();
                format!("{}{}", if mirror { "mirror " } else { "" }, fields.join(" "))
            }
        },
    }
}

#[test]
fn every_place_of_a_pod_that_names_an_image_is_judged() {
    let spec = json!({
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "model", "image": {"reference": A}}],
        "initContainers": [{"name": "i", "image": A}, {"name": "sidecar", "image": B, "restartPolicy": "Always"}],
        "containers": [{"name": "c", "image": A}],
        "ephemeralContainers": [{"name": "e", "image": B}],
    });
    assert_eq!(
        judged(&review("CREATE", &pod(&spec), &Value::Null)),
        "spec.volumes[1].image.reference spec.initContainers[0].image spec.initContainers[1].image \
         spec.containers[0].image spec.ephemeralContainers[0].image"
    );
}

#[rstest]
#[case("Pod", "spec.containers[0].image")]
#[case("PodTemplate", "template.spec.containers[0].image")]
#[case("ReplicationController", "spec.template.spec.containers[0].image")]
#[case("DaemonSet", "spec.template.spec.containers[0].image")]
#[case("Deployment", "spec.template.spec.containers[0].image")]
#[case("ReplicaSet", "spec.template.spec.containers[0].image")]
#[case("StatefulSet", "spec.template.spec.containers[0].image")]
#[case("CronJob", "spec.jobTemplate.spec.template.spec.containers[0].image")]
#[case("Job", "spec.template.spec.containers[0].image")]
fn every_kind_is_read_where_it_keeps_its_pod(#[case] kind: &str, #[case] field: &str) {
    let known = KINDS.iter().find(|known| known.kind == kind).unwrap();
    let api_version = if known.group.is_empty() { "v1".into() } else { format!("{}/v1", known.group) };
    let template = json!({"spec": containers(A)});
    let mut object = match known.shape {
        Shape::Pod => json!({"spec": containers(A)}),
        Shape::PodTemplate => json!({"template": template}),
        Shape::Workload => json!({"spec": {"replicas": 0, "template": template}}),
        Shape::CronJob => json!({"spec": {"suspend": true, "jobTemplate": {"spec": {"template": template}}}}),
    };
    object["apiVersion"] = json!(api_version);
    object["kind"] = json!(kind);
    let mut review = review("CREATE", &object, &Value::Null);
    review["request"]["kind"] = json!({"group": known.group, "version": "v1", "kind": kind});
    assert_eq!(judged(&review), field);
    // The same name in another group, or another version, is a kind that we do not know.
    review["request"]["kind"]["group"] = json!("example.com");
    assert_eq!(judged(&review), "unknown kind");
    review["request"]["kind"] = json!({"group": known.group, "version": "v1beta1", "kind": kind});
    assert_eq!(judged(&review), "unknown kind");
}

#[test]
fn an_update_is_judged_where_it_brings_an_image() {
    let update = |new: Value, old: Value| judged(&review("UPDATE", &pod(&new), &pod(&old)));
    assert_eq!(update(containers(A), containers(A)), "");
    assert_eq!(update(containers(B), containers(A)), "spec.containers[0].image");
    // Another order of the same elements brings nothing new.
    let two = |x: [&str; 2]| json!({"containers": x.map(|name| json!({"name": name, "image": if name == "a" { A } else { B }}))});
    assert_eq!(update(two(["a", "b"]), two(["b", "a"])), "");
    // The same image under another name, or in another list, was not there before.
    let named = |list: &str, name: &str| json!({list: [{"name": name, "image": A}]});
    assert_eq!(update(named("containers", "x"), named("containers", "c")), "spec.containers[0].image");
    assert_eq!(
        update(named("initContainers", "c"), named("containers", "c")),
        "spec.initContainers[0].image"
    );
    // Two elements that swap their images.
    let swapped = json!({"containers": [{"name": "a", "image": B}, {"name": "b", "image": A}]});
    assert_eq!(update(swapped, two(["a", "b"])), "spec.containers[0].image spec.containers[1].image");
    // A tag added to the same digest is another reference.
    let tagged = A.replace("@", ":1@");
    assert_eq!(update(containers(&tagged), containers(A)), "spec.containers[0].image");
}

#[test]
fn an_image_changed_while_terminating_is_judged() {
    let terminating = |image: &str| {
        let mut pod = pod(&containers(image));
        pod["metadata"]["deletionTimestamp"] = json!("2026-11-21T09:10:41Z");
        pod["metadata"]["ownerReferences"] =
            json!([{"kind": "ReplicaSet", "name": "rs", "uid": "1", "controller": true}]);
        pod
    };
    assert_eq!(judged(&review("UPDATE", &terminating(B), &pod(&containers(A)))), "spec.containers[0].image");
    assert_eq!(judged(&review("UPDATE", &terminating(B), &terminating(A))), "spec.containers[0].image");
    assert_eq!(judged(&review("UPDATE", &terminating(A), &pod(&containers(A)))), "");
    assert_eq!(judged(&review("CREATE", &terminating(A), &Value::Null)), "spec.containers[0].image");
}

#[rstest]
#[case("ephemeralcontainers", "UPDATE", "spec.containers[0].image")]
#[case("resize", "UPDATE", "spec.containers[0].image")]
#[case("status", "UPDATE", "nothing")]
#[case("binding", "CREATE", "nothing")]
#[case("eviction", "CREATE", "nothing")]
#[case("scale", "UPDATE", "nothing")]
#[case("exec", "CONNECT", "nothing")]
#[case("novelty", "UPDATE", "unknown kind")]
fn a_subresource_is_judged_if_it_can_bring_an_image(
    #[case] subresource: &str,
    #[case] operation: &str,
    #[case] expected: &str,
) {
    let mut review = review(operation, &pod(&containers(B)), &pod(&containers(A)));
    review["request"]["subResource"] = json!(subresource);
    assert_eq!(judged(&review), expected);
}

#[test]
fn a_debug_container_is_judged_and_its_pod_is_not_judged_again() {
    let old = containers(A);
    let mut new = old.clone();
    new["ephemeralContainers"] = json!([{"name": "debugger", "image": B}]);
    let mut review = review("UPDATE", &pod(&new), &pod(&old));
    review["request"]["subResource"] = json!("ephemeralcontainers");
    assert_eq!(judged(&review), "spec.ephemeralContainers[0].image");
}

#[test]
fn deleting_and_connecting_bring_no_image() {
    assert_eq!(judged(&review("DELETE", &Value::Null, &pod(&containers(A)))), "nothing");
    assert_eq!(judged(&review("CONNECT", &json!({"kind": "PodExecOptions"}), &Value::Null)), "nothing");
    assert_eq!(judged(&review("EXPLODE", &pod(&containers(A)), &Value::Null)), "200 review-inconsistent");
}

#[test]
fn only_its_own_node_makes_a_mirror_pod() {
    let mirror = |user: &str, groups: &[&str], node: &str, annotated: bool| {
        let mut pod = pod(&containers(A));
        pod["spec"]["nodeName"] = json!(node);
        if annotated {
            pod["metadata"]["annotations"] = json!({"a": "b", "kubernetes.io/config.mirror": "hash"});
        }
        let mut review = review("CREATE", &pod, &Value::Null);
        review["request"]["userInfo"] = json!({"username": user, "groups": groups});
        judged(&review)
    };
    let nodes = &["system:nodes", "system:authenticated"][..];
    assert_eq!(mirror("system:node:n1", nodes, "n1", true), "mirror spec.containers[0].image");
    for other in [
        mirror("system:node:n1", nodes, "n2", true),
        mirror("system:node:n1", nodes, "n1", false),
        mirror("alice", nodes, "n1", true),
        mirror("system:node:n1", &["system:authenticated"], "n1", true),
        mirror("system:node:", nodes, "", true),
        mirror("system:nodes", nodes, "n1", true),
    ] {
        assert_eq!(other, "spec.containers[0].image");
    }
}

#[test]
fn a_field_that_is_there_twice_is_refused() {
    let twice = |from: &str, to: &str| {
        judged_text(&review("CREATE", &pod(&containers(A)), &Value::Null).to_string().replace(from, to))
    };
    let image = format!(r#""image":"{A}""#);
    assert_eq!(twice(&image, &format!(r#"{image},"image":"{B}""#)), "object-unreadable");
    assert_eq!(twice(&image, &format!(r#"{image},"im\u0061ge":"{B}""#)), "object-unreadable");
    assert_eq!(twice(r#""containers":["#, r#""containers":[],"containers":["#), "object-unreadable");
    assert_eq!(twice(r#""spec":{"#, r#""spec":{},"spec":{"#), "object-unreadable");
    assert_eq!(
        twice(r#""operation":"CREATE""#, r#""operation":"DELETE","operation":"CREATE""#),
        "200 review-unreadable"
    );
    assert_eq!(twice(r#""uid":"u""#, r#""uid":"u","uid":"v""#), "400 review-unreadable");
    // The twin: another spelling is another field, for the API server as well.
    assert_eq!(twice(&image, &format!(r#"{image},"Image":"{B}""#)), "spec.containers[0].image");
}

#[test]
fn an_object_that_is_not_what_the_review_says_is_refused() {
    let good = review("CREATE", &pod(&containers(A)), &Value::Null);
    assert_eq!(judged(&good), "spec.containers[0].image");
    let changed = |pointer: &str, value: Value| {
        let mut review = good.clone();
        *review.pointer_mut(pointer).unwrap() = value;
        judged(&review)
    };
    assert_eq!(changed("/request/object", Value::Null), "review-inconsistent");
    assert_eq!(changed("/request/object/kind", json!("Deployment")), "review-inconsistent");
    assert_eq!(changed("/request/object/apiVersion", json!("apps/v1")), "review-inconsistent");
    assert_eq!(changed("/request/object/spec", Value::Null), "object-unreadable");
    assert_eq!(changed("/request/object/spec/containers", json!("none")), "object-unreadable");
    assert_eq!(changed("/request/object/spec/containers/0/image", json!(7)), "object-unreadable");
    assert_eq!(changed("/request/operation", json!("UPDATE")), "review-inconsistent");
    assert_eq!(changed("/request", Value::Null), "400 review-unreadable");
    assert_eq!(changed("/request/uid", json!("")), "400 review-unreadable");
    assert_eq!(changed("/request/uid", json!("u".repeat(limits::UID))), "spec.containers[0].image");
    assert_eq!(changed("/request/uid", json!("u".repeat(limits::UID + 1))), "400 review-unreadable");
    assert_eq!(changed("/request/kind", json!("Pod")), "200 review-unreadable");
    assert_eq!(changed("/apiVersion", json!("admission.k8s.io/v1beta1")), "200 review-version");
    assert_eq!(changed("/kind", json!("TokenReview")), "200 review-version");
    let mut both = good.clone();
    both["response"] = json!({"uid": "u", "allowed": true});
    assert_eq!(judged(&both), "200 review-inconsistent");
    assert_eq!(judged_text("null"), "400 review-unreadable");
    assert_eq!(judged_text(""), "400 review-unreadable");
    assert_eq!(judged_text(&"[".repeat(100_000)), "400 review-unreadable");
}

/// Derived readers take a list of values for an object. Whoever reads less than all of it sees no image.
#[test]
fn a_list_of_values_is_no_object() {
    let good = review("CREATE", &pod(&containers(A)), &Value::Null);
    let changed = |pointer: &str, value: Value| {
        let mut review = good.clone();
        *review.pointer_mut(pointer).unwrap() = value;
        judged(&review)
    };
    let list = |object: &Value| Value::Array(object.as_object().unwrap().values().cloned().collect());
    assert_eq!(
        changed("/request/object", json!(["v1", "Pod", null, [[], [], [], [], null]])),
        "object-unreadable"
    );
    assert_eq!(changed("/request/object/spec", json!([[], [], [], [], null])), "object-unreadable");
    assert_eq!(changed("/request/object/spec/containers", json!([["c", A]])), "object-unreadable");
    assert_eq!(
        changed("/request/object/spec", json!({"volumes": [{"name": "v", "image": [A]}]})),
        "object-unreadable"
    );
    assert_eq!(changed("/request/object/metadata", json!([null])), "object-unreadable");
    assert_eq!(changed("/request/kind", json!(["", "v1", "Pod"])), "200 review-unreadable");
    assert_eq!(changed("/request/userInfo", json!(["alice", []])), "200 review-unreadable");
    assert_eq!(
        judged(&json!(["admission.k8s.io/v1", "AdmissionReview", good["request"], null])),
        "400 review-unreadable"
    );
    assert_eq!(changed("/request", list(&good["request"])), "400 review-unreadable");
    assert_eq!(
        changed("/request/object/spec", json!({"containers": [{"name": "c", "image": A}]})),
        "spec.containers[0].image"
    );
}

/// ADM-44: what an UPDATE is compared with must be of the same kind, or it is compared with nothing.
#[test]
fn an_old_object_that_is_something_else_is_refused() {
    let old = |change: fn(&mut Value)| {
        let mut old = pod(&containers(A));
        change(&mut old);
        judged(&review("UPDATE", &pod(&containers(A)), &old))
    };
    assert_eq!(old(|_| {}), "");
    assert_eq!(old(|old| *old = Value::Null), "review-inconsistent");
    assert_eq!(old(|old| old["kind"] = json!("PodTemplate")), "review-inconsistent");
    assert_eq!(old(|old| old["apiVersion"] = json!("v2")), "review-inconsistent");
    assert_eq!(old(|old| old["spec"] = Value::Null), "object-unreadable");
    // What the old object keeps elsewhere is no place of a Pod.
    let template = |old: &mut Value| old["spec"] = json!({"template": {"spec": containers(A)}});
    assert_eq!(old(template), "spec.containers[0].image");
}

#[test]
fn a_namespace_has_a_name_and_not_a_book() {
    let named = |name: String| {
        let mut review = review("CREATE", &pod(&containers(A)), &Value::Null);
        review["request"]["namespace"] = json!(name);
        judged(&review)
    };
    assert_eq!(named("n".repeat(limits::NAMESPACE)), "spec.containers[0].image");
    assert_eq!(named("n".repeat(limits::NAMESPACE + 1)), "200 review-inconsistent");
}

#[test]
fn a_controller_without_a_template_makes_no_pods() {
    let object = |kind: &str| json!({"apiVersion": if kind == "Job" { "batch/v1" } else { "v1" }, "kind": kind, "spec": {}});
    let mut review = review("CREATE", &object("ReplicationController"), &Value::Null);
    review["request"]["kind"]["kind"] = json!("ReplicationController");
    assert_eq!(judged(&review), "");
    review["request"]["object"] = object("Job");
    review["request"]["kind"] = json!({"group": "batch", "version": "v1", "kind": "Job"});
    assert_eq!(judged(&review), "object-unreadable");
}

#[test]
fn too_many_containers_or_images_are_refused() {
    let many = |count: usize, different: usize| {
        let list: Vec<_> = (0..count)
            .map(|n| json!({"name": format!("c{n}"), "image": format!("registry.example/{}", n % different)}))
            .collect();
        review("CREATE", &pod(&json!({"containers": list})), &Value::Null)
    };
    let accepted = |review: &Value| judged(review).split(' ').count();
    assert_eq!(accepted(&many(limits::CONTAINERS, limits::IMAGES)), limits::CONTAINERS);
    assert_eq!(judged(&many(limits::CONTAINERS + 1, 1)), "too-many-containers");
    assert_eq!(judged(&many(100_000, 1)), "too-many-containers");
    assert_eq!(judged(&many(limits::IMAGES + 1, limits::IMAGES + 1)), "too-many-images");
    // Volumes that hold no image are no containers.
    let volumes: Vec<_> =
        (0..limits::CONTAINERS * 2).map(|n| json!({"name": format!("v{n}"), "emptyDir": {}})).collect();
    let pod = pod(&json!({"volumes": volumes, "containers": [{"name": "c", "image": A}]}));
    assert_eq!(judged(&review("CREATE", &pod, &Value::Null)), "spec.containers[0].image");
}

#[test]
fn an_element_beyond_the_limit_is_not_hidden_by_known_ones() {
    let containers = |count: usize| {
        let element = |n: usize| json!({"name": format!("c{n}"), "image": if n < limits::CONTAINERS + 1 { A } else { B }});
        pod(&json!({"containers": (0..count).map(element).collect::<Vec<_>>()}))
    };
    let update = |new: usize, old: usize| judged(&review("UPDATE", &containers(new), &containers(old)));
    assert_eq!(update(limits::CONTAINERS + 2, limits::CONTAINERS + 1), "too-many-containers");
    assert_eq!(
        update(limits::CONTAINERS, limits::CONTAINERS - 1),
        format!("spec.containers[{}].image", limits::CONTAINERS - 1)
    );
}

#[test]
fn the_namespace_is_the_requests_and_never_the_objects() {
    let mut object = pod(&containers(A));
    object["metadata"]["namespace"] = json!("kube-system");
    let text = review("CREATE", &object, &Value::Null).to_string();
    assert_eq!(Review::parse(text.as_bytes()).unwrap().namespace.as_deref(), Some("prod"));
}
