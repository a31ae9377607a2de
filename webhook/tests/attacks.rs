//! Attacks at this door: what an object, a caller or a registry may try, each with its twin that is allowed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

#[path = "support/fixture.rs"]
mod fixture;

use std::time::{Duration, Instant};

use fixture::{Fixture, SIGNED, pod_review, release, review, verdict};
use sealgate_testkit::{Answer, Identity, Rule};
use serde_json::{Value, json};

/// ADM-01: an unsigned image in any place that can name one.
#[tokio::test]
async fn an_unsigned_image_is_denied_wherever_it_hides() {
    let fixture = Fixture::start().await;
    let (good, bad) = (fixture.good("team/good"), fixture.unsigned("team/bad"));
    let spec = |hidden: &str, image: &str| {
        let mut spec = json!({"containers": [{"name": "app", "image": good}]});
        let element = json!({"name": "x", "image": image});
        match hidden {
            "containers" => spec["containers"].as_array_mut().unwrap().push(element),
            "volumes" => spec["volumes"] = json!([{"name": "x", "image": {"reference": image}}]),
            "sidecar" => {
                spec["initContainers"] = json!([{"name": "x", "image": image, "restartPolicy": "Always"}])
            }
            list => spec[list] = json!([element]),
        }
        pod_review(&spec)
    };
    for hidden in ["containers", "initContainers", "sidecar", "ephemeralContainers", "volumes"] {
        assert_eq!(verdict(&fixture.ask(&spec(hidden, &bad)).await), "403 no-signature-found", "{hidden}");
        assert_eq!(verdict(&fixture.ask(&spec(hidden, &good)).await), "allow", "{hidden}");
        // ADM-14: a field that is there and empty names nothing that could be judged.
        assert_eq!(verdict(&fixture.ask(&spec(hidden, "")).await), "403 image-missing", "{hidden}");
    }
}

/// ADM-08: a deletion timestamp, forged owners, labels and annotations of the new object excuse nothing.
#[tokio::test]
async fn nothing_that_a_user_writes_excuses_an_image() {
    let fixture = Fixture::start().await;
    let (good, bad) = (fixture.good("team/good"), fixture.unsigned("team/bad"));
    let marked = |image: &str| {
        let mut review = review(image);
        review["request"]["object"]["metadata"] = json!({
            "name": "p", "namespace": "kube-system",
            "deletionTimestamp": "2026-11-21T09:10:41Z", "finalizers": ["a/b"],
            "labels": {"sealgate.dev/skip": "true"},
            "annotations": {"kubernetes.io/config.mirror": "x", "kubernetes.io/config.source": "file"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "1", "controller": true}],
        });
        review
    };
    assert_eq!(verdict(&fixture.ask(&marked(&bad)).await), "403 no-signature-found");
    assert_eq!(verdict(&fixture.ask(&marked(&good)).await), "allow");
    let update = |new: &str, old: &str| {
        let mut review = marked(new);
        review["request"]["operation"] = json!("UPDATE");
        review["request"]["oldObject"] = marked(old)["request"]["object"].clone();
        review
    };
    assert_eq!(verdict(&fixture.ask(&update(&bad, &good)).await), "403 no-signature-found");
    // ADM-06: what is there already can be finished, whatever the policies say of it today.
    assert_eq!(verdict(&fixture.ask(&update(&bad, &bad)).await), "allow");
}

/// ADM-11: the kubelet's own mirror pod is recorded; a user who sends its annotation is judged (above).
#[tokio::test]
async fn a_mirror_pod_of_its_own_node_is_recorded_only() {
    let fixture = Fixture::start().await;
    let bad = fixture.unsigned("team/bad");
    let mirror = |node: &str| {
        let mut review = review(&bad);
        review["request"]["object"]["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
        review["request"]["object"]["spec"]["nodeName"] = json!("node-1");
        review["request"]["userInfo"] =
            json!({"username": format!("system:node:{node}"), "groups": ["system:nodes"]});
        review
    };
    let recorded = fixture.ask(&mirror("node-1")).await;
    assert_eq!(recorded["allowed"], true);
    assert_eq!(recorded["auditAnnotations"]["verdict"], "deny (mirror pod, recorded only)");
    assert_eq!(recorded["auditAnnotations"]["reason"], "no-signature-found");
    assert_eq!(verdict(&fixture.ask(&mirror("node-2")).await), "403 no-signature-found");
}

/// ADM-11: also where the gate judges nothing.
#[tokio::test]
async fn a_mirror_pod_is_recorded_also_where_nothing_is_judged() {
    let mirror = |node: &str| {
        let mut review = review("registry.example/app");
        review["request"]["object"]["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
        review["request"]["object"]["spec"]["nodeName"] = json!("node-1");
        review["request"]["userInfo"] =
            json!({"username": format!("system:node:{node}"), "groups": ["system:nodes"]});
        review
    };
    let fixture = Fixture::start_with(&[("acme.yaml", "kind: rubbish")], &[]).await;
    let recorded = fixture.ask(&mirror("node-1")).await;
    assert_eq!(recorded["allowed"], true, "{recorded}");
    assert_eq!(recorded["auditAnnotations"]["reason"], "not-ready");
    assert_eq!(verdict(&fixture.ask(&mirror("node-2")).await), "503 not-ready", "twin");
}

/// Row 094: one image that is allowed excuses no other, in any order.
#[tokio::test]
async fn an_allowed_image_excuses_no_other() {
    let fixture = Fixture::start().await;
    let (good, bad) = (fixture.good("team/good"), fixture.unsigned("team/bad"));
    let fork =
        fixture.signed("team/fork", &Identity::github("mallory/app", "release.yml", "refs/tags/v1.0.0"));
    let pod = |images: &[&String]| {
        let list: Vec<_> = images
            .iter()
            .enumerate()
            .map(|(n, image)| json!({"name": format!("c{n}"), "image": image}))
            .collect();
        pod_review(&json!({"containers": list}))
    };
    assert_eq!(verdict(&fixture.ask(&pod(&[&good, &bad])).await), "403 no-signature-found");
    assert_eq!(verdict(&fixture.ask(&pod(&[&bad, &good])).await), "403 no-signature-found");
    let all = fixture.ask(&pod(&[&fork, &good, &bad, &good])).await;
    assert_eq!(verdict(&all), "403 identity-mismatch no-signature-found");
    let causes = &all["status"]["details"]["causes"];
    assert_eq!(causes[0]["field"], "spec.containers[0].image");
    assert_eq!(causes[1]["field"], "spec.containers[2].image");
    let message = all["status"]["message"].as_str().unwrap();
    assert!(message.starts_with("2 of 4 images are not admitted"), "{message}");
    assert!(message.find("`c0`").unwrap() < message.find("`c2`").unwrap(), "{message}");
    assert_eq!(verdict(&fixture.ask(&pod(&[&good, &good])).await), "allow");
}

/// ADM-03: a kind that was sent to us and that we cannot read is denied, unless the settings say otherwise.
#[tokio::test]
async fn an_unknown_kind_gets_what_the_settings_say() {
    let rollout = |image: &str| {
        let mut review = review(image);
        review["request"]["kind"] = json!({"group": "argoproj.io", "version": "v1alpha1", "kind": "Rollout"});
        review["request"]["object"]["kind"] = json!("Rollout");
        review["request"]["object"]["apiVersion"] = json!("argoproj.io/v1alpha1");
        review
    };
    let strict = Fixture::start().await;
    let denied = strict.ask(&rollout("x")).await;
    assert_eq!(verdict(&denied), "403 unknown-kind");
    assert!(denied["status"]["message"].as_str().unwrap().contains("argoproj.io/v1alpha1 Rollout"));
    let settings = "
apiVersion: sealgate.dev/v1alpha1
kind: GateSettings
metadata: {name: default}
spec: {unknownKinds: allow}
";
    let lax = Fixture::start_with(&[("acme.yaml", SIGNED), ("settings.yaml", settings)], &[]).await;
    assert_eq!(verdict(&lax.ask(&rollout("x")).await), "allow");
    // Its Pods are judged all the same.
    let bad = lax.unsigned("team/bad");
    assert_eq!(verdict(&lax.ask(&review(&bad)).await), "403 no-signature-found");
}

/// ADM-42 to ADM-48: reviews that no API server sends.
#[tokio::test]
async fn a_review_that_contradicts_itself_is_denied() {
    let fixture = Fixture::start().await;
    let good = fixture.good("team/good");
    let changed = |change: fn(&mut Value)| {
        let mut review = review(&good);
        change(&mut review);
        review
    };
    for (code, change) in [
        ("review-inconsistent", (|review| review["request"]["object"] = Value::Null) as fn(&mut Value)),
        ("review-inconsistent", |review| review["request"]["object"]["kind"] = json!("Service")),
        ("review-inconsistent", |review| review["request"]["operation"] = json!("PATCH")),
        ("review-inconsistent", |review| review["request"]["operation"] = json!("UPDATE")),
        ("review-inconsistent", |review| review["response"] = json!({"uid": "u", "allowed": true})),
        ("review-version", |review| review["apiVersion"] = json!("admission.k8s.io/v1beta1")),
        ("object-unreadable", |review| review["request"]["object"]["spec"] = json!("containers")),
    ] {
        assert_eq!(verdict(&fixture.ask(&changed(change)).await), format!("403 {code}"));
    }
    // Fields that nobody knows, and dry runs, change nothing.
    assert_eq!(
        verdict(&fixture.ask(&changed(|review| review["request"]["novelty"] = json!({"image": "x"}))).await),
        "allow"
    );
    assert_eq!(
        verdict(&fixture.ask(&changed(|review| review["request"]["dryRun"] = json!(true))).await),
        "allow"
    );
}

/// ADM-45: one field, two values: readers that disagree would see two images.
#[tokio::test]
async fn an_image_that_is_there_twice_is_denied() {
    let fixture = Fixture::start().await;
    let (good, bad) = (fixture.good("team/good"), fixture.unsigned("team/bad"));
    let text = review(&good).to_string();
    let image = format!(r#""image":"{good}""#);
    for twice in [format!(r#"{image},"image":"{bad}""#), format!(r#""image":"{bad}",{image}"#)] {
        let (status, answer) = fixture.post(text.replace(&image, &twice).into_bytes()).await;
        assert_eq!((status, verdict(&answer["response"])), (200, "403 object-unreadable".to_owned()));
    }
    let (_, answer) = fixture.post(text.into_bytes()).await;
    assert_eq!(verdict(&answer["response"]), "allow");
}

/// ADM-52: many images make no crowd at the registry's door, and each different one is asked about once.
#[tokio::test]
async fn an_object_of_many_images_is_judged_once_each_or_refused() {
    let fixture = Fixture::start().await;
    let good = fixture.good("team/good");
    let pod = |count: usize, image: &dyn Fn(usize) -> String| {
        let list: Vec<_> = (0..count).map(|n| json!({"name": format!("c{n}"), "image": image(n)})).collect();
        pod_review(&json!({"containers": list}))
    };
    assert_eq!(verdict(&fixture.ask(&pod(1, &|_| good.clone())).await), "allow");
    let once = fixture.registry.request_count();
    assert_eq!(verdict(&fixture.ask(&pod(512, &|_| good.clone())).await), "allow");
    assert_eq!(fixture.registry.request_count(), once, "the same image is asked about again");
    assert_eq!(verdict(&fixture.ask(&pod(513, &|_| good.clone())).await), "403 too-many-containers");
    let digest = |n: usize| format!("{}/team/x@sha256:{n:064x}", fixture.registry.host());
    assert_eq!(verdict(&fixture.ask(&pod(65, &digest)).await), "403 too-many-images");
    assert_eq!(fixture.registry.request_count(), once, "a refused object costs the registry something");
}

/// ADM-54: a registry that stalls is answered for in time, and the retry finds what went on behind.
#[tokio::test]
async fn a_registry_that_stalls_is_answered_for_before_the_api_server_gives_up() {
    let fixture = Fixture::start().await;
    let slow = fixture.good("team/slow");
    fixture.registry.on(Rule::path("/v2/team/slow/", Answer::genuine().delay(Duration::from_millis(2500))));
    let url = fixture.url.replace("timeout=10s", "timeout=2s");
    let began = Instant::now();
    let request =
        fixture.client.post(&url).header("content-type", "application/json").body(review(&slow).to_string());
    let answer: Value =
        serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap();
    assert!(began.elapsed() < Duration::from_millis(1600), "{:?}", began.elapsed());
    let status = &answer["response"]["status"];
    assert_eq!(
        (status["code"].as_u64(), status["reason"].as_str()),
        (Some(503), Some("ServiceUnavailable")),
        "{status}"
    );
    assert!(status["details"]["retryAfterSeconds"].as_u64().is_some(), "{status}");
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        fixture.registry.clear_rules();
        if verdict(&fixture.ask(&review(&slow)).await) == "allow" {
            return;
        }
    }
    panic!("the retry never finds it");
}

/// "No" and "could not find out" are different news.
#[tokio::test]
async fn what_could_not_be_found_out_is_closed_under_its_own_code() {
    let fixture = Fixture::start().await;
    let forbidden = fixture.good("team/forbidden");
    fixture.registry.on(Rule::path("/v2/team/forbidden/", Answer::status(403)));
    assert_eq!(verdict(&fixture.ask(&review(&forbidden)).await), "403 registry-access-denied");
    let broken = fixture.good("team/broken");
    fixture.registry.on(Rule::path("/v2/team/broken/", Answer::status(500)));
    let answer = fixture.ask(&review(&broken)).await;
    assert_eq!(verdict(&answer), "503 registry-unreachable");
    fixture.registry.clear_rules();
    assert_eq!(verdict(&fixture.ask(&review(&fixture.good("team/open"))).await), "allow");
}

/// ADM-70: of an object's texts only the image references reach a registry, and none reaches the message unescaped.
#[tokio::test]
async fn no_text_but_the_image_reference_leaves_the_gate() {
    let fixture = Fixture::start().await;
    let good = fixture.good("team/good");
    let mut review = review(&good);
    review["request"]["name"] = json!("canary");
    review["request"]["namespace"] = json!("canary");
    review["request"]["userInfo"] =
        json!({"username": "canary", "groups": ["canary"], "extra": {"canary": ["canary"]}});
    review["request"]["object"]["metadata"] =
        json!({"name": "canary", "labels": {"canary": "canary"}, "annotations": {"canary": "canary"}});
    let spec = review["request"]["object"]["spec"].as_object_mut().unwrap();
    for (field, value) in [
        ("imagePullSecrets", json!([{"name": "canary"}])),
        ("serviceAccountName", json!("canary")),
        ("schedulerName", json!("canary")),
        ("runtimeClassName", json!("canary")),
        ("nodeName", json!("canary")),
        ("hostname", json!("canary.example")),
        ("hostAliases", json!([{"ip": "127.0.0.1", "hostnames": ["canary.example"]}])),
        ("dnsConfig", json!({"nameservers": ["canary"], "searches": ["canary.example"]})),
        ("nodeSelector", json!({"canary": "canary"})),
        (
            "volumes",
            json!([{"name": "canary", "secret": {"secretName": "canary"}}, {"name": "canary2", "nfs": {"server": "canary", "path": "/canary"}}]),
        ),
    ] {
        spec.insert(field.to_owned(), value);
    }
    let container = review["request"]["object"]["spec"]["containers"][0].as_object_mut().unwrap();
    for (field, value) in [
        ("env", json!([{"name": "CANARY", "value": "http://canary.example/"}])),
        ("envFrom", json!([{"secretRef": {"name": "canary"}}])),
        ("command", json!(["canary"])),
        ("workingDir", json!("/canary")),
        ("livenessProbe", json!({"httpGet": {"host": "canary.example", "path": "/canary"}})),
        ("lifecycle", json!({"postStart": {"httpGet": {"host": "canary.example"}}})),
        ("terminationMessagePath", json!("/canary")),
    ] {
        container.insert(field.to_owned(), value);
    }
    assert_eq!(verdict(&fixture.ask(&review).await), "allow");
    assert!(fixture.registry.request_count() > 0);
    for request in fixture.registry.journal() {
        assert!(!format!("{request:?}").to_lowercase().contains("canary"), "{request:?}");
    }
    review["request"]["object"]["spec"]["containers"][0]["name"] = json!("x\n\u{1b}[2Jadmitted");
    review["request"]["object"]["spec"]["containers"][0]["image"] = json!("bad image\r\n");
    let denied = fixture.ask(&review).await;
    assert_eq!(verdict(&denied), "403 reference-invalid");
    let message = denied["status"]["message"].as_str().unwrap();
    assert!(message.chars().all(|character| character == '\n' || !character.is_control()), "{message:?}");
    assert_eq!(message.lines().count(), 3, "{message}");
}

/// Warn mode lets in and says so; audit mode only records.
#[tokio::test]
async fn a_policy_in_warn_mode_warns_and_lets_in() {
    let settings = "
apiVersion: sealgate.dev/v1alpha1
kind: GateSettings
metadata: {name: default}
spec: {noMatch: allow}
";
    let mode = |mode: &str| SIGNED.replace("\n  signers:", &format!("\n  mode: {mode}\n  signers:"));
    for (mode_name, warnings) in [("warn", 1), ("audit", 0)] {
        let policy = mode(mode_name);
        let fixture = Fixture::start_with(&[("acme.yaml", &policy), ("settings.yaml", settings)], &[]).await;
        let answer = fixture.ask(&review(&fixture.unsigned("team/bad"))).await;
        assert_eq!(answer["allowed"], true);
        assert_eq!(answer["warnings"].as_array().map_or(0, Vec::len), warnings, "{answer}");
        let key = if mode_name == "warn" { "warn" } else { "audit" };
        assert_eq!(answer["auditAnnotations"][key], "acme/signed no-signature-found", "{answer}");
        let answer = fixture.ask(&review(&fixture.signed("team/good", &release()))).await;
        assert!(answer["allowed"] == true && answer.get("warnings").is_none(), "{answer}");
    }
}
